"""Questions about classes are asked of problems that have them: targets with a one for the right class."""

from harness.run.marks.observer import Subject
from problems.base import Problem
from problems.probes.accuracy import are_one_hot


def complaint_without_classes(subject: Subject, problem: Problem) -> str | None:
    """Why a question about classes cannot be asked; None if it can."""
    if are_one_hot(problem.targets):
        return None
    return (
        f"This is asked of problems with one-hot classes, such as digits, digits-pca or mnist; got '{subject.problem}'."
    )

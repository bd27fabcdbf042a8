"""Where the data of a watch come from: from the user's arrays, or from a problem of the house by its name."""

from typing import Any

import numpy as np

from harness.run.spec import find_problem, stream
from harness.watch.arrays import Numbers, finite
from harness.watch.identity import Terms, labels
from harness.watch.watched import PRINCIPAL, Data, shapes_of, understand
from problems import PROBLEMS

SINGLE = 1e-6
"""Share of the largest number by which data in single precision may differ."""


def parameters_of(model: Any) -> int:
    """The number of trained parameters of a torch module; 0 for what is none."""
    if not callable(getattr(model, "parameters", None)):
        return 0
    return sum(int(each.numel()) for each in model.parameters() if each.requires_grad)


def sources(said: Terms, inputs: Any, targets: Any) -> tuple[Data, dict[str, Any]]:
    """What is watched, and the labels of the run; raises ValueError with what was required."""
    if said.problem not in PROBLEMS:
        if inputs is None or targets is None:
            named = f" (no problem is called '{said.problem}')" if said.problem else ""
            raise ValueError(
                "A watch takes the inputs and targets on which the model is measured, or `problem`, the name of one of "
                f"the house that brings its own; got neither{named}."
            )
        data = understand(inputs, targets, said.loss or None, said.direction, said.watch)
        return data, labels(said, None, data.loss.name, data.fingerprint)
    recipe = find_problem(said.problem)
    for name, told, usual in (
        ("direction", said.direction, PRINCIPAL),
        ("loss", said.loss or recipe.loss, recipe.loss),
    ):
        if told != usual:
            raise ValueError(
                f"The problem '{said.problem}' has its own {name}; got {name}='{told}'. Leave it out, or give the "
                "inputs and targets under a name of your own."
            )
    # the data that a run of the harness with this seed would have, so that both may be compared
    problem = recipe.build(stream(said.seed, "data"))
    for what, given, own in (("inputs", inputs, problem.inputs), ("targets", targets, problem.targets)):
        if given is not None and not _same(finite(what, given), own):
            raise ValueError(
                f"The {what} are not those of the problem '{said.problem}'. Leave them out, and take them from "
                "`watch.inputs` and `watch.targets`, or give the problem another name."
            )
    n = len(problem.inputs)
    shapes = shapes_of((n,), problem.targets)
    data = Data(problem.inputs, problem.targets, problem.loss, problem.probes, np.arange(n), "", shapes)
    return data, labels(said, recipe, recipe.loss, "")


def _same(given: Numbers, own: Numbers) -> bool:
    # nearly, as a loop may hold them in single precision, and in any shape; zeros may be rounding, whatever the unit
    near = SINGLE * float(np.abs(own).max())
    return given.size == own.size and np.allclose(given.reshape(-1), own.reshape(-1), rtol=SINGLE, atol=near)

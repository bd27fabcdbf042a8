"""How many runs go into one task: one, unless its runs are so short that giving out tasks would take as long."""

from harness.run.spec import RunSpec
from harness.study.execution.jobs import Job, configuration

ENOUGH = 0.5
"""Seconds of a task beyond which giving it out costs nothing to speak of."""
MOST_RUNS = 16


class Pace:
    """What runs of each configuration have taken, as far as they are made."""

    def __init__(self) -> None:
        self._seconds: dict[RunSpec, float] = {}
        """Of one run of a method without lanes."""

    def note(self, job: Job, seconds: float) -> None:
        """A task of these runs has taken so long."""
        if job and not job[0].method.lanes:
            self._seconds[configuration(job[0])] = seconds / len(job)

    def more(self, job: Job, share: float) -> int:
        """How many runs may join the job, where so many wait for each process."""
        # whoever has a time limit is ended alone, and none may wait for the last while others have nothing to do
        if job[0].method.lanes or job[0].time_limit is not None:
            return 0
        # of an unknown configuration the first run goes alone: ENOUGH / ENOUGH is 1
        seconds = self._seconds.get(configuration(job[0]), ENOUGH)
        # of what waits for each process half at most, so that tasks get smaller towards the end and none is waited for
        return int(min(MOST_RUNS, ENOUGH / max(seconds, 1e-6), share / 2)) - len(job)


def alike(one: Job, other: Job) -> bool:
    """Whether the runs of both are of one configuration."""
    return bool(one and other) and configuration(one[0]) == configuration(other[0])

"""Which runs are made again, and how long others are waited for."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.questions.reading import unseen
from harness.run.spec import RunSpec
from harness.study.execution.standby import GRACE
from harness.study.ledger.leases import PATIENCE
from harness.study.ledger.part import State
from harness.study.store import AGAIN, MOST_ATTEMPTS


@dataclass(frozen=True)
class Policy:
    """Which runs are made again, and how patient the study is.

    `attempts` is how often a run of status `again` is begun in all, `grace` the seconds beyond a time limit, `patience`
    those without a sign of life of another process on the same study; `expendable` are processes of an executor that
    replaces them."""

    again: tuple[str, ...] = AGAIN
    attempts: float = MOST_ATTEMPTS
    grace: float = GRACE
    patience: float = PATIENCE
    expendable: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    """Of the processes that are started."""

    def is_due(self, state: State | None, spec: RunSpec) -> bool:
        """Whether a run in this state is to be made, for the first time, again, or before other observers."""
        if state is None or unseen(spec.observers, state.observers):
            return True
        return state.status in self.again and state.attempt < self.attempts

"""The contract of an observer: what is written about a run beside its curve and its spectra.

An observer is a frozen dataclass whose fields are its settings. It says which tables it writes, column by column; for
each run it begins an observation, which sees every mark and gives its rows in the end. It is shown copies, and while it
looks the clock of the run stands still, so a run takes the same path whether or not it is observed: observers are no
part of its identity. `harness.questions` holds those that there are.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from harness.run.metering.account import Snapshot
from problems.base import Array, Recipe
from problems.engines.base import Evaluator

Columns: TypeAlias = Mapping[str, Any]
"""Values by column: arrays of one length, or scalars, which are repeated."""
Types: TypeAlias = dict[str, str]
"""The columns of a table, in order, with their types as in `harness.tables`."""


class Subject(NamedTuple):
    """The run that is observed."""

    run_id: str
    problem: str
    recipe: Recipe
    optimizer: str
    seed: int
    budget: float

    @property
    def labels(self) -> dict[str, Any]:
        """Columns that say which run it is, for tables that are read without `runs`."""
        return {
            "problem": self.problem,
            "network": self.recipe.network,
            "optimizer": self.optimizer,
            "seed": self.seed,
        }


class Mark(NamedTuple):
    """What an observation is shown; nothing of it is to be changed."""

    number: int
    snapshot: Snapshot
    theta: NDArray[np.float64]
    """The best point so far, `(P,)`, by the loss on the whole training set."""
    predictions: Array
    """Its outputs on the training inputs, `(n, m)`, as the probes see them."""
    last: NDArray[np.float64]
    """The last point evaluated, `(P,)`."""


class Observation(Protocol):
    """One observer at one run."""

    def look(self, mark: Mark) -> None:
        """Take in a mark; they come in order, beginning at cost 0."""

    def rows(self) -> Mapping[str, Columns]:
        """The rows of each table, after the last mark; a table that is left out has none."""


@dataclass(frozen=True)
class Observer(ABC):
    """An observer with its settings as fields. Concrete classes are final; a registry holds instances."""

    origin: ClassVar[str] = ""
    """What identifies the file or package that brought it; empty for our own."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What the user calls it."""

    @property
    @abstractmethod
    def tables(self) -> Mapping[str, Types]:
        """The tables that it writes, and their columns beside `run_id` and `observer`."""

    def complaint(self, subject: Subject, evaluator: Evaluator) -> str | None:
        """Why this cannot be asked of such a run, in a sentence; None if it can."""
        del subject, evaluator
        return None

    @abstractmethod
    def begin(self, subject: Subject, evaluator: Evaluator) -> Observation:
        """The observation of one run; `evaluator` is the reference, of the problem as its lane sees it."""

    def __str__(self) -> str:
        """As a user would type it, with all settings; of a plugin, with what identifies its file."""
        own = [spec.name for spec in fields(self) if not spec.metadata.get("fixed")]
        settings = ",".join(str(getattr(self, name)) for name in own)
        return f"{self.name}({settings})" + (f"@{self.origin[:12]}" if self.origin else "")


def schema_of(observer: Observer) -> dict[str, Types]:
    """The tables of an observer with all their columns."""
    return {table: {"run_id": "str", "observer": "str", **own} for table, own in observer.tables.items()}


def written(observers: Sequence[Observer]) -> str:
    """The observers of a run in one text, as the column `observers` has them."""
    return ",".join(map(str, observers))


class AtFewMarks:
    """An observation of one table: asks at the start, at the first mark at or after each of `costs`, and at the end."""

    def __init__(self, table: str, costs: Sequence[float], ask: Callable[[Mark], Columns]) -> None:
        self._table = table
        self._costs = (0.0, *costs)
        self._ask = ask
        # below the cost of the start, which is due like any other
        self._before = -1.0
        self._waiting: Mark | None = None
        self._answers: list[Columns] = []

    def look(self, mark: Mark) -> None:
        """Ask if it is due; else keep the mark, which may be the last."""
        # costs may lie closer than marks: one mark then answers for several
        due = any(self._before < cost <= mark.snapshot.cost for cost in self._costs)
        self._waiting = None if due else mark
        if due:
            self._answers.append(self._answer(mark))
        self._before = mark.snapshot.cost

    def rows(self) -> Mapping[str, Columns]:
        """The answers, each beside its mark and cost; so far, where the run goes on."""
        # asked of the latest mark but not kept: a run that goes on has a later one
        last = [] if self._waiting is None else [self._answer(self._waiting)]
        answers = self._answers + last
        return {self._table: joined(answers)} if answers else {}

    def _answer(self, mark: Mark) -> Columns:
        return {"mark": mark.number, "cost": mark.snapshot.cost, **self._ask(mark)}


def joined(parts: Sequence[Columns]) -> dict[str, NDArray[Any]]:
    """Rows of several parts below each other; a part's scalars are repeated over its rows."""
    whole = [_stretched(part) for part in parts]
    return {name: np.concatenate([part[name] for part in whole]) for name in whole[0]}


def _stretched(part: Columns) -> dict[str, NDArray[Any]]:
    lengths = {len(value) for value in part.values() if np.ndim(value) == 1}
    length = lengths.pop() if lengths else 1
    return {name: np.asarray(value if np.ndim(value) == 1 else [value] * length) for name, value in part.items()}

"""What a run may spend and what it has spent: budget, counts, clocks, and the reasons to stop."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import ClassVar, Literal, NamedTuple, NoReturn, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.prices import KINDS, cost, price
from optimizers.base import RunStopped

PENALTY = 1e30
"""What a method is told in place of a loss that is not finite."""
PATIENCE = 50
"""Consecutive evaluations without one finite loss after which a run has diverged."""
ROUNDING = 1e-9
"""Slack in comparing costs, which minibatches make fractional."""
REFUSALS = 1000
"""Calls after the end of a run, each refused by an exception, after which its method is taken to ignore exceptions."""
IN_VAIN = 100_000
"""Such calls after which no exception will ever end it, as of a bare `except` in an endless loop."""


Kind: TypeAlias = Literal["values", "gradients", "hvps", "jacobians"]


class BudgetExhausted(RunStopped):
    """The next evaluation would exceed the budget."""

    status: ClassVar[str] = "budget"


class Diverged(RunStopped):
    """The loss has not been finite for a while."""

    status: ClassVar[str] = "diverged"


class TimedOut(RunStopped):
    """The soft time limit has passed."""

    status: ClassVar[str] = "timeout"


class TargetReached(RunStopped):
    """The loss has reached the target."""

    status: ClassVar[str] = "target"


class EndIgnored(BaseException):
    """The method goes on and on after the end of its run; no `except Exception` of its own can hold this one."""


class Converged(RunStopped):
    """The method has nothing left to try."""

    status: ClassVar[str] = "converged"

    def __str__(self) -> str:
        return "The method returned before its budget was spent."


@dataclass(frozen=True)
class Terms:
    """The terms of a run, the same for every method compared.

    `budget` and `marks` are costs in forward passes over the training set; `cost_per_gradient` is what a loss and
    gradient together cost; `time_limit` is in seconds outside measuring."""

    budget: float
    marks: tuple[float, ...] = ()
    cost_per_gradient: float = 3.0
    time_limit: float | None = None
    target_loss: float | None = None


@dataclass
class Counts:
    """Evaluations so far, as `harness.prices` counts them."""

    values: float = 0.0
    gradients: float = 0.0
    hvps: float = 0.0
    jacobians: float = 0.0

    def cost(self, cost_per_gradient: float) -> float:
        """Forward passes."""
        return float(cost(vars(self), cost_per_gradient))


class Snapshot(NamedTuple):
    """Where a run stands at a mark."""

    cost: float
    values: float
    gradients: float
    hvps: float
    jacobians: float
    seconds: float


class Outcome(NamedTuple):
    """How one lane of an objective has ended; `stop` is set where it ended before the others did."""

    counts: Counts
    last_loss: float
    best_loss: float
    stop: RunStopped | None


Observe: TypeAlias = Callable[[list[int], Snapshot, NDArray[np.float64], NDArray[np.float64]], None]
"""Takes the lanes measured, the snapshot they share, their last points and their best ones, both `(len(lanes), P)`."""


@dataclass
class Account:
    """Counts and clocks of one objective. `seconds_*` exclude each other."""

    terms: Terms
    counts: Counts = field(default_factory=Counts)
    cost: float = 0.0
    seconds_objective: float = 0.0
    seconds_measuring: float = 0.0
    started: float = field(default_factory=perf_counter)
    ended: float | None = None
    stop: RunStopped | None = None
    """Why the run has ended; every later call is refused with the same."""
    next_mark: float = np.inf
    """The cost at which the next measurement is due."""
    forsaken: Callable[[], object] | None = None
    """Is called once where no exception ends the method."""
    _mark: int = 0
    _refused: int = 0

    def __post_init__(self) -> None:
        self._prices = {kind: price(kind, self.terms.cost_per_gradient) for kind in KINDS}
        self._await_mark()

    @property
    def seconds(self) -> float:
        """Seconds in the objective and in the optimizer so far."""
        now = perf_counter() if self.ended is None else self.ended
        return now - self.started - self.seconds_measuring

    def end(self, stop: RunStopped) -> NoReturn:
        """Raise `stop`, and remember it: a method that catches it has ended all the same."""
        self.stop = stop
        # one exception for every refusal: kept, its traceback would grow with each time that it is raised
        raise stop.with_traceback(None)

    def admit(self, kind: Kind, amount: float = 1.0) -> None:
        """Raise if the run has ended, if so much of an evaluation does not fit into the budget, or if time is up."""
        if self.stop is not None:
            self._refused += 1
            if self._refused == IN_VAIN and self.forsaken is not None:
                self.forsaken()
            if self._refused > REFUSALS:
                raise EndIgnored
            self.end(self.stop)
        # asked before the work and not after it: what does not fit whole into the budget is never evaluated
        if self.cost + amount * self._prices[kind] > self.terms.budget + ROUNDING:
            self.end(BudgetExhausted(f"The budget of {self.terms.budget:g} forward passes is spent."))
        if self.terms.time_limit is not None and self.seconds > self.terms.time_limit:
            self.end(TimedOut(f"The time limit of {self.terms.time_limit:g} s has passed."))

    def ending(self, non_finite: int, best_loss: float) -> RunStopped | None:
        """Why a run ends after so many evaluations without a finite loss, or at such a best one; None if it goes on."""
        if non_finite >= PATIENCE:
            return Diverged(f"The last {non_finite} evaluations gave no finite loss.")
        target = self.terms.target_loss
        if target is not None and best_loss <= target:
            return TargetReached(f"The loss has reached the target {target:g}.")
        return None

    def returned(self, losses: ArrayLike) -> RunStopped:
        """How a method ends that has nothing left to try, told by its last and its best loss."""
        # to a method, a penalty without a slope is a minimum
        if self.cost and not np.isfinite(losses).any():
            return Diverged("The method returned without a finite loss.")
        return Converged()

    def left(self, need: Literal["value", "gradient"]) -> int:
        """Further evaluations of this kind that fit."""
        each = self._prices["values" if need == "value" else "gradients"]
        return int((self.terms.budget - self.cost + ROUNDING) // each)

    def uneventful(self, kind: Kind) -> int:
        """How many evaluations of this kind are surely over before anything is due, a mark or the end of the budget."""
        each = self._prices[kind]
        until = min(self.next_mark, self.terms.budget) - self.cost
        # one less than fit: where exactly the last one falls is for `admit` and `charge` to say
        return max(0, int(until / each) - 1)

    def charge(self, kind: Kind, amount: float) -> bool:
        """Count evaluations; whether a measurement has come due."""
        counts = vars(self.counts)
        counts[kind] += amount
        # from the counts, and never added up beside them: the two columns cannot drift apart
        self.cost = cost(counts, self.terms.cost_per_gradient)
        return self.cost + ROUNDING >= self.next_mark

    def stretch(self, losses: NDArray[np.float64], streak: NDArray[np.intp]) -> int:
        """How many columns of `losses (B, k)` are settled together: up to the next mark, or to where a lane ends.

        `streak (B,)` is how many evaluations without a finite loss came before."""
        # (B, k) throughout: a row for each lane, a column for each evaluation that all lanes make at once
        columns, finite = np.arange(losses.shape[1]), np.isfinite(losses)
        ending = np.zeros_like(finite)
        if self.terms.target_loss is not None:
            ending |= finite & (losses <= self.terms.target_loss)
        if not finite.all():
            # the column of the last finite loss at or before each; where there is none, `streak` left of the first
            last_finite = np.maximum.accumulate(np.where(finite, columns, -1 - streak[:, None]), axis=1)
            ending |= columns - last_finite >= PATIENCE
        # the evaluation that ends a lane is settled with those before it, hence the one
        ends = np.flatnonzero(ending.any(axis=0)) + 1
        # a value costs one forward pass, so that the way to the mark is a number of columns
        due = np.ceil(self.next_mark - self.cost - ROUNDING)
        return int(min(len(columns), max(1, due), *ends[:1]))

    def advance(self) -> None:
        """Pass every mark that the cost has reached."""
        # one dear evaluation may pass several marks, which then are one measurement
        while self.cost + ROUNDING >= self.next_mark:
            self._mark += 1
            self._await_mark()

    def _await_mark(self) -> None:
        marks = self.terms.marks
        self.next_mark = marks[self._mark] if self._mark < len(marks) else np.inf

    def snapshot(self) -> Snapshot:
        """The present state, for a measurement."""
        return Snapshot(cost=self.cost, **vars(self.counts), seconds=self.seconds)

"""The Objective of many runs in one batch: lanes that differ only in seed move in lockstep and share every count.

A lane that diverges, converges or reaches the target is measured and frozen; the others go on. The rules are those of
the meter.
"""

from collections.abc import Callable
from dataclasses import replace
from math import isfinite
from time import perf_counter
from typing import Any, Literal, NoReturn

import numpy as np
from numpy.typing import NDArray

from harness.run.metering.account import PATIENCE, PENALTY, Account, Counts, Observe, Outcome, Terms
from optimizers.base import Doubles, RunStopped, Slot
from problems.engines.base import Evaluator


class LaneMeter:
    """Implements `optimizers.base.Objective` for `B` lanes, from `(B, P)` arrays."""

    def __init__(self, evaluator: Evaluator, terms: Terms, lanes: int, observe: Observe | None = None) -> None:
        self._evaluator, problem = evaluator, evaluator.problem
        self._observe = observe
        self.terms = terms
        self.dim = problem.dim
        self.n_samples = problem.n_samples
        self.layout = tuple(Slot(*slot) for slot in problem.network.layout)
        self.account = Account(terms)
        self.ends: dict[int, tuple[RunStopped, Counts]] = {}
        """Why and after which evaluations each frozen lane has ended."""
        self.last_loss = np.full(lanes, np.inf)
        self.best_loss = np.full(lanes, np.inf)
        self._alive = np.ones(lanes, bool)
        self._last = self._best = np.empty((lanes, 0))
        self._non_finite = np.zeros(lanes, np.intp)
        self._measured_at = -1.0

    def start(self, theta0: Doubles) -> None:
        """Set the clocks going and measure every lane at cost 0."""
        self._last, self._best = theta0.copy(), theta0.copy()
        self.account.started = perf_counter()
        self._measure()

    def finish(self) -> None:
        """Measure the end of the living lanes, unless the last mark was it, and stop the clocks."""
        if self._measured_at < self.account.cost:
            self._measure()
        self.account.ended = perf_counter()

    @property
    def last(self) -> Doubles:
        """The points evaluated last, `(B, P)`; not to be changed."""
        return self._last

    @property
    def best(self) -> Doubles:
        """The points of the lowest finite loss on all samples, `(B, P)`; not to be changed."""
        return self._best

    @property
    def state_dtype(self) -> str:
        """The precision of the start, and so of the method's state."""
        return str(self._last.dtype)

    def outcome(self, lane: int) -> Outcome:
        """Counts and losses of one lane at its end."""
        stop, counts = self.ends.get(lane, (None, self.account.counts))
        return Outcome(counts, float(self.last_loss[lane]), float(self.best_loss[lane]), stop)

    def value(self, theta: Doubles) -> Doubles:
        self.account.admit("values")
        losses = np.array(self._timed(lambda: self._evaluator.values(theta)), np.float64)
        due = self.account.charge("values", 1)
        if self._is_plain(losses.sum()):
            self._settle_plain(theta, losses, due, whole=True)
        else:
            # `losses[:, None]` is a view: what `_settle` mends in it is what the method is told
            self._settle(theta[:, None], losses[:, None], due)
        return losses

    def values(self, thetas: Doubles) -> Doubles:
        self.account.admit("values")
        lanes, rows, _ = thetas.shape
        fitting = thetas[:, : self.account.left("value")]
        # (B, k, P) as (B k, P), lane after lane, and the losses back as (B, k)
        flat = fitting.reshape(-1, self.dim)
        losses = np.array(self._timed(lambda: self._evaluator.values(flat)), np.float64).reshape(lanes, -1)
        done = 0
        # all are computed at once and settled in stretches: marks and ends fall where they would one by one
        while done < fitting.shape[1]:
            living = self._alive
            stop = done + self.account.stretch(losses[living, done:], self._non_finite[living])
            self._settle(fitting[:, done:stop], losses[:, done:stop], self.account.charge("values", stop - done))
            done = stop
        # the rest did not fit, and neither does one more: this raises
        if fitting.shape[1] < rows:
            self.account.admit("values")
        return losses

    def value_and_grad(self, theta: Doubles) -> tuple[Doubles, Doubles]:
        self.account.admit("gradients")
        losses, grads = self._timed(lambda: self._evaluator.values_and_grads(theta))
        return self._settle_gradients(theta, losses, grads, 1.0, whole=True)

    def batch_value_and_grad(self, theta: Doubles, rows: NDArray[np.intp]) -> tuple[Doubles, Doubles]:
        """`rows` is `(B, k)`: each lane has its own minibatch."""
        # a minibatch of k of n samples is k / n of a gradient
        share = rows.shape[1] / self.n_samples
        self.account.admit("gradients", share)
        losses, grads = self._timed(lambda: self._evaluator.lane_batches(theta, rows))
        return self._settle_gradients(theta, losses, grads, share, whole=False)

    def values_and_grads(self, thetas: Doubles) -> tuple[Doubles, Doubles]:
        # one after the other: each is admitted by itself, so that the budget may end the run between two
        pairs = [self.value_and_grad(thetas[:, row]) for row in range(thetas.shape[1])]
        return np.stack([losses for losses, _ in pairs], 1), np.stack([grads for _, grads in pairs], 1)

    def residuals_and_jacobian(self, theta: Doubles) -> NoReturn:
        del theta
        raise TypeError("Residuals are not offered to lanes; a method that needs them does not declare lanes.")

    def hvp(self, theta: Doubles, vector: Doubles) -> NoReturn:
        del theta, vector
        raise TypeError(
            "Hessian-vector products are not offered to lanes; a method that needs them does not declare lanes."
        )

    def initial(self, rng: np.random.Generator) -> Doubles:
        return self._evaluator.problem.network.theta0(rng)

    def evaluations_left(self, need: Literal["value", "gradient"]) -> int:
        return self.account.left(need)

    def leave(self, lanes: NDArray[np.bool_]) -> None:
        for lane in np.flatnonzero(self._alive & lanes):
            self._freeze(int(lane), self.account.returned((self.last_loss[lane], self.best_loss[lane])))
        self._end_with_the_last()

    def _timed(self, evaluate: Callable[[], Any]) -> Any:
        start = perf_counter()
        result = evaluate()
        self.account.seconds_objective += perf_counter() - start
        return result

    def _settle_gradients(
        self, theta: Doubles, losses: Doubles, grads: Doubles, share: float, *, whole: bool
    ) -> tuple[Doubles, Doubles]:
        losses = np.array(losses, np.float64)
        flat = grads.reshape(-1)
        # one number speaks for all: an infinity or a NaN anywhere reaches the sum
        if self._is_plain(losses.sum() + flat.dot(flat)):
            self._settle_plain(theta, losses, self.account.charge("gradients", share), whole=whole)
            return losses, grads
        # a sum of squares is finite only where all its terms are; one that overflows is of no use as a step either
        broken = ~(np.isfinite(losses) & np.isfinite(np.einsum("bp,bp->b", grads, grads, dtype=np.float64)))
        if broken.any():
            losses[broken], grads[broken] = np.inf, 0.0
        # `losses[:, None]` is a view: what `_settle` mends in it is what the method is told
        self._settle(theta[:, None], losses[:, None], self.account.charge("gradients", share), whole=whole)
        return losses, grads

    def _is_plain(self, total: float) -> bool:
        """Whether every lane lives, what was summed is finite, and no loss can end a lane: nearly always."""
        return not self.ends and self.terms.target_loss is None and isfinite(total)

    def _settle_plain(self, theta: Doubles, losses: Doubles, due: bool, *, whole: bool) -> None:
        """What `_settle` does where nothing is to be mended or judged: a step of many small lanes is short."""
        np.copyto(self._last, theta)
        np.copyto(self.last_loss, losses)
        if whole:
            # row by row: by an index, numpy would make a copy of them all first
            for lane in (losses < self.best_loss).nonzero()[0].tolist():
                self.best_loss[lane], self._best[lane] = losses[lane], theta[lane]
        self._non_finite[:] = 0
        if due:
            self._measure()

    def _settle(self, thetas: Doubles, losses: Doubles, due: bool, *, whole: bool = True) -> None:
        """Keep, guard and measure some evaluations `(B, k)` of every lane; `losses` is mended in place."""
        finite = np.isfinite(losses)
        # before `argmin`, which takes a NaN for the least
        losses[~finite] = PENALTY
        living = self._alive
        self._last[living] = thetas[living, -1]
        self.last_loss[living] = np.where(finite[:, -1], losses[:, -1], np.inf)[living]
        best = losses.argmin(axis=1)
        found = losses[np.arange(len(best)), best]
        better = living & whole & finite.any(axis=1) & (found < self.best_loss)
        self.best_loss[better] = found[better]
        self._best[better] = thetas[better, best[better]]
        # how many evaluations since the last finite loss: those at the end of the row, or the row and what came before
        trailing = np.where(finite.any(axis=1), finite[:, ::-1].argmax(axis=1), self._non_finite + losses.shape[1])
        self._non_finite = trailing
        # measured before it is judged: a lane that ends here has lived up to this mark
        if due:
            self._measure()
        self._judge()

    def _judge(self) -> None:
        target = -np.inf if self.terms.target_loss is None else self.terms.target_loss
        for lane in np.flatnonzero(self._alive & ((self._non_finite >= PATIENCE) | (self.best_loss <= target))):
            end = self.account.ending(int(self._non_finite[lane]), float(self.best_loss[lane]))
            assert end is not None
            self._freeze(int(lane), end)
        self._end_with_the_last()

    def _end_with_the_last(self) -> None:
        if not self._alive.any():
            # the batch ends as the last of its lanes did; each keeps its own end in `ends`
            self.account.end(next(reversed(self.ends.values()))[0])

    def _freeze(self, lane: int, end: RunStopped) -> None:
        # a copy: the counts go on with the lanes that live
        self.ends[lane] = (end, replace(self.account.counts))
        if self._measured_at < self.account.cost:
            self._measure_lanes([lane])
        self._alive[lane] = False

    def _measure(self) -> None:
        self.account.advance()
        self._measured_at = self.account.cost
        self._measure_lanes([int(lane) for lane in np.flatnonzero(self._alive)])

    def _measure_lanes(self, lanes: list[int]) -> None:
        if self._observe is None or not lanes:
            return
        snapshot = self.account.snapshot()
        start = perf_counter()
        with np.errstate(all="ignore"):  # a diverging lane is measured to its end
            # indexed by a list, both are copies: the observer keeps what it is shown
            last, best = (np.asarray(points[lanes], np.float64) for points in (self._last, self._best))
            self._observe(lanes, snapshot, last, best)
        self.account.seconds_measuring += perf_counter() - start

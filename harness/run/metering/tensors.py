"""The Objective of lanes whose parameters are tensors of one device, from which nothing is copied but at marks.

The rules are those of `lanes.py`, kept by masks: a lane that has ended keeps its points and the number of the
evaluation that ended it, and the next mark is told when and why. All lanes may have ended before it; what they move
until then is not counted. Only methods of tensors are called, so that torch is not loaded for whoever has none.
"""

from collections.abc import Callable
from dataclasses import replace
from math import inf
from time import perf_counter
from typing import Any, Literal, NoReturn, TypeAlias

import numpy as np

from harness.run.metering.account import (
    PATIENCE,
    PENALTY,
    Account,
    Counts,
    Observe,
    Outcome,
    Snapshot,
    Terms,
)
from harness.run.metering.lanes import LaneMeter
from harness.run.metering.meter import Meter
from optimizers.base import Doubles, Optimizer, RunStopped, Slot
from problems.engines.base import Evaluator, Placed

Tensor: TypeAlias = Any
LARGE = 50_000
"""Parameters from which on a CPU's tensors are worth it, too: of small ones, masks cost more than copies."""


class TensorMeter:
    """Implements `optimizers.base.Objective` for `B` lanes, from tensors `(B, P)`; of losses alone it gives none."""

    def __init__(self, evaluator: Placed, terms: Terms, lanes: int, observe: Observe | None = None) -> None:
        problem = evaluator.problem
        self._evaluator, self._observe, self._lanes = evaluator, observe, lanes
        self._looks = evaluator.device == "cpu"
        self.terms = terms
        self.dim, self.n_samples = problem.dim, problem.n_samples
        self.layout = tuple(Slot(*slot) for slot in problem.network.layout)
        self.account = Account(terms)
        self.ends: dict[int, tuple[RunStopped, Counts]] = {}
        """Why and after which evaluations each frozen lane has ended, as far as marks have told."""
        self.last_loss = self.best_loss = np.full(lanes, np.inf)
        self._target = -inf if terms.target_loss is None else terms.target_loss
        self._measured_at = -1.0
        self._evaluations = 0
        self._since: list[tuple[Counts, Snapshot]] = []
        """After each evaluation since the last mark."""

    def start(self, theta0: Tensor) -> None:
        """Set the clocks going and measure every lane at cost 0."""
        # one row more than lanes, never read: where a lane is not to be written down, its point is written there
        self._last, self._best = (theta0.new_empty((self._lanes + 1, self.dim)) for _ in range(2))
        self._last[:-1], self._best[:-1] = theta0, theta0
        zeros = theta0.new_zeros(self._lanes).double()
        self._last_losses, self._best_losses = zeros + inf, zeros + inf
        self._non_finite, self._ended = zeros, zeros - 1
        self._alive, self._diverged = zeros == 0, zeros > 0
        self._rows = self._alive.cumsum(0) - 1
        self.account.started = perf_counter()
        self._measure()

    def finish(self) -> None:
        """Measure the end of the living lanes, unless the last mark was it, and stop the clocks."""
        if self._measured_at < self.account.cost:
            self._measure()
        self.account.ended = perf_counter()

    @property
    def last(self) -> Doubles:
        """The points evaluated last, `(B, P)`, copied to the host."""
        return _on_host(self._last[:-1])

    @property
    def best(self) -> Doubles:
        """The points of the lowest finite loss on all samples, `(B, P)`, copied to the host."""
        return _on_host(self._best[:-1])

    @property
    def state_dtype(self) -> str:
        """The precision of the start, and so of the method's state."""
        return str(self._last.dtype).removeprefix("torch.")

    def outcome(self, lane: int) -> Outcome:
        """Counts and losses of one lane at its end."""
        stop, counts = self.ends.get(lane, (None, self.account.counts))
        return Outcome(counts, float(self.last_loss[lane]), float(self.best_loss[lane]), stop)

    def value_and_grad(self, theta: Tensor) -> tuple[Tensor, Tensor]:
        self.account.admit("gradients")
        return self._settle(theta, self._evaluator.tensor_values_and_grads, 1.0, whole=True)

    def batch_value_and_grad(self, theta: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
        """`rows` is `(B, k)`: each lane has its own minibatch."""
        share = rows.shape[1] / self.n_samples
        self.account.admit("gradients", share)
        return self._settle(theta, lambda thetas: self._evaluator.tensor_batches(thetas, rows), share, whole=False)

    def value(self, theta: Tensor) -> NoReturn:
        _refuse(theta)

    def values(self, thetas: Tensor) -> NoReturn:
        _refuse(thetas)

    def values_and_grads(self, thetas: Tensor) -> NoReturn:
        _refuse(thetas)

    def residuals_and_jacobian(self, theta: Tensor) -> NoReturn:
        _refuse(theta)

    def hvp(self, theta: Tensor, vector: Tensor) -> NoReturn:
        _refuse(theta, vector)

    def initial(self, rng: np.random.Generator) -> Tensor:
        return self._evaluator.placed(self._evaluator.problem.network.theta0(rng)[None])[0]

    def evaluations_left(self, need: Literal["value", "gradient"]) -> int:
        return self.account.left(need)

    def leave(self, lanes: Tensor) -> NoReturn:
        _refuse(lanes)

    def _settle(
        self, theta: Tensor, evaluate: Callable[[Tensor], tuple[Tensor, Tensor]], share: float, *, whole: bool
    ) -> tuple[Tensor, Tensor]:
        start = perf_counter()
        losses, grads = evaluate(theta)
        self.account.seconds_objective += perf_counter() - start
        # finite only where every element is; a square of float32 may overflow where the gradient is of use
        total = grads.sum(dim=1) if grads.dtype != losses.dtype else grads.norm(dim=1)
        finite = losses.isfinite() & total.isfinite()
        # a look costs a device its pace; on a CPU it spares a pass over all gradients
        if not self._looks or not finite.all():
            grads.masked_fill_(~finite[:, None], 0.0)
        self._keep(theta, losses, finite, whole=whole)
        due = self.account.charge("gradients", share)
        self._since.append((replace(self.account.counts), self.account.snapshot()))
        self._evaluations += 1
        if due:
            self._measure()
        return losses.masked_fill(~finite, PENALTY), grads

    def _keep(self, theta: Tensor, losses: Tensor, finite: Tensor, *, whole: bool) -> None:
        """Last and best points of the living lanes, and which of them end here; without a look at any number."""
        alive = self._alive
        # rows are copied whole, which is five times faster than elements by a mask
        self._last.index_copy_(0, self._rows.where(alive, self._lanes), theta)
        self._last_losses = losses.masked_fill(~finite, inf).where(alive, self._last_losses)
        if whole:
            better = alive & finite & (losses < self._best_losses)
            self._best.index_copy_(0, self._rows.where(better, self._lanes), theta)
            self._best_losses = losses.where(better, self._best_losses)
        self._non_finite = (self._non_finite + 1).masked_fill(finite, 0)
        diverged = self._non_finite >= PATIENCE
        ends = alive & (diverged | (self._best_losses <= self._target))
        self._ended = self._ended.masked_fill(ends, self._evaluations)
        self._diverged = self._diverged | (ends & diverged)
        self._alive = alive & ~ends

    def _measure(self) -> None:
        """Copy to the host, once: what has ended since, four numbers a lane, and the two points of each."""
        self.account.advance()
        self._measured_at = self.account.cost
        told = self._last.new_empty((4, self._lanes)).double()
        for row, each in enumerate((self._last_losses, self._best_losses, self._ended, self._diverged)):
            told[row] = each
        self.last_loss, self.best_loss, ended, diverged = told.cpu().numpy()
        points = (self.last, self.best) if self._observe is not None else (self.last_loss, self.best_loss)
        new = [int(lane) for lane in np.argsort(ended) if ended[lane] >= 0 and lane not in self.ends]
        now = self._evaluations - 1
        # a lane that ends at this evaluation has lived up to this mark; the others are shown where they ended
        for lane in new:
            if ended[lane] < now:
                self._show([lane], self._since[int(ended[lane]) - self._evaluations][1], points)
        living = [lane for lane in range(self._lanes) if lane not in self.ends and not 0 <= ended[lane] < now]
        self._show(living, self.account.snapshot(), points)
        for lane in new:
            end = self.account.ending(PATIENCE if diverged[lane] else 0, float(self.best_loss[lane]))
            assert end is not None
            self.ends[lane] = (end, self._since[int(ended[lane]) - self._evaluations][0])
        self._since.clear()
        if len(self.ends) == self._lanes and self.account.stop is None:
            self.account.end(next(reversed(self.ends.values()))[0])

    def _show(self, lanes: list[int], snapshot: Snapshot, points: tuple[Doubles, Doubles]) -> None:
        if self._observe is None or not lanes:
            return
        start = perf_counter()
        with np.errstate(all="ignore"):  # a diverging lane is measured to its end
            self._observe(lanes, snapshot, points[0][lanes], points[1][lanes])
        self.account.seconds_measuring += perf_counter() - start


def _refuse(*tensors: Tensor) -> NoReturn:
    del tensors
    raise TypeError("Of tensors, gradients alone are offered; a method that needs more does not declare tensors.")


def _on_host(tensor: Tensor) -> Doubles:
    return np.asarray(tensor.cpu().numpy(), np.float64)


def kept_on_device(method: Optimizer, evaluator: Evaluator) -> Placed | None:
    """The evaluator, where a run of this method is to stay on its device."""
    if not (method.tensors and isinstance(evaluator, Placed)):
        return None
    return evaluator if evaluator.device != "cpu" or evaluator.problem.dim >= LARGE else None


AnyMeter: TypeAlias = Meter | LaneMeter | TensorMeter

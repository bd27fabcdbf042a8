"""The Objective of one run: counts, stops exactly, keeps the best, measures on schedule, guards against the infinite.

Libraries disagree about all of these, so none of it is left to them. Measuring reads copies and stops the clock: a run
takes the same path whether or not it is watched.
"""

import sys
from importlib import import_module
from math import inf, isfinite
from time import perf_counter
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from harness.run.metering.account import PENALTY, Account, Observe, Outcome, Terms
from optimizers.base import Doubles, Slot
from problems.engines.base import Entry, Evaluator


class Meter:
    """Implements `optimizers.base.Objective` for one run, from `(P,)` vectors."""

    def __init__(self, evaluator: Evaluator, terms: Terms, observe: Observe | None = None) -> None:
        self._evaluator, problem = evaluator, evaluator.problem
        self._observe = observe
        self.terms = terms
        self.dim, self.n_samples = problem.dim, problem.n_samples
        self.layout = tuple(Slot(*slot) for slot in problem.network.layout)
        self.account = Account(terms)
        self.last_loss = self.best_loss = inf
        self._last = self._best = np.empty(0)
        self._non_finite = 0
        self._measured_at = -1.0
        self._gate: Any = None
        """A `gate.Gate`, where a method has asked for one."""

    def start(self, theta0: Doubles) -> None:
        """Set the clocks going and measure at cost 0."""
        self._last, self._best = theta0.copy(), theta0.copy()
        self.account.started = perf_counter()
        self._measure()

    def finish(self) -> None:
        """Measure the end, unless the last mark was it, and stop the clocks."""
        self._absorb()
        if self._measured_at < self.account.cost:
            self._measure()
        self.account.ended = perf_counter()

    @property
    def last(self) -> Doubles:
        """The point evaluated last, `(P,)`; not to be changed."""
        return self._last

    @property
    def best(self) -> Doubles:
        """The point of the lowest finite loss on all samples, `(P,)`; not to be changed."""
        return self._best

    @property
    def state_dtype(self) -> str:
        """The precision of the start, and so of the method's state."""
        return str(self._last.dtype)

    def outcome(self, lane: int = 0) -> Outcome:
        """Counts and losses at the end."""
        assert lane == 0
        return Outcome(self.account.counts, self.last_loss, self.best_loss, None)

    def entry(self, need: Literal["value", "gradient"], fallback: int) -> Entry | None:
        """A C function in place of `value` or `value_and_grad`, which calls the one at `fallback` where those are due.

        None where the evaluator has none, or where the clock or the loss may end the run at any evaluation."""
        # of the class: whoever wraps an evaluator sees all that it does
        made = getattr(type(self._evaluator), "entry", None)
        ends = self.terms.time_limit is not None or self.terms.target_loss is not None
        inner: Entry | None = None if made is None or ends or sys.platform == "win32" else made(self._evaluator, need)
        if inner is None:
            return None
        # loaded only now: numba takes its time
        gate = import_module("harness.run.metering.gate").Gate
        self._gate = gate(inner, fallback, self._last, self._best, slopes=need == "gradient")
        return self._gate.entry

    def value(self, theta: Doubles) -> float:
        self._absorb()
        self.account.admit("values")
        start = perf_counter()
        loss = self._evaluator.value(theta)
        self.account.seconds_objective += perf_counter() - start
        told = self._settle(theta, loss, self.account.charge("values", 1))
        self._let_pass()
        return told

    def value_and_grad(self, theta: Doubles) -> tuple[float, Doubles]:
        self._absorb()
        self.account.admit("gradients")
        start = perf_counter()
        loss, grad = self._evaluator.value_and_grad(theta)
        self.account.seconds_objective += perf_counter() - start
        told = self._settle_gradient(theta, loss, grad, 1.0, whole=True)
        self._let_pass()
        return told

    def batch_value_and_grad(self, theta: Doubles, rows: NDArray[np.intp]) -> tuple[float, Doubles]:
        # a minibatch of k of n samples is k / n of a gradient
        share = len(rows) / self.n_samples
        self._absorb()
        self.account.admit("gradients", share)
        start = perf_counter()
        losses, grads = self._evaluator.batch_values_and_grads(theta[None], rows)
        self.account.seconds_objective += perf_counter() - start
        return self._settle_gradient(theta, float(losses[0]), grads[0], share, whole=False)

    def values(self, thetas: Doubles) -> Doubles:
        self._absorb()
        self.account.admit("values")
        fitting = thetas[: self.account.left("value")]
        start = perf_counter()
        losses = np.array(self._evaluator.values(fitting), np.float64)
        self.account.seconds_objective += perf_counter() - start
        done = 0
        # all are computed at once and settled in stretches: marks and ends fall where they would one by one
        while done < len(fitting):
            stop = done + self.account.stretch(losses[None, done:], np.array([self._non_finite]))
            self._settle_rows(fitting[done:stop], losses[done:stop], self.account.charge("values", stop - done))
            done = stop
        # the rest did not fit, and neither does one more: this raises
        if len(fitting) < len(thetas):
            self.account.admit("values")
        return losses

    def values_and_grads(self, thetas: Doubles) -> tuple[Doubles, Doubles]:
        # one after the other: each is admitted by itself, so that the budget may end the run between two
        pairs = [self.value_and_grad(theta) for theta in thetas]
        return np.array([loss for loss, _ in pairs]), np.array([grad for _, grad in pairs])

    def residuals_and_jacobian(self, theta: Doubles) -> tuple[Doubles, Doubles]:
        components = self._evaluator.problem.targets.shape[-1]
        self._absorb()
        self.account.admit("jacobians", components)
        start = perf_counter()
        residuals, jacobian = self._evaluator.residuals_and_jacobian(theta)
        self.account.seconds_objective += perf_counter() - start
        # the residuals carry the weights of the loss, which is r.r
        loss = float(residuals @ residuals) if np.isfinite(jacobian).all() else inf
        self._settle(theta, loss, self.account.charge("jacobians", components))
        if not isfinite(loss):
            # residuals whose r.r is the penalty, and which no step would change
            return np.full(len(residuals), (PENALTY / len(residuals)) ** 0.5), np.zeros_like(jacobian)
        return residuals, jacobian

    def hvp(self, theta: Doubles, vector: Doubles) -> Doubles:
        self._absorb()
        self.account.admit("hvps")
        start = perf_counter()
        product = np.asarray(self._evaluator.hvp(theta, vector), np.float64)
        self.account.seconds_objective += perf_counter() - start
        # nothing to keep or judge: a product says nothing of the loss at its point
        if self.account.charge("hvps", 1):
            self._measure()
        return product if np.isfinite(product).all() else np.zeros_like(product)

    def initial(self, rng: np.random.Generator) -> Doubles:
        return self._evaluator.problem.network.theta0(rng)

    def evaluations_left(self, need: Literal["value", "gradient"]) -> int:
        self._absorb()
        return self.account.left(need)

    def leave(self, lanes: NDArray[np.bool_]) -> None:
        if np.any(lanes):  # of which there is one
            self.account.end(self.account.returned((self.last_loss, self.best_loss)))

    def _absorb(self) -> None:
        """Close the way past us, and take in what has passed."""
        if self._gate is None:
            return
        passed = self._gate.close()
        if passed is not None:
            self.account.charge("gradients" if self._gate.slopes else "values", passed.evaluations)
            self.account.seconds_objective += passed.seconds
            self.last_loss, self.best_loss = passed.last_loss, passed.best_loss
            self._non_finite = 0

    def _let_pass(self) -> None:
        """Open it, for evaluations at which nothing is due."""
        if self._gate is not None and self.account.stop is None:
            most = self.account.uneventful("gradients" if self._gate.slopes else "values")
            self._gate.open(most, self.best_loss)

    def _settle_gradient(
        self, theta: Doubles, loss: float, grad: Doubles, share: float, *, whole: bool
    ) -> tuple[float, Doubles]:
        # g.g is finite only where every component is: one pass, and no array of flags
        if not (isfinite(grad.dot(grad)) or isfinite(np.einsum("p,p->", grad, grad, dtype=np.float64))):
            loss, grad = inf, np.zeros_like(grad)
        elif not isfinite(loss):
            grad = np.zeros_like(grad)
        return self._settle(theta, loss, self.account.charge("gradients", share), whole=whole), grad

    def _settle(self, theta: Doubles, loss: float, due: bool, *, whole: bool = True) -> float:
        """Keep, guard and measure one evaluation; the loss that the method is told. A minibatch's is never the best."""
        # a copy: libraries go on to move their vector in place
        np.copyto(self._last, theta)
        finite = isfinite(loss)
        self.last_loss = loss if finite else inf
        if whole and finite and loss < self.best_loss:
            self.best_loss = loss
            np.copyto(self._best, theta)
        self._non_finite = 0 if finite else self._non_finite + 1
        if due:
            self._measure()
        self._judge()
        return loss if finite else PENALTY

    def _settle_rows(self, thetas: Doubles, losses: Doubles, due: bool) -> None:
        """The same for some rows of a population; `losses` is mended in place."""
        finite = np.isfinite(losses)
        np.copyto(self._last, thetas[-1])
        self.last_loss = float(losses[-1]) if finite[-1] else inf
        losses[~finite] = PENALTY
        best = int(losses.argmin())
        if finite[best] and losses[best] < self.best_loss:
            self.best_loss = float(losses[best])
            np.copyto(self._best, thetas[best])
        # counted from the end: the rows after the last finite one
        self._non_finite = int(finite[::-1].argmax()) if finite.any() else self._non_finite + len(losses)
        if due:
            self._measure()
        self._judge()

    def _judge(self) -> None:
        stop = self.account.ending(self._non_finite, self.best_loss)
        if stop is not None:
            self.account.end(stop)

    def _measure(self) -> None:
        self.account.advance()
        self._measured_at = self.account.cost
        if self._observe is None:
            return
        snapshot = self.account.snapshot()
        start = perf_counter()
        with np.errstate(all="ignore"):  # a diverging run is measured to its end
            # copies `(1, P)`: the observer keeps what it is shown, and these two are written over
            self._observe([0], snapshot, *(np.array(each[None], np.float64) for each in (self._last, self._best)))
        self.account.seconds_measuring += perf_counter() - start

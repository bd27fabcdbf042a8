"""torch's L-BFGS, one iteration a call, with what it would evaluate twice remembered."""

from dataclasses import dataclass
from math import inf
from typing import Any, ClassVar, NamedTuple

import numpy as np

from optimizers.base import Doubles, Need, Objective, Optimizer, Streams, setting
from optimizers.restarts import descend_repeatedly


class Evaluation(NamedTuple):
    """What is known at one point."""

    theta: Doubles
    loss: float
    gradient: Doubles


class Recall:
    """Loss and gradient, free at the latest and at the lowest point since `forget`: a line search ends at either."""

    def __init__(self, objective: Objective) -> None:
        self._objective = objective
        self._known: tuple[Evaluation, ...] = ()

    def __call__(self, theta: Doubles) -> Evaluation:
        for known in self._known:
            if np.array_equal(known.theta, theta):
                return known
        new = Evaluation(theta.copy(), *self._objective.value_and_grad(theta))
        lowest = min((new, *self._known), key=lambda known: known.loss)
        self._known = (new,) if lowest is new else (new, lowest)
        return new

    def forget(self, theta: Doubles) -> None:
        """Keep what is known at `theta` alone: every line search costs an evaluation, and none loops for free."""
        self._known = tuple(known for known in self._known if np.array_equal(known.theta, theta))


@dataclass(frozen=True)
class LBFGSTorch(Optimizer):
    """L-BFGS with a strong Wolfe line search."""

    family: ClassVar[str] = "quasi-newton"
    needs: ClassVar[frozenset[Need]] = frozenset({"gradient"})
    source: ClassVar[str] = "Nocedal and Wright 2006, algorithm 7.5; torch.optim.LBFGS"
    expected: ClassVar[str] = "the order is passed quickly: a model of the curvature moves many modes at once"
    history: int = setting(20, "steps remembered", at_least=1, tune=(3, 100))
    line_search: int = setting(25, "most evaluations of one line search; few of them cripple it", at_least=2)

    def memory(self, dim: int) -> int:
        return 8 * dim * (2 * self.history + 14)

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        del rng  # deterministic
        import torch

        theta = theta0.copy()
        param = torch.from_numpy(theta)  # shares its memory with theta

        def descend(start: Doubles) -> tuple[Doubles, float]:
            recall = Recall(objective)

            def closure() -> float:
                known = recall(theta)
                param.grad = torch.from_numpy(known.gradient)
                return known.loss

            np.copyto(theta, start)
            stepper = self._build(torch.optim, param)
            before = np.full_like(theta, inf)
            while not np.array_equal(before, theta):
                np.copyto(before, theta)
                stepper.step(closure)
                recall.forget(theta)
            return before, closure()

        descend_repeatedly(descend, theta0)

    def _build(self, optim: Any, param: Any) -> Any:
        return optim.LBFGS(
            [param],
            max_iter=1,
            max_eval=1 + self.line_search,
            tolerance_grad=0.0,
            tolerance_change=0.0,
            history_size=self.history,
            line_search_fn="strong_wolfe",
        )

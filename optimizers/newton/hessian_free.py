"""Hessian-free optimisation: Newton's equation, damped, solved in part by conjugate gradients.

Martens multiplies by the Gauss-Newton matrix; here the products are with the Hessian itself, and the solver stops where
the damped Hessian is not positive along its direction.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from optimizers.base import Doubles, Need, Objective, Optimizer, Streams, setting

PROGRESS = 5e-4
"""Of the quadratic model's decrease, for each of the last steps, below which the solver stops (Martens 2010, 4.4)."""
LARGEST, LEAST = 1e12, 1e-12
"""Damping beyond which no step is left, and below which it is as good as none."""
HALVINGS = 40  # to a length of 1e-12


@dataclass(frozen=True)
class HessianFree(Optimizer):
    """(H + lambda I) d = -g, lambda following how well the model foretells the loss; then a search along d."""

    family: ClassVar[str] = "newton"
    needs: ClassVar[frozenset[Need]] = frozenset({"value", "gradient", "hvp"})
    source: ClassVar[str] = "Martens 2010, sections 3 and 4; Nocedal and Wright 2006, algorithm 7.1"
    expected: ClassVar[str] = (
        "a damped step leaves a share mu / (lambda + mu) of a mode of curvature lambda, so only modes far below the "
        "damping mu are in order"
    )
    caveat: ClassVar[str] = "products are with the Hessian, not with the Gauss-Newton matrix of the paper"
    damping: float = setting(1e-2, "first damping", above=0.0, tune=(1e-5, 10.0))
    most: int = setting(50, "products with the Hessian in a step", at_least=1)
    decay: float = setting(0.95, "share of the last direction from which the solver begins", at_least=0.0, below=1.0)

    def memory(self, dim: int) -> int:
        return 8 * 10 * dim

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        del rng  # deterministic
        theta, damping, direction = theta0.copy(), self.damping, np.zeros_like(theta0)
        loss, gradient = objective.value_and_grad(theta)
        while damping < LARGEST:
            direction, foretold = self._solve(objective, theta, gradient, self.decay * direction, damping)
            trial = objective.value(theta + direction)
            # rho = (L(theta + d) - L(theta)) / q(d), 1 for a perfect model: Levenberg-Marquardt (Martens 2010, 4.1)
            gain = (trial - loss) / foretold if foretold < 0 else 0.0
            damping = max(damping * (1.5 if gain < 0.25 else 2 / 3 if gain > 0.75 else 1.0), LEAST)
            length = self._search(objective, theta, direction, (loss, trial, float(gradient @ direction)))
            # no length lowers the loss: the model holds in a smaller region, and its direction is no start for the next
            if length == 0.0:
                direction, damping = np.zeros_like(direction), damping * 4
                continue
            theta = theta + length * direction
            loss, gradient = objective.value_and_grad(theta)

    def _solve(
        self, objective: Objective, theta: Doubles, gradient: Doubles, start: Doubles, damping: float
    ) -> tuple[Doubles, float]:
        """A direction, and the change of the loss that the undamped quadratic model foretells for it."""

        def product(vector: Doubles) -> Doubles:
            return objective.hvp(theta, vector) + damping * vector

        point = start
        # r = -g - (H + lambda I) d at the start, a share of the last direction (Martens 2010, 4.5)
        residual = -gradient - (product(start) if start.any() else 0.0)
        search, square = residual.copy(), float(residual @ residual)
        models = [self._model(point, gradient, residual)]
        for step in range(1, self.most + 1):
            turned = product(search)
            curvature = float(search @ turned)
            # p.(H + lambda I)p <= 0: the model is unbounded along p; take what was found, or go straight down, of which
            # q(-g) = -g.g + g.Hg / 2. Where r.r is 0, nothing is left to solve
            if not curvature > 0 or square == 0.0:
                if step == 1 and not start.any():
                    return search, (curvature - damping * square) / 2 - square
                break
            # alpha = r.r / p.(H + lambda I)p; then beta = r.r / r_old.r_old keeps the directions conjugate
            length = square / curvature
            point = point + length * search
            residual = residual - length * turned
            models.append(self._model(point, gradient, residual))
            # k = max(10, i / 10): stop where (q_i - q_(i-k)) / q_i < k eps (Martens 2010, 4.4)
            window = max(10, step // 10)
            if step > window and models[-1] < 0 and (models[-1] - models[-1 - window]) / models[-1] < window * PROGRESS:
                break
            before, square = square, float(residual @ residual)
            search = residual + square / before * search
        if float(point @ gradient) >= 0:  # a start that has gone uphill: straight down, as the slope foretells
            return -gradient, -float(gradient @ gradient)
        return point, models[-1] - damping / 2 * float(point @ point)  # q without the lambda d.d / 2 of the damping

    @staticmethod
    def _model(point: Doubles, gradient: Doubles, residual: Doubles) -> float:
        """`d.g + d.(H + lambda I)d / 2`, with `(H + lambda I) d = -g - residual`."""
        return float(point @ (gradient - residual)) / 2

    @staticmethod
    def _search(objective: Objective, theta: Doubles, direction: Doubles, known: tuple[float, float, float]) -> float:
        """The length by halving until Armijo's rule holds; 0 if it never does. `known`: losses at 0 and 1, slope."""
        loss, trial, slope = known
        length = 1.0
        for _ in range(HALVINGS):
            # Armijo: L(theta + t d) <= L + 1e-4 t g.d; strictly lower too, as rounding may swallow the slope
            if trial <= loss + 1e-4 * length * slope and trial < loss:
                return length
            length /= 2
            trial = objective.value(theta + length * direction)
        return 0.0

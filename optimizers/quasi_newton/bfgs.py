"""BFGS with the rank-2 update of the inverse Hessian, O(P^2) a step.

scipy multiplies three P x P matrices instead, O(P^3): most of a run from a few hundred parameters on. Line search,
initial step and curvature rule are scipy's, so the iterates are scipy's to rounding (the tests compare them). The loop
is compiled, in `cores.py`.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from optimizers.base import Need, setting
from optimizers.restarts import CompiledDescent


@dataclass(frozen=True)
class BFGS(CompiledDescent):
    """Dense inverse Hessian, Wolfe line search."""

    family: ClassVar[str] = "quasi-newton"
    needs: ClassVar[frozenset[Need]] = frozenset({"gradient"})
    source: ClassVar[str] = "Nocedal and Wright 2006, algorithm 6.1; line search of scipy's BFGS"
    expected: ClassVar[str] = "the order is passed quickly: a model of the curvature moves many modes at once"
    max_dim: ClassVar[int] = 20_000  # 1.6 GB of inverse Hessian
    c1: float = setting(1e-4, "sufficient decrease", above=0.0, below=0.5, tune=(1e-5, 1e-2))
    # on `sin135`, 20,000 gradients, seeds 100 to 102: 2e-9; 0.5 reaches the same
    c2: float = setting(0.9, "slope that may remain after a line search", above=0.0, below=1.0, tune=(0.1, 0.95))

    def memory(self, dim: int) -> int:
        return 8 * (dim * (dim + 1) // 2 + 12 * dim)

    def core(self, dim: int) -> tuple[Any, tuple[float, ...]]:
        del dim
        from optimizers.quasi_newton.cores import bfgs_core

        return bfgs_core(), (self.c1, self.c2)

"""L-BFGS, the points of scipy's L-BFGS-B without bounds, to rounding (the tests compare them).

The loop is compiled, in `cores.py`: scipy takes three times as long as a small network between two evaluations. Its
tolerances are zero, so that the budget ends a run; a failed line search restarts (`optimizers.restarts`).
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from optimizers.base import Need, setting
from optimizers.restarts import CompiledDescent


@dataclass(frozen=True)
class LBFGS(CompiledDescent):
    """Inverse Hessian from the last few steps."""

    family: ClassVar[str] = "quasi-newton"
    needs: ClassVar[frozenset[Need]] = frozenset({"gradient"})
    source: ClassVar[str] = "Zhu, Byrd, Lu, Nocedal 1997, algorithm 778; the points of scipy's L-BFGS-B"
    expected: ClassVar[str] = "the order is passed quickly: a model of the curvature moves many modes at once"
    # on `sin135`, 20,000 gradients, seeds 100 to 102: 4e-8; scipy's 10 reaches 7e-7
    history: int = setting(20, "steps remembered", at_least=1, tune=(3, 100))
    line_search: int = setting(20, "most evaluations of one line search", at_least=1)

    def memory(self, dim: int) -> int:
        # pairs of steps and changes, one more than are used, and vectors of the line search
        return 8 * dim * (2 * self.history + 12)

    def core(self, dim: int) -> tuple[Any, tuple[float, ...]]:
        del dim
        from optimizers.quasi_newton.cores import lbfgs_core

        return lbfgs_core(), (self.history, self.line_search)

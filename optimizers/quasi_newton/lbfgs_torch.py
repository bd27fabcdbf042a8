"""L-BFGS with the points of torch's, to rounding; what torch would evaluate twice is remembered.

The loop is compiled, in `torch_core.py`; the tests compare it with torch.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from optimizers.base import Need, setting
from optimizers.restarts import CompiledDescent


@dataclass(frozen=True)
class LBFGSTorch(CompiledDescent):
    """L-BFGS with a strong Wolfe line search."""

    family: ClassVar[str] = "quasi-newton"
    needs: ClassVar[frozenset[Need]] = frozenset({"gradient"})
    source: ClassVar[str] = "Nocedal and Wright 2006, algorithm 7.5; the points of torch.optim.LBFGS"
    expected: ClassVar[str] = "the order is passed quickly: a model of the curvature moves many modes at once"
    history: int = setting(20, "steps remembered", at_least=1, tune=(3, 100))
    line_search: int = setting(25, "most evaluations of one line search; few of them cripple it", at_least=2)

    def memory(self, dim: int) -> int:
        # pairs of steps and changes, one more than are used, and vectors of the line search
        return 8 * dim * (2 * self.history + 14)

    def core(self, dim: int) -> tuple[Any, tuple[float, ...]]:
        del dim
        from optimizers.quasi_newton.torch_core import torch_core

        return torch_core(), (self.history, self.line_search)

"""Quasi-Newton methods that rescale their inverse Hessian in every step: self-scaled BFGS and self-scaled Broyden.

With H the inverse Hessian, s the step, y the change of the gradient and B = H^-1, put

    b = s.Bs / y.s,   h = y.Hy / y.s,   a = b h - 1 >= 0,   v = s / y.s - Hy / y.Hy.

All of them are `H <- (H - Hy (Hy)' / y.Hy + phi (y.Hy) v v') / tau + s s' / y.s`. BFGS is phi = 1, tau = 1; the
self-scaled one has tau = min(1, 1 / b). Broyden's has its own theta, from which phi = (1 - theta) / (1 + a theta) and
tau follow (Urban et al. 2025, equations 13 to 24, after Al-Baali). As Bs = -alpha g, b costs one inner product.
The loop is compiled, in `scaled_core.py`.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from optimizers.base import Need, setting
from optimizers.restarts import CompiledDescent


@dataclass(frozen=True)
class SelfScaled(CompiledDescent):
    """Dense inverse Hessian, rescaled in every step; the Wolfe line search of BFGS."""

    family: ClassVar[str] = "quasi-newton"
    needs: ClassVar[frozenset[Need]] = frozenset({"gradient"})
    source: ClassVar[str] = "Urban et al. 2025, arXiv 2405.04230; Kiyani et al. 2025, arXiv 2501.16371; Al-Baali 1998"
    expected: ClassVar[str] = (
        "like BFGS, and said to be weaker in bias: it is the method of choice for equations with fine structure "
        "(arXiv 2501.16371)"
    )
    max_dim: ClassVar[int] = 20_000  # 1.6 GB of inverse Hessian
    update: str = setting("broyden", "which member of the family", choices=("bfgs", "broyden"))
    c1: float = setting(1e-4, "sufficient decrease", above=0.0, below=0.5, tune=(1e-5, 1e-2))
    c2: float = setting(0.9, "slope that may remain after a line search", above=0.0, below=1.0, tune=(0.1, 0.95))

    def memory(self, dim: int) -> int:
        return 8 * (dim * (dim + 1) // 2 + 12 * dim)

    def core(self, dim: int) -> tuple[Any, tuple[float, ...]]:
        del dim
        from optimizers.quasi_newton.scaled_core import scaled_core

        return scaled_core(), (int(self.update == "broyden"), self.c1, self.c2)

"""Nonlinear conjugate gradients, on the line searches of scipy, in compiled code.

scipy has Polak-Ribiere only, and spends more time between two evaluations of a small network than in them. `cg` makes
scipy's points, to rounding (the tests compare them).
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from optimizers.base import Need, setting
from optimizers.restarts import CompiledDescent

DESCENT = 0.01
"""How steeply the next direction must fall, in squared lengths of the gradient (Gilbert and Nocedal 1992)."""


@dataclass(frozen=True)
class ConjugateGradients(CompiledDescent):
    """What the two have in common."""

    family: ClassVar[str] = "conjugate-gradient"
    needs: ClassVar[frozenset[Need]] = frozenset({"gradient"})
    expected: ClassVar[str] = "the order is passed quickly: each step along a Krylov space serves many modes"

    def memory(self, dim: int) -> int:
        return 8 * 10 * dim


@dataclass(frozen=True)
class CG(ConjugateGradients):
    """d <- -g + max(0, (g - g_old).g / g_old.g_old) d (Polak-Ribiere+), Wolfe line search."""

    source: ClassVar[str] = "Nocedal and Wright 2006, section 5.2; the points of scipy's CG"
    c1: float = setting(1e-4, "sufficient decrease", above=0.0, below=0.5, tune=(1e-5, 1e-2))
    # on `sin135`, 20,000 gradients, seeds 100 to 102: 5e-6; scipy's 0.4 reaches 3e-5
    c2: float = setting(0.1, "slope that may remain after a line search", above=0.0, below=1.0, tune=(0.05, 0.5))

    def core(self, dim: int) -> tuple[Any, tuple[float, ...]]:
        del dim
        from optimizers.conjugate_gradient.cores import polak_ribiere_core

        # d.g <= -0.01 g.g: for Polak and Ribiere's direction the Wolfe conditions alone do not grant descent
        return polak_ribiere_core(), (self.c1, self.c2, DESCENT)


@dataclass(frozen=True)
class FletcherReeves(ConjugateGradients):
    """d <- -g + (g.g / g_old.g_old) d, strong Wolfe line search."""

    source: ClassVar[str] = "Fletcher and Reeves 1964; Nocedal and Wright 2006, algorithm 5.4"
    caveat: ClassVar[str] = "a bad direction may last for many steps (Nocedal and Wright, section 5.2), unlike in cg"
    c1: float = setting(1e-4, "sufficient decrease", above=0.0, below=0.5, tune=(1e-5, 1e-2))
    # below 1/2 every direction descends (Nocedal and Wright 2006, lemma 5.6)
    c2: float = setting(0.1, "slope that may remain after a line search; below 1/2", above=0.0, below=0.5)
    restart: int = setting(0, "steps after which the direction is the gradient again; 0 is P", at_least=0)

    def core(self, dim: int) -> tuple[Any, tuple[float, ...]]:
        from optimizers.conjugate_gradient.cores import fletcher_reeves_core

        # on a quadratic, P conjugate directions are all there are
        return fletcher_reeves_core(), (self.c1, self.c2, self.restart or dim)

"""Methods that move a flat vector. `OPTIMIZERS` is the one registry."""

from optimizers.base import Optimizer
from optimizers.bfgs import BFGS
from optimizers.direct import Powell
from optimizers.first_order import GD, Adam, Momentum
from optimizers.jacobi import Jacobi
from optimizers.lbfgs_torch import LBFGSTorch
from optimizers.quasi_newton import CG, LBFGS
from optimizers.swarm import PSO
from optimizers.swarm_libraries import PSONevergrad, PSOPyswarms

OPTIMIZERS: dict[str, Optimizer] = {
    "adam": Adam(),
    "bfgs": BFGS(),
    "cg": CG(),
    "gd": GD(),
    "lbfgs": LBFGS(),
    "lbfgs-torch": LBFGSTorch(),
    "momentum": Momentum(),
    "powell": Powell(),
    "pso": PSO(),
    "pso-nevergrad": PSONevergrad(),
    "pso-pyswarms": PSOPyswarms(),
    "jacobi": Jacobi(),
}

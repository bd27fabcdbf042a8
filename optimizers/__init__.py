"""Methods that move a flat vector. `OPTIMIZERS` is the one registry."""

from optimizers.base import Optimizer
from optimizers.conjugate_gradient.nonlinear import CG, FletcherReeves
from optimizers.direct.coordinates import CoordinateDescent, PatternSearch
from optimizers.direct.scipy_methods import COBYLA, COBYQA, NelderMead, Powell
from optimizers.evolution.differential import DifferentialEvolution
from optimizers.evolution.natural_evolution import SNES, OnePlusOne, OpenAIES
from optimizers.evolution.populations import CMAES, SepCMAES
from optimizers.first_order.adam_power import AdamPower
from optimizers.first_order.adaptive import (
    ASGD,
    Adadelta,
    Adagrad,
    Adamax,
    AdamW,
    NAdam,
    Nesterov,
    RAdam,
    RMSprop,
    Rprop,
)
from optimizers.first_order.lion import Lion
from optimizers.first_order.minibatch import SGD, MinibatchAdam
from optimizers.first_order.schedule_free import ScheduleFreeAdam
from optimizers.first_order.torch_methods import GD, Adam, Momentum
from optimizers.layered.adafactor import Adafactor
from optimizers.layered.kron import Kron
from optimizers.layered.muon import Muon
from optimizers.layered.shampoo import Shampoo
from optimizers.layered.soap import SOAP
from optimizers.layered.spectral import SpectralDescent
from optimizers.newton.hessian_free import HessianFree
from optimizers.newton.newton_torch import TorchNewtonCG
from optimizers.newton.sophia import Sophia
from optimizers.newton.trust_region import SR1, NewtonCG, TrustKrylov, TrustNCG
from optimizers.quasi_newton.bfgs import BFGS
from optimizers.quasi_newton.lbfgs import LBFGS
from optimizers.quasi_newton.lbfgs_torch import LBFGSTorch
from optimizers.quasi_newton.self_scaled import SelfScaled
from optimizers.relaxation.jacobi import Jacobi
from optimizers.residual.gauss_newton import GaussNewton, LevenbergMarquardt, NaturalGradient
from optimizers.stochastic.random_search import SPSA, DualAnnealing, RandomSearch
from optimizers.stochastic.samplers import Metropolis, PriorSearch
from optimizers.swarm.asynchronous import PSONevergrad
from optimizers.swarm.libraries import PSOPyswarms
from optimizers.swarm.pso import PSO

OPTIMIZERS: dict[str, Optimizer] = {
    "adadelta": Adadelta(),
    "adafactor": Adafactor(),
    "adagrad": Adagrad(),
    "adam": Adam(),
    "adam-minibatch": MinibatchAdam(),
    "adam-power": AdamPower(),
    "adam-schedule-free": ScheduleFreeAdam(),
    "adamax": Adamax(),
    "adamw": AdamW(),
    "asgd": ASGD(),
    "bfgs": BFGS(),
    "cg": CG(),
    "cg-fr": FletcherReeves(),
    "cma-es": CMAES(),
    "cobyla": COBYLA(),
    "cobyqa": COBYQA(),
    "coordinate-descent": CoordinateDescent(),
    "de": DifferentialEvolution(),
    "dual-annealing": DualAnnealing(),
    "gauss-newton": GaussNewton(),
    "gd": GD(),
    "hessian-free": HessianFree(),
    "jacobi": Jacobi(),
    "kron": Kron(),
    "lbfgs": LBFGS(),
    "lbfgs-torch": LBFGSTorch(),
    "levenberg-marquardt": LevenbergMarquardt(),
    "lion": Lion(),
    "metropolis": Metropolis(),
    "momentum": Momentum(),
    "muon": Muon(),
    "muon-hidden": Muon(matrices="hidden"),
    "nadam": NAdam(),
    "natural-gradient": NaturalGradient(),
    "nelder-mead": NelderMead(),
    "nesterov": Nesterov(),
    "newton-cg": NewtonCG(),
    "newton-cg-torch": TorchNewtonCG(),
    "one-plus-one": OnePlusOne(),
    "openai-es": OpenAIES(),
    "pattern-search": PatternSearch(),
    "powell": Powell(),
    "pso": PSO(),
    # Clerc and Kennedy 2002: phi = 4.1 gives chi = 0.72984, and chi phi / 2 = 1.49618 for each pull
    "pso-constriction": PSO(inertia=0.72984, own=1.49618, shared=1.49618),
    "pso-nevergrad": PSONevergrad(),
    "pso-pyswarms": PSOPyswarms(),
    "pso-ring": PSO(inertia=0.72984, own=1.49618, shared=1.49618, topology="ring"),
    "radam": RAdam(),
    "random-search": RandomSearch(),
    "random-search-initial": PriorSearch(),
    "rmsprop": RMSprop(),
    "rprop": Rprop(),
    "sep-cma-es": SepCMAES(),
    "sgd": SGD(),
    "shampoo": Shampoo(),
    "snes": SNES(),
    "soap": SOAP(),
    "sophia": Sophia(),
    "spectral-descent": SpectralDescent(),
    "spsa": SPSA(),
    "sr1": SR1(),
    "ss-bfgs": SelfScaled(update="bfgs"),
    "ss-broyden": SelfScaled(),
    "trust-krylov": TrustKrylov(),
    "trust-ncg": TrustNCG(),
}

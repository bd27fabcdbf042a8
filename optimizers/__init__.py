"""Methods that move a flat vector. `OPTIMIZERS` is the one registry."""

from optimizers.adaptive import ASGD, Adadelta, Adagrad, Adamax, AdamW, NAdam, Nesterov, RAdam, RMSprop, Rprop
from optimizers.base import Optimizer
from optimizers.bfgs import BFGS
from optimizers.conjugate_gradients import CG, FletcherReeves
from optimizers.coordinates import CoordinateDescent, PatternSearch
from optimizers.direct import COBYLA, COBYQA, NelderMead, Powell
from optimizers.evolution import CMAES, DifferentialEvolution, SepCMAES
from optimizers.first_order import GD, Adam, Momentum
from optimizers.jacobi import Jacobi
from optimizers.layered import SOAP, Adafactor, Muon, Shampoo
from optimizers.lbfgs import LBFGS
from optimizers.lbfgs_torch import LBFGSTorch
from optimizers.lion import Lion
from optimizers.minibatch import SGD, MinibatchAdam
from optimizers.natural_evolution import SNES, OnePlusOne, OpenAIES
from optimizers.newton import SR1, NewtonCG, TrustKrylov, TrustNCG
from optimizers.newton_torch import TorchNewtonCG
from optimizers.second_order import GaussNewton, LevenbergMarquardt, NaturalGradient
from optimizers.stochastic import SPSA, DualAnnealing, RandomSearch
from optimizers.swarm import PSO
from optimizers.swarm_libraries import PSONevergrad, PSOPyswarms

OPTIMIZERS: dict[str, Optimizer] = {
    "adadelta": Adadelta(),
    "adafactor": Adafactor(),
    "adagrad": Adagrad(),
    "adam": Adam(),
    "adam-minibatch": MinibatchAdam(),
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
    "jacobi": Jacobi(),
    "lbfgs": LBFGS(),
    "lbfgs-torch": LBFGSTorch(),
    "levenberg-marquardt": LevenbergMarquardt(),
    "lion": Lion(),
    "momentum": Momentum(),
    "muon": Muon(),
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
    "pso-constriction": PSO(inertia=0.72984, own=1.49618, shared=1.49618),
    "pso-nevergrad": PSONevergrad(),
    "pso-pyswarms": PSOPyswarms(),
    "pso-ring": PSO(inertia=0.72984, own=1.49618, shared=1.49618, topology="ring"),
    "radam": RAdam(),
    "random-search": RandomSearch(),
    "rmsprop": RMSprop(),
    "rprop": Rprop(),
    "sep-cma-es": SepCMAES(),
    "sgd": SGD(),
    "shampoo": Shampoo(),
    "snes": SNES(),
    "soap": SOAP(),
    "spsa": SPSA(),
    "sr1": SR1(),
    "trust-krylov": TrustKrylov(),
    "trust-ncg": TrustNCG(),
}

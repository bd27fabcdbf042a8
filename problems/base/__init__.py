"""The contract of a problem: data, network, loss and probes; and of the recipe that builds one."""

from problems.base.losses import Array, LinkedLoss, Loss, SquaredLoss, TensorLoss
from problems.base.networks import (
    HessianNetwork,
    InputGradientNetwork,
    JacobianNetwork,
    Network,
    Pullback,
    Slot,
)
from problems.base.probes import Probe
from problems.base.problem import Problem, stack, stackable
from problems.base.recipe import Recipe, fixed

__all__ = [
    "Array",
    "HessianNetwork",
    "InputGradientNetwork",
    "JacobianNetwork",
    "LinkedLoss",
    "Loss",
    "Network",
    "Probe",
    "Problem",
    "Pullback",
    "Recipe",
    "Slot",
    "SquaredLoss",
    "TensorLoss",
    "fixed",
    "stack",
    "stackable",
]

"""A fully connected network together with its derivatives in the inputs, for losses that see slopes."""

from dataclasses import dataclass

import numpy as np

from problems.base import Array
from problems.networks.carried import CarriedMLP


@dataclass(frozen=True)
class TangentMLP(CarriedMLP):
    """Outputs `(B, n, m (1 + d))`: the m values of `mlp`, then their m derivatives in input 0, in input 1, ...

    Its parameters, their layout and their initial values are those of `mlp`. It gives a Jacobian but no Hessian
    products, for which third derivatives of the activation would be needed."""

    order = 1

    @property
    def columns(self) -> int:
        return self.mlp.widths[-1] * (1 + self.mlp.widths[0])

    def outputs_of(self, jet: Array, inputs: Array) -> Array:
        del inputs  # the jet has all
        return jet.reshape(len(jet), self.columns, -1).swapaxes(1, 2)

    def pull(self, jet: Array, cotangent: Array, inputs: Array) -> Array:
        del inputs
        return np.ascontiguousarray(cotangent.swapaxes(1, 2)).reshape(len(cotangent), *jet.shape[1:])

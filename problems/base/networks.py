"""The contract of a network, and what some networks give beside: Jacobians, Hessian products, gradients in the inputs.

Everything is batched over a leading axis of parameter vectors, `thetas (B, P)`: one run is `B = 1`, a population or the
lanes of a multi-seed run are larger `B`.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from problems.base.losses import Array, Loss

Pullback: TypeAlias = Callable[[Array], Array]


class Slot(NamedTuple):
    """One named parameter array inside the flat vector, as `theta[offset : offset + prod(shape)]`, C order."""

    name: str
    shape: tuple[int, ...]
    offset: int


class Network(Protocol):
    """A function of inputs `(n, d)` with its parameters in one flat vector."""

    @property
    def name(self) -> str:
        """What the user calls it, such as `1-40-1`."""

    @property
    def layout(self) -> tuple[Slot, ...]:
        """The parameter arrays inside the flat vector, in order and without gaps."""

    @property
    def dim(self) -> int:
        """P, the length of the flat vector."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The precision of the arithmetic; parameters arrive as float64 and are rounded to it."""

    def theta0(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """Initial parameters `(P,)`."""

    def block(self, n_samples: int) -> int:
        """How many parameter vectors are best evaluated at once (cache, memory)."""

    def forward(self, thetas: Array, inputs: Array) -> Array:
        """Outputs `(B, n, m)` for parameters `(B, P)`."""

    def vjp(self, thetas: Array, inputs: Array) -> tuple[Array, Pullback]:
        """Outputs, and the map from a cotangent `(B, n, m)` to fresh float64 gradients `(B, P)`."""


@runtime_checkable
class JacobianNetwork(Protocol):
    """A network that also gives what Gauss-Newton methods and the tangent kernel need."""

    def jacobian(self, theta: Array, inputs: Array) -> Array:
        """d outputs / d theta, float64 `(n, m, P)`, for one `theta (P,)`."""


@runtime_checkable
class InputGradientNetwork(Protocol):
    """A network that can also be differentiated in its inputs, for adversarial directions."""

    def input_gradient(self, theta: Array, inputs: Array, cotangent: Array) -> Array:
        """Cotangent `(n, m)` times d outputs / d inputs, sample by sample, `(n, d)`, for one `theta (P,)`."""


@runtime_checkable
class HessianNetwork(JacobianNetwork, Protocol):
    """A network that also gives what Newton's method needs."""

    def hvp(self, theta: Array, vector: Array, inputs: Array, targets: Array, loss: Loss) -> Array:
        """Hessian of the loss times `vector`, float64 `(P,)`."""

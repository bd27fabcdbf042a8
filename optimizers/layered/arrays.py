"""The matrices inside flat vectors, in lanes, and the loop of the methods that move them."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isqrt, prod
from operator import mul
from typing import ClassVar, TypeAlias

import numpy as np

from optimizers.base import Doubles, Need, Objective, Optimizer, Slot, Streams
from optimizers.lanes import in_lanes

UNKNOWN = "no theory known; its steps have nearly equal singular values, so the bias should be weaker than Adam's"
Move: TypeAlias = Callable[[Doubles], None]
"""Takes gradients `(B, P)` and moves the lanes in place."""


def arrays(flat: Doubles, layout: Sequence[Slot]) -> list[Doubles]:
    """Views `(B, *shape)` of flat vectors `(B, P)`, in the order of the layout: to change one changes the vector."""
    return [flat[:, slot.offset : slot.offset + prod(slot.shape)].reshape(-1, *slot.shape) for slot in layout]


@dataclass(frozen=True)
class LayeredMethod(Optimizer):
    """A method that moves each array by a rule of its own, all lanes at once."""

    family: ClassVar[str] = "layered"
    needs: ClassVar[frozenset[Need]] = frozenset({"gradient", "layout"})
    lanes: ClassVar[bool] = True

    @abstractmethod
    def begin(self, theta: Doubles, layout: Sequence[Slot], rngs: Sequence[np.random.Generator]) -> Move:
        """What takes one step of the lanes `theta (B, P)`."""

    def memory(self, dim: int) -> int:
        return 8 * 7 * dim

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        objective, theta, rngs = in_lanes(objective, theta0, rng)
        move = self.begin(theta, objective.layout, rngs)
        while True:
            move(objective.value_and_grad(theta)[1])


@dataclass(frozen=True)
class AxesMethod(LayeredMethod):
    """A method with a square matrix for each axis of an array."""

    copies: ClassVar[tuple[float, float, float]]
    """How often it holds all of these matrices, the largest of them, and the vector."""
    max_dim: ClassVar[int] = 500_000

    def axes(self, shape: tuple[int, ...]) -> list[int]:
        """The sizes of an array's axes that have a matrix; of a vector none."""
        return [size for size in shape if len(shape) > 1]

    def memory(self, dim: int) -> int:
        side = isqrt(dim)  # of one square matrix
        return self.memory_at((Slot("weight", (side, side), 0),))

    def memory_at(self, layout: Sequence[Slot]) -> int:
        squares = [size * size for slot in layout for size in self.axes(slot.shape)]
        held = sum(squares), max(squares, default=0), sum(prod(slot.shape) for slot in layout)
        return int(8 * sum(map(mul, self.copies, held)))


def along(matrices: Doubles, array: Doubles, axis: int) -> Doubles:
    """Each lane's array `(B, *shape)` multiplied along one axis by its matrix `(B, n, n)`, or diagonal `(B, n)`."""
    lanes, shape = len(array), array.shape[1:]
    # the axes before and after are rows and columns, so that nothing is copied: (B, before, n, after)
    cut = array.reshape(lanes, prod(shape[:axis]), shape[axis], prod(shape[axis + 1 :]))
    product: Doubles = matrices[:, None, :, None] * cut if matrices.ndim == 2 else matrices[:, None] @ cut
    return product.reshape(array.shape)


def fibres(array: Doubles, axis: int) -> Doubles:
    """Each lane's array as a matrix `(B, n, rest)` whose rows belong to one axis."""
    if axis == 0:
        return array.reshape(len(array), array.shape[1], -1)
    if array.ndim == 3:
        return array.swapaxes(1, 2)
    return np.moveaxis(array, 1 + axis, 1).reshape(len(array), array.shape[1 + axis], -1)


def outer_products(rows: Doubles) -> Doubles:
    """`R R'` of each lane's matrix `(B, n, rest)`."""
    if rows.shape[2] == 1:
        # a product of numbers, which BLAS takes twice as long for
        return rows * rows.swapaxes(1, 2)
    return rows @ rows.swapaxes(1, 2)

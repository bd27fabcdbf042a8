"""The contract of an evaluator: what turns a problem, which is data, and flat vectors into losses and gradients.

An evaluator is made for one problem, by `choose.make_evaluator`, and keeps the problem's data where it computes. All
give the numbers of the reference, `numpy_evaluator.py`, to rounding; where one cannot, as at points that are not
finite, it asks the reference. It may use scratch space of its own, so it is not for several threads at once.

Parameters come as float64 or as `state_dtype`, one vector a row: `theta (P,)`, `thetas (B, P)`. Gradients go back as
fresh arrays of numpy in the precision of the parameters; residuals, Jacobians and products as float64, losses and
outputs in the precision of the arithmetic or a higher one. Where the problem has L sets of targets, B is a multiple of
L and rows come lane after lane, B / L for each.
"""

from collections.abc import Collection
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from problems.base import Array, Problem


class CannotServe(ValueError):
    """An evaluator was asked to take a problem that is not for it; the message ends a sentence: `takes no ...`."""


class Entry(NamedTuple):
    """A C function, `double loss(int64 context, const double *theta, double *gradient)`; a point it refuses has NaN.

    An evaluator may have `entry(need)` beside its contract, which gives one in place of `value` or `value_and_grad`, so
    that compiled code need not call Python. It lives as long as the evaluator."""

    address: int
    context: int


class Evaluator(Protocol):
    """What the meter, the probes and the theory ask of a problem."""

    @property
    def problem(self) -> Problem:
        """What it was made for."""

    @property
    def name(self) -> str:
        """What the column `engine` calls it."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The precision of its arithmetic."""

    @property
    def state_dtype(self) -> np.dtype[Any]:
        """The lowest precision in which it takes parameters and gives gradients without making copies."""

    @property
    def device(self) -> str:
        """Where it computes, as torch spells it: `cpu`, `cuda:0`."""

    @property
    def offers(self) -> frozenset[str]:
        """The needs of an optimizer that it can meet."""

    def prepare(self, needs: Collection[str]) -> None:
        """Compile or load what an optimizer with these needs will call, before the clock runs; `lanes` is one more."""

    def value(self, theta: Array) -> float:
        """The loss at one point; of problems with one set of targets."""

    def value_and_grad(self, theta: Array) -> tuple[float, NDArray[np.float64]]:
        """The same and its gradient `(P,)`."""

    def values(self, thetas: Array) -> Array:
        """Losses `(B,)`."""

    def values_and_grads(self, thetas: Array) -> tuple[Array, NDArray[np.float64]]:
        """Losses `(B,)` and gradients `(B, P)`."""

    def batch_values_and_grads(self, thetas: Array, rows: NDArray[np.intp]) -> tuple[Array, NDArray[np.float64]]:
        """The same on the samples `rows (k,)` alone."""

    def lane_batches(self, thetas: Array, rows: NDArray[np.intp]) -> tuple[Array, NDArray[np.float64]]:
        """The same for lane `b` on its own samples `rows[b]`, of `rows (B, k)`."""

    def residuals_and_jacobian(self, theta: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Residuals `r (n m,)` with loss = r.r, and their Jacobian `(n m, P)`; needs `residuals` in `offers`."""

    def hvp(self, theta: Array, vector: Array) -> NDArray[np.float64]:
        """Hessian of the loss times `vector`, `(P,)`; needs `hvp` in `offers`."""

    def predict(self, thetas: Array) -> Array:
        """Outputs `(B, n, m)` on the training inputs, as the loss takes them; any B."""

    def outputs(self, thetas: Array, inputs: Array) -> Array:
        """Outputs `(B, n, m)` on any inputs `(n, d)`; any B."""


@runtime_checkable
class Placed(Evaluator, Protocol):
    """An evaluator that has, beside its contract, what keeps a run on one device of torch."""

    def placed(self, thetas: Array) -> Any:
        """Parameters as a tensor there, in the precision of the network."""

    def tensor_values_and_grads(self, thetas: Any) -> tuple[Any, Any]:
        """Losses `(B,)` in float64 and fresh gradients like `thetas (B, P)`, all tensors there."""

    def tensor_batches(self, thetas: Any, rows: Any) -> tuple[Any, Any]:
        """The same for lane `b` on its own samples `rows[b]`, of a tensor `rows (B, k)`."""

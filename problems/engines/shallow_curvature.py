"""Jacobians and products with the Hessian for `shallow_evaluator.py`, each in one call of compiled code."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from problems.base import Array
from problems.engines.kernel_data import Data, flat
from problems.engines.kernels.compilation import Kernel
from problems.engines.kernels.compiled import Twin
from problems.engines.kernels.shallow_curvature import jacobian_kernel, product_kernel
from problems.engines.numpy_evaluator import NumpyEvaluator
from problems.networks.mlp import MLP


class ShallowCurvature:
    """What the kernels refuse, or cannot do, is asked of the reference."""

    def __init__(self, network: MLP, data: Data, activation: Twin, reference: NumpyEvaluator) -> None:
        self._network, self._data, self._twin, self._reference = network, data, activation, reference
        self._kind, self._number = network.dtype, network.dtype.type(activation.parameter)

    def prepare(self) -> None:
        """Compile, before any clock runs."""
        _ = self._jacobian, self._product

    @cached_property
    def _jacobian(self) -> Kernel:
        return jacobian_kernel(self._twin.pair, self._kind)

    @cached_property
    def _product(self) -> Kernel | None:
        return product_kernel(self._twin.pair, self._twin.bend, self._kind) if self._twin.bend else None

    @cached_property
    def _room(self) -> tuple[Array, Array]:
        """Scratch: the parameters of a point and of a vector, and rows of samples."""
        rows = 2 * self._network.widths[2] + 5
        return np.empty((2, self._network.dim), self._kind), np.empty((rows, self._data.x.shape[1]), self._kind)

    def residuals_and_jacobian(self, theta: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        data, (w, rows), m = self._data, self._room, self._network.widths[2]
        n, limit, p = data.samples, data.limit, self._number
        residuals, jacobian = np.empty(n * m), np.empty(len(theta) * n * m)
        if len(data.y) > 1 or self._jacobian(flat(theta), data.x, data.y, n, p, limit, w[0], rows, residuals, jacobian):
            return self._reference.residuals_and_jacobian(theta)
        # sample after sample, as the reference has them: (m, n) to (n m)
        return residuals.reshape(m, n).T.reshape(-1), jacobian.reshape(-1, m, n).transpose(2, 1, 0).reshape(n * m, -1)

    def hvp(self, theta: Array, vector: Array) -> NDArray[np.float64]:
        data, (w, rows), product = self._data, self._room, np.empty(len(theta))
        n, limit, p = data.samples, data.limit, self._number
        both = flat(np.concatenate([theta, vector]))
        kernel = self._product if len(data.y) == 1 else None
        if kernel is None or kernel(both, data.x, data.y, n, p, limit, w, rows, product):
            return self._reference.hvp(theta, vector)
        return product

"""How a compiled core asks for a loss: at the address of a C function; neither knows the other.

The function is `double loss(int64 context, const double *theta, double *gradient)`. It fills the gradient, unless only
values are asked for. It returns NaN once the run has ended, and then the core returns at once, as it would let an
exception pass; no other loss is NaN.
"""

import ctypes
from collections.abc import Callable
from math import nan
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from optimizers.base import Doubles, Objective
from optimizers.compiled.interrupts import kept

FUNCTION = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p)


@intrinsic
def evaluate(typing: Any, address: Any, context: Any, theta: Any, gradient: Any) -> Any:
    """The loss at `theta (P,)`, whose gradient `(P,)` is overwritten; NaN once the run has ended."""
    del typing

    def generate(target: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        byte = ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.DoubleType(), [ir.IntType(64), byte, byte])
        function = builder.inttoptr(arguments[0], kind.as_pointer())
        arrays = zip(signature.args[2:], arguments[2:], strict=True)
        data = [builder.bitcast(target.make_array(of)(target, builder, array).data, byte) for of, array in arrays]
        return builder.call(function, [arguments[1], *data])

    return types.float64(address, context, theta, gradient), generate


@runtime_checkable
class Compiled(Protocol):
    """What an objective may have beside its contract, so that a core need not call Python at every evaluation."""

    def entry(self, need: Literal["value", "gradient"], fallback: int) -> tuple[int, int] | None:
        """Address and context of a C function as above; None for none.

        It does what `value` or `value_and_grad` does, or leaves that to the one at the address `fallback`."""


class Calls:
    """An objective as a core sees it, from one point `(P,)` that all its questions are about."""

    def __init__(self, objective: Objective, dim: int, *, slopes: bool = True) -> None:
        self._objective = objective
        self._point, self._gradient = np.empty(dim), np.zeros(dim)
        self._error: BaseException | None = None
        # kept here: ctypes frees a function that nobody holds
        self._function = FUNCTION(self._slope if slopes else self._value)
        self._address, self._context = ctypes.cast(self._function, ctypes.c_void_p).value or 0, 0
        if isinstance(objective, Compiled):
            need: Literal["value", "gradient"] = "gradient" if slopes else "value"
            self._address, self._context = objective.entry(need, self._address) or (self._address, self._context)

    def run(self, core: Callable[..., Any], theta: Doubles, *settings: Any) -> Any:
        """What the core returns, which moves `theta (P,)`; raises what the objective, or a signal, raised meanwhile."""
        with kept(self._end):
            found = core(self._address, self._context, theta, self._point, self._gradient, *settings)
        if self._error is not None:
            raise self._error
        return found

    def _end(self, error: BaseException) -> None:
        self._error = error

    def _slope(self, context: int, theta: int, gradient: int) -> float:
        del context, theta, gradient  # always this context, point and gradient: no arrays are made of addresses
        if self._error is not None:  # a core may ask again on its way out
            return nan
        try:
            loss, found = self._objective.value_and_grad(self._point)
            np.copyto(self._gradient, found)
        except BaseException as error:  # noqa: BLE001  # no exception passes through compiled code: raised by `run`
            self._error = error
            return nan
        return loss

    def _value(self, context: int, theta: int, gradient: int) -> float:
        del context, theta, gradient
        if self._error is not None:
            return nan
        try:
            return self._objective.value(self._point)
        except BaseException as error:  # noqa: BLE001
            self._error = error
            return nan

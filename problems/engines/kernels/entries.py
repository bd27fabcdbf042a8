"""Kernels as C functions, `double loss(int64 context, const double *theta, double *gradient)`, for other compiled code.

The context is the address of a table of what a kernel takes: addresses of arrays, sizes, and the bits of numbers. A
point that the kernel refuses has the loss NaN."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
from llvmlite import ir
from numba import carray, cfunc, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from problems.engines.kernels.compilation import FLOATS, PLAIN, VERSION, WHOLE, Kernel, compile_kernel, plain

X, Y, W, ROWS, LOSSES, ANCHOR, INPUTS, WIDTH, OUTPUTS, DIM, ROW, BLOCK, SAMPLES = range(13)
"""What stands where in a table: arrays, and sizes."""
NUMBER, LIMIT, REACH = range(3)
"""What stands where behind it: the activation's number, and sizes of parameters and targets."""
PLACES, NUMBERS = 16, 4


def _cast(target: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    return builder.inttoptr(arguments[0], target.get_value_type(signature.return_type))


@intrinsic
def _wholes_at(typing: Any, address: Any) -> Any:
    del typing
    return types.CPointer(types.int64)(address), _cast


@intrinsic
def _doubles_at(typing: Any, address: Any) -> Any:
    del typing
    return types.CPointer(types.float64)(address), _cast


@intrinsic
def _singles_at(typing: Any, address: Any) -> Any:
    del typing
    return types.CPointer(types.float32)(address), _cast


@plain
def table_at(context: Any) -> Any:
    """The table, and its numbers."""
    return carray(_wholes_at(context), (PLACES,)), carray(_doubles_at(context + 8 * PLACES), (NUMBERS,))


@plain
def doubles(address: Any, shape: Any) -> Any:
    """The array of float64 at an address."""
    return carray(_doubles_at(address), shape)


@plain
def singles(address: Any, shape: Any) -> Any:
    """The array of float32 at an address."""
    return carray(_singles_at(address), shape)


def table_of(
    arrays: Mapping[int, NDArray[Any]], sizes: Mapping[int, int], numbers: Mapping[int, float]
) -> NDArray[np.int64]:
    """A table; whoever keeps it keeps the arrays as well."""
    table = np.zeros(PLACES + NUMBERS, np.int64)
    for place, array in arrays.items():
        assert array.flags.c_contiguous
        table[place] = array.ctypes.data
    for place, size in sizes.items():
        table[place] = size
    for place, number in numbers.items():
        table[PLACES:].view(np.float64)[place] = number
    return table


def compile_entry(function: Callable[..., Any]) -> Any:
    """The C function, from numba's cache where it has been there before."""
    pointer = types.CPointer(types.float64)
    options = {**PLAIN, "no_cfunc_wrapper": False}
    try:
        return cfunc(types.float64(types.int64, pointer, pointer), cache=True, **options)(function)
    except Exception:  # noqa: BLE001  # a cache that is cut off, full or read-only is a miss; an error of ours comes again
        return cfunc(types.float64(types.int64, pointer, pointer), **options)(function)


@intrinsic
def call_at(typing: Any, address: Any, context: Any, theta: Any, gradient: Any) -> Any:
    """What the function at an address says."""
    del typing

    def generate(target: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        byte = ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.DoubleType(), [ir.IntType(64), byte, byte])
        function = builder.inttoptr(arguments[0], kind.as_pointer())
        arrays = zip(signature.args[2:], arguments[2:], strict=True)
        data = [builder.bitcast(target.make_array(of)(target, builder, array).data, byte) for of, array in arrays]
        return builder.call(function, [arguments[1], *data])

    return types.float64(address, context, theta, gradient), generate


@cache
def asking() -> Kernel:
    """`ask(address, context, theta (P,), gradient (P,))`: how Python calls such a function."""
    version = VERSION

    def ask(address: Any, context: Any, theta: Any, gradient: Any) -> Any:
        _ = version
        return call_at(address, context, theta, gradient)

    return compile_kernel(ask, WHOLE, WHOLE, FLOATS, FLOATS)

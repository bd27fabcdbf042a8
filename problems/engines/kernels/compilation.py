"""Compiling once for a machine: numba's cache on disk, made to notice every change of ours.

numba's index of a cached function holds the function's own code and the values it closes over, but no code that it
calls in other files. So each kernel closes over the plain functions it is made of, which are remembered by name, and
over `version = VERSION`, which changes when any source file of the kernels does.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from numba import njit, types
from numba.extending import register_jitable

Kernel: TypeAlias = Callable[..., Any]

PLAIN = {"error_model": "numpy", "no_cfunc_wrapper": True}
PART = {**PLAIN, "forceinline": True}
"""Of what is called: a call that is left has the numbers of whichever copy of the part the process has loaded first."""
STEPWISE = {**PART, "fastmath": {"contract"}}
SOURCES = (
    "anchored",
    "carried_rows",
    "compilation",
    "compiled",
    "elementwise",
    "entries",
    "layer_rows",
    "shallow",
    "shallow_curvature",
    "shallow_rows",
)


F = TypeVar("F", bound=Callable[..., Any])


def plain(function: F) -> F:
    """A part of kernels that keeps to the rules of floating point, as where a number may be NaN."""
    return register_jitable(**PART)(function)


def stepwise(function: F) -> F:
    """A part that may fuse a product with a sum, but not reorder: `(z + MAGIC) - MAGIC` must round."""
    return register_jitable(**STEPWISE)(function)


def fast(function: F) -> F:
    """A part for loops that never meet a number that is not finite: sums may be reordered, and become vectors."""
    return register_jitable(**PART, fastmath=True)(function)


def reordered(function: F) -> F:
    """A part whose sums may be reordered, and become vectors, whatever its numbers are."""
    return register_jitable(**PART, fastmath={"reassoc", "contract", "nsz"})(function)


def version(folder: Path) -> int:
    """A number that changes when any of the kernels' source files in `folder` does."""
    digest = hashlib.sha256(b"".join((folder / f"{name}.py").read_bytes() for name in SOURCES))
    return int.from_bytes(digest.digest()[:7])


VERSION = version(Path(__file__).parent)


def compile_kernel(function: Any, *arguments: Any) -> Kernel:
    """The machine code of `function` for these types of arguments, from numba's cache where it has been there before.

    It is called without numba's checks: arguments must be exactly of these types, and arrays contiguous."""
    assert "version" in function.__code__.co_freevars
    options = {**PLAIN, "nogil": True}
    try:
        return njit(cache=True, **options)(function).compile(arguments)
    except Exception:  # noqa: BLE001  # a cache that is cut off, full or read-only is a miss; an error of ours comes again
        return njit(**options)(function).compile(arguments)


def vector(kind: Any) -> Any:
    """The type of contiguous arrays `(k,)` of a float type, which is a numpy dtype."""
    return scalar(kind)[::1]


def matrix(kind: Any) -> Any:
    """The type of contiguous arrays `(j, k)`."""
    return scalar(kind)[:, ::1]


def cube(kind: Any) -> Any:
    """The type of contiguous arrays `(i, j, k)`."""
    return scalar(kind)[:, :, ::1]


def scalar(kind: Any) -> Any:
    """numba's name of a float type."""
    return types.float64 if kind.itemsize == 8 else types.float32


WHOLE = types.int64
FLOAT = types.float64
FLOATS = types.float64[::1]

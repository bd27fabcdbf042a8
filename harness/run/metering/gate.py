"""The meter's shortest way, for compiled methods: a C function that evaluates, counts, and keeps last and best point.

It knows no rule: the meter says how many evaluations may pass before anything is due (a mark, the end of the budget).
The one that something is due at is left to the meter in Python, as is all that is out of the ordinary, such as a loss
that is not finite. It asks Python at least every tenth of a second, so that an interrupt is heard.
"""

import ctypes
import sys
import time
from functools import cache
from math import inf, isfinite
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import carray, types
from numba.extending import intrinsic

from optimizers.base import Doubles
from problems.engines.base import Entry
from problems.engines.kernels.compilation import VERSION, plain, reordered
from problems.engines.kernels.entries import PLACES, call_at, compile_entry, doubles, table_at, table_of

EVALUATE, CONTEXT, FALLBACK, CLOCK, DIM, LEFT, DONE, LAST, BEST, SLOPES, SECOND, NANOSECOND = range(12)
"""What stands where in the table."""
LAST_LOSS, BEST_LOSS, SECONDS, DEADLINE = range(4)
"""What stands where among its numbers; seconds are those of the evaluations that are not absorbed yet."""
PATIENCE = 0.1


@intrinsic
def _read_clock(typing: Any, function: Any, seconds: Any) -> Any:
    """`clock_gettime` at an address, into the two whole numbers at another."""
    del typing, function, seconds

    def generate(target: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        del target, signature
        byte = ir.IntType(8).as_pointer()
        # int clock_gettime(clockid_t, struct timespec *): the struct is two whole numbers of eight bytes
        kind = ir.FunctionType(ir.IntType(32), [ir.IntType(32), byte])
        called = builder.inttoptr(arguments[0], kind.as_pointer())
        which = ir.Constant(ir.IntType(32), time.CLOCK_MONOTONIC)
        return builder.call(called, [which, builder.inttoptr(arguments[1], byte)])

    return types.int32(types.int64, types.int64), generate


@plain
def now(context: Any) -> Any:
    """Seconds of the monotonic clock."""
    table, _ = table_at(context)
    # the table begins at the context, and each of its places has eight bytes
    _read_clock(table[CLOCK], context + 8 * SECOND)
    return table[SECOND] + 1e-9 * table[NANOSECOND]


@plain
def keep(source: Any, out: Any) -> None:
    """Copy a vector."""
    for i in range(len(out)):
        out[i] = source[i]


@reordered
def square(vector: Any) -> Any:
    """The sum of squares, which is finite only where every number is."""
    total = 0.0
    for i in range(len(vector)):
        total += vector[i] * vector[i]
    return total


@plain
def settle(table: Any, numbers: Any, loss: Any, point: Any, seconds: Any) -> None:
    """What the meter does with a loss that is finite."""
    numbers[SECONDS] += seconds
    table[LEFT] -= 1
    table[DONE] += 1
    numbers[LAST_LOSS] = loss
    keep(point, doubles(table[LAST], (len(point),)))
    if loss < numbers[BEST_LOSS]:
        numbers[BEST_LOSS] = loss
        keep(point, doubles(table[BEST], (len(point),)))


@cache
def gate() -> Any:
    """The C function, which begins with an evaluation where some are left, and else asks the meter in Python."""
    version = VERSION

    def entry(context: Any, theta: Any, gradient: Any) -> Any:
        # closed over, as the cache on disk tells kernels apart by what they close over
        _ = version
        table, numbers = table_at(context)
        point, slope = carray(theta, (table[DIM],)), carray(gradient, (table[DIM],))
        if table[LEFT] > 0:
            before = now(context)
            loss = call_at(table[EVALUATE], table[CONTEXT], point, slope)
            after = now(context)
            # else evaluated once more, in Python, as nothing is counted yet; so is a slope too large to be squared
            if isfinite(loss) and (table[SLOPES] == 0 or isfinite(square(slope))):
                settle(table, numbers, loss, point, after - before)
                # the next call goes to Python, where Ctrl-C is heard
                if after > numbers[DEADLINE]:
                    table[LEFT] = 0
                return loss
        return call_at(table[FALLBACK], 0, point, slope)

    return compile_entry(entry)


class Passed(NamedTuple):
    """Evaluations that have passed, the last loss and the best so far, and their seconds."""

    evaluations: int
    last_loss: float
    best_loss: float
    seconds: float


class Gate:
    """The function with its table, around the C function of an evaluator; `last` and `best` are written in place."""

    def __init__(self, inner: Entry, fallback: int, last: Doubles, best: Doubles, *, slopes: bool) -> None:
        # the table has addresses alone, which would outlive the arrays
        self._held = last, best
        sizes = {
            **dict(zip((EVALUATE, CONTEXT), inner, strict=True)),
            FALLBACK: fallback,
            CLOCK: clock(),
            DIM: len(last),
            SLOPES: int(slopes),
        }
        self._table = table_of({LAST: last, BEST: best}, sizes, {})
        self._numbers = self._table[PLACES:].view(np.float64)
        self.entry = Entry(gate().address, self._table.ctypes.data)
        self.slopes = slopes

    def open(self, most: int, best_loss: float) -> None:
        """Let so many evaluations pass."""
        # the clock is the one that `now` reads: deadlines of another could not be compared
        self._numbers[:] = inf, best_loss, 0.0, time.clock_gettime(time.CLOCK_MONOTONIC) + PATIENCE
        self._table[LEFT] = max(0, most)

    def close(self) -> Passed | None:
        """Let none pass any more; what has passed, if anything has."""
        done = int(self._table[DONE])
        self._table[LEFT] = self._table[DONE] = 0
        return Passed(done, *self._numbers[:3].tolist()) if done else None


@cache
def clock() -> int:
    """The address of `clock_gettime`; 0 where the system has none."""
    if sys.platform == "win32":
        return 0
    return ctypes.cast(ctypes.CDLL(None).clock_gettime, ctypes.c_void_p).value or 0

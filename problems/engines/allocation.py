"""What numpy frees between two operations stays with the process, where it would go back to the system at once.

glibc trims its heap as soon as twice the largest freed array lies on top of it, so that arrays of some hundred
kilobytes were faulted in anew at each operation, for two thirds of the time of an equation's gradient. See mallopt(3).
"""

import ctypes
import os
from functools import cache

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
KEPT = 64 << 20
"""Bytes that may lie unused on top of the heap."""
SHARED = 32 << 20
"""Bytes from which an array is the system's own, and goes back when it is freed; glibc takes no more."""
OWN = ("GLIBC_TUNABLES", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TOP_PAD_", "MALLOC_TRIM_THRESHOLD_")
"""Variables in which a user has said what glibc does."""


@cache
def keep_freed_memory() -> bool:
    """Say so to glibc, once a process; False where there is another library, or the user has settings of their own."""
    if any(name in os.environ for name in OWN) or not _is_glibc():
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return bool(mallopt(M_MMAP_THRESHOLD, SHARED) and mallopt(M_TRIM_THRESHOLD, KEPT))


def _is_glibc() -> bool:
    # Windows has no confstr, and other libraries do not know the name
    names = getattr(os, "confstr_names", {})
    return "CS_GNU_LIBC_VERSION" in names and bool(os.confstr("CS_GNU_LIBC_VERSION"))

"""Freed memory stays with the process: arrays are not faulted in anew at each operation."""

import subprocess
import sys

import pytest

from problems.engines import allocation
from problems.engines.allocation import keep_freed_memory

FAULTS = """
import resource, sys
import numpy as np
from problems.engines.allocation import keep_freed_memory
if sys.argv[1] == "kept":
    assert keep_freed_memory()
a = np.ones(40_000)
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(50):
        b = a * a
        c = b * a + b
        del b, c
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
faults()
print(faults())
"""


@pytest.mark.skipif(not allocation._is_glibc(), reason="another C library")
def test_arrays_that_were_freed_are_not_faulted_in_anew(monkeypatch):
    for name in allocation.OWN:
        monkeypatch.delenv(name, raising=False)
    freely, kept = (
        int(subprocess.run([sys.executable, "-c", FAULTS, how], capture_output=True, check=True, text=True).stdout)
        for how in ("freely", "kept")
    )
    # three arrays of 78 pages in each of fifty rounds, where nothing is kept
    assert kept < 100
    assert kept < freely / 10


@pytest.mark.parametrize("name", allocation.OWN)
def test_what_a_user_has_said_to_glibc_stands(name, monkeypatch):
    monkeypatch.setenv(name, "1")
    assert keep_freed_memory.__wrapped__() is False


def test_another_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(allocation.os, "confstr_names", {})
    assert keep_freed_memory.__wrapped__() is False

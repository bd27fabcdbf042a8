"""What was compiled once is found again, by every process, until a source changes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from problems.engines.kernels import compilation
from problems.engines.kernels.compilation import SOURCES, VERSION, compile_kernel, version
from problems.engines.kernels.compiled import twin
from problems.engines.kernels.layer_rows import _passes_back

FOLDER = Path(compilation.__file__).parent
SCRIPT = """
import sys
import numpy as np
from problems.engines.kernels import compilation
compilation.VERSION += int(sys.argv[1])
from problems.engines.kernels.compiled import twin
from problems.engines.kernels.layer_rows import _passes_back
back, _ = _passes_back(twin("tanh").slope, np.dtype("float64"))  # two of the smallest that are made of other parts
half, ones, sums = np.full((2, 9), 0.5), np.ones((2, 9)), np.zeros(2)
back(half, half, ones, sums)
assert (ones == 0.75).all()
assert sums.tolist() == [6.75, 6.75]
"""


def start(cache, change=0):
    """A process that compiles two kernels with its cache in this folder."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache), "PYTHONPATH": str(FOLDER.parents[2])}
    return subprocess.Popen([sys.executable, "-c", SCRIPT, str(change)], env=environment)


def machine_code(cache):
    """Files of compiled code and when they were written."""
    return {path.name: path.stat().st_mtime_ns for path in cache.rglob("*.nbc")}


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """A cache that one process has filled."""
    cache = tmp_path_factory.mktemp("compiled")
    assert start(cache).wait() == 0
    return cache


def test_a_second_process_finds_what_the_first_has_compiled_until_a_source_changes(compiled, tmp_path):
    shutil.copytree(compiled, tmp_path, dirs_exist_ok=True)
    first = machine_code(tmp_path)
    assert len(first) == 2
    assert start(tmp_path).wait() == 0
    assert machine_code(tmp_path) == first
    assert start(tmp_path, change=1).wait() == 0
    assert len(machine_code(tmp_path)) == 4


@pytest.mark.parametrize("kind", ["nbi", "nbc"])
def test_a_cache_that_is_cut_off_is_a_miss_and_no_error(compiled, tmp_path, kind):
    shutil.copytree(compiled, tmp_path, dirs_exist_ok=True)
    for number, path in enumerate(sorted(tmp_path.rglob(f"*.{kind}"))):
        path.write_bytes(path.read_bytes()[: 20 * (number % 2)])
    assert start(tmp_path).wait() == 0


def test_without_a_home_or_with_one_that_cannot_be_written_kernels_are_compiled_all_the_same(tmp_path):
    for home in (tmp_path / "nowhere", Path("/proc/none"), tmp_path / "file"):
        (tmp_path / "file").write_text("")
        assert start(home).wait() == 0


def test_two_processes_may_compile_at_the_same_time(tmp_path):
    both = [start(tmp_path), start(tmp_path)]
    assert [process.wait() for process in both] == [0, 0]
    third = start(tmp_path)
    assert third.wait() == 0


def test_the_version_changes_with_every_source(tmp_path):
    for name in SOURCES:
        shutil.copy(FOLDER / f"{name}.py", tmp_path)
    assert version(tmp_path) == VERSION
    for name in SOURCES:
        with (tmp_path / f"{name}.py").open("a") as source:
            source.write("\n")
        assert version(tmp_path) != VERSION
        shutil.copy(FOLDER / f"{name}.py", tmp_path)


def test_every_file_with_compiled_code_is_a_source():
    signs = ("import numba", "from numba", "@fast", "@plain", "@stepwise", "compile_kernel(")
    with_code = {path.stem for path in FOLDER.glob("*.py") if any(sign in path.read_text() for sign in signs)}
    assert with_code == set(SOURCES)


def test_where_nothing_can_be_written_kernels_are_compiled_all_the_same(monkeypatch):
    def only_without_cache(cache=False, **options):
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return plain(**options)

    plain = compilation.njit
    monkeypatch.setattr(compilation, "njit", only_without_cache)
    relu = twin("relu")
    back, _ = _passes_back(relu.slope, np.dtype("float64"))
    cotangents, sums = np.array([[0.5, -1.0]]), np.zeros(1)
    back(np.zeros((1, 2)), np.array([[1.0, 0.0]]), cotangents, sums)
    assert (cotangents.tolist(), sums.tolist()) == ([[0.5, 0.0]], [0.5])


def test_a_kernel_must_close_over_the_version():
    def forgetful(x):
        return x

    try:
        compile_kernel(forgetful, compilation.FLOAT)
    except AssertionError:
        return
    raise AssertionError("was compiled")

"""What methods take from a machine and a process: memory, imports, global state."""

import json
import logging
import random
import subprocess
import sys
import tracemalloc
import warnings
from itertools import pairwise

import numpy as np
import pytest
from support.functions import Enough, Unwatched, asked, rosenbrock, rosenbrocks

from harness.rules.behaviour import process_state
from optimizers import OPTIMIZERS
from optimizers.base import Optimizer, Slot
from optimizers.isolation import globals_kept


@pytest.mark.parametrize("name", ["bfgs", "cg", "lbfgs", "powell", "pso", "pso-pyswarms", "pso-nevergrad"])
def test_memory_is_what_a_run_holds(name):
    """As numpy's own bookkeeping has it; torch does not report its tensors there."""
    method, theta0 = OPTIMIZERS[name], np.linspace(-1, 1, 400)
    valley = rosenbrocks if "population" in method.needs else rosenbrock
    asked(method, valley, theta0, calls=60)  # loads all that a run loads, which is not the run's own
    tracemalloc.start()
    try:
        unwatched = Unwatched(valley, 60 if "gradient" in method.needs else 1100)
        with pytest.raises(Enough):
            method.minimize(unwatched, theta0, np.random.default_rng(0))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert 0.5 < peak / method.memory(400) < 1.25


def bowl(theta):
    """A loss that takes no memory of its own for a population."""
    return np.einsum("...p,...p->...", theta, theta), 2 * theta if theta.ndim == 1 else None


DIRECT = ["coordinate-descent", "pattern-search", "dual-annealing", "de", "pso", "pso-nevergrad", "one-plus-one"]
DRAWN = ["openai-es", "snes", "sep-cma-es", "random-search", "spsa", "metropolis", "sophia"]


@pytest.mark.parametrize("name", [*DIRECT, *DRAWN])
def test_memory_is_foretold_within_a_factor_of_two(name):
    method, theta0 = OPTIMIZERS[name], np.linspace(-1, 1, 4000)
    if not {"budget", "hvp"} & method.needs:
        asked(method, bowl, theta0, calls=30)  # loads all that a run loads
    tracemalloc.start()
    try:
        unwatched = Unwatched(bowl, 200)
        unwatched.evaluations_left = lambda need: 200
        unwatched.layout, unwatched.dim = (Slot("weight", (4000,), 0),), 4000
        unwatched.initial, unwatched.hvp = lambda rng: rng.standard_normal(4000), lambda theta, vector: 2 * vector
        with pytest.raises(Enough), np.errstate(all="ignore"):
            method.minimize(unwatched, theta0, np.random.default_rng(0))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert 0.5 < peak / method.memory(4000) < 2


NETWORKS = {"line": (1, 400, 1), "two": (1, 200, 50, 1), "deep": (64, 64, 64, 10), "wide": (200, 200, 10)}


@pytest.mark.parametrize("widths", NETWORKS.values(), ids=NETWORKS)
@pytest.mark.parametrize("name", ["adafactor", "kron", "lion", "muon", "shampoo", "soap", "spectral-descent"])
def test_memory_of_methods_with_matrices_follows_the_shapes_within_a_factor_of_two(name, widths):
    method, shapes = OPTIMIZERS[name], [shape for a, b in pairwise(widths) for shape in ((b, a), (b,))]
    ends = np.cumsum([np.prod(shape) for shape in shapes])
    layout = tuple(
        Slot(str(i), shape, int(end - np.prod(shape))) for i, (shape, end) in enumerate(zip(shapes, ends, strict=True))
    )
    theta0 = np.linspace(-1, 1, int(ends[-1]))
    for watched in (False, True):  # the first time loads all that a run loads
        unwatched = Unwatched(bowl, 12)
        unwatched.layout, unwatched.dim = layout, len(theta0)
        if watched:
            tracemalloc.start()
        with pytest.raises(Enough), np.errstate(all="ignore"):
            method.minimize(unwatched, theta0, np.random.default_rng(0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 0.5 < peak / method.memory_at(layout) < 2


def test_a_method_with_a_cap_of_its_own_fits_a_small_machine_at_it():
    capped = {name: method for name, method in OPTIMIZERS.items() if method.max_dim < Optimizer.max_dim}
    assert {name for name, method in capped.items() if method.memory(method.max_dim) > 4e9} == set()
    assert OPTIMIZERS["powell"].memory(20_000) == pytest.approx(3.2e9, rel=0.01)


def test_globals_are_put_back_after_an_error():
    def disturb():
        logging.getLogger().setLevel(1)
        logging.getLogger().addHandler(logging.NullHandler())
        warnings.simplefilter("always")
        random.random()
        np.random.random()  # noqa: NPY002
        raise ZeroDivisionError

    before = process_state()
    with pytest.raises(ZeroDivisionError), globals_kept():
        disturb()
    assert process_state() == before


def fresh(code):
    """What `code` prints in a new interpreter, as JSON."""
    command = [sys.executable, "-W", "error", "-c", code]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_importing_the_registry_loads_numpy_alone():
    code = "import sys, json, optimizers; print(json.dumps([n.partition('.')[0] for n in sys.modules]))"
    assert set(fresh(code)) & {"numpy", "scipy", "torch", "pyswarms", "nevergrad", "pandas"} == {"numpy"}


def test_what_is_public_is_loaded_without_a_draw_from_the_script_s_generator():
    code = """
import json, random
random.seed(3)
import harness
for name in harness.__all__:
    getattr(harness, name)
after = random.random()
random.seed(3)
print(json.dumps(after == random.random()))
"""
    assert fresh(code)


@pytest.mark.slow
def test_the_first_run_in_a_process_leaves_no_trace_either():
    """When the libraries are imported, as they are only once."""
    code = """
import json
from harness.rules.behaviour import leaves_no_trace
from harness.rules.behaviour import process_state
from optimizers import OPTIMIZERS
print(json.dumps({name: leaves_no_trace(method) for name, method in OPTIMIZERS.items()}))
"""
    assert fresh(code) == dict.fromkeys(OPTIMIZERS)

"""The process that compiles gives the numbers of the processes that find its code on disk, to the last bit.

Where a kernel calls a part that was not inlined, a process that has compiled takes the part's own machine code, and one
that has loaded the copy of it in the kernel, and both are vectorised in ways of their own.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

RUNS = """
import json
from dataclasses import replace
import numpy as np
from harness.run.spec import RunSpec, find_problem, stream
from harness.run.runner import run
from optimizers import OPTIMIZERS
from problems.engines.choose import make_evaluator

found = {}
for name, changes in (("sin135", {}), ("sin135", {"dtype": "float32"}), ("sin135", {"network": "1-20-10-1"})):
    problem = replace(find_problem(name), **changes).build(stream(0, "data"))
    evaluator, theta = make_evaluator(problem), problem.network.theta0(stream(0, "weights"))
    loss, gradient = evaluator.value_and_grad(theta)
    key = f"{name} {changes} by {type(evaluator).__name__}"
    found[key] = [float(loss).hex(), float(evaluator.value(theta)).hex(), np.asarray(gradient).tobytes().hex()]
for name in ("bfgs", "powell"):
    tables = run(RunSpec("sin135", find_problem("sin135"), name, OPTIMIZERS[name], 0, 1500.0))
    found[name] = [float(loss).hex() for loss in tables["curves"]["loss"]]
print(json.dumps(found))
"""


@pytest.mark.slow
def test_who_compiles_and_who_loads_get_the_same_numbers(tmp_path):
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[1])}
    said = [
        json.loads(
            subprocess.run([sys.executable, "-c", RUNS], env=environment, check=True, capture_output=True).stdout
        )
        for _ in range(2)
    ]
    assert list(tmp_path.glob("**/*.nbc"))
    assert [name for name in said[0] if said[0][name] != said[1][name]] == []

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
import numpy as np
from harness.run.spec import RunSpec, find_problem, stream
from harness.run.runner import run
from optimizers import OPTIMIZERS
from problems.engines.choose import make_evaluator

recipe = find_problem("sin135")
problem = recipe.build(stream(0, "data"))
evaluator, theta = make_evaluator(problem), problem.network.theta0(stream(0, "weights"))
loss, gradient = evaluator.value_and_grad(theta)
found = {"engine": type(evaluator).__name__}
found["evaluator"] = [float(loss).hex(), float(evaluator.value(theta)).hex(), np.asarray(gradient).tobytes().hex()]
# one whose sums may be reordered, and which a call that is left changes; and one that keeps to the rules
for name in ("bfgs", "pattern-search"):
    tables = run(RunSpec("sin135", recipe, name, OPTIMIZERS[name], 0, 1500.0))
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
    assert said[0]["engine"] == "ShallowEvaluator"
    assert [name for name in said[0] if said[0][name] != said[1][name]] == []

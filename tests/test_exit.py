"""A script that has used every optimizer and still holds them ends: none leaves a thread that waits for ever."""

import subprocess
import sys

import pytest

SCRIPT = """
from dataclasses import replace
from harness.study.comparison import plan
from harness.run.runner import run_lanes
from optimizers import OPTIMIZERS

HELD = dict(OPTIMIZERS)
specs = plan("control-flat", ["all"], seeds=1, budget=60).specs
RESULTS = [run_lanes([spec]) for spec in specs]
failed = [spec.optimizer for spec, (tables,) in zip(specs, RESULTS) if tables["runs"].status[0] == "failed"]
print(len(specs), *failed, flush=True)
"""


@pytest.mark.slow
def test_a_script_that_keeps_every_optimizer_in_a_global_ends_within_ten_seconds():
    with subprocess.Popen([sys.executable, "-W", "ignore", "-c", SCRIPT], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            count, *failed = process.stdout.readline().split()
            assert process.wait(timeout=10) == 0
        finally:
            process.kill()
    assert int(count) > 45
    assert not failed

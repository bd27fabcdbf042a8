"""Adam in 30 lanes, for each lane and step: this project against a training script in torch, one run after another."""

from dataclasses import replace

import numpy as np
from interleaved import report, seconds
from torch_script import adam_step

from harness.account import BudgetExhausted, Terms
from harness.lanes import LaneMeter
from harness.spec import find_optimizer, find_problem
from problems.engines import make_engine

LANES, STEPS = 30, 100


def ours(problem, thetas):
    """So many steps of all lanes together, the meter and the optimizer included."""
    method, streams = find_optimizer("adam"), [np.random.default_rng(lane) for lane in range(LANES)]

    def work():
        meter = LaneMeter(problem, Terms(3.0 * STEPS, incumbent="last"), LANES)
        meter.start(thetas)
        try:
            method.minimize(meter, thetas, streams)
        except BudgetExhausted:
            pass

    return work


def script(problem, thetas):
    """As many steps of one lane as make the same number of lane steps."""
    step = adam_step(problem, thetas[0])

    def work():
        for _ in range(LANES * STEPS // 10):
            step()

    return work


def ways(dtype, network="1-40-1"):
    """The same work in several ways; the script does a tenth of it."""
    reference = replace(find_problem("sin135"), dtype=dtype, network=network).build(np.random.default_rng(0))
    compiled = replace(reference, engine=make_engine(reference))
    thetas = np.array([reference.network.theta0(np.random.default_rng(lane)) for lane in range(LANES)])
    return {
        "compiled": ours(compiled, thetas),
        "numpy": ours(reference, thetas),
        "torch eager": script(reference, thetas),
    }


if __name__ == "__main__":
    for network in ("1-40-1", "1-200-50-1"):
        for dtype in ("float32", "float64"):
            times = seconds(ways(dtype, network), 7)
            times["torch eager"] = [10 * value for value in times["torch eager"]]
            report(f"adam {network} {dtype}, a lane step", times, "compiled", units=LANES * STEPS)

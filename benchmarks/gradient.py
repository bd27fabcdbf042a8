"""Loss and gradient of 1-40-1 on sin135 (n = 201), one run: compiled, numpy, and a torch script."""

from dataclasses import replace

import numpy as np
from interleaved import report, seconds
from torch_script import loss_and_backward

from harness.account import Terms
from harness.meter import Meter
from harness.spec import find_problem
from problems.engines import make_engine


def ways(dtype, network="1-40-1"):
    """The same work in several ways; the meter's is what an optimizer pays."""
    reference = replace(find_problem("sin135"), dtype=dtype, network=network).build(np.random.default_rng(0))
    compiled = replace(reference, engine=make_engine(reference))
    theta = reference.network.theta0(np.random.default_rng(1))
    meter = Meter(compiled, Terms(1e12))
    meter.start(theta)
    return {
        "compiled": lambda: compiled.value_and_grad(theta),
        "compiled, through the meter": lambda: meter.value_and_grad(theta),
        "numpy": lambda: reference.value_and_grad(theta),
        "torch eager": loss_and_backward(reference, theta),
    }


if __name__ == "__main__":
    for dtype in ("float32", "float64"):
        for network in ("1-40-1", "1-200-50-1"):
            report(f"loss and gradient {network} {dtype}", seconds(ways(dtype, network), 300, 3), "compiled")

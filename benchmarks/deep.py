"""`python -m benchmarks.deep`: loss and gradient of deep networks of float32 by our kernels and by JAX, on one core.

It answers whether JAX were worth an evaluator: its best is compared, numbers that stay with it, and what an evaluator
would be, which takes and gives arrays of numpy.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import replace

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import numpy as np
import pandas as pd

from benchmarks import with_jax
from benchmarks.measure import one_core
from benchmarks.ours import sin135, start
from benchmarks.page import DEEP, ROOT, write
from benchmarks.rounds import Trial, interleaved, ratio
from problems.base import Problem
from problems.engines.choose import make_evaluator
from problems.networks.mlp import fully_connected

NETWORKS = {
    "1-200-50-1": ("tanh", "xavier", 201),
    "16-256-256-10": ("tanh", "xavier", 1000),
    "2-256-256-256-256-256-1": ("sin(30)", "siren(30)", 1024),
}
"""Widths to activation, initialisation and samples; the last is a SIREN."""
LANES = (1, 8)
ROUNDS = 15
OPERATIONS = 2e9
"""Of each turn, about."""


def problem(widths: str) -> Problem:
    """Random samples in [-1, 1]: only their number matters."""
    activation, init, samples = NETWORKS[widths]
    rng, ends = np.random.default_rng(0), (int(widths.split("-")[0]), int(widths.split("-")[-1]))
    network = fully_connected(widths, ends, activation, init, "float32")
    data = {"inputs": rng.uniform(-1, 1, (samples, ends[0])), "targets": rng.standard_normal((samples, ends[1]))}
    return replace(sin135("1-4-1", "float32"), network=network, probes=(), **data)


def contenders(widths: str, lanes: int) -> dict[str, Trial]:
    """Equal numbers of evaluations; a unit is one network's loss and gradient."""
    of = problem(widths)
    evaluator, (on_jax, whole) = make_evaluator(of, "compiled"), with_jax.losses_and_grads(of)
    thetas = start(of, lanes).astype(np.float32)
    times = max(1, int(OPERATIONS / (6 * lanes * of.n_samples * of.dim)))

    def repeated(evaluate: Callable[[], object]) -> Trial:
        def trial() -> int:
            for _ in range(times):
                evaluate()
            return times * lanes

        return trial

    return {
        "ours": repeated(lambda: evaluator.values_and_grads(thetas)),
        "jax": repeated(on_jax(thetas)),
        "jax, numpy in and out": repeated(lambda: whole(thetas)),
    }


def measure() -> pd.DataFrame:
    """A row for each network, number of lanes and rival."""
    rows = []
    for widths in NETWORKS:
        for lanes in LANES:
            timed = interleaved(contenders(widths, lanes), ROUNDS)
            ours = timed.pop("ours")
            for rival, theirs in timed.items():
                middle, low, high = ratio(theirs, ours)
                row = {"network": widths, "samples": NETWORKS[widths][2], "lanes": lanes, "against": rival}
                row |= {"seconds_ours": ours.median, "seconds_theirs": theirs.median}
                rows.append(row | {"ratio": middle, "ratio_low": low, "ratio_high": high})
                print(rows[-1], flush=True)
    return pd.DataFrame(rows)


def main() -> int:
    """Measure, and write the table and the page."""
    if not with_jax.AVAILABLE:
        print("This compares with JAX, which is not installed: pip install '.[bench]'")
        return 2
    with one_core():
        rows = measure()
    rows.to_csv(ROOT / DEEP, index=False, float_format="%.6g")
    write(ROOT)
    return 0


if __name__ == "__main__":
    sys.exit(main())

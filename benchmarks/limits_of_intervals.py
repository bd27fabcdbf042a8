"""Where the intervals cover less than they say: `python -m benchmarks.limits_of_intervals` prints how much less.

Laws that they do not assume: exponents that differ from run to run and noise that grows with frequency, where hits are
censored; runs in which all pairs agree; seeds that are the same for all targets."""

import argparse
from itertools import product

import numpy as np
import pandas as pd

from benchmarks.order_rates import exponent_coverage
from harness.analysis.asked.targets import population
from harness.analysis.order import LEVEL
from harness.analysis.statistics.signs import concordance_interval

RUNS = (5, 8, 16)


def unanimous_coverage(concordance: float, pairs: int, runs: int, simulations: int) -> float:
    """How often the interval holds C where all pairs of a run agree, for low first in this share of the runs."""
    rng = np.random.default_rng(runs)
    won = pairs * (rng.random((simulations, runs)) < concordance).astype(float)
    ends = np.array([concordance_interval(one, np.full(runs, float(pairs)), LEVEL) for one in won])
    return float(((ends[:, 0] <= concordance) & (concordance <= ends[:, 1])).mean())


def crossed_coverage(scatter: float, targets: int, seeds: int, simulations: int) -> float:
    """How often the interval over targets holds the mean where seeds, the same for all, scatter too.

    In units of the scatter of targets, beside which runs scatter by one half."""
    rng = np.random.default_rng([targets, seeds])
    shape = (simulations, targets, seeds)
    values = rng.normal(size=(simulations, targets, 1)) + scatter * rng.normal(size=(simulations, 1, seeds))
    values = values + 0.5 * rng.normal(size=shape)
    place = np.arange(targets).repeat(seeds)
    found = [population(one.ravel(), place) for one in values]
    return float(np.mean([one.low <= 0 <= one.high for one in found]))


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulations", type=int, default=1000)
    simulations = parser.parse_args().simulations
    bent = [
        {"slopes": slopes, "growing": growing, "censored": share}
        | {
            f"{runs} runs": exponent_coverage(5, share, runs, simulations, slopes=slopes, growing=growing)[0]
            for runs in RUNS
        }
        for (slopes, growing), share in product(((0.5, False), (0.0, True)), (0.0, 0.25, 0.5))
    ]
    unanimous = [
        {"C": concordance, "pairs": pairs}
        | {f"{runs} runs": unanimous_coverage(concordance, pairs, runs, simulations) for runs in (*RUNS, 50)}
        for concordance, pairs in product((0.5, 0.65, 0.8, 0.9, 0.95), (1, 45))
    ]
    crossed = [
        {"scatter of seeds": scatter, "seeds": seeds}
        | {f"{targets} targets": crossed_coverage(scatter, targets, seeds, simulations) for targets in (6, 12, 24)}
        for scatter, seeds in product((0.0, 0.1, 0.25, 0.5), (2, 8))
    ]
    for rows in (bent, unanimous, crossed):
        print(pd.DataFrame(rows).to_string(index=False))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

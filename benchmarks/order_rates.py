"""Rates of the order statistics over artificial learners: `python -m benchmarks.order_rates` prints them as tables.

Each learner draws the logarithms of hit costs `(runs, components, frequencies)`, infinite where censored."""

import argparse
from collections.abc import Callable
from functools import cache
from itertools import product
from typing import NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from harness.analysis.clocks import SideBySide, wins
from harness.analysis.order import LEVEL, ordered, run_pairs, sized
from harness.analysis.statistics.censored import exponent
from harness.analysis.statistics.signs import concordance_interval
from harness.analysis.statistics.verdicts import MIXED_ADJUSTED, verdict
from harness.tables import Doubles

Draw: TypeAlias = Callable[[np.random.Generator, int], Doubles]
NOISE = 0.3
"""Scatter of the logarithm of a hit cost from run to run: 30 %."""


def _exchangeable(rng: np.random.Generator, runs: int) -> Doubles:
    return rng.normal(size=(runs, 1, 3))


def _shared(rng: np.random.Generator, runs: int) -> Doubles:
    return rng.normal(size=(runs, 1, 5)) + 0.01 * rng.normal(size=(runs, 10, 5))


def _smooth(rng: np.random.Generator, runs: int, components: int = 1) -> Doubles:
    """Twelve neighbouring frequencies, whose costs are a random function of two slow waves."""
    k = np.linspace(0, 1, 12)
    waves = np.stack([np.sin(np.pi * k), np.cos(np.pi * k), np.sin(2 * np.pi * k), np.cos(2 * np.pi * k)])
    drawn: Doubles = (rng.normal(size=(runs, 1, 4)) * [1, 1, 0.5, 0.5]) @ waves
    return drawn.repeat(components, axis=1) + 0.01 * rng.normal(size=(runs, components, 12))


def _smooth_shared(rng: np.random.Generator, runs: int) -> Doubles:
    return _smooth(rng, runs, components=10)


def _ordered(rng: np.random.Generator, runs: int) -> Doubles:
    return rng.normal(size=(runs, 1, 3)) + step_of(0.8, 3, "") * np.arange(3)


def _flat(rng: np.random.Generator, runs: int) -> Doubles:
    return NOISE * rng.normal(size=(runs, 1, 3))


def _doubling(rng: np.random.Generator, runs: int) -> Doubles:
    return NOISE * rng.normal(size=(runs, 1, 3)) + np.log(2) * np.arange(3) / 2


def _three_one_five(rng: np.random.Generator, runs: int) -> Doubles:
    return np.array([2.0, 1.0, 3.0]) + 0.1 * rng.uniform(size=(runs, 1, 3))


LEARNERS: dict[str, Draw] = {
    "exchangeable": _exchangeable,
    "shared by components": _shared,
    "smooth in k": _smooth,
    "smooth, shared by components": _smooth_shared,
    "ordered, C = 0.8": _ordered,
    "flat": _flat,
    "doubling": _doubling,
    "3, 1, 5 in every run": _three_one_five,
}


def judged(log_costs: Doubles) -> str:
    """The verdict on hit costs `(runs, components, frequencies)`."""
    runs, components, frequencies = log_costs.shape
    costs = np.exp(log_costs.reshape(runs * components, frequencies))
    censored = np.isinf(costs)
    end = costs[~censored].max() * 1.0001
    slot = np.arange(runs).repeat(components)
    frequency = np.tile(np.arange(1.0, frequencies + 1), (len(slot), 1))
    whole = np.where(censored, end, costs)
    shown = (whole[None], whole[None], censored[None], whole[None])
    laid = SideBySide({}, runs, np.array([0.1]), slot, frequency, *shown, np.tile(np.arange(components), runs))
    row = {**ordered(wins(costs[None, None])[0], laid), **sized(np.log(whole), censored, laid)}
    nothing = dict.fromkeys(("null_concordance", "null_spread", "null_low", "null_high"), np.nan)
    # of one configuration there is nothing to correct over
    alone = {"p_adjusted": row["p_value"], MIXED_ADJUSTED: row["p_mixed"]}
    return verdict(row.pop("evidence"), pd.Series({**row, **nothing, **alone}))


def rates(learner: str, runs: int, simulations: int) -> dict[str, float]:
    """How often which verdict is said of so many runs of a learner."""
    rng = np.random.default_rng(runs)
    said = pd.Series([judged(LEARNERS[learner](rng, runs)) for _ in range(simulations)])
    return {str(name): float(share) for name, share in said.value_counts(normalize=True).items()}


class Case(NamedTuple):
    """A concordance to be covered, of so many frequencies, with "ties", "censoring" or neither."""

    concordance: float
    frequencies: int
    trouble: str


COVERAGE = [Case(*case) for case in product((0.5, 0.65, 0.8, 0.95), (3, 5), ("", "ties", "censoring"))]


def concordance_of(log_costs: Doubles) -> tuple[Doubles, Doubles]:
    """Concordant and comparable pairs of each run of `(runs, frequencies)`."""
    return run_pairs(wins(log_costs[None, None])[0], np.arange(len(log_costs)), len(log_costs))


def draw_case(rng: np.random.Generator, runs: int, step: float, case: Case) -> Doubles:
    """Log costs `(runs, frequencies)` that rise by `step` from one frequency to the next, and scatter by 1."""
    drawn: Doubles = rng.normal(size=(runs, case.frequencies)) + step * np.arange(case.frequencies)
    if case.trouble == "ties":
        drawn = np.round(1.5 * drawn)
    if case.trouble == "censoring":
        drawn = np.where(drawn > 0.3 + 0.6 * step * (case.frequencies - 1), np.inf, drawn)
    return drawn


@cache
def step_of(concordance: float, frequencies: int, trouble: str) -> float:
    """The step that gives this concordance."""
    case = Case(concordance, frequencies, trouble)

    def away(step: float) -> float:
        concordant, pairs = concordance_of(draw_case(np.random.default_rng(0), 20_000, step, case))
        return float(concordant.sum() / pairs.sum()) - concordance

    return float(brentq(away, -0.5, 12.0, xtol=1e-3))


def coverage(case: Case, runs: int, simulations: int) -> tuple[float, float]:
    """How often the interval holds the concordance of the case, and the width of the narrowest."""
    rng, step = np.random.default_rng(runs), step_of(*case)
    concordant, pairs = concordance_of(draw_case(rng, simulations * runs, step, case))
    ends = np.array(
        [
            concordance_interval(*both, LEVEL)
            for both in zip(concordant.reshape(-1, runs), pairs.reshape(-1, runs), strict=True)
        ]
    )
    inside = (ends[:, 0] <= case.concordance) & (case.concordance <= ends[:, 1])
    return float(inside.mean()), float((ends[:, 1] - ends[:, 0]).min())


def uneven_coverage(concordance: float, share: float, runs: int, simulations: int) -> float:
    """How often the interval holds C where one run has this share of all pairs; each run has a C of its own."""
    rng = np.random.default_rng(runs)
    pairs = np.full(runs, 3.0)
    pairs[0] = max(3.0, np.round(3 * (runs - 1) * share / (1 - share)))
    # a Beta law of mean C whose two parameters add up to four: between runs C scatters by 0.22 where it is 0.5
    own = rng.beta(4 * concordance, 4 * (1 - concordance), (simulations, runs))
    won = rng.binomial(pairs.astype(int), own).astype(float)
    ends = np.array([concordance_interval(one, pairs, LEVEL) for one in won])
    return float(((ends[:, 0] <= concordance) & (concordance <= ends[:, 1])).mean())


EXPONENT = [*product((3, 5, 10), (0.0, 0.25, 0.5, 0.75))]
"""Frequencies, and the share of hits that is censored."""


def exponent_coverage(
    frequencies: int, share: float, runs: int, simulations: int, *, slopes: float = 0.0, growing: bool = False
) -> tuple[float, float]:
    """How often the interval of the exponent holds it, of the studies that have one; and how many have one.

    With `slopes` the exponents of runs scatter by so much; `growing` noise grows sevenfold with frequency."""
    rng = np.random.default_rng(runs)
    x = np.log(np.arange(1.0, frequencies + 1))

    def drawn(count: int) -> Doubles:
        noise = rng.normal(size=(count, frequencies)) * (np.linspace(0.3, 2, frequencies) if growing else 1.0)
        own = 2 + slopes * rng.normal(size=(count, 1)) if slopes else 2.0
        found: Doubles = NOISE * (rng.normal(size=(count, 1)) + noise) + own * x
        return found

    end = np.quantile(drawn(20_000), 1 - share)
    laid = np.broadcast_to(x, (runs, frequencies))
    ends = []
    for _ in range(simulations):
        y = drawn(runs)
        ends.append(exponent(laid, np.minimum(y, end), y > end, np.arange(runs), runs).interval(LEVEL))
    low, high = np.transpose(ends)
    known = np.isfinite(low)
    return float(((low <= 2) & (high >= 2))[known].mean()) if known.any() else float("nan"), float(known.mean())


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulations", type=int, default=2000)
    simulations = parser.parse_args().simulations
    told = [
        {"learner": learner, "runs": runs, **rates(learner, runs, simulations)}
        for learner, runs in product(LEARNERS, (5, 8, 16))
    ]
    print(pd.DataFrame(told).fillna(0.0).to_string(index=False, float_format="{:.3f}".format))
    covered = [
        {"C": case.concordance, "frequencies": case.frequencies, "trouble": case.trouble or "none"}
        | {f"{runs} runs": coverage(case, runs, simulations)[0] for runs in (5, 8, 16)}
        for case in COVERAGE
    ]
    print(pd.DataFrame(covered).to_string(index=False, float_format="{:.3f}".format))
    uneven = [
        {"C": concordance, "largest share": share}
        | {f"{runs} runs": uneven_coverage(concordance, share, runs, simulations) for runs in (5, 8, 16)}
        for concordance, share in product((0.5, 0.8, 0.95), (0.3, 0.4, 0.5, 0.65, 0.8, 0.9))
    ]
    print(pd.DataFrame(uneven).to_string(index=False, float_format="{:.3f}".format))
    of_exponents = [
        {"frequencies": frequencies, "censored": share}
        | {f"{runs} runs": exponent_coverage(frequencies, share, runs, simulations) for runs in (5, 8, 16)}
        for frequencies, share in EXPONENT
    ]
    print(pd.DataFrame(of_exponents).to_string(index=False))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

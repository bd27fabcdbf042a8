"""One method against another: by how much less, or more, does it prefer low frequencies? Paired by seed.

Runs of one seed begin at the same weights, so that their ratio says more than two medians do. The ratio of spreads is
the median over seeds of the ratios, with bounds where runs are censored (`statistics.spread`); its p is that of
the signs of the differences. The ratio of exponents has the interval of its linearisation, Student's t over seeds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from harness.analysis.clocks import SideBySide, side_by_side
from harness.analysis.configurations import configuration_names
from harness.analysis.incumbents import as_declared
from harness.analysis.order import LEVEL, PRIMARY_THRESHOLD, adjusted, log_cost
from harness.analysis.repeated import distinct
from harness.analysis.statistics.censored import Exponent, exponent, freedom, standard_error
from harness.analysis.statistics.laws import t_quantile, t_tail
from harness.analysis.statistics.signs import sign_test
from harness.analysis.statistics.spread import median_ratio, run_bounds
from harness.analysis.statistics.verdicts import FEWEST_RUNS
from harness.quantities import few_digits, held, held_ends
from harness.tables import LABELS, PLACE, Doubles, Tables

ROUNDING = 1e-9
"""Below it a scatter of ratios is one of last digits, and no test is made of it."""


@dataclass(frozen=True)
class _Sized:
    """The sizes of one configuration and probe, run by run in the order of seeds."""

    labels: dict[str, object]
    seeds: list[int]
    lows: Doubles
    highs: Doubles
    slope: Exponent


def against(tables: Tables, reference: str) -> pd.DataFrame:
    """One row for each configuration, probe and configuration of the optimizer `reference` on the same problem.

    Columns: LABELS, probe, reference, reference_settings, n_pairs, spread_ratio with spread_bound, spread_low and
    spread_high, spread_p and spread_p_adjusted; exponent_ratio with exponent_low and exponent_high, exponent_p and
    exponent_p_adjusted; sentence. P-values are Benjamini and Hochberg's over the table. Raises ValueError for a method
    that the study has not."""
    known = sorted(set(tables["runs"]["optimizer"]))
    if reference not in known:
        raise ValueError(f"The study has no optimizer '{reference}' to compare with. Choose from: {', '.join(known)}.")
    return compared(tables, {"optimizer": reference}, PLACE)


def compared(tables: Tables, reference: Mapping[str, str], same: Sequence[str]) -> pd.DataFrame:
    """The rows of `against` with configurations whose labels are those of `reference`, paired where `same` labels are.

    Between networks the runs of a seed begin at different weights: their pairs are fair, and no closer than others."""
    sized = list(_sizes(tables))
    rows = [
        _compared(own, other)
        for other in sized
        if all(other.labels[name] == value for name, value in reference.items())
        for own in sized
        if own is not other and all(own.labels[name] == other.labels[name] for name in [*same, "probe"])
    ]
    table = pd.DataFrame(rows)
    if table.empty:
        return table
    for name in ("spread", "exponent"):
        table[f"{name}_p_adjusted"] = table.groupby("probe")[f"{name}_p"].transform(adjusted)
    names = zip(configuration_names(table[[*LABELS]]), reference_names(table), strict=True)
    table["sentence"] = [_sentence(*both, row) for both, (_, row) in zip(names, table.iterrows(), strict=True)]
    return table


def reference_names(table: pd.DataFrame) -> list[str]:
    """Of each row the method that it is compared with, and of several on one problem what tells them apart."""
    labels = pd.DataFrame("", table.index, [*LABELS])
    labels = labels.assign(optimizer=table["reference"], settings=table["reference_settings"])
    names: dict[Any, str] = {}
    for _, own in table.groupby(PLACE, dropna=False):
        names |= zip(own.index, configuration_names(labels.loc[own.index]), strict=True)
    return [names[place] for place in table.index]


def _sizes(tables: Tables) -> Iterator[_Sized]:
    hits = tables["hits"][np.isclose(tables["hits"]["threshold"], PRIMARY_THRESHOLD)]
    runs = distinct(tables["runs"], hits).sort_values(["seed", "run_id"])
    seeds = {tuple(map(str, key)): list(own["seed"]) for key, own in runs.groupby([*LABELS], dropna=False)}
    seen = as_declared(tables)
    for laid in side_by_side(tables["runs"], seen["curves"], seen["spectra"], hits):
        yield _size(laid, seeds[tuple(str(laid.labels[label]) for label in LABELS)])


ALONE = (
    "Nothing was compared: nothing else of the study has the problem, network, activation, initialisation and loss of "
    "this optimizer. A loop that was watched has those that are told to its watch, such as network='1-40-1'."
)


def _size(laid: SideBySide, seeds: list[int]) -> _Sized:
    when, censored = log_cost(laid.cost[0]), laid.censored[0]
    lows, highs = run_bounds(when, censored, laid.frequency, laid.slot, laid.n_runs)
    x = np.log(np.where(laid.frequency > 0, laid.frequency, np.nan))
    return _Sized(laid.labels, seeds, lows, highs, exponent(x, when, censored, laid.slot, laid.n_runs))


def _compared(own: _Sized, other: _Sized) -> dict[str, object]:
    shared = [seed for seed in own.seeds if seed in other.seeds]
    a, b = ([sized.seeds.index(seed) for seed in shared] for sized in (own, other))
    with np.errstate(invalid="ignore"):  # two bounds that are both infinite bound nothing
        # intervals subtract crosswise: the least of a - b is the least of a less the most of b
        lows = np.nan_to_num(own.lows[a] - other.highs[b], nan=-np.inf, posinf=np.inf, neginf=-np.inf)
        highs = np.nan_to_num(own.highs[a] - other.lows[b], nan=np.inf, posinf=np.inf, neginf=-np.inf)
    spread = median_ratio(lows, highs, LEVEL)
    row = {
        **own.labels,
        "reference": other.labels["optimizer"],
        "reference_settings": other.labels["settings"],
        "n_pairs": len(shared),
        "spread_bound": spread.bound,
        "spread_ratio": spread.value,
        # of fewer pairs the whole range is no interval of its level
        "spread_low": spread.low if len(shared) >= FEWEST_RUNS else np.nan,
        "spread_high": spread.high if len(shared) >= FEWEST_RUNS else np.nan,
        # 1 or -1, and 0 for a difference whose sign the bounds leave open
        "spread_p": sign_test((lows > 0).astype(float) - (highs < 0)),
    }
    return {**row, **_exponents(own.slope, other.slope, a, b)}


def _exponents(own: Exponent, other: Exponent, a: list[int], b: list[int]) -> dict[str, float]:
    low, high = other.interval(LEVEL)
    unknown = dict.fromkeys(("exponent_ratio", "exponent_low", "exponent_high", "exponent_p"), float("nan"))
    if not (low > 0 or high < 0):  # a ratio to what may be nothing has no interval
        return unknown
    ratio = own.value / other.value
    # with r = a / b, dr = (da - r db) / b
    influence = (own.influence[a] - ratio * other.influence[b]) / other.value
    # a pair tells of a ratio of slopes where both of its runs have one
    error, free = standard_error(influence), freedom(own.sloping[a] & other.sloping[b])
    if not error > ROUNDING:  # all pairs agree: the same method twice, or a slope of nothing but ties
        same = dict.fromkeys(unknown, 1.0)
        return same if abs(ratio - 1) <= ROUNDING else unknown
    half = t_quantile((1 + LEVEL) / 2, free) * error
    p = 2 * t_tail(abs(ratio - 1) / error, free)
    return {
        "exponent_ratio": ratio,
        "exponent_low": ratio - half,
        "exponent_high": ratio + half,
        "exponent_p": float(p),
    }


def _sentence(name: str, other: str, row: "pd.Series[Any]") -> str:
    if row["n_pairs"] < FEWEST_RUNS:
        return f"{name} shares {row['n_pairs']} seeds with {other}: too few runs to compare."
    if not np.isfinite(row["spread_ratio"]):
        return f"Of {name} and {other}, one or both have learned too few frequencies for their spreads to be compared."
    at = {"": "", ">=": "at least ", "<=": "at most "}[row["spread_bound"]]
    low, high = held_ends(row["spread_low"], row["spread_high"], row["spread_bound"])
    ratio = few_digits(held(row["spread_ratio"], row["spread_bound"]))
    told = (
        f"{name} has {at}{ratio} [{few_digits(low)}, {few_digits(high)}] times {other}'s spread "
        f"(p = {row['spread_p_adjusted']:.2g})"
    )
    if np.isfinite(row["exponent_ratio"]):
        interval = f"[{row['exponent_low']:.2g}, {row['exponent_high']:.2g}]"
        told += f" and {row['exponent_ratio']:.2g} {interval} times its exponent (p = {row['exponent_p_adjusted']:.2g})"
    return told + "."

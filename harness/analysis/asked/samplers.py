"""How much of an order is in the map from parameters to functions? A method against samplers of the initial law.

At equal loss the residual of a run lies at a frequency of its own, the mean of log k weighted by the residual's power,

    q = sum_k |r_k|^2 log k / sum_k |r_k|^2,    over watched k > 0 and all components,

and a method that leaves the residual at a higher q than a sampler of the network's initial law does, learns low
frequencies sooner than parameters of that loss have them learned by chance. No amplitude of the target divides it.
Runs are paired by seed, as runs of one seed begin at the same weights.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from harness.analysis.clocks import LEVELS, LOW_AND_HIGH
from harness.analysis.configurations import configuration_names
from harness.analysis.incumbents import as_declared
from harness.analysis.order import LEVEL, adjusted
from harness.analysis.repeated import distinct
from harness.analysis.statistics.ranks import shift
from harness.analysis.statistics.verdicts import FEWEST_RUNS
from harness.analysis.thinned import check_marks
from harness.tables import LABELS, PLACE, Doubles, Tables

SAMPLERS = ("metropolis", "random-search-initial")
P_LIMIT = 0.05


@dataclass(frozen=True)
class _Paths:
    """The residual's mean log frequency of one configuration and probe, `(seeds, levels)`; NaN where not reached."""

    labels: dict[str, object]
    seeds: list[int]
    centre: Doubles


def against_samplers(tables: Tables) -> pd.DataFrame:
    """One row for each configuration, probe and sampler on the same problem.

    Columns: LABELS, probe, sampler, sampler_settings, n_pairs (seeds that share a level of loss), lowest_loss (the
    lowest level that half of them share, as a share of the first loss), frequency_ratio with frequency_low and
    frequency_high, p_value, p_adjusted (Benjamini and Hochberg's over the configurations beside one sampler) and
    sentence. Raises ValueError for a study without a sampler, and for tables without all marks."""
    held = set(tables["runs"]["optimizer"])
    if not held & set(SAMPLERS):
        raise ValueError(
            f"The study holds no sampler to compare with: add {' or '.join(SAMPLERS)} to --optimizers; it has "
            f"{', '.join(sorted(held))}."
        )
    check_marks(tables)  # between marks the residual is interpolated
    of_problem: defaultdict[tuple[object, ...], list[_Paths]] = defaultdict(list)
    for own in _paths(as_declared(tables)):
        of_problem[tuple(str(own.labels[name]) for name in [*PLACE, "probe"])].append(own)
    rows = [
        _compared(own, other)
        for paths in of_problem.values()
        for other in paths
        if other.labels["optimizer"] in SAMPLERS
        for own in paths
        if own is not other
    ]
    table = pd.DataFrame(rows)
    if table.empty:
        return table
    beside = ["sampler", "sampler_settings", "probe"]
    table["p_adjusted"] = table.groupby(beside, dropna=False)["p_value"].transform(adjusted)
    names = configuration_names(table[[*LABELS]])
    table["sentence"] = [_sentence(name, row) for name, (_, row) in zip(names, table.iterrows(), strict=True)]
    return table


def residual_centres(spectra: pd.DataFrame) -> "pd.Series[float]":
    """Mean log frequency of the residual's power, by run_id, probe and mark; NaN where it has none or is not finite."""
    rows = spectra[(spectra["frequency"] > 0) & ~spectra["probe"].str.startswith(LOW_AND_HIGH)]
    with np.errstate(over="ignore", invalid="ignore"):
        # back to |h_k - f_k|^2: the error is relative to |f_k|
        power = (rows["error"] * rows["target_amplitude"]) ** 2
        weighed = pd.DataFrame({"power": power, "moment": power * np.log(rows["frequency"])})
        # or the sum of nothing but NaN would be 0
        sums = weighed.groupby([rows["run_id"], rows["probe"], rows["mark"]]).sum(min_count=1)
        return (sums["moment"] / sums["power"].where(sums["power"] > 0)).rename("centre")


def at_levels(loss: Doubles, centre: Doubles, first_loss: float) -> Doubles:
    """The centre `(marks,)` where the loss first falls to each level, linear in log loss between marks; else NaN."""
    levels = first_loss * LEVELS if np.isfinite(first_loss) and first_loss > 0 else np.full(len(LEVELS), np.nan)
    below = loss[:, None] <= levels
    mark = below.argmax(axis=0)
    before = np.maximum(mark - 1, 0)
    with np.errstate(all="ignore"):
        # the share of the way in log L, log(L_before / level) over log(L_before / L_after)
        share = np.log(loss[before] / levels) / np.log(loss[before] / loss[mark])
    # a loss of 0 has no logarithm, and the start nothing before it: such a mark counts as it is
    share = np.where(np.isfinite(share) & (loss[mark] > 0), share, 1.0)
    read = np.where(share < 1, (1 - share) * centre[before] + share * centre[mark], centre[mark])
    return np.where(below.any(axis=0), read, np.nan)


def _paths(tables: Tables) -> Iterator[_Paths]:
    runs = distinct(tables["runs"], tables["hits"]).sort_values(["seed", "run_id"])
    centres = residual_centres(tables["spectra"]).reset_index()
    rows = centres.merge(tables["curves"][["run_id", "mark", "loss"]], on=["run_id", "mark"])
    rows = rows.sort_values(["run_id", "mark"])
    of_run = {
        key: own[["loss", "centre"]].to_numpy(np.float64) for key, own in rows.groupby(["probe", "run_id"], sort=False)
    }
    probes = list(dict.fromkeys(probe for probe, _ in of_run))
    for key, own in runs.groupby([*LABELS], dropna=False):
        for probe in probes:
            there = own[[(probe, run_id) in of_run for run_id in own["run_id"]]]
            if len(there):
                ends = zip(there["run_id"], there["first_loss"], strict=True)
                both = [(of_run[probe, run_id], first) for run_id, first in ends]
                centre = np.array([at_levels(path[:, 0], path[:, 1], first) for path, first in both])
                labels = {**dict(zip(LABELS, key, strict=True)), "probe": probe}
                yield _Paths(labels, list(there["seed"]), centre)


def _compared(own: _Paths, other: _Paths) -> dict[str, object]:
    shared = [seed for seed in own.seeds if seed in other.seeds]
    a, b = ([paths.seeds.index(seed) for seed in shared] for paths in (own, other))
    apart = own.centre[a] - other.centre[b]
    known = np.isfinite(apart)
    counts = known.sum(axis=1)
    # a run is one value, the mean over the levels that both runs of its seed have reached
    sums = np.where(known, apart, 0.0).sum(axis=1)
    found = shift(np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0), LEVEL)
    ratio, low, high = np.exp(found[:3])
    deep = counts[counts > 0]
    return {
        **own.labels,
        "sampler": other.labels["optimizer"],
        "sampler_settings": other.labels["settings"],
        "n_pairs": len(deep),
        # levels fall, so that how many were passed says how deep
        "lowest_loss": float(LEVELS[int(np.median(deep)) - 1]) if len(deep) else np.nan,
        "frequency_ratio": ratio,
        "frequency_low": low,
        "frequency_high": high,
        "p_value": found.p_value,
    }


def _sentence(name: str, row: "pd.Series[Any]") -> str:
    sampler, ratio = row["sampler"], row["frequency_ratio"]
    if row["n_pairs"] < FEWEST_RUNS:
        return f"{name} reaches a loss that {sampler} reaches in {row['n_pairs']} seeds: too few runs to compare."
    interval = f"[{row['frequency_low']:.2f}, {row['frequency_high']:.2f}]"
    if row["p_adjusted"] > P_LIMIT:
        told = "no difference shown"
    else:
        told = f"{'more' if ratio > 1 else 'less'} low-first than the map alone"
    return (
        f"{name}'s residual lies at {ratio:.2f} {interval} times the frequency of {sampler}'s at equal "
        f"loss, down to {row['lowest_loss']:.2g} of the first (p = {row['p_adjusted']:.2g}): {told}."
    )

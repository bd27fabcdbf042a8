"""Each method of a claim against the claim's reference, seed by seed: ratios of spreads, losses and errors.

Registered settings are compared with registered ones, and the best of all trials with the best. The ratio of spreads
and its p are those of `harness order --against`; the others are medians over seeds with the interval of order
statistics."""

import numpy as np
import pandas as pd

from harness.analysis.asked.against import compared
from harness.analysis.order import LEVEL, adjusted
from harness.analysis.statistics.spread import median_ratio
from harness.tables import LABELS

TUNED, DEFAULT = "tuned", "registered"
MEASURED = ("loss", "error", "psnr")
"""Columns of the runs that are compared; the first is there in every claim. PSNR is a difference in dB."""
KEPT = ("n_pairs", "spread_bound", "spread_ratio", "spread_low", "spread_high", "spread_p")
PARTS = ("runs", "curves", "spectra", "hits")


def pairs(tables, runs, reference) -> pd.DataFrame:
    """A row for each configuration but the references, of `runs` with `settings_are`, `fixed` and what is measured."""
    same = [name for name in LABELS if name not in ("settings", *reference)]
    if "optimizer" not in reference:
        # another network has another initial law and activation; targets and losses are the same
        same = ["optimizer", "problem", "loss"]
    first = tables["spectra"]["probe"].iloc[0]
    found = []
    for are in (DEFAULT, TUNED):
        chosen = of_one_kind(runs, are)
        parts = {name: tables[name][tables[name]["run_id"].isin(set(chosen["run_id"]))] for name in PARTS}
        spreads = compared(parts, reference, same)
        spreads = spreads[spreads["probe"] == first].set_index([*LABELS])[[*KEPT]]
        ends = pd.DataFrame(_ends(chosen, reference, same, are)).set_index([*LABELS])
        found.append(ends.join(spreads).reset_index().assign(compared=are))
    rows = pd.concat(found, ignore_index=True)
    return rows.assign(spread_p_adjusted=adjusted(rows["spread_p"]))


def of_one_kind(runs, are) -> pd.DataFrame:
    """The runs with registered settings, or with tuned ones, and of a method without these its registered ones."""
    if are == DEFAULT:
        return runs[runs["settings_are"] != TUNED]
    place = [name for name in (*LABELS, "fixed") if name != "settings"]
    has = runs.groupby(place)["settings_are"].transform(lambda kinds: TUNED in set(kinds))
    return runs[(runs["settings_are"] == TUNED) | ~has]


def _ends(runs, reference, same, are):
    """For each configuration the ratios of what its runs end with to the reference's, unless both are as registered."""
    for labels, own in runs.groupby([*LABELS], sort=False):
        row = dict(zip(LABELS, labels, strict=True))
        if _is(row, reference):
            continue
        wanted = {**reference, **{name: row[name] for name in same}}
        other = runs[(runs[[*wanted]] == pd.Series(wanted)).all(axis=1)]
        if are == TUNED and TUNED not in {*own["settings_are"], *other["settings_are"]}:
            continue
        both = own.merge(other, on="seed", suffixes=("", "_reference"))
        yield {**row, **_ratio("loss", np.log(both["best_loss"]) - np.log(both["best_loss_reference"]))} | {
            key: value
            for name in MEASURED[1:]
            if name in runs
            for key, value in _measured(name, both[name], both[f"{name}_reference"]).items()
        }


def _is(row, reference) -> bool:
    return all(row[name] == value for name, value in reference.items())


def _measured(name, own, other):
    if name == "psnr":
        # median_ratio takes logarithms, and gives their exponential
        return {key: np.log(value) for key, value in _ratio(name, own - other).items()}
    return _ratio(name, np.log(own) - np.log(other))


def _ratio(name, logarithms):
    values = logarithms.to_numpy(float)
    middle = median_ratio(values, values, LEVEL)
    return {f"{name}_ratio": middle.value, f"{name}_low": middle.low, f"{name}_high": middle.high}

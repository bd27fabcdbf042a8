"""How every optimizer stands on every problem of a study: the table from which the Atlas is written.

A *block* is a problem with all that describes it but the number of its target. Where a block has one target, its row
is the primary one of `order`, and the run is the unit. Where it has several, targets are the sample: C and the
logarithm of the spread are means over targets with their intervals (`targets.measured`), and p is that of the sign
test on C - 1/2, as for runs (`statistics.signs`). Their p-values are Benjamini and Hochberg's over optimizers of the
block. A method that has a value on fewer than half of its targets has no verdict, as with runs.

What amplitude alone would give is the mean over the same targets, in the direction of the mean; spreads are compared
with it by loss, as a null has no cost.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from harness.analysis.asked.targets import MEASURES, measured, of_single_runs, run_values
from harness.analysis.configurations import configuration_names
from harness.analysis.nulls import null_ends
from harness.analysis.order import EQUIVALENCE, LEVEL, PRIMARY_THRESHOLD, adjusted, principal_probes
from harness.analysis.statistics.laws import t_quantile
from harness.analysis.statistics.signs import sign_test
from harness.analysis.statistics.spread import told_ends
from harness.analysis.statistics.verdicts import ALONE, DIRECTIONS, FLAT_CONCORDANCE, FLAT_SPREAD, P_LIMIT
from harness.tables import LABELS, METHOD, PLACE, Tables, of_runs

TARGET = "target"
"""The setting of a problem that numbers its targets."""
SIZES = ["concordance", "low", "high", "spread_bound", "spread", "spread_low", "spread_high"]
SIZES += ["exponent", "exponent_low", "exponent_high", "null_concordance", "null_spread", "p_value", "p_adjusted"]
KEY = ["block", *METHOD]
COLUMNS = [*KEY, "targets", "n_runs", *SIZES, "verdict", "hit", "end_loss"]
FEWEST_TARGETS = 5
PARTS = 1000
"""Of a share, as which the test on targets counts them."""


def standing(tables: Tables) -> pd.DataFrame:
    """One row for each block and configuration of an optimizer, with the columns `COLUMNS`.

    `hit` is the share of watched frequencies that were hit at the primary threshold, over runs; `end_loss` the median
    of the best losses. Without rows where nothing was measured."""
    runs, order = tables["runs"], tables["order"][tables["order"]["endpoint"] == "primary"]
    by_loss = tables["order"].query("matched_by == 'loss' and threshold == @PRIMARY_THRESHOLD")
    names = block_names(pd.concat([runs[PLACE], order[PLACE]]))
    runs, order = with_blocks(runs, names), with_blocks(order, names)
    if order.empty:
        return pd.DataFrame(columns=COLUMNS)
    rows = []
    for block, own in runs.groupby("block", sort=False):
        found = order[order["block"] == block]
        # within a block nothing but the target differs
        if own["problem_settings"].nunique() > 1:
            rows.append(_population(tables, own, found, by_loss))
        else:
            rows.append(told_ends(found).assign(targets=1))
    # columns without a row have no kind, and would take that of the others'
    rows = [part for part in rows if len(part)]
    if not rows:
        return pd.DataFrame(columns=COLUMNS)
    table = pd.concat(rows, ignore_index=True)
    ends = runs.groupby(KEY)["best_loss"].median().rename("end_loss").reset_index()
    return table.merge(_hit(tables, runs), on=KEY, how="left").merge(ends, on=KEY, how="left")[COLUMNS]


def method_names(rows: pd.DataFrame) -> list[str]:
    """Of each row of a standing the optimizer, and its settings where it has several in one block."""
    several = rows.groupby(["block", "optimizer"])["settings"].nunique().groupby("optimizer").max() > 1
    labels = rows.assign(**dict.fromkeys(PLACE, ""))[[*LABELS]]
    full = configuration_names(labels)
    return [name if several[row] else row for name, row in zip(full, rows["optimizer"], strict=True)]


def block_names(labels: pd.DataFrame) -> dict[tuple[str, ...], str]:
    """By the values of `PLACE` the shortest names of blocks: the problem, and what most of its blocks do not share."""
    keys = [tuple(map(str, row)) for row in labels[PLACE].drop_duplicates().to_numpy(str)]
    facts = {key: facts_of(dict(zip(PLACE, key, strict=True))) for key in keys}
    # targets of one law are one block
    blocks = {tuple(sorted(own.items())): own for own in facts.values()}
    usual: dict[str, dict[str, str | None]] = {}
    for own in blocks.values():
        if own["problem"] not in usual:
            alike = [other for other in blocks.values() if other["problem"] == own["problem"]]
            usual[own["problem"]] = {name: _shared([other.get(name) for other in alike]) for name in _names(alike)}
    told = {
        key: [own.get(name, f"no {name}") for name, most in usual[own["problem"]].items() if own.get(name) != most]
        for key, own in facts.items()
    }
    return {key: " ".join([facts[key]["problem"], *values]) for key, values in told.items()}


def _names(blocks: Sequence[Mapping[str, str]]) -> list[str]:
    """Of their facts, but for the problem, which every name begins with."""
    return [name for name in dict.fromkeys(name for own in blocks for name in own) if name != "problem"]


def _shared(values: Sequence[str | None]) -> str | None:
    """The value of more than half; None where there is none, as where two blocks differ."""
    value, count = Counter(values).most_common(1)[0]
    return value if 2 * count > len(values) else None


def facts_of(label: Mapping[str, str]) -> dict[str, str]:
    """What tells a block from others, of one value for each of `PLACE`: the settings of the problem apart."""
    settings = json.loads(label["problem_settings"] or "{}")
    own = {name: f"{name}={value}" for name, value in settings.items() if name != TARGET and name not in label}
    return {name: value for name, value in label.items() if name != "problem_settings"} | own


def with_blocks(rows: pd.DataFrame, names: Mapping[tuple[str, ...], str]) -> pd.DataFrame:
    """The rows, which have the columns `PLACE`, with the `block` of each by its name among `names`."""
    return rows.assign(block=[names[tuple(map(str, row))] for row in rows[PLACE].to_numpy(str)])


def _hit(tables: Tables, runs: pd.DataFrame) -> pd.DataFrame:
    """The share of hits of the principal probe at the primary threshold."""
    principal = principal_probes(tables["runs"], tables["spectra"])
    hits = tables["hits"][np.isclose(tables["hits"]["threshold"], PRIMARY_THRESHOLD)]
    hits = hits[(hits["probe"] == hits["problem"].map(principal)) & (hits["frequency"] > 0)]
    hits = hits.assign(hit=~hits["censored"])
    of_run = hits[["run_id", "hit"]].merge(runs[["run_id", *KEY]], on="run_id")
    return of_run.groupby(KEY)["hit"].mean().reset_index()


def _population(tables: Tables, runs: pd.DataFrame, order: pd.DataFrame, by_loss: pd.DataFrame) -> pd.DataFrame:
    """Rows of a block of several targets."""
    values = run_values(of_runs(tables, runs["run_id"]))
    values = values.merge(order[[*LABELS, "probe"]].drop_duplicates())
    rows = pd.DataFrame([*_over_targets(values)])
    if rows.empty:  # nothing was hit on two targets
        return pd.DataFrame(columns=[name for name in COLUMNS if name not in ("hit", "end_loss")])
    # exponents of single targets, whose unit is the target as well
    of_targets = order.groupby(METHOD)
    exponents = pd.DataFrame([{**dict(zip(METHOD, key, strict=True)), **_exponent(part)} for key, part in of_targets])
    rows = rows.merge(exponents, on=METHOD).merge(
        _nulls(values, rows, order, tables.get("nulls", pd.DataFrame())), on=METHOD
    )
    loss_rows = by_loss.merge(values[[*LABELS, "probe"]].drop_duplicates())
    rows = rows.merge(_spread_by_loss(loss_rows), on=METHOD, how="left")
    rows = rows.merge(runs.groupby(METHOD)["problem_settings"].nunique().rename("of").reset_index(), on=METHOD)
    rows["p_adjusted"] = adjusted(rows["p_value"])
    rows["verdict"] = [_verdict(row) for _, row in rows.iterrows()]
    return rows.assign(block=runs["block"].iloc[0])


def _nulls(values: pd.DataFrame, rows: pd.DataFrame, order: pd.DataFrame, nulls: pd.DataFrame) -> pd.DataFrame:
    """METHOD, null_concordance and null_spread: means over the targets that count, all in the direction of the mean."""
    # of methods that have a row alone: others have a value on one target, of which nothing is said
    counted = order.merge(values[[*LABELS, "probe"]].drop_duplicates()).merge(rows[METHOD])
    above = counted[METHOD].merge(rows[[*METHOD, "concordance"]], on=METHOD)["concordance"] > 0.5
    for name in ("concordance", "spread"):
        if nulls.empty:
            counted[f"null_{name}"] = np.nan
        else:
            ends = null_ends(counted, nulls, name)
            counted[f"null_{name}"] = np.where(above, ends["max"], ends["min"])
    means = counted.groupby(METHOD).agg(
        null_concordance=("null_concordance", "mean"), null_spread=("null_spread", _geometric)
    )
    return means.reset_index()


def _spread_by_loss(rows: pd.DataFrame) -> pd.DataFrame:
    """METHOD, loss_low and loss_high: the interval of the mean over targets of the spread by loss, bounds as values."""
    logs = np.log(rows["spread"].where(rows["spread"] > 0))
    found = logs.groupby([rows[name] for name in METHOD]).agg(["mean", "std", "count"])
    freedom = np.maximum(found["count"] - 1, 1)
    quantiles = np.array([t_quantile((1 + LEVEL) / 2, int(n)) for n in freedom])
    half = quantiles * found["std"] / np.sqrt(found["count"])
    ends = {"loss_low": np.exp(found["mean"] - half), "loss_high": np.exp(found["mean"] + half)}
    return pd.DataFrame(ends).reset_index()


def _over_targets(values: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for key, own in values.groupby(METHOD, sort=False):
        parts = {name: own[own["measure"] == name] for name in MEASURES}
        # one target says nothing of how targets differ
        if min(part["problem_settings"].nunique() for part in parts.values()) < 2:
            continue
        share, spread = (measured(parts[name], LEVEL) for name in MEASURES)
        flat = [measured(parts[name], EQUIVALENCE) for name in MEASURES]
        yield {
            **dict(zip(METHOD, key, strict=True)),
            "targets": spread.n_targets,
            "n_runs": spread.n_runs,
            "concordance": share.mean,
            "low": share.low,
            "high": share.high,
            # means are of log S
            "spread_bound": spread.bound,
            "spread": np.exp(spread.mean),
            "spread_low": np.exp(spread.low),
            "spread_high": np.exp(spread.high),
            "p_value": _p_of(parts[MEASURES[0]]),
            "flat": [(flat[0].low, flat[0].high), (np.exp(flat[1].low), np.exp(flat[1].high))],
        }


def _p_of(shares: pd.DataFrame) -> float:
    """Of the mean shares of targets, each of which could as well be its mirror image."""
    means = shares.groupby("problem_settings")["value"].mean().to_numpy(np.float64)
    # the test is exact for whole numbers
    return sign_test(np.rint(PARTS * (means - 0.5)))


def _exponent(order: pd.DataFrame) -> dict[str, float]:
    """The mean over targets with Student's t over them."""
    known = order["exponent"].to_numpy(np.float64)
    known = known[np.isfinite(known)]
    if len(known) < 2:
        return dict.fromkeys(("exponent", "exponent_low", "exponent_high"), float("nan"))
    found = of_single_runs(known)
    return {"exponent": found.mean, "exponent_low": found.low, "exponent_high": found.high}


def _geometric(values: "pd.Series[float]") -> float:
    return float(np.exp(np.log(values).mean()))


def _explained(row: "pd.Series[Any]", *, low_first: bool) -> bool:
    """Whether neither C nor the spread goes beyond what amplitude alone would give, on average over the targets."""
    if low_first:
        return bool(row["low"] <= row["null_concordance"] and not row["loss_low"] > row["null_spread"])
    return bool(row["high"] >= row["null_concordance"] and not row["loss_high"] < row["null_spread"])


def _verdict(row: "pd.Series[Any]") -> str:
    """As that of runs (`statistics.verdicts`), with targets in their place."""
    # of a minority an order may be true and still be the order of the targets that are learned at all
    if row["targets"] < max(FEWEST_TARGETS, row["of"] / 2):
        return "too few targets"
    if row["p_adjusted"] <= P_LIMIT:
        low_first = row["concordance"] > 0.5
        return DIRECTIONS[0 if low_first else 1] + (ALONE if _explained(row, low_first=low_first) else "")
    margins = FLAT_CONCORDANCE, FLAT_SPREAD
    # two one-sided tests on each: the whole interval lies within the margin
    within = [low >= m[0] and high <= m[1] for (low, high), m in zip(row["flat"], margins, strict=True)]
    return "no order" if all(within) else "undecided"

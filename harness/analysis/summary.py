"""The table in the end: for each optimizer, when it learned which frequency, and the verdict on the order."""

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.table import Table

from harness.analysis.configurations import configuration_names, configurations, varied_settings
from harness.analysis.hits import SERIES, Flags
from harness.analysis.incumbents import BEST, declared, judged_at
from harness.analysis.order import PRIMARY_THRESHOLD, log_cost, of_first_probes
from harness.analysis.statistics.censored import exponent
from harness.analysis.statistics.spread import told_ends
from harness.quantities import AT_MOST, few_digits, held, held_ends
from harness.tables import LABELS, Tables

MOST_COLUMNS = 12
LOST = "*"
"""At the cost of what half or more of the runs that had learned it have lost again."""

Watched: TypeAlias = tuple[str, int, float]
"""Probe, component, frequency."""


def closing_tables(tables: Tables) -> Iterator[Table]:
    """One for each problem, in the order in which they first occur: each watches frequencies of its own."""
    runs = tables["runs"]
    problem_of = runs.set_index("run_id")["problem"]
    if problem_of.nunique() == 1:
        yield closing_table(tables)
        return
    parts = {
        name: dict(iter(tables[name].groupby(tables[name]["run_id"].map(problem_of)))) for name in ("hits", "spectra")
    }
    for problem, own in runs.groupby("problem", sort=False):
        order = tables["order"][tables["order"]["problem"] == problem]
        some = {name: found.get(problem, tables[name][:0]) for name, found in parts.items()}
        yield closing_table({**tables, "runs": own, "order": order, **some})


def closing_table(tables: Tables) -> Table:
    """For each configuration: when it learned which frequency, how large the order is, the verdict, and how it ended.

    The cost is the median at threshold 0.1, with the runs that hit, if not all, `<=` where they may have done so before
    their first mark, and `*` where half of them have lost it again in the end. Frequencies have a column each, unless
    configurations watch different ones. Spread, bias exponent and C stand above their 95 % intervals."""
    runs, hits, order = tables["runs"], tables["hits"], tables["order"]
    # the problem's first probe; the others are in the tables
    hits = of_first_probes(hits[hits["threshold"] == PRIMARY_THRESHOLD], tables)
    hits = hits.assign(lost=_lost(hits, tables))
    order = told_ends(order[order["endpoint"] == "primary"])
    shares = _final_shares(tables)
    rows = _watched(hits)
    found = list(configurations(runs))
    own_hits = [hits[hits["run_id"].isin(own["run_id"])] for _, own in found]
    alike = len(rows) <= MOST_COLUMNS and all(_watched(own) in ([], rows) for own in own_hits)
    title = f"{runs['problem'].iloc[0]}: cost at which the error of a frequency falls to {PRIMARY_THRESHOLD:g}"
    title += " and lasts"
    incumbent = declared(tables)
    title += "" if incumbent == BEST else f", at the {incumbent} point"
    table = Table(title=title, box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("optimizer", overflow="fold", min_width=9)
    for heading in [_heading(row, rows) for row in rows] if alike else ["learned at"]:
        table.add_column(heading, justify="right" if alike else "left")
    for heading in ("spread", "exponent", "C", "verdict", *shares.columns, "best loss", "s", "status"):
        words, sizes = heading in ("verdict", "status"), heading in ("spread", "exponent", "C")
        width = 9 if heading == "verdict" else None
        table.add_column(heading, justify="left" if words else "right", min_width=width, no_wrap=sizes)
    for (name, own), reached in zip(found, own_hits, strict=True):
        medians = [(row, _median_hit(reached, row)) for row in (rows if alike else _watched(reached))]
        cells = [cost for _, cost in medians]
        listed = ", ".join(f"{_heading(row, rows)}: {cost.replace(chr(10), ' in ')}" for row, cost in medians)
        # of all runs together: what the user has waited for, on one process
        seconds = (own["seconds_objective"] + own["seconds_optimizer"] + own["seconds_measuring"]).sum()
        table.add_row(
            name,
            *(cells if alike else [listed]),
            *_order_cells(order, own.iloc[0]),
            *(f"{share:.3f}" for share in shares.reindex(own["run_id"]).median()),
            f"{own['best_loss'].median():.2g}",
            f"{seconds:.1f}" if seconds < 100 else f"{seconds:.0f}",
            _statuses(own),
        )
        if any(LOST in cost for cost in cells):
            table.caption = (
                f"{LOST} in the end above {PRIMARY_THRESHOLD:g} again, in half or more of the runs that learned it"
            )
            table.caption_justify = "left"
    return table


def growth(tables: Tables) -> list[str]:
    """For studies of one frequency a run: how hit cost grows with it, a sentence for each optimizer and threshold.

    The slope is that of runs that differ in the frequency alone, with an effect for each seed; what was not hit is
    censored."""
    runs, hits = tables["runs"], tables["hits"]
    varied = varied_settings(runs)
    # a slope over runs is one of k only if they differ in nothing else
    if (hits.groupby("run_id")["frequency"].nunique() != 1).any() or len(varied) != 1 or hits.empty:
        return []
    # the frequency itself stands among the problem's settings
    alike = [label for label in LABELS if label != "problem_settings"]
    labels = runs[alike].drop_duplicates()
    names = dict(
        zip(map(tuple, labels.to_numpy(str)), configuration_names(labels.assign(problem_settings="")), strict=True)
    )
    rows = hits.assign(censored=hits["censored"].astype(int) - hits["at_most"])
    rows = rows[["run_id", "seed", "frequency", "threshold", "cost", "censored"]].merge(
        runs[["run_id", *alike]], on="run_id"
    )
    sentences = []
    for (*key, threshold), own in rows.groupby([*alike, "threshold"], sort=False):
        wide = {name: own.pivot_table(index="seed", columns="frequency", values=name) for name in ("cost", "censored")}
        cost, censored = wide["cost"].to_numpy(np.float64), wide["censored"].fillna(0).to_numpy(np.int8)
        # rows are seeds, columns frequencies: log cost = effect of the seed + slope log k
        x = np.broadcast_to(np.log(wide["cost"].columns.to_numpy(np.float64)), cost.shape)
        slope = exponent(x, log_cost(cost), censored, np.arange(len(cost)), len(cost))
        if np.isfinite(slope.value):
            hit = int((own["censored"] < 1).sum())
            name = names[tuple(map(str, key))]
            sentences.append(
                f"{name}: hit cost at error {threshold:g} grows like k^{slope.value:.2f} ({hit} of {len(own)} hit)"
            )
    return sentences


def _final_shares(tables: Tables) -> pd.DataFrame:
    """What probes of no frequency, such as accuracy, say in the end: a row for each run, a column for each probe."""
    spectra = tables["spectra"]
    shares = spectra[spectra["frequency"].isna()].sort_values("mark")
    return shares.groupby(["run_id", "probe"])["amplitude"].last().unstack("probe")


def _lost(hits: pd.DataFrame, tables: Tables) -> Flags:
    """Whether what a run had learned is above the threshold at its last mark."""
    spectra = judged_at(tables["spectra"], declared(tables)).sort_values("mark")
    last = spectra.drop_duplicates(SERIES, keep="last").set_index(SERIES)["error"]
    above = ~(last <= PRIMARY_THRESHOLD)
    found: Flags = above.reindex(pd.MultiIndex.from_frame(hits[SERIES]), fill_value=False).to_numpy(bool)
    return found & ~hits["censored"].to_numpy(bool)


def _watched(hits: pd.DataFrame) -> list[Watched]:
    return list(dict.fromkeys(zip(hits["probe"], hits["component"], hits["frequency"], strict=True)))


def _heading(row: Watched, rows: list[Watched]) -> str:
    prefix = f"[{row[1]}] " if len({component for _, component, _ in rows}) > 1 else ""
    return f"{prefix}k={row[2]:.4g}"


def _median_hit(hits: pd.DataFrame, row: Watched) -> str:
    probe, component, frequency = row
    own = hits[(hits["probe"] == probe) & (hits["component"] == component) & (hits["frequency"] == frequency)]
    # what was not hit is later than any cost; the median is known if more than half have hit
    median = own["cost"].where(~own["censored"], np.inf).median() if len(own) else np.inf
    # a run that had learned it before its first mark may have done so before the median of the others
    middle = own["cost"].where(~own["censored"], np.inf).quantile(0.5, "lower")
    early = (own["at_most"] & (own["cost"] >= middle)).any()
    again = LOST * bool(2 * own["lost"].sum() >= (~own["censored"]).sum() > 0)
    cost = f"{AT_MOST * bool(early)}{_whole(median)}{again}" if np.isfinite(median) else f"-{again}"
    share = "" if not own["censored"].any() else f"\n{(~own['censored']).sum()} of {len(own)}"
    return cost + share


def _whole(cost: float) -> str:
    """Forward passes are whole; below one, as of a loop counted in seconds, there are two digits."""
    return few_digits(cost) if 0 < cost < 1 else f"{cost:,.0f}"


def _order_cells(order: pd.DataFrame, run: "pd.Series[Any]") -> tuple[str, str, str, str]:
    """Spread, exponent and C, each above its interval, and the verdict."""
    same = (order[list(LABELS)] == run[list(LABELS)]).all(axis=1)
    own = order[same]
    if own.empty:
        return "-", "-", "-", "no curve"
    row = own.iloc[0]
    return (
        with_interval(row["spread"], row["spread_low"], row["spread_high"], row["spread_bound"]),
        with_interval(row["exponent"], row["exponent_low"], row["exponent_high"]),
        with_interval(row["concordance"], row["low"], row["high"]),
        row["verdict"],
    )


def with_interval(value: float, low: float, high: float, bound: str = "") -> str:
    """The value above its interval; a dash where it is not known."""
    if not np.isfinite(value):
        return "-"
    shown = [few_digits(number) for number in (held(value, bound), *held_ends(low, high, bound))]
    return f"{bound}{shown[0]}\n" + (f"{shown[1]}..{shown[2]}" if np.isfinite(low) else "")


def _statuses(runs: pd.DataFrame) -> str:
    return ", ".join(f"{count} {status}" for status, count in runs["status"].value_counts().items())

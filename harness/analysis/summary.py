"""The table in the end: for each optimizer, when it learned which frequency, and the verdict on the order."""

from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from rich.table import Table

from harness.analysis.configurations import configurations, varied_settings
from harness.tables import LABELS, Tables

THRESHOLD = 0.1
MOST_COLUMNS = 12

Watched: TypeAlias = tuple[str, int, float]
"""Probe, component, frequency."""


def closing_table(tables: Tables) -> Table:
    """For each configuration: median hit cost of each frequency at threshold 0.1, order, best loss, seconds, ends.

    Frequencies have a column each, unless configurations watch different ones."""
    runs, hits, order = tables["runs"], tables["hits"], tables["order"]
    principal = tables["spectra"]["probe"].iloc[:1].tolist()  # the problem's first probe; the others are in the tables
    hits = hits[(hits["threshold"] == THRESHOLD) & hits["probe"].isin(principal)]
    order = order[order["probe"].isin(principal)]
    shares = _final_shares(tables)
    rows = _watched(hits)
    found = list(configurations(runs))
    own_hits = [hits[hits["run_id"].isin(own["run_id"])] for _, own in found]
    alike = len(rows) <= MOST_COLUMNS and all(_watched(own) in ([], rows) for own in own_hits)
    table = Table(title=f"{runs['problem'].iloc[0]}: cost at which the error of a frequency stays below {THRESHOLD:g}")
    table.add_column("optimizer", overflow="fold")
    for heading in [_heading(row, rows) for row in rows] if alike else ["learned at"]:
        table.add_column(heading, justify="right" if alike else "left")
    for heading in ("concordance", "verdict", *shares.columns, "best loss", "seconds", "status"):
        table.add_column(heading, justify="left" if heading in ("verdict", "status") else "right")
    for (name, own), reached in zip(found, own_hits, strict=True):
        medians = [(row, _median_hit(reached, row)) for row in (rows if alike else _watched(reached))]
        cells = [cost for _, cost in medians]
        listed = ", ".join(f"{_heading(row, rows)}: {cost}" for row, cost in medians)
        seconds = (own["seconds_objective"] + own["seconds_optimizer"] + own["seconds_measuring"]).sum()
        table.add_row(
            name,
            *(cells if alike else [listed]),
            *_order_cells(order, own.iloc[0]),
            *(f"{share:.3f}" for share in shares.reindex(own["run_id"]).median()),
            f"{own['best_loss'].median():.2g}",
            f"{seconds:.1f}",
            _statuses(own),
        )
    return table


def growth(tables: Tables) -> list[str]:
    """For studies of one frequency a run: how hit cost grows with it, a sentence for each optimizer and threshold."""
    runs, hits = tables["runs"], tables["hits"]
    varied = varied_settings(runs)
    if (hits.groupby("run_id")["frequency"].nunique() != 1).any() or len(varied) != 1 or hits.empty:
        return []
    sentences = []
    for (name, threshold), own in hits.groupby(["optimizer", "threshold"], sort=False):
        hit = own[~own["censored"]]
        if hit["frequency"].nunique() > 1:
            slope = np.polyfit(np.log(hit["frequency"]), np.log(hit["cost"]), 1)[0]
            sentences.append(
                f"{name}: hit cost at error {threshold:g} grows like k^{slope:.2f} ({len(hit)} of {len(own)} hit)"
            )
    return sentences


def _final_shares(tables: Tables) -> pd.DataFrame:
    """What probes of no frequency, such as accuracy, say in the end: a row for each run, a column for each probe."""
    spectra = tables["spectra"]
    shares = spectra[spectra["frequency"].isna()].sort_values("mark")
    return shares.groupby(["run_id", "probe"])["amplitude"].last().unstack("probe")


def _watched(hits: pd.DataFrame) -> list[Watched]:
    return list(dict.fromkeys(zip(hits["probe"], hits["component"], hits["frequency"], strict=True)))


def _heading(row: Watched, rows: list[Watched]) -> str:
    prefix = f"[{row[1]}] " if len({component for _, component, _ in rows}) > 1 else ""
    return f"{prefix}k={row[2]:.4g}"


def _median_hit(hits: pd.DataFrame, row: Watched) -> str:
    probe, component, frequency = row
    own = hits[(hits["probe"] == probe) & (hits["component"] == component) & (hits["frequency"] == frequency)]
    median = own["cost"].where(~own["censored"], np.inf).median() if len(own) else np.inf
    return f"{median:,.0f}" if np.isfinite(median) else "-"


def _order_cells(order: pd.DataFrame, run: "pd.Series[Any]") -> tuple[str, str]:
    same = (order[list(LABELS)] == run[list(LABELS)]).all(axis=1)
    own = order[same & (order["threshold"] == THRESHOLD) & (order["matched_by"] == "cost")]
    if own.empty or not np.isfinite(own["concordance"].iloc[0]):
        return "-", own["verdict"].iloc[0] if len(own) else "no curve"
    row = own.iloc[0]
    return f"{row['concordance']:.2f} ({row['low']:.2f} to {row['high']:.2f})", row["verdict"]


def _statuses(runs: pd.DataFrame) -> str:
    return ", ".join(f"{count} {status}" for status, count in runs["status"].value_counts().items())

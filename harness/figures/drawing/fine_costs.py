"""Costs below 1, as of a loop that is counted in seconds, in a unit in which they are numbers that an axis can show.

Axes of cost are logarithmic from 1 on, as a run of the harness costs at least one forward pass."""

import json
from math import ceil, log

from harness.analysis.units import WATCHED, cost_unit
from harness.tables import Tables

FEW = 1_000.0
"""The largest cost below which what lies below 1 is more than the beginning."""
SHORT = {1: "ms", 2: "us", 3: "ns"}
PARTS = {1: "thousandths", 2: "millionths", 3: "billionths"}
COSTS = ("cost", "budget", "predicted_cost")


def finely(tables: Tables) -> Tables:
    """The tables in thousandths of the unit, or less, where a watched loop has marks below 1 and none far above."""
    runs, costs = tables["runs"], tables["curves"]["cost"]
    least = costs[costs > 0].min()
    if not (runs["engine"] == WATCHED).any() or not (least < 1 and costs.max() < FEW):
        return tables
    power = min(ceil(log(1 / least) / log(1000) - 1e-9), max(SHORT))
    unit = cost_unit(runs)
    name = SHORT[power] if unit == "seconds" else f"{PARTS[power]} of {unit}"
    found = dict(tables)
    for table, rows in tables.items():
        changed = {column: rows[column] * 1000.0**power for column in COSTS if column in rows}
        if "problem_settings" in rows:
            changed["problem_settings"] = rows["problem_settings"].map(lambda text: _counted(text, name))
        found[table] = rows.assign(**changed) if changed else rows
    return found


def _counted(settings: str, unit: str) -> str:
    return json.dumps({**json.loads(settings or "{}"), "cost_unit": unit})

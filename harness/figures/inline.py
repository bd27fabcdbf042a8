"""A study as HTML in a notebook: the verdict of each optimizer in a table, and the heat map below it."""

import base64
from html import escape
from io import BytesIO
from typing import Any

import numpy as np

from harness.analysis.units import cost_unit
from harness.figures.drawing.fine_costs import finely
from harness.figures.drawing.style import house_style
from harness.figures.heatmap import heatmap
from harness.figures.order import order_rows
from harness.quantities import beside_interval, few_digits, held, held_ends
from harness.tables import Tables

DPI = 110
DIGITS, WHOLE = 3, 1000
"""Of a number, and from where on it is whole."""
HEADINGS = ("optimizer", "runs", "spread", "exponent", "C", "verdict")
NO_ORDER = "No order was judged: two watched frequencies and a finished run are needed."


def study_html(tables: Tables) -> str:
    """A table and a picture; all text of the user's is escaped."""
    runs = tables["runs"]
    if runs.empty:
        return "<p>A study without runs.</p>"
    problems = ", ".join(dict.fromkeys(runs["problem"].astype(str)))
    caption = f"{problems}: {len(runs)} runs, cost in {cost_unit(runs)}"
    picture = BytesIO()
    with house_style():
        heatmap(finely(tables)).savefig(picture, format="png", dpi=DPI, metadata={"Software": None})
    # within the page: a notebook that is mailed has its picture with it
    source = base64.b64encode(picture.getvalue()).decode()
    alt = escape(f"Error of each watched frequency of {problems} over cost, a heat map for each optimizer", quote=True)
    return f'{_table(tables, caption)}<img alt="{alt}" src="data:image/png;base64,{source}">'


def _table(tables: Tables, caption: str) -> str:
    rows = [_cells(row) for _, row in order_rows(tables).iterrows()]
    head = "".join(f'<th scope="col">{heading}</th>' for heading in HEADINGS)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>" for cells in rows)
    if not rows:
        body = f'<tr><td colspan="{len(HEADINGS)}">{NO_ORDER}</td></tr>'
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cells(row: Any) -> list[str]:
    bound = row["spread_bound"]
    low, high = held_ends(row["spread_low"], row["spread_high"], bound, DIGITS, WHOLE)
    # of few runs there is none, and of nothing that was learned none that says anything
    interval = "" if np.isnan([low, row["spread"]]).any() else f" [{_number(low)}, {_number(high)}]"
    spread = f"{bound}{_number(held(row['spread'], bound, DIGITS, WHOLE))}{interval}"
    concordance = row["concordance"]
    told = "-" if np.isnan(concordance) else beside_interval(concordance, row["low"], row["high"])
    return [row["configuration"], str(row["n_runs"]), spread, _number(row["exponent"]), told, row["verdict"]]


def _number(value: float) -> str:
    return "∞" if np.isinf(value) else "-" if np.isnan(value) else few_digits(value, DIGITS)

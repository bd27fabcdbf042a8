"""The frequency principle at a glance: which frequencies an optimizer has learned, at which cost."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from harness.analysis.incumbents import as_declared, of_point
from harness.analysis.units import cost_unit
from harness.figures.drawing.families import MANY, Families
from harness.figures.drawing.heat_panel import draw_panel
from harness.figures.drawing.layout import COLUMN, GAP, PAGE, RIGHT, STRIP, Layout, components, panel_height
from harness.figures.drawing.legend import draw_legend, footer
from harness.figures.drawing.panels import Panel, cost_grid, panels
from harness.figures.drawing.strips import strips
from harness.figures.drawing.style import house_style, lines_of, text_width
from harness.tables import Tables


def heatmap(tables: Tables, families: Families | None = None) -> Figure:
    """Error of each watched frequency over cost: a heat map for each optimizer, the median over seeds.

    Many optimizers are a strip each, by family where `families` says it."""
    tables, point = as_declared(tables), of_point(tables)
    with house_style():
        drawn, costs = panels(tables), cost_grid(tables)
        unseen = "bluish: watched by no run" if any(np.isnan(panel.errors).any() for panel in drawn) else ""
        foot = (*footer(tables["runs"]), *filter(None, (point, unseen)))
        if len(drawn) > MANY:
            return strips(drawn, costs, lines_of(foot, 6, PAGE - 1.6), families, cost_unit(tables["runs"]))
        layout = _layout(drawn, foot)
        figure = Figure(figsize=layout.page)
        for index, panel in enumerate(drawn):
            draw_panel(figure, layout, index, panel, costs)
        draw_legend(figure, layout, tables)
        return figure


def heatmap_rows(tables: Tables) -> pd.DataFrame:
    """The median error of each row of each panel at each cost of the grid."""
    tables = as_declared(tables)
    # the column of cost 0, and each cell by its right edge, where its error is read
    costs = np.append(0.0, cost_grid(tables)[1:])
    parts = [
        pd.DataFrame({"panel": panel.name, "component": one, "frequency": frequency, "cost": costs, "error": errors})
        for panel in panels(tables)
        for (one, frequency), errors in zip(panel.rows, panel.errors, strict=True)
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _layout(drawn: list[Panel], runs: tuple[str, ...]) -> Layout:
    """Rows are named before the first column alone where all panels have the same."""
    names = {f"{frequency:.4g}" for panel in drawn for _, frequency in panel.rows}
    # the widest of the names, and the axis' own name beside them
    left = 0.26 + max((text_width(name, 6.5) for name in names), default=0.0)
    with_rows = [panel.rows for panel in drawn if len(panel.rows)]
    alike = all(rows.equals(with_rows[0]) for rows in with_rows)
    most = max((len(rows) for rows in with_rows), default=1)
    strips = max((len(bands) for panel in drawn if len(bands := components(panel.rows)) > 1), default=0)
    page = COLUMN if len(drawn) == 1 else PAGE
    return Layout(
        panels=len(drawn),
        height=panel_height(len(drawn), most, strips) + STRIP * strips,
        left=left,
        gap=GAP if alike else left,
        footer=lines_of(runs, 6, page - left - RIGHT),
    )

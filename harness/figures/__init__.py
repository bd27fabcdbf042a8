"""Figures, drawn from the tables alone. `FIGURES` is the one registry."""

from collections.abc import Callable, Sequence, Sized
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd
from matplotlib.figure import Figure

from harness.analysis.asked.robustness import robustness as robustness_rows
from harness.figures.asked.directions import directions, directions_rows
from harness.figures.asked.response import response
from harness.figures.asked.robustness import robustness_figure
from harness.figures.asked.samples import samples
from harness.figures.asked.spread import spread, spread_rows
from harness.figures.asked.standing import standing_figure, standing_rows
from harness.figures.drawing.cropped import cropped
from harness.figures.drawing.families import Families
from harness.figures.drawing.fonts import without_layout
from harness.figures.drawing.style import house_style
from harness.figures.heatmap import heatmap, heatmap_rows
from harness.figures.kept.filtered import filter_demo, filter_demo_rows, filtering, filtering_rows
from harness.figures.kept.pictures import pictures, pictures_rows
from harness.figures.kept.snapshots import snapshots, snapshots_rows
from harness.figures.loss_matched import loss_matched, loss_matched_rows
from harness.figures.order import order, order_rows
from harness.figures.parts import part_rows, parts
from harness.figures.profile import profile, profile_rows
from harness.figures.projection import projection, projection_rows
from harness.figures.residual import residual, residual_rows
from harness.figures.slope import slope, slope_rows
from harness.figures.spectrum import spectrum, spectrum_rows
from harness.tables import LABELS, Tables
from harness.whole_files import replace_file


def robustness(tables: Tables) -> Figure:
    """The verdict of each optimizer under other reasonable choices of threshold, price, budget, incumbent and clock."""
    return robustness_figure(robustness_rows(tables))


FIGURES: dict[str, Callable[..., Figure]] = {
    "directions": directions,
    "filter-demo": filter_demo,
    "filtering": filtering,
    "heatmap": heatmap,
    "loss-matched": loss_matched,
    "order": order,
    "parts": parts,
    "pictures": pictures,
    "profile": profile,
    "projection": projection,
    "residual": residual,
    "response": response,
    "robustness": robustness,
    "samples": samples,
    "slope": slope,
    "snapshots": snapshots,
    "spectrum": spectrum,
    "spread": spread,
    "standing": standing_figure,
}
"""Functions of tables; some take more, as `ASKED` says."""
NUMBERS: dict[str, Callable[..., pd.DataFrame]] = {
    "directions": directions_rows,
    "filter-demo": filter_demo_rows,
    "filtering": filtering_rows,
    "heatmap": heatmap_rows,
    "loss-matched": loss_matched_rows,
    "order": order_rows,
    "parts": lambda tables: part_rows(tables["spectra"]),
    "pictures": pictures_rows,
    "profile": profile_rows,
    "projection": projection_rows,
    "residual": residual_rows,
    "response": lambda tables: tables["response"],
    "robustness": robustness_rows,
    "samples": lambda tables: tables["samples"],
    "slope": slope_rows,
    "snapshots": snapshots_rows,
    "spectrum": spectrum_rows,
    "spread": spread_rows,
    "standing": standing_rows,
}
"""The numbers behind each figure, as they are written beside it."""
ASKED: dict[str, tuple[str, ...]] = {"snapshots": ("at",), "spread": ("against",)}
"""What a figure may be asked beside its tables, by the names of its arguments."""
GROUPED = ("heatmap", "order", "profile")
"""Figures whose pages of many optimizers are by family."""
ROWS_OF: dict[str, Callable[[Tables], Sized]] = {
    "heatmap": lambda tables: tables["runs"],
    "parts": lambda tables: part_rows(tables["spectra"]),
    "pictures": lambda tables: tables["predictions"],
    "response": lambda tables: tables.get("response", ()),
    "samples": lambda tables: tables.get("samples", ()),
}
"""The rows without which a figure is empty, of the figures that every study gets; the others are drawn when asked."""

MOST_DRAWN = 100
"""Configurations of a study beyond which no figure is drawn unasked: a panel of each would take minutes."""

OBSERVED = {"directions": "response", "response": "response", "samples": "samples"}
"""Figures of a table that an observer of the same name writes."""

DPI = {"png": 200, "pdf": 400, "svg": 400}
"""Of a PDF or SVG, the meshes alone have pixels."""
# a date or a version within would make equal figures differ, and studies with them
UNDATED = {"png": {"Software": None}, "pdf": {"CreationDate": None}, "svg": {"Date": None, "Creator": None}}
USUAL = ("png", "pdf")


def applicable(tables: Tables) -> list[str]:
    """Names of the figures for which there is something to draw, and that a study draws unasked."""
    if configurations(tables) > MOST_DRAWN:
        return []
    return [name for name, rows in ROWS_OF.items() if len(rows(tables))]


def configurations(tables: Tables) -> int:
    """How many there are: each is a panel of most figures."""
    return len(tables["runs"][[*LABELS]].drop_duplicates())


def undrawn(tables: Tables, folder: Path) -> str | None:
    """The sentence on figures that were too large to be drawn unasked; None where there are none."""
    count = configurations(tables)
    if count <= MOST_DRAWN:
        return None
    # the table says runs in the order of the study
    some = ",".join(dict.fromkeys(tables["runs"]["optimizer"].head(1)))
    return (
        f"No figure was drawn of {count} configurations, beyond {MOST_DRAWN} of which a page takes minutes. Draw those "
        f"you want: python -m harness figure heatmap {folder} --optimizers {some}"
    )


def drawn(name: str, tables: Tables, families: Families, **asked: Any) -> Figure:
    """A figure by name, with what it is asked; raises ValueError where there is nothing to draw."""
    grouped = {"families": families} if name in GROUPED else {}
    return FIGURES[name](tables, **grouped, **asked)


def missing(name: str, tables: Tables) -> str | None:
    """The sentence on a table that a figure needs and that an observer has not written; None where it is there."""
    table = OBSERVED.get(name)
    if table is None or len(tables.get(table, ())):
        return None
    return f"This study has no table '{table}'. Start it again with --observe {table}, which changes no run."


def save(figure: Figure, path_stem: str | Path, kinds: Sequence[str] = USUAL) -> list[Path]:
    """Write `path_stem`.png and so on, each whole or not at all; the same figure gives the same bytes."""
    stem = Path(path_stem)
    stem.parent.mkdir(parents=True, exist_ok=True)
    paths = [stem.with_name(f"{stem.name}.{kind}") for kind in kinds]
    for path, kind in zip(paths, kinds, strict=True):
        with house_style():
            # nothing waits for the disk: a figure can be drawn again from the tables
            replace_file(path, partial(_write, figure, kind, DPI[kind]), durable=False)
    return paths


def _write(figure: Figure, kind: str, dpi: int, file: BinaryIO) -> None:
    with cropped(), without_layout():
        figure.savefig(file, format=kind, dpi=dpi, metadata=UNDATED[kind])

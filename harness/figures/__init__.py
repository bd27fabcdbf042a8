"""Figures, drawn from the tables alone. `DRAWINGS` is the one registry."""

from collections.abc import Callable, Sequence, Sized
from functools import partial
from inspect import signature
from operator import itemgetter
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import pandas as pd
from matplotlib.figure import Figure

from harness.analysis.asked.robustness import robustness as robustness_rows
from harness.analysis.incumbents import as_declared
from harness.figures.asked.directions import directions, directions_rows
from harness.figures.asked.response import response
from harness.figures.asked.robustness import robustness_figure
from harness.figures.asked.samples import samples
from harness.figures.asked.spread import spread, spread_rows
from harness.figures.asked.standing import standing_figure, standing_rows
from harness.figures.drawing.cropped import cropped
from harness.figures.drawing.families import Families
from harness.figures.drawing.fine_costs import finely
from harness.figures.drawing.fonts import lacking, without_layout
from harness.figures.drawing.style import house_style
from harness.figures.heatmap import heatmap, heatmap_rows
from harness.figures.kept.filtered import filter_demo, filter_demo_rows, filtering, filtering_rows
from harness.figures.kept.pictures import pictures, pictures_rows
from harness.figures.kept.snapshots import snapshots, snapshots_rows
from harness.figures.loss_matched import loss_matched, loss_matched_rows
from harness.figures.needed import drawing, of_study
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


def _of_parts(tables: Tables) -> pd.DataFrame:
    return part_rows(as_declared(tables)["spectra"])


class Drawing(NamedTuple):
    """A figure, the numbers that are written beside it, and when a study gets it unasked."""

    figure: Callable[..., Figure]
    """Of tables; its further parameters are what it may be asked, and `families`, by which it parts pages of many.

    Raises ValueError, in a sentence, where there is nothing to draw."""
    numbers: Callable[..., pd.DataFrame]
    """Of the same, and asked the same."""
    unasked: Callable[[Tables], Sized] | None = None
    """The rows without which it is empty, of a figure that every study gets; None where it is drawn when asked."""
    observer: str = ""
    """Whose table, of the same name, it is drawn from; empty where every study has what it takes."""


_DRAWINGS: dict[str, Drawing] = {
    "directions": Drawing(directions, directions_rows, observer="response"),
    "filter-demo": Drawing(filter_demo, filter_demo_rows),
    "filtering": Drawing(filtering, filtering_rows),
    "heatmap": Drawing(heatmap, heatmap_rows, itemgetter("runs")),
    "loss-matched": Drawing(loss_matched, loss_matched_rows),
    "order": Drawing(order, order_rows),
    "parts": Drawing(parts, _of_parts, _of_parts),
    "pictures": Drawing(pictures, pictures_rows, itemgetter("predictions")),
    "profile": Drawing(profile, profile_rows),
    "projection": Drawing(projection, projection_rows),
    "residual": Drawing(residual, residual_rows),
    "response": Drawing(response, itemgetter("response"), lambda tables: tables.get("response", ()), "response"),
    "robustness": Drawing(robustness, robustness_rows),
    "samples": Drawing(samples, itemgetter("samples"), lambda tables: tables.get("samples", ()), "samples"),
    "slope": Drawing(slope, slope_rows),
    "snapshots": Drawing(snapshots, snapshots_rows),
    "spectrum": Drawing(spectrum, spectrum_rows),
    "spread": Drawing(spread, spread_rows),
    "standing": Drawing(standing_figure, standing_rows),
}


def _refusing(name: str, one: Drawing) -> Drawing:
    """The same, which says in a sentence what its tables lack."""
    told = of_study(name, one.observer)
    return one._replace(figure=told(one.figure), numbers=told(one.numbers))


DRAWINGS = {name: _refusing(name, one) for name, one in _DRAWINGS.items()}
FIGURES: dict[str, Callable[..., Figure]] = {name: one.figure for name, one in DRAWINGS.items()}

MOST_DRAWN = 100
"""Configurations of a study beyond which no figure is drawn unasked: a panel of each would take minutes."""

DPI = {"png": 200, "pdf": 400, "svg": 400}
"""Of a PDF or SVG, the meshes alone have pixels."""
# a date or a version within would make equal figures differ, and studies with them
UNDATED = {"png": {"Software": None}, "pdf": {"CreationDate": None}, "svg": {"Date": None, "Creator": None}}
USUAL = ("png", "pdf")


def applicable(tables: Tables) -> list[str]:
    """Names of the figures for which there is something to draw, and that a study draws unasked."""
    if configurations(tables) > MOST_DRAWN:
        return []
    return [name for name, one in DRAWINGS.items() if one.unasked is not None and len(one.unasked(tables))]


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


def unnamed(tables: Tables) -> str:
    """The sentence on letters of names that no font of this machine has; empty where there are none."""
    return lacking("".join(tables["runs"][list(LABELS)].drop_duplicates().to_numpy(str).ravel()))


def asked_of(name: str) -> tuple[str, ...]:
    """What a figure may be asked beside its tables, by the names of its parameters."""
    return tuple(signature(DRAWINGS[name].figure).parameters)[1:]


def drawn(name: str, tables: Tables, families: Families, **asked: Any) -> Figure:
    """A figure by name, with what it is asked; raises ValueError where there is nothing to draw."""
    grouped = {"families": families} if "families" in asked_of(name) else {}
    with drawing(name, tables, DRAWINGS[name].observer):
        return DRAWINGS[name].figure(finely(tables), **grouped, **asked)


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

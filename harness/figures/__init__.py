"""Figures, drawn from the tables alone. `FIGURES` is the one registry."""

from collections.abc import Callable, Sized
from functools import partial
from pathlib import Path
from typing import BinaryIO

from matplotlib.figure import Figure

from harness.figures.heatmap import heatmap
from harness.figures.parts import part_rows, parts
from harness.figures.pictures import pictures
from harness.figures.response import response
from harness.figures.samples import samples
from harness.figures.spectrum import spectrum
from harness.figures.style import house_style
from harness.tables import Tables
from harness.whole_files import replace_file

FIGURES: dict[str, Callable[[Tables], Figure]] = {
    "heatmap": heatmap,
    "parts": parts,
    "pictures": pictures,
    "response": response,
    "samples": samples,
    "spectrum": spectrum,
}
ROWS_OF: dict[str, Callable[[Tables], Sized]] = {
    "heatmap": lambda tables: tables["runs"],
    "parts": lambda tables: part_rows(tables["spectra"]),
    "pictures": lambda tables: tables["predictions"],
    "response": lambda tables: tables.get("response", ()),
    "samples": lambda tables: tables.get("samples", ()),
}
"""The rows without which a figure is empty, of the figures that every study gets; the others are drawn when asked."""

DPI = {"png": 200, "pdf": 400}
"""Of a PDF, the meshes alone have pixels."""
UNDATED = {"png": {"Software": None}, "pdf": {"CreationDate": None}}


def applicable(tables: Tables) -> list[str]:
    """Names of the figures for which there is something to draw."""
    return [name for name, rows in ROWS_OF.items() if len(rows(tables))]


def save(figure: Figure, path_stem: str | Path) -> list[Path]:
    """Write `path_stem`.png and `path_stem`.pdf, each whole or not at all; the same figure gives the same bytes."""
    stem = Path(path_stem)
    stem.parent.mkdir(parents=True, exist_ok=True)
    paths = [stem.with_name(f"{stem.name}.{kind}") for kind in DPI]
    for path, (kind, dpi) in zip(paths, DPI.items(), strict=True):
        with house_style():
            replace_file(path, partial(_write, figure, kind, dpi), durable=False)
    return paths


def _write(figure: Figure, kind: str, dpi: int, file: BinaryIO) -> None:
    figure.savefig(file, format=kind, dpi=dpi, metadata=UNDATED[kind])

"""Figures, drawn from the tables alone. `FIGURES` is the one registry."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

from matplotlib.figure import Figure

from harness.figures.heatmap import heatmap
from harness.figures.pictures import pictures
from harness.figures.style import house_style
from harness.tables import Tables

FIGURES: dict[str, Callable[[Tables], Figure]] = {
    "heatmap": heatmap,
    "pictures": pictures,
}
ROWS_OF = {"heatmap": "runs", "pictures": "predictions"}
"""The table without which a figure is empty."""

DPI = {"png": 200, "pdf": 400}
"""Of a PDF, the meshes alone have pixels."""
UNDATED = {"png": {"Software": None}, "pdf": {"CreationDate": None}}


def applicable(tables: Tables) -> list[str]:
    """Names of the figures for which there is something to draw."""
    return [name for name in FIGURES if len(tables[ROWS_OF[name]])]


def save(figure: Figure, path_stem: str | Path) -> list[Path]:
    """Write `path_stem`.png and `path_stem`.pdf, each whole or not at all; the same figure gives the same bytes."""
    stem = Path(path_stem)
    stem.parent.mkdir(parents=True, exist_ok=True)
    paths = [stem.with_name(f"{stem.name}.{kind}") for kind in DPI]
    for path, (kind, dpi) in zip(paths, DPI.items(), strict=True):
        temporary = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.tmp")
        try:
            with house_style():
                figure.savefig(temporary, format=kind, dpi=dpi, metadata=UNDATED[kind])
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    return paths

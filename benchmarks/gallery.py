"""The pictures of the gallery and of the pages, from committed tables alone: `make gallery`."""

import argparse
from functools import partial
from pathlib import Path

import pandas as pd

from harness.figures import FIGURES, drawn
from harness.figures.asked.robustness import robustness_figure
from harness.figures.drawing.style import house_style
from harness.figures.kept import film
from harness.run.spec import families
from harness.study.store import read_exported
from harness.whole_files import replace_file

ROOT = Path(__file__).parents[1]
TABLES = ROOT / "results" / "reference" / "sin135-all"
SEVEN = ("gd", "adam", "bfgs", "lbfgs", "cg", "powell", "pso")
FIGURES_OF_SEVEN = (
    "filter-demo",
    "filtering",
    "loss-matched",
    "profile",
    "projection",
    "residual",
    "slope",
    "snapshots",
    "spectrum",
    "spread",
)
OTHERS = (
    ("sin135", "sin135-all", "heatmap", SEVEN),
    ("sin135-all", "sin135-all", "order", None),
    ("mnist-pca-heatmap", "mnist-pca", "heatmap", None),
    ("poisson-network", "poisson", "heatmap", None),
    ("poisson-jacobi", "poisson-grid", "heatmap", None),
    ("steps-heatmap", "steps", "heatmap", None),
    ("image-pictures", "image-pictures", "pictures", None),
    ("gallery-directions", "mnist-response", "directions", None),
    ("mnist-heatmap", "mnist", "heatmap", None),
    ("mnist-parts", "mnist", "parts", None),
    ("mnist-spectrum", "mnist-grid", "spectrum", None),
    ("mnist-response", "mnist-response", "response", None),
    ("digits-samples", "digits-samples", "samples", None),
)
"""Pictures of pages: their names, the tables, the figure, and the optimizers if not all."""
ROBUSTNESS = TABLES / "robustness.csv"
"""What `harness order DIR --robust` has written of the seven, which reads more marks than are committed."""
FILM_OF = ("adam", "bfgs", "powell", "pso")
DPI = 110


def main() -> None:
    """Draw them into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "figures")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    tables = read_exported(TABLES)
    seven = only(tables, SEVEN)
    for name in FIGURES_OF_SEVEN:
        write(FIGURES[name](seven), out / f"gallery-{name}.png")
    for name, study, figure, optimizers in OTHERS:
        own = read_exported(TABLES.parent / study)
        write(drawn(figure, only(own, optimizers) if optimizers else own, families()), out / f"{name}.png")
    rows = pd.read_csv(ROBUSTNESS, dtype={"value": str}, keep_default_na=False)
    write(robustness_figure(rows), out / "gallery-robustness.png")
    film.save_film(film.animation(only(tables, FILM_OF)), out / "gallery-animation")
    print("animation")


def write(figure, path):
    """The picture of a figure."""
    with house_style():
        written = partial(figure.savefig, format="png", dpi=DPI, metadata={"Software": None})
        replace_file(path, written, durable=False)
    print(path.name)


def only(tables, optimizers):
    """The rows of these methods."""
    known = set(tables["runs"]["run_id"][tables["runs"]["optimizer"].isin(optimizers)])
    by = {"run_id": known, "optimizer": set(optimizers)}
    kept = {}
    for name, rows in tables.items():
        column = next((column for column in by if column in rows), None)
        kept[name] = rows if column is None else rows[rows[column].isin(by[column])].reset_index(drop=True)
    return kept


if __name__ == "__main__":
    main()

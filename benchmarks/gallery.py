"""The pictures of the gallery, from the committed tables of `sin135-all` alone: `make gallery`."""

import argparse
from functools import partial
from pathlib import Path

from harness.figures import FIGURES
from harness.figures.drawing.style import house_style
from harness.figures.kept import film
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
        figure = FIGURES[name](seven)
        with house_style():
            written = partial(figure.savefig, format="png", dpi=DPI, metadata={"Software": None})
            replace_file(out / f"gallery-{name}.png", written, durable=False)
        print(name)
    film.save_film(film.animation(only(tables, FILM_OF)), out / "gallery-animation")
    print("animation")


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

"""`harness atlas`: the tables, the figure and the page of the Atlas, and a sample of its runs made again."""

import argparse
import os
import sys
from functools import partial
from pathlib import Path
from urllib.parse import quote

import pandas as pd

from harness.atlas.again import TOLERANCE, VERIFIED, is_tuned, row_again, verified
from harness.atlas.kept import beside, keep, kept_runs, kept_specs, kept_tables, part_tables, parts
from harness.atlas.page import atlas_page
from harness.atlas.pairs import PAIRS, Tuned, tuned_pairs, write_pairs
from harness.atlas.sections.controls import known_orders
from harness.figures import FIGURES, save
from harness.study.sharing.verify import drawn
from harness.tables import Tables
from harness.whole_files import replace_file, replace_text, writing_into

PAGE = "docs/atlas.md"
FIGURES_FOLDER = "figures"
"""Beside the page; the figure has the page's name."""


def main(arguments: argparse.Namespace) -> int:
    """Keep, make again, draw and write; the exit code."""
    folder, page = Path(arguments.atlas), Path(arguments.page or PAGE)
    if arguments.row is not None:
        return _row(arguments)
    if arguments.part is not None and arguments.folder is None and arguments.tuned is None:
        raise ValueError("--part keeps a study as a part of the Atlas: name the folder of the study, too.")
    if arguments.folder is not None:
        keep(Path(arguments.folder), folder, arguments.part)
    if arguments.tuned is not None:
        keep(Path(arguments.tuned), beside(folder), arguments.part, len(kept_runs(parts(folder))))
    # read back also after keeping: the page is made of what lies there, and can be made again of it
    tables = kept_tables(folder)
    tuned = kept_tables(beside(folder)) if beside(folder).is_dir() else None
    if arguments.verify is not None:
        _verify(folder, tables, tuned, arguments.verify)
    path = folder / VERIFIED
    again = pd.read_csv(path) if path.is_file() else None
    figure = f"{FIGURES_FOLDER}/{page.stem}"
    pairs = None if tuned is None else _paired(tables, beside(folder), page.parent)
    with writing_into(page.parent):
        save(FIGURES["standing"](tables, apart=known_orders()), page.parent / figure, ("png",))
        replace_text(page, atlas_page(tables, folder, quote(f"{figure}.png"), pairs, again))
    sys.stdout.write(f"tables: {folder}\npage: {page}\nfigure: {page.parent / figure}.png\n")
    return 0


def _paired(tables: Tables, folder: Path, start: Path) -> Tuned:
    """The pairs, which are written beside the tuned tables in `folder`, and their address from `start`."""
    rows = tuned_pairs(tables, [part_tables(part) for part in parts(folder)])
    with writing_into(folder):
        replace_file(folder / PAIRS, partial(write_pairs, rows))
    return Tuned(rows, quote(Path(os.path.relpath(folder / PAIRS, start)).as_posix()))


def _verify(folder: Path, tables: Tables, tuned: Tables | None, count: int) -> None:
    """Of both studies together, drawn by one number: tuned runs are a part of the whole like any other."""
    both, specs = tables, kept_specs(folder)
    of_tuned: set[str] = set()
    if tuned is not None:
        both = {name: pd.concat([tables[name], tuned[name]], ignore_index=True) for name in ("runs", "hits")}
        specs = [*specs, *kept_specs(beside(folder))]
        of_tuned = set(tuned["runs"]["run_id"])
    known = set(both["runs"]["run_id"])
    rows = verified(drawn([spec for spec in specs if spec.run_id in known], count), both)
    rows.insert(2, "tuned", rows["run_id"].isin(of_tuned))
    replace_file(folder / VERIFIED, lambda file: rows.to_csv(file, index=False, float_format="%.6g"))
    sys.stdout.write(f"{_how_many(rows)}: {folder / VERIFIED}\n")


def _row(arguments: argparse.Namespace) -> int:
    """Make the runs of a row again; 0 if all are within the tolerance, 1 if not."""
    others = [name for name in ("folder", "tuned", "part", "verify", "page") if getattr(arguments, name) is not None]
    if others:
        raise ValueError(
            f"--row makes the runs of kept tables again and writes nothing; leave out {', '.join(others)}."
        )
    whole = Path(arguments.atlas)
    # as it is copied from the page, where methods stand between backquotes
    row = " ".join(arguments.row.replace("`", " ").split())
    folder = beside(whole) if is_tuned(row) else whole
    kept = [part_tables(part) for part in parts(folder)]
    rows, before, after = row_again(row, kept_specs(folder), kept, kept_tables(whole)["runs"])
    for one in rows.itertuples():
        loss, cost = f"{one.loss_difference:.2g}", f"{one.cost_difference:.2g}"
        sys.stdout.write(
            f"seed {one.seed}: {one.same} of {one.hits} hits within {TOLERANCE:.0%}; "
            f"largest difference, relative, of a cost {cost}, of the best loss {loss}\n"
        )
    sys.stdout.write(f"{_how_many(rows)}\nkept: {before}\nnow:  {after}\n")
    return 0 if rows["passed"].all() else 1


def _how_many(rows: pd.DataFrame) -> str:
    """Hits apart from runs: a loss that only rounding bounds, such as 1e-15, is another on each processor."""
    same, hits, passed = (int(rows[name].sum()) for name in ("same", "hits", "passed"))
    loss = "" if passed == len(rows) else f" with their best loss; {same} of {hits} hits did"
    return f"{passed} of {len(rows)} runs came out again{loss}"

"""`harness place`: a method among those of the Atlas, or a problem for its methods."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from rich.table import Table

from harness.atlas.kept import CORE, KEPT, kept_tables
from harness.atlas.placing import check_equal, ranking, ratios, study_of, together, without
from harness.atlas.saying import paragraph, short_of_seeds
from harness.atlas.sections.controls import known_orders
from harness.commands.carrying_out import INTERRUPTED, carry_out, ending
from harness.commands.console import printing
from harness.commands.place.of_problem import folder_of, named, place_problem
from harness.commands.requested import OWN_DATA
from harness.figures import FIGURES, save
from harness.quantities import few_digits, held
from harness.run.rows import identity
from harness.run.runner import run
from harness.study.comparison import Plan
from harness.study.file.study_file import read_study
from harness.study.sharing.papers import FILE
from harness.tables import Tables, of_runs
from harness.whole_files import replace_file, writing_into

COMPANION = "gd"
"""Fits every problem; its runs are not made."""
BOTH = ("word", "atlas", "seeds", "jobs", "out", "format", "data_dir", "traceback")
METHODS = ("what", "study")
"""Options of what is placed, whatever it is, and of methods alone; the others are of problems."""
TRIAL = 60.0
"""Forward passes after which a method that cannot be called has failed."""


def main(arguments: argparse.Namespace) -> int:
    """Run what is new, and say where it stands; the exit code."""
    given = {name for name, value in vars(arguments).items() if value not in (None, [])}
    of_problem = [name for name in vars(arguments) if name in given - {*BOTH, *METHODS}]
    if arguments.what is None:
        if not given & {"problem", *OWN_DATA}:
            raise ValueError(
                "Name what is to be placed: a file or an optimizer, or --problem with a file or a problem; or give "
                "data of your own with --target, --image, --points, --mesh or --data."
            )
        return place_problem(arguments)
    if of_problem:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in of_problem)
        raise ValueError(
            f"A method is placed on the problems of the Atlas and at their cost, with the settings of its file: leave "
            f"out {options}, or '{arguments.what}'."
        )
    return _method(arguments)


def _method(arguments: argparse.Namespace) -> int:
    names, files = named(arguments.what, "optimizer")
    atlas = Path(arguments.atlas)
    kept = kept_tables(atlas)
    file = Path(arguments.study or (CORE if atlas == KEPT else atlas / FILE))
    only = range(arguments.seeds) if isinstance(arguments.seeds, int) else arguments.seeds
    planned = planned_among(file, names, files, only)
    check_equal(kept["runs"], pd.DataFrame([identity(spec) for spec in planned.specs]), file)
    ids = {spec.run_id for spec in planned.specs}
    folder = Path(arguments.out) if arguments.out else folder_of(names[0], planned.specs)
    arguments.out = str(folder)
    results = None
    if ids <= {*kept["runs"]["run_id"]}:
        sys.stderr.write(f"The Atlas has all of the {len(ids)} runs, so that none is made.\n")
    else:
        _try(planned, arguments.what)
        results = carry_out(planned, arguments, arguments.jobs)
        if results is None:
            return INTERRUPTED
    # a folder may hold runs of an earlier question
    _say(kept, of_runs(kept if results is None else results.tables, ids), names, folder)
    return 0 if results is None else ending(results, arguments)


def _say(kept: Tables, new: Tables, names: Sequence[str], folder: Path) -> None:
    tables = together(kept, new)
    console = printing()
    places = []
    for name in names:
        # each for itself: which problems all have in common would be said by the other methods of the file, too
        alone = without(tables, {*names} - {name})
        ranked, paired = ranking(alone, [name]), ratios(alone, name)
        if len(ranked):
            console.print(_ranking_table(ranked))
        console.print(paragraph(ranked, paired, name), highlight=False, soft_wrap=True)
        with writing_into(folder):
            replace_file(folder / f"ratios-{name}.csv", partial(paired.to_csv, index=False))
        places.append(ranked.assign(of=name))
    if (short := short_of_seeds(tables["order"])) is not None:
        console.print(short, highlight=False, soft_wrap=True)
    whole = pd.concat(places, ignore_index=True)
    replace_file(folder / "place.csv", partial(whole.to_csv, index=False))
    save(FIGURES["standing"](tables, names, known_orders()), folder / "standing")
    console.print(f"tables: {folder}/place.csv, ratios-*.csv\nfigure: {folder}/standing.png", highlight=False)


def _try(planned: Plan, what: str) -> None:
    """Raises ValueError for a method that fails at once on every problem, so that nobody waits for all of its runs."""
    firsts = {(spec.problem, spec.optimizer): spec for spec in reversed(planned.specs)}
    reasons: dict[str, list[str]] = {}
    for (_, optimizer), spec in firsts.items():
        row = run(replace(spec, budget=min(TRIAL, spec.budget)))["runs"].iloc[0]
        if row["status"] != "failed":
            return
        reasons.setdefault(row["reason"], []).append(optimizer)
    reason, failed = next(iter(reasons.items()))
    file = what if what.endswith(".py") else "my.py"
    raise ValueError(
        f"{failed[0]} failed on all of {len(firsts)} problems within the first {TRIAL:.0f} forward passes, and nothing "
        f"was written: {reason} 'python -m harness check {file}' says what to change."
    )


def planned_among(file: Path, names: Sequence[str], files: Sequence[Path], only_seeds: Iterable[int] | None) -> Plan:
    """The runs of these optimizers on the problems of a study that they fit; raises ValueError where they fit none.

    Of some seeds alone where these are given; raises ValueError for one that the study has nowhere."""
    with TemporaryDirectory() as elsewhere:
        path = Path(elsewhere) / FILE
        # a study refuses a problem that none of its methods fits: beside one that fits all, such a problem is left out
        path.write_text(study_of(file, [*names, COMPANION], files))
        found = read_study(path).plan
    left_out = {key: why for key, why in found.left_out.items() if key.partition(": ")[2] in names}
    has = {spec.seed for spec in found.specs}
    wanted = has if only_seeds is None else {*only_seeds}
    if not wanted:
        raise ValueError("--seeds counts runs, of which there must be one; the seed 0 alone is 0..0.")
    if not wanted <= has:
        raise ValueError(
            f"--seeds takes seeds of '{file}', which has {min(has)} to {max(has)}; got {min(wanted - has)} as well."
        )
    specs = tuple(spec for spec in found.specs if spec.optimizer in names and spec.seed in wanted)
    if not specs:
        reason = next(iter(left_out.values()), "")
        raise ValueError(f"{' and '.join(names)} fits no problem of '{file}': {reason}")
    return Plan(specs, left_out, found.understood)


def _ranking_table(ranked: pd.DataFrame) -> Table:
    table = Table("rank", "method", "spread", "low-first on", title="preference for low frequencies, largest first")
    table.caption = (
        "spread: geometric mean over problems, in which a bound counts as it stands (?: bounds of both kinds)"
    )
    for row in ranked.to_dict("records"):
        style = "bold" if row["own"] else None
        spread = held(row["spread"], row["spread_bound"], digits=3, whole=1000)
        low_first = "-" if pd.isna(row["low_first"]) else f"{row['low_first']} of {row['problems']}"
        cells = [str(row["rank"]), row["method"], f"{row['spread_bound']}{few_digits(spread, 3)}", low_first]
        table.add_row(*cells, style=style)
    return table

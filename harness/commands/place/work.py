"""`harness place`: a method among those of the Atlas, or a problem for its methods."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from rich.console import Console
from rich.table import Table

from harness import plugins
from harness.analysis.statistics.verdicts import FEWEST_RUNS
from harness.analysis.summary import closing_table
from harness.atlas.kept import CORE, KEPT, kept_tables
from harness.atlas.placing import check_equal, paragraph, ranking, ratios, study_of, together
from harness.commands.carrying_out import PIPED_WIDTH, ending, say_left_out
from harness.figures import FIGURES, save
from harness.plugins.loading import Kind
from harness.quantities import held
from harness.run.rows import identity
from harness.run.runner import run
from harness.run.spec import find_optimizer, find_problem
from harness.study.comparison import Plan, plan
from harness.study.execution.progress import watching
from harness.study.file.study_file import read_study
from harness.study.file.values import seeds
from harness.study.making import finish, make
from harness.study.sharing.papers import FILE, open_study
from harness.study.store import Store
from harness.whole_files import replace_file

COMPANION = "gd"
"""Fits every problem; its runs are not made."""
TRIAL = 60.0
"""Forward passes after which a method that cannot be called has failed."""


def main(arguments: argparse.Namespace) -> int:
    """Run what is new, and say where it stands; the exit code."""
    # one of the two: both, or none, leave open what is held against what
    if (arguments.what is None) == (arguments.problem is None):
        raise ValueError("Name what is to be placed: a file or an optimizer, or --problem with a file or a problem.")
    if arguments.problem is not None and arguments.study is not None:
        raise ValueError(
            "--study names the problems of a method that is placed; a problem is placed alone: leave it out."
        )
    return _method(arguments) if arguments.problem is None else _problem(arguments)


def _method(arguments: argparse.Namespace) -> int:
    names, files = _named(arguments.what, "optimizer")
    atlas = Path(arguments.atlas)
    kept = kept_tables(atlas)
    folder = Path(arguments.out or f"results/place-{names[0]}")
    file = Path(arguments.study or (CORE if atlas == KEPT else atlas / FILE))
    planned = planned_among(file, names, files, arguments.seeds)
    check_equal(kept["runs"], pd.DataFrame([identity(spec) for spec in planned.specs]), file)
    _try(planned, arguments.what)
    store = Store(folder)
    _made(planned, store, arguments.jobs)
    new = finish(store, "parquet")
    tables = together(kept, new.tables)
    ranked = ranking(tables, names)
    console = Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)
    console.print(_ranking_table(ranked))
    for name in names:
        paired = ratios(tables, name)
        replace_file(folder / f"ratios-{name}.csv", partial(paired.to_csv, index=False))
        console.print(paragraph(ranked, paired, name), highlight=False, soft_wrap=True)
    if (made := new.runs["seed"].nunique()) < FEWEST_RUNS:
        fewer = f"{made} of them" if made > 1 else "one"
        console.print(f"A verdict on a single target takes {FEWEST_RUNS} seeds; with {fewer} none is said.")
    replace_file(folder / "place.csv", lambda file: ranked.to_csv(file, index=False))
    save(FIGURES["standing"](tables), folder / "standing")
    console.print(f"tables: {folder}/place.csv, ratios-*.csv\nfigure: {folder}/standing.png", highlight=False)
    return ending(new, arguments)


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


def planned_among(file: Path, names: Sequence[str], files: Sequence[Path], only_seeds: str | None) -> Plan:
    """The runs of these optimizers on the problems of a study that they fit; raises ValueError where they fit none.

    Of some seeds alone where these are given; raises ValueError for one that the study has nowhere."""
    with TemporaryDirectory() as elsewhere:
        path = Path(elsewhere) / FILE
        # a study refuses a problem that none of its methods fits: beside one that fits all, such a problem is left out
        path.write_text(study_of(file, [*names, COMPANION], files))
        found = read_study(path).plan
    left_out = {key: why for key, why in found.left_out.items() if key.partition(": ")[2] in names}
    has = {spec.seed for spec in found.specs}
    wanted = has if only_seeds is None else {*seeds(only_seeds)}
    if not wanted <= has:
        raise ValueError(
            f"--seeds takes seeds of '{file}', which has {min(has)} to {max(has)}; got {min(wanted - has)} as well."
        )
    specs = tuple(spec for spec in found.specs if spec.optimizer in names and spec.seed in wanted)
    if not specs:
        reason = next(iter(left_out.values()), "")
        raise ValueError(f"{' and '.join(names)} fits no problem of '{file}': {reason}")
    return Plan(specs, left_out, found.understood)


def _problem(arguments: argparse.Namespace) -> int:
    names, _ = _named(arguments.problem, "problem")
    methods = list(dict.fromkeys(kept_tables(Path(arguments.atlas))["runs"]["optimizer"]))
    chosen = seeds(arguments.seeds) if arguments.seeds else range(8)
    console = Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)
    worst = 0
    for name in names:
        # of so many methods some fit no given problem: they are left out, with the reason
        planned = plan(name, methods, chosen, lenient=True)
        store = Store(Path(arguments.out or f"results/place-{name}"))
        _made(planned, store, arguments.jobs)
        results = finish(store, "parquet")
        console.print(closing_table(results.tables))
        order = results.order[results.order["endpoint"] == "primary"]
        low = order[order["verdict"].str.startswith("low-first")]["optimizer"].tolist()
        console.print(
            f"The order is kept on {name} by {len(low)} of {len(order)} methods: {', '.join(low) or 'none'}.",
            highlight=False,
            soft_wrap=True,
        )
        worst = max(worst, ending(results, arguments))
    return worst


def _named(what: str, kind: Kind) -> tuple[list[str], Sequence[Path]]:
    """Names of what a file registers, with the file, or a registered name."""
    if not what.endswith(".py"):
        if Path(what).exists() or Path(what).suffix or len(Path(what).parts) > 1:
            raise ValueError(
                f"A Python file with {kind}s of your own (FILE.py) is required, or the name of a registered one; got "
                f"'{what}'."
            )
        find = find_optimizer if kind == "optimizer" else find_problem
        find(what)
        return [what], ()
    plugin = plugins.load(what)
    if not plugin.names[kind]:
        raise ValueError(f"The file '{what}' registers no {kind}. Decorate one with @{kind}(\"name\"), from harness.")
    return plugin.names[kind], (Path(what),)


def _made(planned: Plan, store: Store, jobs: int, text: str | None = None) -> None:
    open_study(store, planned.study, planned.specs, text)
    say_left_out(planned)
    with watching(planned.specs, store.ledger.states()) as watch:
        for sentence in make(planned, store, jobs, text, watch=watch):
            sys.stderr.write(f"{sentence}\n")


def _ranking_table(ranked: pd.DataFrame) -> Table:
    table = Table("rank", "method", "spread", "low-first on", title="preference for low frequencies, largest first")
    table.caption = (
        "spread: geometric mean over problems, in which a bound counts as it stands (?: bounds of both kinds)"
    )
    for row in ranked.to_dict("records"):
        style = "bold" if row["own"] else None
        spread = held(row["spread"], row["spread_bound"], digits=3, whole=inf)
        low_first = f"{row['low_first']} of {row['problems']}"
        cells = [str(row["rank"]), row["method"], f"{row['spread_bound']}{spread:.3g}", low_first]
        table.add_row(*cells, style=style)
    return table

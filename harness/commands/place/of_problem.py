"""A problem for the methods of the Atlas, and which of them keep the order on it."""

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from harness import plugins
from harness.analysis.summary import closing_table
from harness.atlas.kept import kept_tables
from harness.atlas.saying import on_problem, short_of_seeds
from harness.commands.carrying_out import INTERRUPTED, carry_out, ending
from harness.commands.console import printing
from harness.commands.requested import problem_of, requested_comparison
from harness.plugins.loading import Kind
from harness.run.spec import RunSpec, digest, find_optimizer, find_problem
from harness.tables import LABELS


def place_problem(arguments: argparse.Namespace) -> int:
    """Run the methods on the problem, or on each of a file, and say which keep the order; the exit code."""
    if arguments.study is not None:
        raise ValueError(
            "--study names the problems of a method that is placed; a problem is placed alone: leave it out."
        )
    names = [problem_of(arguments)]
    if arguments.problem is not None:
        names, _ = named(arguments.problem, "problem")
    # of so many methods some fit no given problem: they are left out, with the reason
    lenient = arguments.optimizers is None
    if lenient:
        arguments.optimizers = ",".join(dict.fromkeys(kept_tables(Path(arguments.atlas))["runs"]["optimizer"]))
    worst = 0
    for name in names:
        own = argparse.Namespace(**{**vars(arguments), "problem": name})
        planned = requested_comparison(own, lenient=lenient)
        folder = Path(arguments.out) if arguments.out else folder_of(name, planned.specs)
        # of several problems each is a study of its own
        folder = folder / name if arguments.out and len(names) > 1 else folder
        own.out = str(folder)
        results = carry_out(planned, own, own.jobs)
        if results is None:
            return INTERRUPTED
        console = printing()
        console.print(closing_table(results.tables))
        # a folder may hold runs of an earlier question
        asked = results.runs["run_id"].isin({spec.run_id for spec in planned.specs})
        order = results.order.merge(results.runs[asked][[*LABELS]].drop_duplicates())
        console.print(on_problem(order, name), highlight=False, soft_wrap=True)
        if (short := short_of_seeds(order)) is not None:
            console.print(short, highlight=False, soft_wrap=True)
        console.print(f"tables and figures: {folder}", highlight=False, soft_wrap=True)
        worst = max(worst, ending(results, own))
    return worst


def folder_of(name: str, specs: Iterable[RunSpec]) -> Path:
    """Where these runs go unless the user says otherwise: more seeds go to the others, and a changed file does not."""
    return Path("results") / f"place-{name}-{digest(sorted({replace(spec, seed=0).run_id for spec in specs}))[:8]}"


def named(what: str, kind: Kind) -> tuple[list[str], Sequence[Path]]:
    """Names of what a file registers, with the file, or a registered name."""
    if not what.endswith(".py"):
        if Path(what).exists() or Path(what).suffix or len(Path(what).parts) > 1:
            own = " Data and pictures are given with --target, --image, --points, --mesh or --data."
            raise ValueError(
                f"A Python file with {kind}s of your own (FILE.py) is required, or the name of a registered one; got "
                f"'{what}'.{own if kind == 'problem' else ''}"
            )
        find = find_optimizer if kind == "optimizer" else find_problem
        find(what)
        return [what], ()
    plugin = plugins.load(what)
    if not plugin.names[kind]:
        other: Kind = "problem" if kind == "optimizer" else "optimizer"
        words = f"place {'--problem ' * (kind == 'optimizer')}{what}"
        instead = f", or give its {other}s their place with: harness {words}" if plugin.names[other] else ""
        raise ValueError(
            f"The file '{what}' registers no {kind}. Decorate one with @{kind}(\"name\"), from harness{instead}."
        )
    return plugin.names[kind], (Path(what),)

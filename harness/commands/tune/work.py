"""`harness tune`: search an optimizer's settings by the loss alone."""

import argparse
from math import isfinite
from pathlib import Path

import pandas as pd
from rich.table import Table

from harness.analysis.statistics.verdicts import FEWEST_RUNS
from harness.commands.carrying_out import INTERRUPTED, ending, say_interrupted
from harness.commands.console import printing
from harness.commands.requested import problem_of, requested_run
from harness.commands.tune.of_file import tune_file
from harness.run.spec import settings_of
from harness.study.comparison import load
from harness.study.settings_files import kept_settings, tuned_file, update_settings
from harness.study.store import Store
from harness.study.tune import FIRST_SEED, VERDICTS, Tuning, ranges, tune

SHOWN = 10


def requested_search(arguments: argparse.Namespace) -> Tuning:
    """The search that the command line describes; raises ValueError."""
    if arguments.optimizer is None:
        raise ValueError("Name an optimizer with --optimizer, or the file of a study that says what is tuned.")
    for option in ("write", "dask"):
        if getattr(arguments, option) is not None:
            raise ValueError(f"--{option} goes with the file of a study, as in: harness tune STUDY.toml --{option} ...")
    first = requested_run(arguments, FIRST_SEED).specs[0]
    # left out is not 0: the options have no default, so that beside a file they can be refused
    given = {name: getattr(arguments, name) for name in ("trials", "seeds", "sampler", "draw")}
    return Tuning(first, **{name: value for name, value in given.items() if value is not None})


def main(arguments: argparse.Namespace) -> int:
    """Carry out a search, or those of a file; the exit code."""
    if arguments.file is not None:
        return tune_file(arguments)
    problem = problem_of(arguments)
    tuning = requested_search(arguments)
    folder = Path(arguments.out) if arguments.out else tuning.folder
    path = tuned_file(problem)
    kept_settings(path)  # now, and not when all trials are made
    try:
        trials, winner = tune(tuning, arguments.jobs, folder)
    except KeyboardInterrupt:
        store = Store(folder)
        # trials of optuna are listed as they are thought of
        say_interrupted(store, store.roll()["runs"])
        return INTERRUPTED
    found = isfinite(trials["loss"].iloc[0])
    if found:
        # a copy apart from the search's folder: --settings tuned finds it by the problem alone
        update_settings(path, arguments.optimizer, settings_of(winner))
    searched = list(ranges(winner))
    seeds = f"seeds {FIRST_SEED} to {FIRST_SEED + tuning.seeds - 1}"
    title = f"{arguments.optimizer} on {problem}: median loss at the end, {seeds}; trial 0 is as registered"
    table = Table(title=title)
    for heading in ("trial", "loss", *searched):
        table.add_column(heading, justify="right")
    for row in trials.head(SHOWN).to_dict("records"):
        table.add_row(str(row["trial"]), f"{row['loss']:.4g}", *(f"{row[name]:.4g}" for name in searched))
    console = printing()
    console.print(table)
    console.print(_best_quarter(pd.read_csv(folder / VERDICTS)), highlight=False, soft_wrap=True)
    use = f"{path} (use them with --settings tuned, or --settings {path})"
    say = f"runs: {folder}\nsettings: {use if found else 'none are written, as no trial has a loss at its end'}"
    console.print(say, highlight=False, soft_wrap=True)
    return ending(load(folder), arguments)


def _best_quarter(verdicts: pd.DataFrame) -> str:
    """The sentence on the order, which had no say in the search."""
    if verdicts.empty:
        return "order: nothing is watched here whose order could be told"
    counts = ", ".join(f"{row.trials} {row.verdict}" for row in verdicts.itertuples())
    few = f" (--seeds {FEWEST_RUNS} or more would tell)" if "too few runs" in set(verdicts["verdict"]) else ""
    of = f"{verdicts['trials'].sum()}, by the loss alone"
    return f"order in the best quarter of the trials ({of}): {counts}{few}"

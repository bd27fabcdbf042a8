"""What a study takes beside its runs, measured here and now: processes start; nulls, statistics and figures follow."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import pandas as pd

from harness.analysis.hits import find_hits
from harness.analysis.order import order_table
from harness.figures import FIGURES, applicable, save
from harness.run.runner import run_lanes
from harness.run.spec import RunSpec
from harness.study.execution.jobs import Job, configuration
from harness.study.nulls import null_table
from harness.tables import Tables

LOADING = "import harness.commands.compare.work"


class Kept:
    """Makes runs, and keeps the last ones of each configuration: a small study of the same figures as the large one."""

    def __init__(self) -> None:
        self._last: dict[RunSpec, list[Tables]] = {}

    def __call__(self, specs: Sequence[RunSpec]) -> list[Tables]:
        made = run_lanes(specs)
        # of every budget that is tried the last stands, which is the largest
        self._last[replace(configuration(specs[0]), budget=1.0)] = made
        return made

    @property
    def tables(self) -> Tables:
        """Of all of them together; empty where nothing was made."""
        runs = [one for made in self._last.values() for one in made]
        return {name: pd.concat([one[name] for one in runs], ignore_index=True) for name in runs[0]} if runs else {}


def starting() -> float:
    """Seconds in which a process loads what a comparison needs; workers load beside it."""
    began = perf_counter()
    # in a new process, as everything is loaded in this one
    subprocess.run([sys.executable, "-c", LOADING], check=True)
    return perf_counter() - began


def concluding(tables: Tables, jobs: Sequence[Job]) -> float:
    """Seconds of nulls, statistics and figures of the jobs' study, from `tables` of a run or more of each kind."""
    if not tables:
        return 0.0
    began = perf_counter()
    first = jobs[0][0]
    nulls = null_table(first.problem, first)
    each = perf_counter() - began
    hits = find_hits(tables["runs"], tables["curves"], tables["spectra"])
    order = order_table(tables["runs"], tables["curves"], tables["spectra"], hits, nulls)
    whole = {**tables, "hits": hits, "order": order, "nulls": nulls}
    with TemporaryDirectory() as folder:
        for name in applicable(whole):
            save(FIGURES[name](whole), Path(folder) / name)
    problems = len({spec.recipe for job in jobs for spec in job})
    return perf_counter() - began + (problems - 1) * each

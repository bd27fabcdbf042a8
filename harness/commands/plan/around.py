"""What a study takes beside its runs, measured here and now: processes start; nulls, statistics and figures follow."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import pandas as pd

from harness.analysis.hits import find_hits
from harness.analysis.order import order_table
from harness.figures import FIGURES, applicable, save
from harness.run.runner import run_lanes
from harness.run.spec import RunSpec
from harness.study.execution.jobs import Job, configuration
from harness.study.nulls import null_table
from harness.tables import Tables, empty

SOME = 4
"""Problems of which nulls are made, at most."""
MOST_KEPT = 70
"""Configurations whose runs are counted on for what statistics and figures take."""
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
        """Of all of them together, of very many of some; empty where nothing was made."""
        kept = list(self._last.values())
        runs = [one for made in kept[:: ceil(len(kept) / MOST_KEPT) or 1] for one in made]
        return {name: pd.concat([one[name] for one in runs], ignore_index=True) for name in runs[0]} if runs else {}


def starting() -> float:
    """Processor seconds in which a process loads what a comparison needs; workers load beside it."""
    # of children, which is 0 where the system does not say
    entered, began = perf_counter(), sum(os.times()[2:4])
    # in a new process, as everything is loaded in this one
    subprocess.run([sys.executable, "-c", LOADING], check=True)
    return sum(os.times()[2:4]) - began or perf_counter() - entered


def concluding(tables: Tables, jobs: Sequence[Job]) -> float:
    """Seconds of nulls, statistics and figures of the jobs' study, from `tables` of a run or more of each kind.

    Statistics and tables are as long as there are runs, figures are not; of many problems some nulls are made."""
    if not tables:
        return 0.0
    problems = list({(spec.problem, spec.recipe): spec for job in jobs for spec in job[:1]}.values())
    some = problems[:: ceil(len(problems) / SOME)]
    began = process_time()
    nulls = pd.concat([_nulls(spec) for spec in some], ignore_index=True)
    of_nulls = (process_time() - began) * len({spec.recipe for job in jobs for spec in job}) / len(some)
    began = process_time()
    hits = find_hits(tables["runs"], tables["curves"], tables["spectra"])
    order = order_table(tables["runs"], tables["curves"], tables["spectra"], hits, nulls)
    whole = {**tables, "hits": hits, "order": order, "nulls": nulls}
    with TemporaryDirectory() as folder:
        for name, rows in whole.items():
            rows.to_parquet(Path(folder) / f"{name}.parquet")
        of_tables = (process_time() - began) * sum(map(len, jobs)) / len(tables["runs"])
        began = process_time()
        for name in applicable(whole):
            save(FIGURES[name](whole), Path(folder) / name)
    return of_nulls + of_tables + process_time() - began


def _nulls(spec: RunSpec) -> pd.DataFrame:
    try:
        return null_table(spec.problem, spec)
    except Exception:  # noqa: BLE001  # a study of such a problem has none
        return empty("nulls")

"""`python -m benchmarks.ledger`: what a study of many runs costs beside the runs, and how soon a large one answers.

Runs of 50 ms that sleep, so that their time is known, on two workers; and a ledger of 100,000 runs, whose `status` and
`hits` are asked for. Prints a line each.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
import pyarrow as pa

from harness.run.machine import machine
from harness.run.runner import run
from harness.run.spec import RunSpec, find_problem
from harness.study.comparison import load_table
from harness.study.execution.execute import execute
from harness.study.ledger.part import pack
from harness.study.roll import roll_of
from harness.study.status import status_of
from harness.study.store import Store
from harness.study.workers import nursery
from harness.tables import SCHEMA, empty
from optimizers import OPTIMIZERS
from optimizers.base import Optimizer

WORK = 0.05
"""Seconds of one run."""


@dataclass(frozen=True)
class Sleeper(Optimizer):
    """Takes a known time on any machine, and evaluates a few times."""

    family = "benchmark"
    needs = frozenset({"value"})
    source = "this file"

    def minimize(self, objective, theta0, rng):
        del rng  # not random
        end = perf_counter() + WORK
        while perf_counter() < end:
            objective.value(theta0)
            time.sleep(WORK / 10)


def efficiency(folder: Path, count: int, processes: int) -> float:
    """Seconds of all runs over seconds of all processes, from the call to its return."""
    specs = [RunSpec("control-flat", find_problem("control-flat"), "sleeper", Sleeper(), i, 1e6) for i in range(count)]
    store = Store(folder)
    store.open(roll_of(specs))
    begun = perf_counter()
    execute(specs, store, processes)
    wall = perf_counter() - begun
    assert len(store.done()) == count
    return count * WORK / (processes * wall)


def large(folder: Path, count: int, share: int = 10_000) -> Store:
    """A study of so many finished runs, all with the curves of one, and its hits."""
    first = RunSpec("control-low", find_problem("control-low"), "gd", OPTIMIZERS["gd"], 0, 300.0, marks=12)
    specs = [replace(first, seed=seed) for seed in range(count)]
    store = Store(folder)
    store.open(roll_of(specs))
    row = pack(first.run_id, run(first))
    for start in range(0, count, share):
        ids = pa.array([spec.run_id for spec in specs[start : start + share]])
        rows = row.take(pa.array(np.zeros(len(ids), np.int64))).set_column(0, "run_id", ids)
        store.ledger.dataset.add([rows])
    hits = pd.concat([_hits(spec) for spec in specs[:100]], ignore_index=True)
    hits = pd.concat([hits] * (count // 100), ignore_index=True)
    tables = {name: empty(name) for name in SCHEMA if name != "hits"}
    store.ledger.write(first.run_id, run(first), machine())
    store.export(tables | {"hits": hits}, "parquet")
    return store


def _hits(spec: RunSpec) -> pd.DataFrame:
    """Twelve rows, as three frequencies and four thresholds give."""
    rows = pd.DataFrame({name: pd.Series([0] * 12).astype(kind) for name, kind in SCHEMA["hits"].items()})
    return rows.assign(run_id=spec.run_id, problem=spec.problem, optimizer=spec.optimizer, probe="fourier")


def seconds(action: Callable[[], object]) -> float:
    """The best of three."""
    times = []
    for _ in range(3):
        begun = perf_counter()
        action()
        times.append(perf_counter() - begun)
    return min(times)


def main(argv: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ledger", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few runs, to see that everything works")
    quick = parser.parse_args(argv).quick
    nursery.prepare()  # as the command does before it reads a study
    with tempfile.TemporaryDirectory() as folder:
        count = 1_000 if quick else 100_000
        store = large(Path(folder) / "large", count, 1_000 if quick else 10_000)
        print(f"status of {count:,} runs: {seconds(lambda: status_of(store.folder)):.2f} s (target 2 s)")
        print(f"hits of {count:,} runs: {seconds(lambda: load_table(store.folder, 'hits')):.2f} s (target 5 s)")
        assert len(load_table(store.folder, "hits")) == 12 * count
        count = 20 if quick else 1_000
        reached = efficiency(Path(folder) / "many", count, 2)
        print(f"{count} runs of {1000 * WORK:.0f} ms on 2 processes: parallel efficiency {reached:.1%} (target 85 %)")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""All comparisons on one core, one after the other, into rows."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import torch

from benchmarks import rates, study
from benchmarks.cases import CASES, Case
from benchmarks.page import publish
from benchmarks.rates import Rates
from benchmarks.rounds import interleaved, ratio

ROUNDS = 15
DTYPES = ("float32", "float64")


def measure_all(out: Path, *, quick: bool, only: str) -> None:
    """Measure, print as it goes, and write `results/reference/bench*.csv`, the page and its figure under `out`."""
    rows = study.measure(quick=quick) if only in "compare" else []
    with one_core():
        measured = {dtype: rates.measure(dtype) for dtype in DTYPES}
        for case in CASES:
            if only in f"{case.work}, {case.network}, {case.dtype}":
                rows += compete(case, measured, quick=quick)
    machine = pd.DataFrame([{"dtype": dtype, **vars(rate)} for dtype, rate in measured.items()])
    publish(pd.DataFrame(rows), machine, out)


@contextmanager
def one_core() -> Iterator[None]:
    """While it lasts, this process and its threads stay on one core."""
    torch.set_num_threads(1)
    before = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    if before:
        os.sched_setaffinity(0, {max(before)})
    yield
    if before:
        os.sched_setaffinity(0, before)


def compete(case: Case, measured: Mapping[str, Rates], *, quick: bool) -> list[dict[str, object]]:
    """A row for each rival."""
    timed = interleaved(case.contenders(0.01 if quick else 1.0), 2 if quick else ROUNDS)
    ours = timed.pop("ours")
    rows = []
    for rival, theirs in timed.items():
        middle, low, high = ratio(theirs, ours)
        rows.append(
            {
                "work": case.work,
                "network": case.network,
                "dtype": case.dtype,
                "unit": case.unit,
                "against": rival,
                "seconds_ours": ours.median,
                "seconds_theirs": theirs.median,
                "ratio": middle,
                "ratio_low": low,
                "ratio_high": high,
                "seconds_limit": case.limit(measured) if case.evaluations else None,
            }
        )
        print(
            f"{case.work}, {case.network}, {case.dtype}: {rival} {theirs.median:.3g} s, {middle:.1f} x ours", flush=True
        )
    return rows

"""`python -m benchmarks.costs`: time and memory of optimizers against parameters, samples, lanes and particles.

Every point is measured in a process of its own, forked when everything is loaded, so that its largest resident size is
its own. Seconds are those of the processor: a run is one thread, and what else the machine does is not its time.
"""

import argparse
import multiprocessing
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import process_time
from typing import Any

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import numpy as np
import pandas as pd

from benchmarks import ours
from benchmarks.page import COSTS, ROOT
from harness.run.drive import drive
from harness.run.fit import state_bytes
from harness.run.metering.account import Terms
from harness.run.metering.lanes import LaneMeter
from harness.run.metering.meter import Meter
from harness.run.spec import stream
from optimizers import OPTIMIZERS
from optimizers.base import Optimizer
from problems.base import Problem
from problems.engines.choose import make_evaluator

METHODS = ("adam", "bfgs", "cg", "cma-es", "gd", "lbfgs", "levenberg-marquardt", "powell", "pso", "snes")
HIDDEN = (4, 13, 40, 130, 400)
SAMPLES = (51, 201, 801, 3201)
LANES = (1, 3, 10, 30)
PARTICLES = (10, 32, 100, 316)
SECONDS = 0.3
"""Of the longest run of each point."""


def points() -> Iterator[dict[str, Any]]:
    """What is measured: an axis, where on it, and the work there."""
    usual: dict[str, Any] = {"hidden": 40, "samples": 201, "lanes": 1}
    for name in METHODS:
        method = OPTIMIZERS[name]
        for hidden in HIDDEN:
            at = {"axis": "parameters P", "at": 3 * hidden + 1, "hidden": hidden}
            yield usual | at | {"name": name, "method": _steady(method, hidden)}
        for samples in SAMPLES:
            yield usual | {"axis": "samples n", "at": samples, "name": name, "method": method, "samples": samples}
        if method.lanes:
            for lanes in LANES:
                yield usual | {"axis": "lanes", "at": lanes, "name": name, "method": method, "lanes": lanes}
    for particles in PARTICLES:
        swarm = replace(OPTIMIZERS["pso"], particles=particles)  # type: ignore[call-arg]  # a swarm has them
        yield usual | {"axis": "particles", "at": particles, "name": "pso", "method": swarm}


def _steady(method: Optimizer, hidden: int) -> Optimizer:
    """The method, and where it steps along the bare gradient with a step that does not diverge on wide networks.

    A run that diverges is short, and what is not finite is told by the slow path."""
    if method.gradient_step is None:
        return method
    return replace(method, lr=method.gradient_step * min(1.0, 40 / hidden))  # type: ignore[call-arg]  # such have one


def measure(point: dict[str, Any], seconds: float) -> dict[str, Any]:
    """A row of the table."""
    problem = ours.sin135(f"1-{point['hidden']}-1", "float64", samples=point["samples"])
    method: Optimizer = point["method"]
    make(problem, method, point["lanes"], 30)  # loads and compiles
    before, budget = reset_peak(), 30.0
    while True:
        calls, taken = make(problem, method, point["lanes"], budget)
        if taken >= seconds or budget > 1e6 or calls == 0:
            break
        budget *= 4
    return {
        "optimizer": point["name"],
        "axis": point["axis"],
        "at": point["at"],
        "seconds": taken / max(calls, 1),
        "bytes_measured": max(peak() - before, 4096),
        "bytes_estimated": point["lanes"] * state_bytes(method, problem),
    }


def make(problem: Problem, method: Optimizer, lanes: int, budget: float) -> tuple[float, float]:
    """Evaluations (of each lane) made, and the seconds."""
    terms, thetas = Terms(budget), ours.start(problem, lanes)
    evaluator = make_evaluator(problem)
    meter: Meter | LaneMeter = LaneMeter(evaluator, terms, lanes) if lanes > 1 else Meter(evaluator, terms)
    streams = [stream(seed, "optimizer") for seed in range(lanes)]
    start = process_time()
    drive(method, meter, *((thetas, streams) if lanes > 1 else (thetas[0], streams[0])))
    counts = meter.account.counts
    return counts.values + counts.gradients + counts.hvps + counts.jacobians, process_time() - start


def reset_peak() -> int:
    """Forget the largest resident size so far (Linux); the present one, in bytes."""
    Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def peak() -> int:
    """The largest resident size since then."""
    return _status("VmHWM")


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def _in_child(pipe: Any, point: dict[str, Any], seconds: float) -> None:
    pipe.send(measure(point, seconds))


def isolated(point: dict[str, Any], seconds: float) -> dict[str, Any]:
    """`measure` in a forked process."""
    context = multiprocessing.get_context("fork")
    ours_end, theirs = context.Pipe()
    child = context.Process(target=_in_child, args=(theirs, point, seconds))
    child.start()
    theirs.close()
    row: dict[str, Any] = ours_end.recv()
    child.join()
    return row


def main(argv: list[str] | None = None) -> int:
    """Measure everything and write the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.costs", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only the ends of each axis, briefly")
    parser.add_argument("--out", type=Path, default=ROOT, metavar="DIR", help="where results/ is written")
    arguments = parser.parse_args(argv)
    np.random.default_rng(0).standard_normal((64, 64)) @ np.eye(64)  # BLAS is awake before the first fork
    chosen = list(points())
    if arguments.quick:
        chosen = [point for point in chosen if point["name"] in ("adam", "pso") and point["at"] in (1, 10, 13, 51)]
    rows = []
    for point in chosen:
        rows.append(isolated(point, 0.01 if arguments.quick else SECONDS))
        print(*rows[-1].values(), flush=True)
    (arguments.out / COSTS).parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).to_csv(arguments.out / COSTS, index=False, float_format="%.6g")
    return 0


if __name__ == "__main__":
    sys.exit(main())

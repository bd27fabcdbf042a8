"""`compare`, as a user starts it: its time with imports, compilation, tables and figure, and the share of measuring.

`sin135` with eight seeds, and `mnist-pca` where its images are at hand."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from harness import load
from problems.datasets import DATASETS
from problems.datasets.find import locate

SEEDS = 8
FIRST_SECONDS = 20.0
SECOND_SECONDS = 12.0
RECORDING = {"sin135": 0.03, "mnist-pca": 0.10}
"""The share of a run's time that measuring may take."""


def measure(*, quick: bool) -> list[dict[str, object]]:
    """Two runs of the same study in fresh folders, the first with nothing compiled before."""
    rows: list[dict[str, object]] = []
    with TemporaryDirectory() as folder:
        for name, allowed in (("first", FIRST_SECONDS), ("second", SECOND_SECONDS)):
            seconds = _once("sin135", Path(folder), name, quick=quick)
            rows.append(
                {
                    "work": f"compare sin135, {SEEDS} seeds, {name}",
                    "network": "1-40-1",
                    "dtype": "float64",
                    "unit": "study",
                    "against": "seconds allowed",
                    "seconds_ours": seconds,
                    "seconds_theirs": allowed,
                    "ratio": allowed / seconds,
                    "target": 1.0,
                }
            )
        rows.append(_recording("sin135", Path(folder) / "second"))
        if locate(DATASETS["mnist"]):
            _once("mnist-pca", Path(folder), "images", quick=quick)
            rows.append(_recording("mnist-pca", Path(folder) / "images"))
    return rows


def _recording(problem: str, results: Path) -> dict[str, object]:
    """Seconds of measuring in a study, against the share of all its seconds that is allowed."""
    runs = load(results).runs
    seconds = runs[["seconds_objective", "seconds_optimizer", "seconds_measuring"]].sum()
    measuring, allowed = float(seconds["seconds_measuring"]), RECORDING[problem] * float(seconds.sum())
    return {
        "work": f"measuring in compare {problem}",
        "network": str(runs["network"].iloc[0]),
        "dtype": str(runs["dtype"].iloc[0]),
        "unit": "study",
        "against": f"{RECORDING[problem]:.0%} of the time",
        "seconds_ours": measuring,
        "seconds_theirs": allowed,
        "ratio": allowed / measuring,
        "target": 1.0,
    }


def _once(problem: str, folder: Path, name: str, *, quick: bool) -> float:
    words = ["compare", "--problem", problem, "--seeds", "1" if quick else str(SEEDS), "--jobs", "2"]
    words += ["--out", str(folder / name)] + (["--budget", "60", "--optimizers", "adam,pso"] if quick else [])
    # a quick round asserts no time, and need not compile everything anew
    fresh = {} if quick else {"NUMBA_CACHE_DIR": str(folder / "compiled")}
    environment = os.environ | fresh | {"MPLBACKEND": "Agg"}
    start = perf_counter()
    subprocess.run([sys.executable, "-m", "harness", *words], check=True, env=environment, stdout=subprocess.DEVNULL)
    return perf_counter() - start

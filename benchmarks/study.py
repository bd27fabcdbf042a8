"""`compare`, as a user starts it: its time with imports, compilation, tables and figure, and the share of measuring.

`sin135` with eight seeds and with all optimizers, and `mnist-pca` where its images are at hand."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.targets import ALL, ALLOWED, FIRST, RECORDED, RECORDING, SECOND, SECONDS
from harness import load
from problems.datasets import DATASETS
from problems.datasets.find import locate

DEFAULT = ("--problem", "sin135", "--seeds", "8")
EVERY = ("--problem", "sin135", "--optimizers", "all")
QUICK = ("--seeds", "1", "--budget", "60", "--optimizers", "adam,pso", "--jobs", "1")
"""In place of what was said: of an option that is given twice the last holds."""


def measure(*, quick: bool) -> list[dict[str, object]]:
    """Studies in fresh folders, the first with nothing compiled before; of all optimizers the code is compiled."""
    with TemporaryDirectory() as folder:
        return list(_measure(Path(folder), QUICK if quick else ()))


def _measure(folder: Path, quick: tuple[str, ...]) -> Iterator[dict[str, object]]:
    yield _whole(FIRST, _once(DEFAULT, folder / "first", quick))
    yield _whole(SECOND, _once(DEFAULT, folder / "second", quick))
    if not quick:
        # the same methods once before, briefly: each compiles what it needs
        _once((*EVERY, "--seeds", "1", "--budget", "300"), folder / "compiling", quick)
    yield _whole(ALL, _once((*EVERY, "--seeds", "3"), folder / "all", quick))
    yield _recording("sin135", folder / "second")
    if locate(DATASETS["mnist"]):
        _once(("--problem", "mnist-pca", "--seeds", "8"), folder / "images", quick)
        yield _recording("mnist-pca", folder / "images")


def _whole(work: str, seconds: float) -> dict[str, object]:
    """A study against the seconds that it may take."""
    return {
        "work": work,
        "network": "1-40-1",
        "dtype": "float64",
        "unit": "study",
        "against": ALLOWED,
        "seconds_ours": seconds,
        "seconds_theirs": SECONDS[work],
        "ratio": SECONDS[work] / seconds,
    }


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
        "against": f"{RECORDING[problem]:.0%} {RECORDED}",
        "seconds_ours": measuring,
        "seconds_theirs": allowed,
        "ratio": allowed / measuring,
    }


def _once(study: tuple[str, ...], out: Path, quick: tuple[str, ...]) -> float:
    words = ["compare", *study, "--jobs", "2", "--out", str(out), *quick]
    # a quick round asserts no time, and need not compile everything anew
    fresh = {} if quick else {"NUMBA_CACHE_DIR": str(out.parent / "compiled")}
    environment = os.environ | fresh | {"MPLBACKEND": "Agg"}
    # elsewhere a second command finds the packages compiled, whatever this shell forbids
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    start = perf_counter()
    subprocess.run([sys.executable, "-m", "harness", *words], check=True, env=environment, stdout=subprocess.DEVNULL)
    return perf_counter() - start

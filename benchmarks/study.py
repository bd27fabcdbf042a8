"""`compare --problem sin135`, eight seeds, as a user starts it: imports, compilation, tables and figure included."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

SEEDS = 8
FIRST_SECONDS = 20.0
SECOND_SECONDS = 12.0


def measure(*, quick: bool) -> list[dict[str, object]]:
    """Two runs of the same study in fresh folders, the first with nothing compiled before."""
    rows: list[dict[str, object]] = []
    with TemporaryDirectory() as folder:
        for name, allowed in (("first", FIRST_SECONDS), ("second", SECOND_SECONDS)):
            seconds = _once(Path(folder), name, quick=quick)
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
    return rows


def _once(folder: Path, name: str, *, quick: bool) -> float:
    words = ["compare", "--problem", "sin135", "--seeds", "1" if quick else str(SEEDS), "--jobs", "2"]
    words += ["--out", str(folder / name)] + (["--budget", "60", "--optimizers", "adam,pso"] if quick else [])
    environment = os.environ | {"NUMBA_CACHE_DIR": str(folder / "compiled"), "MPLBACKEND": "Agg"}
    start = perf_counter()
    subprocess.run([sys.executable, "-m", "harness", *words], check=True, env=environment, stdout=subprocess.DEVNULL)
    return perf_counter() - start

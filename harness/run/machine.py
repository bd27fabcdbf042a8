"""Where a run was made: machine, library versions, threads, and the state of the code."""

import os
import platform
import subprocess
import sys
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_info

from harness.run.spec import canonical, digest
from harness.run.threads import PINNED

LIBRARIES = ("numpy", "scipy", "torch", "pyswarms", "nevergrad", "numba", "cma", "pandas")


@lru_cache
def machine() -> dict[str, Any]:
    """The row of `machines` for this process; `threads` is what the numerical libraries were told, 0 if nothing."""
    threads = [int(os.environ[name]) for name in PINNED if os.environ.get(name, "").isdecimal()]
    row: dict[str, Any] = {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpu": _cpu(),
        "cores": os.cpu_count() or 1,
        "threads": max(threads, default=0),
        "libraries": canonical(_versions()),
        **_git(),
    }
    return {"machine_id": digest(row), **row}


def _versions() -> dict[str, str]:
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    # numpy's, and not scipy's; the kind of processor that its kernels are for decides how sums are ordered
    of_blas = [one for one in threadpool_info() if one["user_api"] == "blas"]
    blas = min(of_blas, key=lambda one: "numpy" not in one["filepath"], default=None)
    if blas is not None:
        found["blas"] = f"{blas['internal_api']} {blas['version']} for {blas.get('architecture', 'any processor')}"
    return found


def _cpu() -> str:
    # on Linux `platform.processor` gives the architecture, or nothing
    path = Path("/proc/cpuinfo")
    if sys.platform == "linux" and path.exists():
        for line in path.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _git() -> dict[str, Any]:
    """The commit of the harness where it runs from a checkout of its own; empty where it was installed."""
    root = Path(__file__).parents[2]
    if not (root / ".git").exists():
        return {"git_sha": "", "git_dirty": False}
    return {"git_sha": _ask_git(root, "rev-parse", "HEAD"), "git_dirty": bool(_ask_git(root, "status", "--porcelain"))}


def _ask_git(root: Path, *words: str) -> str:
    try:
        answer = subprocess.run(
            ["git", "-C", str(root), *words], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    # a checkout that git does not trust, or a broken one, is no reason to make no run
    return answer.stdout.strip() if answer.returncode == 0 else ""

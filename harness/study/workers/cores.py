"""How many processes a machine has room for: what this process may use, and not what was built in."""

import os
from math import ceil
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")
OWN_GROUP = Path("/proc/self/cgroup")


def available_cores(root: Path = CGROUP, own: Path = OWN_GROUP) -> int:
    """The cores of this process's affinity, or fewer where a container's quota says so; at least 1."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    # a quota of half a core still is a process
    return max(1, min(cores, ceil(_quota(root, own) or cores)))


def _quota(root: Path, own: Path) -> float | None:
    """Cores of the control groups above this process, the tightest of them; None without a limit."""
    found = [_second(folder) for folder in _folders(root, own)]
    found.append(_first(root / "cpu"))
    limits = [cores for cores in found if cores]
    return min(limits) if limits else None


def _folders(root: Path, own: Path) -> list[Path]:
    """The group of this process and those above it, in the second version's one tree."""
    try:
        lines = own.read_text().splitlines()
    except OSError:
        lines = []
    # the second version's line is `0::/path`; those of the first name a controller between the colons
    inner = next((line.removeprefix("0::/") for line in lines if line.startswith("0::/")), "")
    folder = root / inner
    return [folder, *(above for above in folder.parents if above.is_relative_to(root))]


def _second(folder: Path) -> float | None:
    try:
        quota, period = (folder / "cpu.max").read_text().split()
        return int(quota) / int(period)
    except (OSError, ValueError):  # absent, or "max"
        return None


def _first(folder: Path) -> float | None:
    try:
        quota, period = (int((folder / f"cpu.cfs_{name}_us").read_text()) for name in ("quota", "period"))
    except (OSError, ValueError):
        return None
    # the first version says -1 where there is no limit
    return quota / period if quota > 0 else None

"""Who claims runs: `place~process~birth~token`, of which the place is a machine since its boot."""

import hashlib
import platform
from functools import cache
from pathlib import Path


def described(owner: str) -> str:
    """An owner in words: where it works, and the number of its process there."""
    machine, process, *_ = owner.split("~")
    return f"{machine}, process {process}"


def is_here(owner: str) -> bool:
    """Whether an owner's process can be asked after on this machine, of which it is known whether it lives."""
    return owner.partition("~")[0] == place()


@cache
def place() -> str:
    """Where process numbers mean the same processes: the machine, since its boot, and the container on it."""
    try:
        booted = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        inside = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return platform.node() or "host"
    return f"{platform.node() or 'host'}.{hashlib.sha256((booted + inside).encode()).hexdigest()[:6]}"


def birth_of(pid: int) -> str:
    """When a process of this machine began, in ticks since its boot; empty where there is none, or none can say."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return "" if Path("/proc/self/stat").exists() else "unknown"
    # proc(5): the name in brackets may hold blanks and brackets; `starttime` is field 22, and `state` the third
    state, *fields = text.rpartition(")")[2].split()
    # a zombie is dead, and only not yet buried
    return "" if state == "Z" else fields[18]

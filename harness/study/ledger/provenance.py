"""Where runs were made: a file for each machine and environment, with every package that was installed."""

import json
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pandas as pd

from harness.tables import SCHEMA, empty, frame
from harness.whole_files import replace_text

MACHINES = "machines"


def record(folder: Path, machine: Mapping[str, Any]) -> None:
    """Write down the machine of this process, unless it is known."""
    path = folder / MACHINES / f"{machine['machine_id']}.json"
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    row = {name: _plain(value) for name, value in machine.items()}
    replace_text(path, json.dumps({**row, "packages": _packages()}, indent=1))


def machines(folder: Path) -> pd.DataFrame:
    """The table `machines`; files that cannot be read are left out."""
    # a file that is still being written begins with a dot
    found = [row for path in sorted((folder / MACHINES).glob("[!.]*.json")) if (row := _read(path)) is not None]
    rows = pd.DataFrame(found, columns=list(SCHEMA["machines"])) if found else empty("machines")
    return frame("machines", dict(rows)) if found else rows


def packages(folder: Path, machine_id: str) -> dict[str, str]:
    """Names and versions of what was installed there."""
    try:
        content = json.loads((folder / MACHINES / f"{machine_id}.json").read_text())
        return dict(content.get("packages", {}))
    except (OSError, ValueError):
        return {}


def _packages() -> dict[str, str]:
    found = {one.metadata["Name"]: one.version for one in distributions() if one.metadata["Name"]}
    return dict(sorted(found.items(), key=lambda pair: pair[0].lower()))


def _read(path: Path) -> dict[str, Any] | None:
    try:
        row = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    complete = isinstance(row, dict) and row.keys() >= SCHEMA["machines"].keys()
    return {name: row[name] for name in SCHEMA["machines"]} if complete else None


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value

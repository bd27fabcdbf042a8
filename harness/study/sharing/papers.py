"""What lies with a study, so that a stranger can make it again: its file, a README, and what was installed."""

import errno
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from harness.analysis.configurations import data_files
from harness.plugins import files_of
from harness.plugins.loading import TAKEN
from harness.run.machine import machine
from harness.run.spec import RunSpec, origin_of
from harness.study.file.study_file import Study, read_study
from harness.study.file.written import written
from harness.study.ledger import provenance
from harness.study.roll import label_of
from harness.study.store import Store
from harness.whole_files import replace_text

FILE = "STUDY.toml"
README = "README.md"
ENVIRONMENT = "environment.txt"
PLUGINS = "plugins"
TEXT = """\
# {name}

{total} runs of frequency-harness {version}; {finished} are finished ({ended}).

## What was run

{configurations}

## On what

{machines}

## How to make it again

    pip install SOURCE -c {environment}   # SOURCE: the folder with the source of frequency-harness {version}
    python -m harness sweep {file} --out again
{brought}
`python -m harness verify .` makes a sample again and says whether its rows are the same. Runs are exact on the same
machine and libraries; on another processor methods with line searches amplify the last digit.

## Files

- `{file}`: problems, optimizers, settings, seeds and terms of every run.
- `runs`, `curves`, `spectra`, `hits`, `order` and other tables as Parquet or CSV; figures as PNG and PDF.
- `parts/`, `dataset/`: the runs as they were written, which any reader of Parquet opens.
- `machines/`, `{environment}`: machines, and every package with its version.
"""


def stored(folder: Path) -> Study:
    """The study of the file that lies in the folder; raises ValueError, also saying where its paths hold."""
    try:
        return read_study(folder / FILE)
    except ValueError as error:
        if os.strerror(errno.ENOENT) not in str(error):
            raise
        where = "Paths of data in it hold from the folder where the study was begun: give the command there."
        raise ValueError(f"{error}\n{where}") from None


def open_study(store: Store, study: Mapping[str, Any], specs: Sequence[RunSpec], text: str | None = None) -> None:
    """Enter these runs into the list of the study and into its file: both, or where one is refused, neither."""
    if not _is_entered(store, study, specs, text):
        # list and file are read before they are written: of two that grow one study at once, one waits
        with store.alone():
            _enter(store, study, specs, text)


def _is_entered(store: Store, study: Mapping[str, Any], specs: Sequence[RunSpec], text: str | None) -> bool:
    path = store.folder / FILE
    if not (store.is_entered(study) and path.exists()):
        return False
    ids = {spec.run_id for spec in specs}
    if text is None or ids < set(store.roll()["runs"]):
        return {spec.run_id for spec in _old(store.folder)} >= ids
    return path.read_text(encoding="utf-8") == text


def _enter(store: Store, study: Mapping[str, Any], specs: Sequence[RunSpec], text: str | None) -> None:
    listed = store.grown(study)[1]["runs"]
    more = text is None or {spec.run_id for spec in specs} < set(listed)
    # read before anything is written, as it may be refused
    old = _old(store.folder) if more and (store.folder / FILE).exists() else ()
    store.enter(study)
    try:
        keep_file(store, specs, text, old)
    except OSError as error:
        raise ValueError(
            f"The study's folder '{store.folder}' must be writable; {error.strerror or error}. "
            "Make it so, or choose another --out."
        ) from None


def _old(folder: Path) -> Sequence[RunSpec]:
    """The runs of the study that lies there; raises ValueError where its files and those loaded here share names."""
    try:
        return stored(folder).plan.specs
    except ValueError as error:
        if TAKEN not in str(error):
            raise
        raise ValueError(
            f"'{folder}' holds runs of an earlier version of a file of your own, and a changed file makes other runs. "
            "Choose another --out, or remove that folder."
        ) from None


def keep_file(
    store: Store, specs: Sequence[RunSpec], text: str | None = None, old: Sequence[RunSpec] | None = None
) -> None:
    """Write the file of a study that now has these runs as well; `text` is the one that they were read from.

    `old` are the runs of the file that lies there, where it has been read already."""
    path = store.folder / FILE
    listed = store.roll()["runs"]
    # the study has more runs than the text says: the file is written anew, from all of them
    if text is None or {spec.run_id for spec in specs} < set(listed):
        if old is None:
            old = stored(store.folder).plan.specs if path.exists() else ()
        known = {spec.run_id: spec for spec in (*old, *specs)}
        # nothing new: the file keeps its author's comments and parts
        if path.exists() and {spec.run_id for spec in old} >= {spec.run_id for spec in specs}:
            return
        every = [known[run_id] for run_id in listed if run_id in known]
        ledger = store.roll().get("ledger")
        text = written(every, store.folder.resolve().name, _keep_plugins(store.folder, every), ledger)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        replace_text(path, text)


def _keep_plugins(folder: Path, specs: Sequence[RunSpec]) -> list[str]:
    """Copies of the plugins that the runs need, in the folder; their names as the study's file has them."""
    brought = [(spec.method, spec.recipe, *spec.brought, *spec.observers) for spec in specs]
    found = files_of({origin_of(one) for run in brought for one in run if origin_of(one)})
    for path, siblings in found.items():
        # beside it lies what it imports, as without it the copy neither loads nor is the same
        for file in (path, *siblings):
            copy = folder / PLUGINS / file.relative_to(path.parent)
            copy.parent.mkdir(parents=True, exist_ok=True)
            # a study that goes on has loaded its own copy, which is not to be written onto itself
            if not (copy.exists() and copy.samefile(file)):
                replace_text(copy, file.read_text(encoding="utf-8"))
    return [f"{PLUGINS}/{path.name}" for path in found]


def write_papers(store: Store, runs: pd.DataFrame, machines: pd.DataFrame) -> None:
    """Write the README and the environment of a study, as it stands."""
    replace_text(store.folder / README, readme(store, runs, machines))
    # there is one such file: of this machine, or where it has made no run, of the last that has
    here = provenance.packages(store.ledger.folder, str(machine()["machine_id"]))
    latest = here or (
        provenance.packages(store.ledger.folder, machines["machine_id"].iloc[-1]) if len(machines) else {}
    )
    # a version of ours that is on no index would be a constraint that nobody can meet
    lines = [f"{name}=={number}" for name, number in latest.items() if name != "frequency-harness"]
    replace_text(store.folder / ENVIRONMENT, "\n".join(lines) + "\n")


def readme(store: Store, runs: pd.DataFrame, machines: pd.DataFrame) -> str:
    """What was run, on what, and how it is made again."""
    roll = store.roll()
    counts = Counter(runs["status"])
    return TEXT.format(
        name=store.folder.resolve().name,
        total=f"{len(roll['runs']):,}",
        version=version("frequency-harness"),
        finished=f"{len(runs):,}",
        ended=", ".join(f"{count:,} {status}" for status, count in counts.most_common()) or "none yet",
        configurations="\n".join(_configurations(roll, runs)),
        machines="\n".join(f"- {_where(row)}" for row in machines.to_dict("records")),
        brought=_brought(data_files(runs)),
        file=FILE,
        environment=ENVIRONMENT,
    )


def _brought(files: Mapping[str, str]) -> str:
    lines = "".join(f"- `{name}` (sha256 {digest})\n" for name, digest in files.items())
    return f"\nIt reads files that do not lie here, from where the command is given:\n\n{lines}" if files else ""


def _configurations(roll: Mapping[str, Any], runs: pd.DataFrame) -> list[str]:
    labels = label_of(roll)
    per = Counter((label.get("problem", ""), label.get("optimizer", "")) for label in labels.values())
    done = Counter(zip(runs["problem"], runs["optimizer"], strict=True))
    rows = [f"| {problem} | {name} | {count:,} | {done[problem, name]:,} |" for (problem, name), count in per.items()]
    return ["| problem | optimizer | runs | finished |", "|---|---|---|---|", *rows]


def _where(row: Mapping[Any, Any]) -> str:
    code = f", commit {row['git_sha'][:12]}{' with changes' if row['git_dirty'] else ''}" if row["git_sha"] else ""
    return f"{row['cpu']}, {row['cores']} cores, {row['platform']}, Python {row['python']}{code}"

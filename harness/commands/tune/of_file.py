"""`harness tune STUDY.toml`: every optimizer of a study, with equal trials, and the study of the winners."""

import argparse
import sys
from contextlib import nullcontext
from pathlib import Path
from shlex import quote

import pandas as pd

from harness.commands.carrying_out import INTERRUPTED, say_failed, say_interrupted
from harness.commands.requested import check_beside_file
from harness.run.spec import digest
from harness.study.execution.execute import execute
from harness.study.execution.policy import Policy
from harness.study.execution.progress import watching
from harness.study.file.searches import TRIALS, searches_of, tuned_text, winner
from harness.study.file.study_file import read_study
from harness.study.store import Store
from harness.study.workers.dask import dask_executor
from harness.whole_files import check_writable, replace_file, replace_text, writing_into

OWN = ("file", "out", "write", "jobs", "dask", "traceback", "word")
"""Options that go with a study's file."""


def tune_file(arguments: argparse.Namespace) -> int:
    """Make all trials, or what is missing of them, and write the winners; the exit code. Raises ValueError."""
    check_beside_file(arguments, OWN, "what is tuned, and how")
    file = Path(arguments.file)
    study = read_study(file)
    searches, fixed = searches_of(study)
    specs = list(dict.fromkeys(spec for one in searches for spec in one.specs))
    ids = [spec.run_id for spec in specs]
    path = Path(arguments.write) if arguments.write else file.with_name(f"{file.stem}-tuned.toml")
    check_writable(path.parent)
    store = Store(Path(arguments.out) if arguments.out else study.folder.with_name(f"{study.name}-tuning"))
    # by its name: trials are known by the file, so that a search of more problems goes on from one of fewer
    store.open({"study_id": digest(study.name), "purpose": "tuning", "runs": ids})
    cluster = nullcontext(arguments.jobs) if arguments.dask is None else dask_executor(arguments.dask, arguments.jobs)
    # a worker of Dask's that ends itself is replaced by its nanny
    policy = Policy(expendable=arguments.dask is not None)
    try:
        with watching(specs, store.ledger.states()) as watch, cluster as jobs:
            execute(specs, store, jobs, watch, policy)
    except KeyboardInterrupt:
        say_interrupted(store, ids)
        return INTERRUPTED
    runs = store.read()["runs"]
    found = [(one, *winner(one, runs)) for one in searches]
    trials = pd.concat([rows for _, _, rows in found], ignore_index=True) if found else pd.DataFrame(columns=TRIALS)
    text = tuned_text(study, [(one, method) for one, method, _ in found], fixed, path.parent)
    with writing_into(path.parent):
        replace_text(path, text)
        replace_file(path.with_suffix(".csv"), lambda rows: trials.to_csv(rows, index=False, float_format="%.6g"))
    changed = sum(method != one.tuning.spec.method for one, method, _ in found)
    sys.stdout.write(
        f"{len(found)} searches of {len(specs)} runs; {changed} found settings of a lower loss than the registered "
        f"ones\ntrials: {path.with_suffix('.csv')}\nstudy of the winners: {path} "
        f"(make it with: harness sweep {quote(str(path))})\n"
    )
    # the folder may hold trials of other problems, from an earlier form of the file
    return say_failed(runs[runs["run_id"].isin(ids)], store.ledger, arguments)

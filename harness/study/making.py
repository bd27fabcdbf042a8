"""Making a study: from what was planned to a folder with its runs, its tables, its figures and its papers."""

from collections.abc import Iterable
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from harness.analysis.incumbents import BEST, check_incumbent
from harness.run.numbers import is_whole
from harness.study.comparison import DEFAULT_SEEDS, DRAWING, FORMATS, Plan, Results, conclude, plan
from harness.study.execution.execute import Watch, execute
from harness.study.execution.notebook import notebook_bars
from harness.study.execution.policy import Policy
from harness.study.file.study_file import read_study
from harness.study.nulls import keep_nulls
from harness.study.sharing.papers import open_study, write_papers
from harness.study.status import closing_sentences
from harness.study.store import Store
from harness.study.understood import keep
from problems.user_files import user_path

COMPILED = "compiled"
"""The folder of a study for compiled code, where its file asks for one."""


def compare(
    problem: str,
    optimizers: str | Iterable[str] | None = None,
    seeds: int | Iterable[int] = DEFAULT_SEEDS,
    *,
    out: str | Path | None = None,
    file_format: str = "parquet",
    jobs: int | Executor = 1,
    **choices: Any,
) -> Results:
    """Run the comparison (or what is missing of it), and write its tables and its figure; `choices` as for `plan`.

    `incumbent`, `best` or `last`, is the point of a run that hits and order are about.
    `jobs` is a number of processes, for which a script needs the usual `if __name__ == "__main__":` guard, or any
    `concurrent.futures` executor. Raises ValueError, and RuntimeError if every run crashed."""
    jobs = _checked(file_format, jobs)
    incumbent = check_incumbent(choices.pop("incumbent", BEST))
    planned = plan(problem, optimizers, seeds, **choices)
    store = Store(user_path(out) if out is not None else planned.folder)
    with notebook_bars(planned.specs, store.ledger.states()) as watch:
        make(planned, store, jobs, watch=watch)
    return _some(finish(store, file_format, incumbent))


def sweep(
    file: str | Path,
    seeds: str | None = None,
    *,
    out: str | Path | None = None,
    file_format: str = "parquet",
    jobs: int | Executor = 1,
) -> Results:
    """Run the study that `file` describes, or what is missing of it; `seeds` such as `5..9` in place of its own.

    The rest as for `compare`."""
    jobs = _checked(file_format, jobs)
    study = read_study(file, seeds)
    store = Store(user_path(out) if out is not None else study.folder, study.ledger)
    policy = policy_of(store, compiled=study.compiled)
    with notebook_bars(study.plan.specs, store.ledger.states()) as watch:
        make(study.plan, store, jobs, study.text, watch=watch, policy=policy)
    return _some(finish(store, file_format))


def make(
    planned: Plan,
    store: Store,
    jobs: int | Executor = 1,
    text: str | None = None,
    *,
    watch: Watch | None = None,
    policy: Policy | None = None,
) -> list[str]:
    """Make what is missing; sentences on runs that failed. `text` is the file that the plan was read from.

    Raises ValueError where the folder cannot be used, and what `execute` raises."""
    # before the first run: a study that is killed can be gone on with by its file
    open_study(store, planned.study, planned.specs, text)
    try:
        keep(store.folder, planned.understood)
    except OSError as error:
        raise ValueError(
            f"The study's folder '{store.folder}' must be writable; {error.strerror or error}. "
            "Make it so, or choose another --out."
        ) from None
    before = store.states()
    nulls = partial(keep_nulls, store.folder, planned.specs)
    execute(planned.specs, store, jobs, watch, policy, (nulls, partial(import_module, DRAWING)))
    nulls()
    return closing_sentences(before, store.states(), store.folder)


def finish(store: Store, file_format: str, incumbent: str | None = None) -> Results:
    """Write tables, figures and papers of the finished runs."""
    results = conclude(store, file_format, incumbent)
    write_papers(store, results.runs, results.machines)
    return results


def policy_of(store: Store, policy: Policy | None = None, *, compiled: bool = False) -> Policy:
    """The policy of a study that keeps its compiled code with it."""
    policy = policy or Policy()
    if not compiled:
        return policy
    # numba reads its folder as it is imported: it can be told in the environment of new processes alone
    cache = str((store.folder / COMPILED).resolve())
    return replace(policy, environment={"NUMBA_CACHE_DIR": cache})


def _checked(file_format: str, jobs: int | Executor) -> int | Executor:
    """The number of jobs, or the executor; raises ValueError."""
    if file_format not in FORMATS:
        raise ValueError(f"The format is {' or '.join(FORMATS)}; got '{file_format}'.")
    if isinstance(jobs, Executor):
        return jobs
    if not is_whole(jobs) or jobs < 1:
        raise ValueError(
            "The number of jobs must be a whole number of at least 1, or an executor of concurrent.futures; got "
            f"{jobs!r}."
        )
    return int(jobs)


def _some(results: Results) -> Results:
    """The results; raises RuntimeError if they are of nothing but crashes."""
    if len(results.runs) and set(results.runs["status"]) == {"crashed"}:
        raise RuntimeError(f"Every run crashed: {results.runs['reason'].iloc[0]} See {results.folder}.")
    return results

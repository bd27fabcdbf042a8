"""Many runs: nothing finished is lost, whoever dies."""

import os
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from threading import current_thread, main_thread
from typing import Any

import numpy as np
import pytest

from harness.run.spec import RunSpec, find_problem
from harness.study import making
from harness.study.comparison import plan
from harness.study.execution.execute import ExecutorGone, execute
from harness.study.execution.jobs import Elsewhere, Job, group
from harness.study.execution.pace import Pace
from harness.study.execution.policy import Policy
from harness.study.ledger.part import State
from harness.study.store import Store
from harness.study.workers.pool import Workers
from harness.study.workers.process import CannotStart
from optimizers.base import Doubles, Objective, Optimizer, Streams


@dataclass(frozen=True)
class Walk(Optimizer):
    """Steps at random; dies, or fails, on request."""

    family = "test"
    needs = frozenset({"value"})
    source = "this file"
    death: str = "none"

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        assert isinstance(rng, np.random.Generator)
        objective.value(theta0)
        if self.death == "process":
            os._exit(7)
        if self.death == "interrupt":
            raise KeyboardInterrupt
        while True:
            objective.value(theta0 + rng.standard_normal(objective.dim))


@dataclass(frozen=True)
class LaneWalk(Optimizer):
    """The same step in every lane."""

    family = "test"
    needs = frozenset({"value"})
    source = "this file"
    lanes = True

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        del rng  # not random
        while True:
            objective.value(theta0)


def specs(method: Optimizer, name: str = "walk", seeds: int = 3) -> list[RunSpec]:
    recipe = find_problem("control-flat")
    return [RunSpec("control-flat", recipe, name, method, seed, 20) for seed in range(seeds)]


def opened(folder: Path, runs: list[RunSpec]) -> Store:
    store = Store(folder)
    store.open({"study_id": "test", "runs": [spec.run_id for spec in runs]})
    return store


def test_one_job_of_each_need_goes_first_then_lanes_which_share_jobs_and_then_runs_alone() -> None:
    jobs = group([*specs(Walk()), *specs(LaneWalk(), "lanes", 40)])
    assert [len(job) for job in jobs] == [32, 1, 8, 1, 1]
    study = group(plan("sin135", None, 2).specs)
    names = [job[0].optimizer for job in study]
    assert names == ["gd", "pso", "bfgs", "powell", "adam", "lbfgs", "cg", "bfgs", "lbfgs", "cg", "powell"]


def test_one_run_of_each_configuration_goes_before_the_rest() -> None:
    runs = [*specs(Walk(), seeds=3), *specs(Walk(), "other", 3)]
    names = [job[0].optimizer for job in group(runs)]
    assert names == ["walk", "other", "walk", "walk", "other", "other"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_run_is_written_and_none_is_made_twice(tmp_path: Path, jobs: int) -> None:
    runs = specs(Walk())
    store = opened(tmp_path / "out", runs)
    execute(runs[:2], store, jobs)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.parquet")}
    execute(runs, store, jobs)
    assert store.done() == {spec.run_id for spec in runs}
    assert len(before) == 2
    assert all(path.stat().st_mtime_ns == before[path] for path in before)


def test_processes_and_one_process_give_the_same_rows(tmp_path: Path) -> None:
    runs = specs(Walk())
    tables = []
    for jobs in (1, 2):
        store = opened(tmp_path / str(jobs), runs)
        execute(runs, store, jobs)
        tables.append(store.read())
    for name in ("spectra", "curves"):
        first, second = (table[name].drop(columns="seconds", errors="ignore") for table in tables)
        assert first.equals(second)


def test_a_dying_process_becomes_a_crashed_row_and_the_others_are_unharmed(tmp_path: Path) -> None:
    runs = [*specs(Walk(), seeds=4), *specs(Walk(death="process"), "mortal", 1)]
    store = opened(tmp_path / "out", runs)
    execute(runs[::-1], store, 2)
    rows = store.read()["runs"]
    assert dict(rows.groupby("optimizer")["status"].unique().map(list)) == {"walk": ["budget"], "mortal": ["crashed"]}
    assert len(rows) == 5


def test_any_executor_will_do(tmp_path: Path) -> None:
    runs = specs(Walk())
    store = opened(tmp_path / "out", runs)
    with ThreadPoolExecutor(1) as executor:
        execute(runs, store, executor)
    assert len(store.done()) == 3


@pytest.mark.parametrize(
    ("jobs", "optimizers", "alone"), [(1, "adam,gd", True), (2, "adam", True), (2, "adam,gd", False)]
)
def test_runs_that_are_made_in_this_process_have_it_to_themselves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: int, optimizers: str, alone: bool
) -> None:
    """Nulls make the problem anew, and a foreign one may seed the generators from which such a run draws."""
    asked: list[bool] = []
    keep_nulls = making.keep_nulls

    def watched(folder: Path, specs: list[RunSpec]) -> None:
        asked.append(current_thread() is main_thread())
        keep_nulls(folder, specs)

    monkeypatch.setattr(making, "keep_nulls", watched)
    making.compare("sin15", optimizers.split(","), 1, budget=30, jobs=jobs, out=tmp_path)
    assert asked == ([True] if alone else [False, True])


def test_runs_in_threads_of_this_process_have_it_to_themselves(tmp_path: Path) -> None:
    runs = specs(Walk())
    asked: list[bool] = []
    with ThreadPoolExecutor(1) as executor:
        execute(runs, opened(tmp_path, runs), executor, meanwhile=[lambda: asked.append(True)])
    assert not asked


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupt_keeps_what_is_finished(tmp_path: Path, jobs: int) -> None:
    # three configurations, which are begun in this order
    runs = [*specs(Walk(), "one", 1), *specs(Walk(), "other", 1), *specs(Walk(death="interrupt"), "interrupted", 1)]
    store = opened(tmp_path / "out", runs)
    with pytest.raises(KeyboardInterrupt):
        execute(runs, store, jobs)
    assert len(store.done()) >= 1
    execute(runs[:2], store, jobs)
    assert len(store.done()) == 2


def test_the_watcher_sees_shares_rise_to_one(tmp_path: Path) -> None:
    runs = specs(Walk())
    seen: list[list[float]] = []
    execute(runs, opened(tmp_path / "out", runs), 1, lambda jobs, shares: seen.append(list(shares)))
    assert seen[-1] == [1.0, 1.0, 1.0]
    assert all(a <= b for earlier, later in pairwise(seen) for a, b in zip(earlier, later, strict=True))


def test_short_runs_share_tasks_and_long_ones_limited_ones_and_the_last_ones_do_not() -> None:
    (short, *_), (long, *_) = specs(Walk()), specs(Walk(), "long")
    limited = replace(short, time_limit=1.0)
    pace = Pace()
    assert pace.more((short,), share=100) == 0  # nothing is known of it yet
    pace.note((short, short), 0.1)
    pace.note((long,), 0.4)
    pace.note((limited,), 0.01)
    assert pace.more((short,), share=100) == 9
    assert pace.more((short,) * 4, share=100) == 6
    assert pace.more((short,), share=6) == 2
    assert pace.more((long,), share=100) == 0
    assert pace.more((limited,), share=100) == 0


def test_many_short_runs_are_few_tasks_and_every_run_is_written_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.study.execution.execute.MOST_FLYING", 2)
    # whatever a run takes here, it is short
    monkeypatch.setattr("harness.study.execution.pace.ENOUGH", 1e6)
    runs = [*specs(Walk(), seeds=40), *specs(Walk(), "other", 2)]
    store, counted = opened(tmp_path / "out", runs), Counted()
    execute(runs, store, counted)
    assert [len(job) for job in counted.jobs[:2]] == [1, 1]
    assert len(counted.jobs[2]) > 1
    assert all(len({spec.optimizer for spec in job}) == 1 for job in counted.jobs)
    begun = [runs[0], runs[40], *runs[1:40], runs[41]]
    assert [spec.run_id for job in counted.jobs for spec in job] == [spec.run_id for spec in begun]
    assert store.done() == {spec.run_id for spec in runs}


class Counted(Executor):
    """Makes each task at once, and remembers it; it takes two at a time."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.jobs.append(args[0])
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def test_an_error_in_a_job_is_said_in_its_own_words_and_no_process_is_said_to_have_died(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("the rows of a run do not fit")

    monkeypatch.setattr("harness.study.execution.jobs.make_lanes", broken)
    runs = specs(LaneWalk(), seeds=2)
    store = opened(tmp_path / "out", runs)
    execute(runs, store)
    rows = store.read()["runs"]
    assert set(rows["status"]) == {"failed"}
    assert set(rows["reason"]) == {"ValueError: the rows of a run do not fit"}


class Ends(Executor):
    """Makes a run, or not, and says something else of it."""

    def __init__(self, error: BaseException, makes: bool = False) -> None:
        self.error, self.makes = error, makes

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        if self.makes:
            fn(*args, **kwargs)
        future.set_exception(self.error)
        return future


def test_a_scheduler_that_goes_away_ends_the_study_and_no_run_is_said_to_have_crashed(tmp_path: Path) -> None:
    runs = specs(Walk())
    store = opened(tmp_path / "out", runs)
    with pytest.raises(ExecutorGone, match=r"has gone\. Every finished run is kept; start the same command again"):
        execute(runs, store, Ends(CancelledError()))
    assert not store.done()
    execute(runs, store)
    assert {state.attempt for state in store.states().values()} == {1}


def test_a_run_that_was_written_before_its_worker_was_lost_stays(tmp_path: Path) -> None:
    runs = specs(Walk())
    store = opened(tmp_path / "out", runs)
    execute(runs, store, Ends(RuntimeError("lost"), makes=True))
    assert {state.status for state in store.states().values()} == {"budget"}


def test_what_an_executor_says_of_a_run_is_told_and_no_more(tmp_path: Path) -> None:
    runs = specs(Walk(), seeds=1)
    store = opened(tmp_path / "out", runs)
    execute(runs, store, Ends(ModuleNotFoundError("No module named 'mine'")))
    assert store.read()["runs"]["reason"][0].startswith(
        "The executor gave this run up, ModuleNotFoundError: No module named 'mine'. Either the workers"
    )


class Changes(Executor):
    """Hands over a changed order, as a worker would take it whose machine is another."""

    def __init__(self, **changes: Any) -> None:
        self.changes = changes

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        job, order = args
        try:
            future.set_result(fn(job, replace(order, **self.changes), **kwargs))
        except ValueError as error:
            future.set_exception(error)
        return future


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"version": "0.0.1"}, r"Workers must have the version .* 0\.0\.1; the one on '.*' has .*Install the same"),
        ({"folder": Path("/elsewhere")}, "must lie on a disk that all workers see; on .*'/elsewhere' is not the one"),
    ],
)
def test_a_worker_of_another_version_or_disk_ends_the_study_in_a_sentence(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    runs = specs(Walk())
    store = opened(tmp_path / "out", runs)
    with pytest.raises(Elsewhere, match=said):
        execute(runs, store, Changes(**changes))
    assert not store.done()


class Unsendable:
    """Fails where it arrives, as a plugin does whose file is gone."""

    def __reduce__(self) -> tuple[Any, ...]:
        return refuse, ()


def refuse() -> None:
    raise ValueError("the file is gone")


def test_what_a_worker_cannot_take_is_said() -> None:
    with Workers(1) as workers, pytest.raises(CannotStart, match="cannot take what it was sent: the file is gone"):
        workers.submit(print, Unsendable()).result()


def test_a_run_that_failed_is_begun_three_times_in_all() -> None:
    (spec,) = plan("sin135", ["gd"], 1).specs
    assert [Policy().is_due(State("failed", begun), spec) for begun in (1, 2, 3, 4)] == [True, True, False, False]
    assert not Policy().is_due(State("budget", 1), spec)

"""Workers are forks of a process that has loaded what runs need, or new processes where there is none."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.run.threads import PINNED
from harness.study.workers import nursery
from harness.study.workers.pool import Workers
from harness.study.workers.process import Worker

linux = pytest.mark.skipif(not nursery.FORKS, reason="workers are forked on Linux alone")


def about(name: str) -> tuple[str | None, list[str], set[str], list[str | None]]:
    """A variable, the threads of the process before this one, what is loaded, what libraries were told of threads."""
    names = [path.read_text().strip() for path in Path(f"/proc/{os.getppid()}/task").glob("*/comm")]
    return os.environ.get(name), names, {*sys.modules}, [os.environ.get(one) for one in PINNED]


@pytest.fixture
def pool() -> Iterator[Workers]:
    with Workers(1) as workers:
        yield workers


@linux
def test_a_worker_has_everything_loaded_and_its_nursery_has_no_threads_of_ours(pool: Workers) -> None:
    _, threads, loaded, told = pool.submit(about, "HOME").result()
    assert {*nursery.LOADED, "numba"} <= loaded
    # the allocator of Arrow has one, and mends itself in a fork
    assert len([name for name in threads if not name.startswith("jemalloc")]) == 1
    assert told == ["1"] * len(PINNED)


def test_a_worker_has_the_environment_of_when_it_was_started(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("first", "second"):
        monkeypatch.setenv("OF_THE_USER", value)
        with Workers(1) as workers:
            assert workers.submit(about, "OF_THE_USER").result()[0] == value
            assert workers.submit(about, nursery.SIGN).result()[0] is None


def test_a_changed_environment_wants_a_process_that_has_loaded_nothing() -> None:
    with Workers(1, {"OF_THE_STUDY": "mine"}) as workers:
        value, _, loaded, _ = workers.submit(about, "OF_THE_STUDY").result()
    assert value == "mine"
    assert "numba" not in loaded


@linux
def test_without_a_nursery_a_worker_is_started_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone:
        """A context whose server has died as it loaded."""

        @staticmethod
        def Pipe() -> tuple[object, object]:  # the name of the library
            return nursery.spawned().Pipe()

        @staticmethod
        def Process(**_: object) -> object:
            raise EOFError

    monkeypatch.setattr("harness.study.workers.process.context", lambda _: Gone)
    worker = Worker()
    worker.await_ready()
    assert worker.process.is_alive()
    worker.kill()

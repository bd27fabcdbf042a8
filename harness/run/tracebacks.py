"""What a user's code said when it failed within a run: kept as text, since a run's row has one sentence alone."""

import sysconfig
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

MOST_LETTERS = 8_000
"""Of one traceback; the last ones, where the error stands."""
OURS = ("harness", "optimizers", "problems", "threading", "concurrent")

OTHERS = (
    *(Path(__file__).parents[2] / room for room in ("harness", "optimizers", "problems")),
    *(Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
)
"""Folders of code that is not the user's."""

_kept: dict[str, str] | None = None


@contextmanager
def collected() -> Iterator[dict[str, str]]:
    """The tracebacks of the runs that fail within, by the ids of the runs."""
    global _kept  # noqa: PLW0603  # a process makes one job at a time
    before, _kept = _kept, {}
    try:
        yield _kept
    finally:
        _kept = before


def keep(run_ids: Iterable[str], error: BaseException) -> None:
    """Remember that these runs ended by `error`, if anybody collects."""
    if _kept is not None:
        _kept.update(dict.fromkeys(run_ids, text_of(error)))


def told(error: BaseException) -> str:
    """An error in its own words, and where in the user's code it came about: `ValueError: no such (my.py, line 12)`."""
    lines = [(Path(frame.f_code.co_filename), line) for frame, line in traceback.walk_tb(error.__traceback__)]
    # the innermost: what a library does within is told by its words
    users = [f" ({path.name}, line {line})" for path, line in lines if _is_users(path)][-1:]
    return "".join([f"{type(error).__name__}: {error}".rstrip(": "), *users])


def _is_users(path: Path) -> bool:
    return path.suffix == ".py" and not any(path.is_relative_to(place) for place in OTHERS)


def text_of(error: BaseException) -> str:
    """The traceback of an error from the first line of code that is not ours; the whole of it where all is."""
    trace = error.__traceback__
    # the way through the harness is the same for every method, and would hide where theirs begins
    while trace is not None and str(trace.tb_frame.f_globals.get("__name__", "")).partition(".")[0] in OURS:
        trace = trace.tb_next
    lines = traceback.format_exception(type(error), error, trace or error.__traceback__)
    return "".join(lines)[-MOST_LETTERS:]

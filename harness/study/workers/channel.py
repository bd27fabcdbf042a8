"""What a job says to whoever has given it out, while it is made: its share that is done, and how long it may take.

In a worker process the words travel through its pipe; elsewhere somebody may listen, or nobody."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any, TypeAlias

Listener: TypeAlias = Callable[[str, Any], None]
"""Takes `share` with a number from 0 to 1; `limit` with seconds from now, or None; `pause`, `resume` of that clock."""

EVERY = 0.1
"""Seconds between two shares that are told."""

_listener: Listener | None = None
_told = 0.0


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Let `listener` hear what is told in this process."""
    global _listener  # noqa: PLW0603  # a process makes one job at a time
    before, _listener = _listener, listener
    try:
        yield
    finally:
        _listener = before


def tell(word: str, value: Any = None) -> None:
    """Say something, if anybody listens; shares are told a few times a second."""
    global _told  # noqa: PLW0603  # as above
    if _listener is None:
        return
    now = monotonic()
    if word == "share" and now - _told < EVERY:
        return
    _told = now if word == "share" else _told
    _listener(word, value)

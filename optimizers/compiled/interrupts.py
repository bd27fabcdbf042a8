"""Signals while compiled code runs: what their handlers raise cannot pass through it, and is kept until it has ended.

Python runs a handler as it enters a function, before any `try` in it. In a function that compiled code has called, the
exception would be dropped there with a line on the screen, and the code go on with a loss of 0.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import Any


@contextmanager
def kept(keep: Callable[[BaseException], None]) -> Iterator[None]:
    """Handlers of signals run as before, but what they raise is given to `keep`."""
    # others have no handlers, which run in the main thread alone
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = {number: handler for number in signal.valid_signals() if callable(handler := signal.getsignal(number))}
    for number, handler in handlers.items():
        signal.signal(number, partial(_keep, keep, handler))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _keep(
    keep: Callable[[BaseException], None], handler: Callable[..., Any], number: int, frame: FrameType | None
) -> None:
    try:
        handler(number, frame)
    except BaseException as error:  # noqa: BLE001  # raised by who called the compiled code
        keep(error)

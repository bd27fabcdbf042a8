"""What is registered where no plugin is loaded: in a script, which workers import, or in a notebook, which none can."""

import sys
from pathlib import Path
from uuid import uuid4

from harness.plugins.files import fingerprint, is_own, siblings_of, together

FLEETING = "session "
"""Begins the identity of what has no file: as nobody can see what it depends on, no earlier run is its own."""


def origin_of_caller() -> str:
    """The identity of the script that registers, as of a plugin's file; a new one each time where there is no file."""
    frame = sys._getframe(1)  # noqa: SLF001  # the one way to learn who decorates
    while frame.f_back is not None and is_own(frame.f_code.co_filename):
        frame = frame.f_back
    path = Path(frame.f_code.co_filename).resolve()
    return together(fingerprint(path), siblings_of(path)) if path.is_file() else f"{FLEETING}{uuid4().hex}"

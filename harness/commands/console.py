"""Where words print their tables: as wide as the terminal, or wide enough where none says how wide it is."""

import os
import sys

from rich.console import Console

PIPED_WIDTH = 160
"""Letters of a line where neither a terminal nor COLUMNS says how many there are."""


def printing() -> Console:
    """A console on the standard output; without it rich takes 80 letters for a pipe, and cuts numbers to fit."""
    told = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(width=None if told else PIPED_WIDTH)

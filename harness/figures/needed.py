"""What figures are drawn from, and a sentence where it is lacking: tables from Python need not be those of a study."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar

import pandas as pd

from harness.tables import SCHEMA, Tables

R = TypeVar("R")
WHOLE = "Give it all tables of a study, as harness.load(FOLDER).tables has them."


def of_study(name: str, observer: str = "") -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Of a function of tables the same one, which says in a sentence what the figure `name` lacks."""

    def wrapped(function: Callable[..., R]) -> Callable[..., R]:
        @wraps(function)
        def asked(tables: Tables, *given: Any, **named: Any) -> R:
            with drawing(name, tables, observer):
                return function(tables, *given, **named)

        return asked

    return wrapped


@contextmanager
def drawing(name: str, tables: Tables, observer: str = "") -> Iterator[None]:
    """While it is entered, what `tables` lack for the figure `name` is a ValueError."""
    if not isinstance(tables, Mapping):
        got = type(tables).__name__
        raise ValueError(f"The figure '{name}' is drawn from a dict of tables; got {got}. {WHOLE}")  # noqa: TRY004  # a user's mistake
    if observer and not len(tables.get(observer, ())):
        raise ValueError(
            f"This study has no table '{observer}'. Start it again with --observe {observer}, which changes no run."
        )
    if isinstance(runs := tables.get("runs"), pd.DataFrame) and runs.empty:
        raise ValueError("The table 'runs' has no rows, so there is nothing to draw. Finish at least one run first.")
    try:
        yield
    except KeyError as error:
        lacking = error.args[0]
        # a key that is a table's here, and else a column's, which is a mistake of ours
        if lacking in tables or lacking not in SCHEMA:
            raise
        raise ValueError(
            f"The figure '{name}' is drawn from the tables of a study, and '{lacking}' is not among those it got: "
            f"{', '.join(tables) or 'none'}. {WHOLE}"
        ) from None

"""Types of values of options: text becomes a value, or one sentence says what is taken."""

from argparse import ArgumentTypeError
from collections.abc import Callable, Sequence
from datetime import date
from importlib import import_module
from math import isfinite

from harness.study.file.values import seeds


def number(text: str) -> float:
    """A finite number."""
    # argparse would say of a ValueError that the value is invalid, and not what would do
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise ArgumentTypeError(f"takes a finite number; got '{text}'.")
    return value


MOST = 1_000_000
"""Of anything that is counted: beyond it a digit was typed too many."""
# the column `seed` has 64 bits and a sign
LARGEST_SEED = 2**63 - 1


def whole(at_least: int | None = None, at_most: int = MOST) -> Callable[[str], int]:
    """A whole number within these bounds."""

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise ArgumentTypeError(f"takes a whole number; got '{text}'.") from None
        if at_least is not None and value < at_least:
            raise ArgumentTypeError(f"must be at least {at_least}; got {value}.")
        if value > at_most:
            raise ArgumentTypeError(f"must be at most {at_most}; got {text}.")
        return value

    return read


def seed_list(text: str) -> int | list[int]:
    """A number of runs, or seeds and ranges of them."""
    # one number counts runs; with a comma or dots they are seeds
    if not {",", "."} & set(text):
        return whole()(text)
    try:
        return seeds(text)
    except ValueError as error:
        raise ArgumentTypeError(f"takes seeds. {error}") from None


def one_of(choices: Sequence[str]) -> Callable[[str], str]:
    """One of these words."""

    def read(text: str) -> str:
        if text in choices:
            return text
        hint: str = import_module("problems.nearest").hint(text, choices)
        raise ArgumentTypeError(f"takes one of {', '.join(choices)}; got '{text}'.{hint}")

    return read


def numbers(text: str) -> tuple[float, ...]:
    """Numbers of at least 0 between commas."""
    found = tuple(number(part) for part in text.split(","))
    if min(found) < 0:
        raise ArgumentTypeError(f"takes numbers of at least 0; got '{text}'.")
    return found


def day(text: str) -> date:
    """A day of the calendar."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"takes a day such as 2026-01-31; got '{text}'.") from None

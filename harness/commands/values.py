"""Types of values of options: text becomes a value, or one sentence says what is taken."""

from argparse import ArgumentTypeError
from collections.abc import Callable, Sequence
from datetime import date
from importlib import import_module
from math import isfinite
from pathlib import Path

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


def seed_spans(text: str) -> str:
    """The same as the seeds of a file that are taken, among which one number is one seed: `5` as `0..4`."""
    found = seed_list(text)
    if found == 0:
        raise ArgumentTypeError("counts runs, of which there must be one; the seed 0 alone is 0..0.")
    return f"0..{found - 1}" if isinstance(found, int) else text


def one_of(choices: Sequence[str]) -> Callable[[str], str]:
    """One of these words."""

    def read(text: str) -> str:
        if text in choices:
            return text
        hint: str = import_module("problems.nearest").hint(text, choices)
        raise ArgumentTypeError(f"takes one of {', '.join(choices)}; got '{text}'.{hint}")

    return read


def file_of(*suffixes: str) -> Callable[[str], str]:
    """The name of a file that ends in one of these."""

    def read(text: str) -> str:
        if not text.lower().endswith(suffixes) or not Path(text).stem.strip("."):
            raise ArgumentTypeError(f"is a file that ends in {suffixes[0]}; got '{text}'.")
        return text

    return read


PICTURES = ("bmp", "csv", "eps", "gif", "jpeg", "jpg", "mp4", "pdf", "png", "ps", "svg", "tif", "tiff", "webp")
"""Endings by which somebody asks for a kind of file, and not for a name with a dot."""


def stem(text: str, kinds: Sequence[str]) -> Path:
    """The name of a figure without its ending, which may be said if it is one of those written; raises ValueError."""
    written = ", ".join(f"STEM.{kind}" for kind in kinds)
    path = Path(text)
    name, dot, ending = path.name.rpartition(".")
    if not path.name.strip(".") or text.endswith(("/", "\\")):
        raise ValueError(f"--out names the figure, not its folder, and {written} are written; got '{text}'.")
    if not (dot and name and ending.lower() in PICTURES):
        return path
    if ending.lower() not in kinds:
        raise ValueError(f"--out is the name of the figure, of which {written} are written; got '{text}'.")
    return path.with_name(name)


def numbers(text: str) -> tuple[float, ...]:
    """Numbers of at least 0 between commas."""
    found = tuple(number(part) for part in text.split(","))
    if min(found) < 0:
        raise ArgumentTypeError(f"takes numbers of at least 0; got '{text}'.")
    return found


def positives(text: str) -> tuple[float, ...]:
    """Positive numbers between commas."""
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        found = ()
    if not found or not all(one > 0 and isfinite(one) for one in found):
        raise ArgumentTypeError(f"takes positive numbers separated by commas, such as 1,2,5; got '{text}'.")
    return found


def day(text: str) -> date:
    """A day of the calendar."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"takes a day such as 2026-01-31; got '{text}'.") from None

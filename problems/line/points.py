"""A curve from a file: two columns, x and y, separated by commas, with or without a line of names."""

import csv
import hashlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MOST_POINTS = 100_000
EVEN = 1e-6
"""Deviation of a step from the mean step, as its share, below which a grid counts as uniform."""


class Points(NamedTuple):
    """`x` ascending and `y`, both `(n,)`."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]

    @property
    def is_uniform(self) -> bool:
        """Whether all steps are alike."""
        steps = np.diff(self.x)
        return bool(np.abs(steps - steps.mean()).max() <= EVEN * steps.mean())

    @property
    def length(self) -> float:
        """The span and one mean step: the period if the points are a period of a wave, its end left out."""
        return float((self.x[-1] - self.x[0]) * len(self.x) / (len(self.x) - 1))


def fingerprint(path: str) -> str:
    """sha256 of a file's bytes, by which a study knows that its data have not changed; raises ValueError."""
    return hashlib.sha256(_bytes(path)).hexdigest()


def read_points(path: str) -> Points:
    """The points of a CSV file; raises ValueError saying what is wrong with it, and in which line."""
    rows = _rows(path)
    if len(rows) < 2:
        raise ValueError(f"A curve needs at least two rows of x and y; '{path}' has {len(rows)}.")
    if len(rows) > MOST_POINTS:
        raise ValueError(f"A curve has at most {MOST_POINTS:,} rows; '{path}' has {len(rows):,}. Thin it out.")
    values = np.array(sorted(rows))
    twins = np.flatnonzero(np.diff(values[:, 0]) == 0)
    if len(twins):
        raise ValueError(f"Every x may occur once; '{path}' has x = {values[twins[0], 0]:g} twice.")
    return Points(values[:, 0], values[:, 1])


def _bytes(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ValueError(f"The file '{path}' must be readable; {error.strerror}.") from None


def _rows(path: str) -> list[tuple[float, float]]:
    try:
        text = _bytes(path).decode("utf-8-sig")
        lines = [
            (number, row) for number, row in enumerate(csv.reader(text.splitlines()), 1) if any(map(str.strip, row))
        ]
    except (UnicodeDecodeError, csv.Error):
        raise ValueError(
            f"The file '{path}' must be a CSV of two columns, x and y, in plain text; it is not."
        ) from None
    if lines and not any(map(_is_number, lines[0][1])):
        lines = lines[1:]  # names of the columns
    return [_row(path, number, row) for number, row in lines]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _row(path: str, number: int, row: list[str]) -> tuple[float, float]:
    if len(row) != 2:
        raise ValueError(f"Every row must have two columns, x and y; line {number} of '{path}' has {len(row)}.")
    if not all(map(_is_number, row)) or not np.isfinite([float(cell) for cell in row]).all():
        raise ValueError(f"Every x and y must be a finite number; line {number} of '{path}' is '{','.join(row)}'.")
    return float(row[0]), float(row[1])

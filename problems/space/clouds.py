"""Point clouds from files: three coordinates and an intensity for each point."""

from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

LEAST, MOST = 64, 200_000
FORM = "Write x, y, z and the intensity in four columns (CSV, a header is allowed), or arrays 'points' (n, 3) and "
FORM += "'values' (n,) in an .npz file."


def load_cloud(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points `(n, 3)` and intensities `(n,)`.

    Raises ValueError for another form, numbers that are not finite, fewer than 64 or more than 200,000 points, a cloud
    without extent along an axis, or one intensity alone."""
    points, values = _from_npz(path) if path.suffix.lower() == ".npz" else _from_csv(path)
    broken = ~(np.isfinite(points).all(axis=1) & np.isfinite(values))
    if broken.any():
        row = int(np.flatnonzero(broken)[0]) + 1
        raise ValueError(f"A point cloud must have finite numbers alone; point {row} of '{path}' has others.")
    if not LEAST <= len(points) <= MOST:
        raise ValueError(f"A point cloud has from {LEAST} to {MOST:,} points; '{path}' has {len(points):,}.")
    if np.ptp(points, axis=0).min() == 0 or np.ptp(values) == 0:
        raise ValueError(
            f"A point cloud must extend along each axis and have more than one intensity; '{path}' does not."
        )
    return points, values


def _from_csv(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    try:
        lines = [line for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"A point cloud must be a text file or .npz; '{path}': {error}. {FORM}") from None
    rows = [[part.strip() for part in line.replace(";", ",").split(",")] for line in lines]
    if rows and not any(map(_is_number, rows[0])):
        rows = rows[1:]  # the header
    for number, row in enumerate(rows, 1):
        if len(row) != 4 or not all(map(_is_number, row)):
            raise ValueError(f"Point {number} of '{path}' is '{','.join(row)[:60]}', not four numbers. {FORM}")
    table = np.array(rows, float).reshape(-1, 4)
    return table[:, :3], table[:, 3]


def _from_npz(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            points, values = (np.asarray(arrays[name], np.float64) for name in ("points", "values"))
    except (OSError, KeyError, ValueError, BadZipFile) as error:
        raise ValueError(f"A point cloud must be a text file or .npz; '{path}': {error}. {FORM}") from None
    if points.ndim != 2 or points.shape[1] != 3 or values.shape != points.shape[:1]:
        raise ValueError(f"'{path}' has points {points.shape} and values {values.shape}. {FORM}")
    return points, values


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True

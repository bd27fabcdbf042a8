"""Point clouds from files, as the problem takes them: checked for numbers, size and extent."""

from pathlib import Path

import numpy as np

from problems.readers.clouds import Cloud, read_cloud

LEAST, MOST = 64, 200_000


def load_cloud(path: Path) -> Cloud:
    """Points `(n, 3)`, their values `(n,)`, and what was understood.

    Raises ValueError for another form, numbers that are not finite, fewer than 64 or more than 200,000 points, a cloud
    without extent along an axis, or one value alone."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"A point cloud must be a file that can be read; '{path}': {error.strerror}.") from None
    cloud = read_cloud(str(path), content)
    points, values, notes = cloud
    broken = ~(np.isfinite(points).all(axis=1) & np.isfinite(values))
    if broken.any():
        row = int(np.flatnonzero(broken)[0]) + 1
        raise ValueError(f"A point cloud must have finite numbers alone; point {row} of '{path}' has others.")
    if not LEAST <= len(points) <= MOST:
        raise ValueError(f"A point cloud has from {LEAST} to {MOST:,} points; '{path}' has {len(points):,}.")
    # each axis is divided by its extent later on
    if np.ptp(points, axis=0).min() == 0 or np.ptp(values) == 0:
        raise ValueError(f"A point cloud must extend along each axis and have more than one value; '{path}' does not.")
    low, high = points.min(axis=0), points.max(axis=0)
    box = ", ".join(f"{name} from {a:.4g} to {b:.4g}" for name, a, b in zip("xyz", low, high, strict=True))
    said = (
        f"{len(points):,} points, {box}; each axis was scaled to [-1, 1], and the mean of the values was taken off.",
        f"Values from {values.min():.4g} to {values.max():.4g}.",
    )
    return cloud._replace(notes=(*notes, *said))

"""Point clouds from files, as the problem takes them: checked for size and extent."""

from functools import lru_cache
from pathlib import Path

import numpy as np

from problems.readers.cloud_columns import Cloud
from problems.readers.clouds import read_cloud
from problems.readers.samples import contradictions
from problems.user_files import reason

LEAST, MOST = 64, 200_000


def load_cloud(path: Path, columns: str = "") -> Cloud:
    """Points `(n, 3)`, what is learned at each, `(n, m)`, and what was understood; `columns` as `--columns`.

    Raises ValueError for another form, numbers that are not finite, fewer than 64 or more than 200,000 points, a cloud
    without extent along an axis, or a column of one value alone."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"A point cloud must be a file that can be read; '{path}': {reason(path, error)}.") from None
    cloud = read_cloud(str(path), content, columns)
    points, values, axes, names, notes = cloud
    if not LEAST <= len(points) <= MOST:
        raise ValueError(f"A point cloud has from {LEAST} to {MOST:,} points; '{path}' has {len(points):,}.")
    low, high = points.min(axis=0), points.max(axis=0)
    flat = [name for name, extent in zip(axes, high - low, strict=True) if extent == 0]
    flat += [name for name, spread in zip(names, np.ptp(values, axis=0), strict=True) if spread == 0]
    # each axis is divided by its extent later on, and what does not vary has no frequency
    if flat:
        raise ValueError(
            f"A point cloud must extend along each axis and have more than one value in each column; in '{path}' "
            f"'{flat[0]}' is the same everywhere. Name other columns with --columns."
        )
    box = ", ".join(f"{name} from {a:.4g} to {b:.4g}" for name, a, b in zip(axes, low, high, strict=True))
    each = zip(names, values.min(axis=0), values.max(axis=0), strict=True)
    ranges = ", ".join(f"{name} from {a:.4g} to {b:.4g}" for name, a, b in each)
    said = (
        f"{len(points):,} points, {box}; each axis was scaled to [-1, 1], and the mean of the values was taken off.",
        f"Values: {ranges}.",
    )
    return cloud._replace(notes=(*notes, *said, *contradictions(points, values)))


@lru_cache(maxsize=16)
def outputs_of(path: Path, columns: str, digest: str) -> int:
    """How many numbers are learned at each point of a file of this content; raises ValueError as `load_cloud`."""
    del digest  # another content is another entry
    return load_cloud(path, columns).values.shape[1]

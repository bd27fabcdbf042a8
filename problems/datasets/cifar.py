"""The binary layout of CIFAR-10: records of one label byte and 3 x 32 x 32 pixels, channel first.

Source: https://www.cs.toronto.edu/~kriz/cifar.html, section "binary version". Whichever of the official batch files are
present are taken, so that one batch is enough to begin with.
"""

from pathlib import Path

import numpy as np

from problems.datasets.base import DataError, Images, Pixels

BATCHES = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
TEST = "test_batch.bin"
PIXELS = 3 * 32 * 32
AGAIN = "Delete it and run 'harness data fetch cifar10', or put a whole one in its place."


def lacking(folder: Path) -> list[str]:
    """The first batch, where there is no training batch at all."""
    return [] if any((folder / name).is_file() for name in BATCHES) else [BATCHES[0]]


def read_folder(folder: Path) -> Images:
    """All batches in `folder`; without a test batch there are no test images. Raises DataError."""
    names = [name for name in (*BATCHES, TEST) if (folder / name).is_file()]
    batches = {name: read_batch(folder / name) for name in names}
    train = np.concatenate([batches[name] for name in names if name != TEST])
    test = batches.get(TEST, np.empty((0, 1 + PIXELS), np.uint8))
    about = (
        f"{folder}: {len(train):,} training and {len(test):,} test images of 3 x 32 x 32 pixels ({', '.join(names)})"
    )
    return Images(train[:, 1:], train[:, 0], test[:, 1:], test[:, 0], 255, about)


def read_batch(path: Path) -> Pixels:
    """Records `(n, 3073)` of one file; raises DataError if it has no whole number of them, or a label above 9."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}. {AGAIN}") from None
    if not content or len(content) % (1 + PIXELS):
        raise DataError(
            f"{path} has {len(content):,} bytes, which is no whole number of records of {1 + PIXELS:,} bytes: it is "
            f"truncated or no CIFAR-10 batch. {AGAIN}"
        )
    records = np.frombuffer(content, np.uint8).reshape(-1, 1 + PIXELS)
    if records[:, 0].max() > 9:
        raise DataError(f"{path} has labels up to {records[:, 0].max()}; they must be from 0 to 9. {AGAIN}")
    return records

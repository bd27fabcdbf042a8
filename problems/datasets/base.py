"""What a collection of labelled images is, and where one comes from."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


class DataError(ValueError):
    """A file that is not what it should be; the message names it and says what to do."""


class DataAbsent(DataError):
    """No file is here, and none could be fetched."""


class Images(NamedTuple):
    """Pixels `(n, d)` from 0 to `peak`, row by row (colour images channel first), and labels `(n,)` from 0 to 9."""

    train: Pixels
    train_labels: Pixels
    test: Pixels
    test_labels: Pixels
    peak: int
    about: str
    """One sentence: which files were found, and how many images in them."""


class Download(NamedTuple):
    """One file on the official mirrors, which are tried in turn; `checksum` is `md5:...` or `sha256:...`."""

    name: str
    mirrors: tuple[str, ...]
    checksum: str


@dataclass(frozen=True)
class Dataset:
    """A collection that lies in files, in `folder` below the folder of all data."""

    about: str
    folder: str
    lacking: Callable[[Path], list[str]]
    """The names of the files without which `read` cannot do, of those that the folder lacks."""
    read: Callable[[Path], Images]
    """Reads and checks the folder. Raises DataError."""
    downloads: tuple[Download, ...]
    others: tuple[str, ...] = ()
    """Folders in which torchvision keeps the same files."""
    unreadable: str = ""
    """A folder in which it keeps them pickled, which is not read."""
    unpacked: tuple[str, ...] = ()
    """The files to take out of the one archive that is downloaded; empty where the downloads are the files."""


@dataclass(frozen=True)
class Embedded:
    """A collection that comes with an installed library."""

    about: str
    read: Callable[[], Images]

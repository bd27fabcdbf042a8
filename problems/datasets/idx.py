"""The idx format of MNIST and Fashion-MNIST: four files, gzipped or not.

Source: http://yann.lecun.com/exdb/mnist, section "file formats": two zero bytes, the type (8 is unsigned byte), the
number of dimensions, each dimension as a big-endian integer of four bytes, then the data.
"""

import gzip
import hashlib
import struct
import zlib
from collections.abc import Mapping
from math import prod
from pathlib import Path

import numpy as np

from problems.datasets.base import DataError, Images, Pixels

SHAPES = {
    "train-images-idx3-ubyte": (60_000, 28, 28),
    "train-labels-idx1-ubyte": (60_000,),
    "t10k-images-idx3-ubyte": (10_000, 28, 28),
    "t10k-labels-idx1-ubyte": (10_000,),
}
AGAIN = "Delete it and run 'harness data fetch', or put a whole one in its place."


def lacking(folder: Path) -> list[str]:
    """The files of the four that `folder` has neither gzipped nor plain."""
    return [f"{name}.gz" for name in SHAPES if not _found(folder, name).is_file()]


def read_folder(folder: Path, sha256: Mapping[str, str]) -> Images:
    """The four files of `folder`; `sha256` are the checksums of the decompressed contents that are known.

    Raises DataError."""
    arrays = [read_idx(_found(folder, name), shape, sha256.get(name)) for name, shape in SHAPES.items()]
    train, train_labels, test, test_labels = (array.reshape(len(array), -1) for array in arrays)
    about = f"{folder}: {len(train):,} training and {len(test):,} test images of 28 x 28 pixels"
    return Images(train, _labels(folder, train_labels), test, _labels(folder, test_labels), 255, about)


def read_idx(path: Path, shape: tuple[int, ...], sha256: str | None = None) -> Pixels:
    """The array of `shape` in an idx file of unsigned bytes; raises DataError if anything else is in it."""
    content = _decompressed(path)
    header = 4 + 4 * len(shape)
    magic = content[:4]
    if magic != bytes((0, 0, 8, len(shape))):
        expected = bytes((0, 0, 8, len(shape))).hex()
        raise DataError(
            f"{path} is not an idx file of {len(shape)} dimension(s): it begins with {magic.hex() or 'nothing'} where "
            f"the magic number {expected} must stand. {AGAIN}"
        )
    found = struct.unpack(f">{len(shape)}I", content[4:header].ljust(header - 4, b"\0"))
    if found != shape:
        raise DataError(f"{path} announces the shape {found}; this collection has {shape}. {AGAIN}")
    if len(content) != header + prod(shape):
        raise DataError(
            f"{path} holds {len(content) - header:,} bytes of data where its header announces {prod(shape):,}: it is "
            f"{'truncated' if len(content) < header + prod(shape) else 'too long'}. {AGAIN}"
        )
    if sha256 is not None and (actual := hashlib.sha256(content).hexdigest()) != sha256:
        raise DataError(f"{path} has other contents than the original: sha256 {actual}, not {sha256}. {AGAIN}")
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def _found(folder: Path, name: str) -> Path:
    plain = folder / name
    return plain if plain.is_file() else folder / f"{name}.gz"


def _decompressed(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    except EOFError:
        raise DataError(f"{path} is truncated: its gzip stream breaks off. {AGAIN}") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path} is corrupt: {error}. {AGAIN}") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}. {AGAIN}") from None


def _labels(folder: Path, labels: Pixels) -> Pixels:
    if labels.max() > 9:
        raise DataError(f"The labels in {folder} go up to {labels.max()}; they must be from 0 to 9. {AGAIN}")
    return labels[:, 0]

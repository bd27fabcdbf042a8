"""Pictures as arrays: photographs that come with libraries, or the user's own file, cropped and shrunk to a size."""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from problems.readers.pictures.decoding import decoding
from problems.readers.pictures.pixels import at_extremes, read_levels
from problems.user_files import seen_from, user_path

SAMPLES = {
    "portrait": ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg"),
    "china": ("sklearn", "datasets/images/china.jpg"),
    "flower": ("sklearn", "datasets/images/flower.jpg"),
}
"""Names of photographs, the library each comes with, and where it lies there."""
MOST_FILE_PIXELS = 50_000_000
LEAST_SIDE, MOST_SIDE = 4, 4096


def parse_size(text: str) -> tuple[int, int]:
    """`"64x48"` as `(height, width) = (48, 64)`, the shape of the array.

    Raises ValueError for another form, or a side outside 4 to 4096."""
    # six digits are enough for every side that is allowed, and int never meets thousands of them
    match = re.fullmatch(r"(\d{1,6})x(\d{1,6})", text.strip().lower())
    sides = (int(match[2]), int(match[1])) if match else (0, 0)
    if not all(LEAST_SIDE <= side <= MOST_SIDE for side in sides):
        raise ValueError(
            f"The size is written WIDTHxHEIGHT in pixels, such as 64x64, each side from {LEAST_SIDE} to {MOST_SIDE}; "
            f"got '{text}'."
        )
    return sides


def find_picture(name: str) -> Path:
    """The file of a sample's name, or the file that `name` is.

    Raises ValueError if there is none."""
    if name in SAMPLES:
        library, place = SAMPLES[name]
        found = find_spec(library)
        if found is None or not found.submodule_search_locations:
            raise ValueError(f"The picture '{name}' comes with {library}, which is not installed; install it first.")
        return Path(found.submodule_search_locations[0]) / place
    path = user_path(name)
    if not path.is_file():
        choices = ", ".join(SAMPLES)
        raise ValueError(
            f"An image is one of {choices}, or a picture file; there is no file '{name}'{seen_from(path)}."
        )
    return path


class Reading(NamedTuple):
    """Values in [-1, 1], `(height, width, components)`, and what was understood of the picture."""

    values: NDArray[np.float64]
    notes: tuple[str, ...]


def read_picture(name: str, shape: tuple[int, int], components: int, levels: str = "") -> Reading:
    """Gray (1) or red, green, blue (3), with the range of the pixels, or else `levels`, mapped to [-1, 1].

    The largest middle part with the proportions of `shape` is shrunk to it, each new pixel the mean of what it covers.
    Raises ValueError for what is no picture, is too small, or has more than 50 megapixels, which is seen before it is
    decoded."""
    path = find_picture(name)
    try:
        with decoding(name) as warned:
            opened = Image.open(path)
        with opened as picture:
            _check_pixels(name, picture.size)
            read = read_levels(name, picture, components, levels)
            _check_size(name, read.picture.size, shape)
            box = _middle(read.picture.size, shape)
            # BOX is the mean over an area: without ringing no value leaves the range; Pillow counts width first
            values = read.fitted((shape[1], shape[0]), box, components)
    except Image.DecompressionBombError:
        raise ValueError(f"A picture may have {MOST_FILE_PIXELS:,} pixels at most; '{name}' has far more.") from None
    width, height = box[2] - box[0], box[3] - box[1]
    shrunk = (
        f"Its middle {width:g} x {height:g} became {shape[1]} x {shape[0]}, each new pixel the mean of what it covers."
    )
    same = (width, height) == (shape[1], shape[0]) == read.picture.size
    return Reading(values, (*read.notes, *warned, *[shrunk] * (not same), at_extremes(values)))


def _check_pixels(name: str, size: tuple[int, int]) -> None:
    width, height = size
    if width * height > MOST_FILE_PIXELS:
        raise ValueError(
            f"A picture may have {MOST_FILE_PIXELS:,} pixels at most; '{name}' has {width} x {height} = "
            f"{width * height:,}. Shrink it first."
        )


def _check_size(name: str, size: tuple[int, int], shape: tuple[int, int]) -> None:
    width, height = size
    if width < shape[1] or height < shape[0]:
        raise ValueError(
            f"A picture must be at least as large as the size asked for, {shape[1]} x {shape[0]}; '{name}' is "
            f"{width} x {height}. Take a larger picture, or a smaller size."
        )


def _middle(size: tuple[int, int], shape: tuple[int, int]) -> tuple[float, float, float, float]:
    """The box (left, upper, right, lower) of the largest middle part with the proportions of `shape`."""
    # pixels of the file for each new pixel, alike along both axes
    scale = min(size[0] / shape[1], size[1] / shape[0])
    width, height = scale * shape[1], scale * shape[0]
    left, upper = (size[0] - width) / 2, (size[1] - height) / 2
    return left, upper, left + width, upper + height

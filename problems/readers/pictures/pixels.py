"""Pixels of every mode as numbers in [-1, 1], each by its own range: nothing is clipped, and what is done is said.

Eight bits stay eight bits; deeper gray is mapped by the depth that its largest value needs, because files say 16 bits
where a detector has 12; floating-point pixels are mapped from [0, 1] if they lie there, and else by their own extremes.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from problems.readers.pictures.decoding import check_whole, decoding
from problems.readers.pictures.deep_colours import OPAQUE, deep_channels
from problems.readers.pictures.deep_tiff import is_deep

DEPTHS = (8, 10, 12, 14, 16)
ORIENTATION = 0x0112
"""The EXIF tag of how the camera was held; 1 is upright."""
TURNS: dict[int, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: pixels[::-1, ::-1].swapaxes(0, 1),
    8: np.rot90,
}
"""What turns pixels `(height, width, c)` upright that were taken so."""
DEEP = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")
SHALLOW = ("1", "L", "P", "RGB", "CMYK", "YCbCr", "HSV")
LUMA = np.array([0.299, 0.587, 0.114])  # of ITU-R BT.601, as Pillow's own gray
OPAQUE_ALPHA = "Its alpha channel is opaque everywhere and was left out."
SPOKEN = {1: "gray", 3: "red, green and blue"}


@dataclass(frozen=True)
class Levels:
    """A picture of mode L or RGB with `span` 0 to 255, or of mode F, and what was done to come there."""

    picture: Image.Image
    span: tuple[float, float]
    notes: tuple[str, ...]
    others: tuple[Image.Image, ...] = ()
    """Green and blue of a picture with more than 8 bits a colour, of which `picture` is the red."""

    def fitted(
        self, size: tuple[int, int], box: tuple[float, float, float, float], components: int
    ) -> NDArray[np.float64]:
        """The part in `box` with `size` pixels, each the mean of what it covers, `(height, width, components)`."""
        planes = [self.mapped(one.resize(size, Image.Resampling.BOX, box)) for one in (self.picture, *self.others)]
        whole = np.concatenate(planes, axis=2)
        # deep gray is taken by a colour picture for all three components
        return np.repeat(whole, components // whole.shape[2], axis=2)

    def mapped(self, picture: Image.Image) -> NDArray[np.float64]:
        """Pixels of `picture`, of the same mode, with the span mapped to [-1, 1], `(height, width, c)`."""
        low, high = self.span
        values = np.asarray(picture, np.float64)
        values = values / 127.5 - 1 if self.span == (0, 255) else -1 + 2 * (values - low) / (high - low)
        return np.atleast_3d(values)  # gray `(h, w)` to `(h, w, 1)`


def read_levels(name: str, picture: Image.Image, components: int, levels: str = "") -> Levels:
    """The pixels of an open picture; `levels`, such as `0,4095`, says what becomes -1 and 1.

    Raises ValueError for transparent pixels, numbers that are not finite, and modes that are not pictures."""
    shown = f"'{name}' has {picture.width} x {picture.height} pixels of mode {picture.mode}."
    with decoding(name) as warned:
        frames = getattr(picture, "n_frames", 1)
        # before EXIF data are asked for, for which Pillow decodes the picture and forgets how deep it was
        halved = _halved(picture)
        check_whole(picture)
        deep = deep_channels(picture) if halved else None
        orientation = picture.getexif().get(ORIENTATION, 1)
        picture.load()
    notes = [shown, *(f"It holds {frames} pictures, of which the first is taken." for _ in range(frames > 1)), *warned]
    if deep is not None and deep.shape[2] % 2 == 0:
        _check_opaque(name, deep[..., -1] == OPAQUE)
    colours = None if deep is None or deep.shape[2] < 3 else deep[..., :3].astype(np.float64)
    turn = TURNS.get(orientation)
    if turn is not None:
        notes.append("It was turned upright, as its EXIF data say.")
    if colours is not None and deep is not None:
        notes += [OPAQUE_ALPHA] * (deep.shape[2] == 4) + _without_key(name, picture, colours)
        upright = colours if turn is None else turn(colours)
        return _deep(name, upright if components == 3 else upright @ LUMA, levels, notes)
    if halved:
        notes.append(
            "It has 16 bits a channel, of which the upper 8 are read; save it as red, green and blue in PNG or TIFF to "
            "have all."
        )
    if turn is not None:
        picture = ImageOps.exif_transpose(picture)
    if picture.mode in DEEP:
        values = np.asarray(picture).astype(np.float64)
        notes += _without_key(name, picture, values[..., None])
        return _deep(name, values, levels, notes, whole=picture.mode != "F")
    return _shallow(name, picture, components, levels, notes)


def _shallow(name: str, picture: Image.Image, components: int, levels: str, notes: list[str]) -> Levels:
    """Of a picture of eight bits a channel, or of names of colours."""
    flat, said = _without_alpha(name, picture)
    notes = [*notes, *said]
    if flat.mode not in SHALLOW:
        raise ValueError(f"'{name}' has pixels of mode {flat.mode}, which are not read; save it as RGB or gray first.")
    mode = "L" if components == 1 else "RGB"
    if flat.mode not in (mode, "1"):
        law = " (0.299 R + 0.587 G + 0.114 B)" if mode == "L" and flat.mode != "L" else ""
        notes.append(f"Its pixels were turned into {SPOKEN[components]}{law}.")
    span = _asked(levels) if levels else (0.0, 255.0)
    notes.append(f"Values {span[0]:g} to {span[1]:g} became -1 to 1.")
    return Levels(flat.convert(mode), span, tuple(notes))


def at_extremes(values: NDArray[np.float64]) -> str:
    """The share of values in [-1, 1] at either end, in a sentence."""
    low, high = float((values <= -1).mean()), float((values >= 1).mean())
    return f"{low:.1%} of the values are at the lowest and {high:.1%} at the highest of the range."


def _halved(picture: Image.Image) -> bool:
    """Whether the decoder drops half of the bits, as Pillow does with 16 bits a colour."""
    if is_deep(picture):
        return True
    if picture.format == "PPM" and picture.mode == "RGB":
        # its tile says the largest value, which one byte holds up to 255
        return any(isinstance(tile[3], tuple) and tile[3][1] > 255 for tile in getattr(picture, "tile", []))
    # the raw mode of a tile, such as RGB;16B
    described = str([tile[3] for tile in getattr(picture, "tile", [])])
    return ";16" in described and picture.mode not in DEEP


def _without_alpha(name: str, picture: Image.Image) -> tuple[Image.Image, list[str]]:
    if not picture.has_transparency_data:
        return picture, []
    whole = picture.convert("RGBA")
    # 255 is opaque
    _check_opaque(name, np.asarray(whole.getchannel("A")) == 255)
    mode = "L" if picture.mode in ("LA", "La", "L") else "RGB"
    return whole.convert(mode), [OPAQUE_ALPHA]


def _without_key(name: str, picture: Image.Image, values: NDArray[np.float64]) -> list[str]:
    """A note where a deep PNG calls one of its values `(height, width, c)` transparent, and no pixel has it."""
    key = picture.info.get("transparency")
    if key is None:
        return []
    _check_opaque(name, (values != np.asarray(key, np.float64)).any(axis=2))
    return ["No pixel has the value that the file calls transparent."]


def _check_opaque(name: str, opaque: NDArray[np.bool_]) -> None:
    if not opaque.all():
        raise ValueError(
            f"A picture must be opaque, as what lies behind it is not in the file; {1 - opaque.mean():.1%} of the "
            f"pixels of '{name}' are not. Put it on a background first."
        )


def _deep(name: str, values: NDArray[np.float64], levels: str, notes: list[str], *, whole: bool = True) -> Levels:
    if not np.isfinite(values).all():
        broken = np.count_nonzero(~np.isfinite(values))
        raise ValueError(f"Every pixel must be a finite number; {broken:,} of '{name}' are not.")
    low, high = float(values.min()), float(values.max())
    span, why = (_asked(levels), "as asked for") if levels else _span(low, high, whole=whole)
    if span[0] == span[1]:
        raise ValueError(f"A picture must not be of one colour alone; every pixel of '{name}' is {low:g}.")
    outside = float(((values < span[0]) | (values > span[1])).mean())
    clipped = f"; {outside:.1%} of the pixels lie outside and go beyond" if outside else ""
    notes.append(f"Values lie from {low:g} to {high:g}; {span[0]:g} to {span[1]:g} became -1 to 1 ({why}){clipped}.")
    # mode F, so that Pillow resizes without rounding to whole levels
    planes = [Image.fromarray(plane.astype(np.float32)) for plane in np.moveaxis(np.atleast_3d(values), 2, 0)]
    return Levels(planes[0], span, tuple(notes), tuple(planes[1:]))


def _span(low: float, high: float, *, whole: bool) -> tuple[tuple[float, float], str]:
    """What becomes -1 and 1, and why."""
    if not whole:
        # by custom floating-point pixels lie in [0, 1]
        return ((0.0, 1.0), "floating point") if low >= 0 and high <= 1 else ((low, high), "its own extremes")
    # b bits hold 0 to 2^b - 1
    depth = next((bits for bits in DEPTHS if low >= 0 and high < 2**bits), None)
    if depth is None:
        return (low, high), "its own extremes"
    return (0.0, 2.0**depth - 1), f"{depth} bits hold its largest value; --set problem.levels=LOW,HIGH says otherwise"


def _asked(levels: str) -> tuple[float, float]:
    try:
        low, high = (float(part) for part in levels.split(","))
    except ValueError:
        low = high = 0.0
    if not low < high or not np.isfinite([low, high]).all():
        raise ValueError(f"levels are two numbers, the values that become -1 and 1, such as 0,4095; got '{levels}'.")
    return low, high

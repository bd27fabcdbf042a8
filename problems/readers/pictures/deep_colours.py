"""Pictures of 16 bits a colour, of which Pillow's own decoders keep 8: PNG, PPM, and TIFF of any compression."""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from problems.readers.pictures.deep_tiff import deep_tiff

HEADER = 8
"""Bytes of PNG's signature."""
CHANNELS = {2: 3, 4: 2, 6: 4}
"""Of PNG's colour types, but for gray alone and palettes: colours, gray with alpha, colours with alpha."""
OPAQUE = 65_535
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""Of Adam7: the first column and row of each pass, and its steps to the right and down."""
WHOLE = ((0, 0, 1, 1),)


def deep_channels(picture: Image.Image) -> NDArray[np.uint16] | None:
    """All channels of an open picture, 0 to 65,535: colours `(height, width, 3)`, with alpha 4, gray with alpha 2.

    None where only 8 bits can be had."""
    try:
        return {"PNG": _of_png, "TIFF": deep_tiff, "PPM": _of_ppm}[picture.format or ""](picture, content_of(picture))
    except (KeyError, ValueError, OSError, zlib.error, struct.error, Image.DecompressionBombError):
        return None


def content_of(picture: Image.Image) -> bytes:
    """The bytes of an open picture's file, which is read on from where it was; raises ValueError if it is closed."""
    file = getattr(picture, "fp", None)
    if file is None:
        raise ValueError("The picture is not open.")
    place = file.tell()
    file.seek(0)
    content: bytes = file.read()
    # Pillow reads on from where it was
    file.seek(place)
    return content


def _of_png(picture: Image.Image, content: bytes) -> NDArray[np.uint16] | None:
    del picture  # all of it is in the content
    place, head, packed = HEADER, b"", []
    while place < len(content):
        # a chunk: its length, its name, its data, and a checksum of four bytes
        length, name = struct.unpack(">I4s", content[place : place + 8])
        data = content[place + 8 : place + 8 + length]
        head = data if name == b"IHDR" else head
        packed += [data] if name == b"IDAT" else []
        place += length + 12
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", head)
    if depth != 16 or colour not in CHANNELS:
        return None
    channels = CHANNELS[colour]
    step, raw = 2 * channels, zlib.decompress(b"".join(packed))
    pixels, start = np.empty((height, width, channels), np.uint16), 0
    for left, top, right, down in PASSES if interlaced else WHOLE:
        part = pixels[top::down, left::right]
        if part.size:
            # of each pass the rows are filtered as if it were a picture of its own, behind a byte that says how
            rows = _unfiltered(raw[start:], part.shape[0], part.shape[1] * step, step)
            part[:] = np.frombuffer(rows, ">u2").reshape(part.shape)
            start += part.shape[0] * (part.shape[1] * step + 1)
    return pixels


def _of_ppm(picture: Image.Image, content: bytes) -> NDArray[np.uint16] | None:
    """Of a binary PPM, whose pixels of two bytes a colour stand behind the header as they are."""
    (tile,) = getattr(picture, "tile", [])
    if tile[0] != "ppm" or tile[3][0] != "RGB":
        return None
    count = picture.width * picture.height * 3
    return np.frombuffer(content, ">u2", count, tile[2]).reshape(picture.height, picture.width, 3)


def _unfiltered(raw: bytes, height: int, width: int, step: int) -> bytes:
    """PNG's rows without their filters (its specification, section 9); `step` bytes make a pixel."""
    above, out = bytearray(width), bytearray()
    for number in range(height):
        start = number * (width + 1)
        kind, row = raw[start], bytearray(raw[start + 1 : start + 1 + width])
        if kind == 1:
            left = np.frombuffer(row, np.uint8).reshape(-1, step)
            row = bytearray(np.cumsum(left, axis=0, dtype=np.uint8).tobytes())
        elif kind == 2:
            row = bytearray((np.frombuffer(row, np.uint8) + np.frombuffer(above, np.uint8)).tobytes())
        elif kind == 3:
            for i in range(width):
                row[i] = (row[i] + ((row[i - step] if i >= step else 0) + above[i]) // 2) & 255
        elif kind == 4:
            _paeth(row, above, step)
        out += row
        above = row
    return bytes(out)


def _paeth(row: bytearray, above: bytearray, step: int) -> None:
    """To each byte is added whichever of its left, upper and upper left neighbours is nearest to a + b - c."""
    for i in range(len(row)):
        a, b, c = (row[i - step], above[i], above[i - step]) if i >= step else (0, above[i], 0)
        to_a, to_b, to_c = abs(b - c), abs(a - c), abs(a + b - 2 * c)
        nearest = a if to_a <= to_b and to_a <= to_c else b if to_b <= to_c else c
        row[i] = (row[i] + nearest) & 255

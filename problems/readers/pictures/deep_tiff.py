"""TIFF of 16 bits a colour, in strips or tiles, by pixel or by plane, in every compression that libtiff knows.

Pillow reads 16 bits of gray whole and of colours the upper half. A row of `w` pixels with three colours is a row of 3 w
grays to every compression, so a second directory that says so is written behind the file, and Pillow reads that."""

import struct
import warnings
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, SAMPLES = 256, 257, 258, 259, 262, 277
STRIPS, ROWS, STRIP_LENGTHS, PLANAR, PREDICTOR = 273, 278, 279, 284, 317
TILE_WIDTH, TILE_HEIGHT, TILES, TILE_LENGTHS = 322, 323, 324, 325
"""Tags of TIFF."""
GRAY, RGB = 1, 2
DIFFERENCES = 2
"""The predictor: of each row of a strip or tile the differences from pixel to pixel are kept."""
ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
"""The first bytes, and the order of bytes that they stand for."""
LONG = 4


def is_deep(picture: Image.Image) -> bool:
    """Whether an open TIFF has 16 bits in each of several channels."""
    bits = getattr(picture, "tag_v2", {}).get(BITS, ())
    return len(bits) > 1 and set(bits) == {16}


def deep_tiff(picture: Image.Image, content: bytes) -> NDArray[np.uint16] | None:
    """Pixels `(height, width, 3 or 4)` of an open picture, whose file is `content`; None of another kind."""
    tags = getattr(picture, "tag_v2", {})
    channels = tags.get(SAMPLES, 1)
    if not is_deep(picture) or channels not in (3, 4) or tags.get(PHOTOMETRIC) != RGB or content[:4] not in ORDERS:
        return None
    width, height = tags[WIDTH], tags[HEIGHT]
    if tags.get(PLANAR, 1) == 1:
        wide = _gray(content, tags, (channels, 0, 1)).reshape(height, width, channels)
        return _summed(wide, tags)
    planes = [_gray(content, tags, (1, plane, channels)) for plane in range(channels)]
    return _summed(np.stack(planes, axis=-1), tags)


def _gray(content: bytes, tags: Any, part: tuple[int, int, int]) -> NDArray[np.uint16]:
    """The picture as gray, each pixel as so many; of the pieces those of one plane, of so many."""
    wider, plane, planes = part
    offsets, lengths = (tags[tag] for tag in ((TILES, TILE_LENGTHS) if TILES in tags else (STRIPS, STRIP_LENGTHS)))
    count = len(offsets) // planes
    own = slice(plane * count, (plane + 1) * count)
    entries: dict[int, tuple[int, ...]] = {
        WIDTH: (tags[WIDTH] * wider,),
        HEIGHT: (tags[HEIGHT],),
        BITS: (16,),
        COMPRESSION: (tags.get(COMPRESSION, 1),),
        PHOTOMETRIC: (GRAY,),
        SAMPLES: (1,),
    }
    if TILES in tags:
        entries |= {TILE_WIDTH: (tags[TILE_WIDTH] * wider,), TILE_HEIGHT: (tags[TILE_HEIGHT],)}
        entries |= {TILES: offsets[own], TILE_LENGTHS: lengths[own]}
    else:
        entries |= {STRIPS: offsets[own], STRIP_LENGTHS: lengths[own], ROWS: (tags.get(ROWS, tags[HEIGHT]),)}
    with warnings.catch_warnings():
        # three times as many pixels as the picture has are no sign of an attack
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        with Image.open(BytesIO(_with_directory(content, entries))) as gray:
            return np.asarray(gray).astype(np.uint16)


def _with_directory(content: bytes, entries: dict[int, tuple[int, ...]]) -> bytes:
    """The file with another directory behind it, which it begins with."""
    order = ORDERS[content[:4]]
    begin = len(content) + len(content) % 2
    # 2 bytes for their number, 12 an entry, 4 for the next directory; what is longer than 4 bytes stands behind
    behind = begin + 2 + 12 * len(entries) + 4
    table, values = struct.pack(f"{order}H", len(entries)), b""
    for tag, numbers in sorted(entries.items()):
        packed = struct.pack(f"{order}{len(numbers)}I", *numbers)
        place = packed if len(numbers) == 1 else struct.pack(f"{order}I", behind + len(values))
        values += packed if len(numbers) > 1 else b""
        table += struct.pack(f"{order}HHI", tag, LONG, len(numbers)) + place
    head = content[:4] + struct.pack(f"{order}I", begin)
    return head + content[8:] + bytes(begin - len(content)) + table + bytes(4) + values


def _summed(pixels: NDArray[np.uint16], tags: Any) -> NDArray[np.uint16]:
    """Pixels from their differences, where the file keeps those; each tile begins anew."""
    if tags.get(PREDICTOR, 1) != DIFFERENCES:
        return pixels
    width = tags.get(TILE_WIDTH, pixels.shape[1])
    for start in range(0, pixels.shape[1], width):
        block = pixels[:, start : start + width]
        # modulo 2^16, as differences were taken
        block[:] = np.cumsum(block, axis=1, dtype=np.uint16)
    return pixels

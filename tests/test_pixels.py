"""Pixels of every mode that pictures come in: what they become, what is said about it, and what is refused."""

import contextlib
import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from problems.readers.pictures.pixels import read_levels
from problems.space.pictures import read_picture

RAMP = np.arange(64, dtype=np.uint8).reshape(8, 8) * 4
DEEP_RAMP = np.arange(64).reshape(8, 8)


def values_of(picture, components=1, levels=""):
    read = read_levels("a picture", picture, components, levels)
    return read.mapped(read.picture), " ".join(read.notes)


def save(folder, picture, name="a.png", **options):
    picture.save(folder / name, **options)
    return str(folder / name)


GRAY = RAMP / 127.5 - 1
LUMA = np.array([0.299, 0.587, 0.114])


def coloured():
    return Image.merge(
        "RGB", [Image.fromarray(RAMP), Image.fromarray(RAMP[::-1].copy()), Image.fromarray(RAMP.T.copy())]
    )


SHALLOW = {
    "L": (Image.fromarray(RAMP), GRAY, ""),
    "1": (Image.fromarray(RAMP > 100), np.where(RAMP > 100, 1.0, -1.0), ""),
    "LA": (Image.fromarray(RAMP).convert("LA"), GRAY, "alpha channel is opaque"),
    "P": (Image.fromarray(RAMP).convert("P"), GRAY, "turned into gray"),
    "RGB": (Image.fromarray(RAMP).convert("RGB"), GRAY, "0.299 R"),
    "RGBA": (Image.fromarray(RAMP).convert("RGBA"), GRAY, "alpha channel is opaque"),
    "CMYK": (Image.fromarray(RAMP).convert("RGB").convert("CMYK"), GRAY, "mode CMYK"),
    "YCbCr": (Image.fromarray(RAMP).convert("YCbCr"), GRAY, "mode YCbCr"),
}


@pytest.mark.parametrize("mode", SHALLOW)
def test_eight_bits_in_any_mode_are_the_same_gray(mode):
    picture, wanted, said = SHALLOW[mode]
    found, notes = values_of(picture)
    np.testing.assert_allclose(found[..., 0], wanted, atol=1.01 / 127.5)
    assert said in notes
    assert "0 to 255 became -1 to 1" in notes


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "CMYK", "HSV"])
def test_colours_are_kept_in_every_mode_of_colour(mode):
    found, _ = values_of(coloured().convert(mode), 3)
    np.testing.assert_allclose(found, np.asarray(coloured()) / 127.5 - 1, atol=6 / 127.5)


DEEP = {
    "16 bits": (np.uint16, DEEP_RAMP * 1000, (0, 65_535), "16 bits hold"),
    "12 bits in 16": (np.uint16, DEEP_RAMP * 60, (0, 4_095), "12 bits hold"),
    "10 bits in 16": (np.uint16, DEEP_RAMP * 16, (0, 1_023), "10 bits hold"),
    "32 bits": (np.int32, DEEP_RAMP * 100_000, (0, 6_300_000), "its own extremes"),
    "signed, as of a scanner": (np.int32, DEEP_RAMP * 40 - 1000, (-1000, 1520), "its own extremes"),
    "floats in [0, 1]": (np.float32, DEEP_RAMP / 100, (0, 1), "floating point"),
    "floats elsewhere": (np.float32, DEEP_RAMP * 0.5 - 3, (-3, 28.5), "its own extremes"),
}


@pytest.mark.parametrize("depth", DEEP)
def test_deep_pixels_are_mapped_by_their_own_range_and_nothing_is_clipped(tmp_path, depth):
    kind, pixels, (low, high), said = DEEP[depth]
    path = save(tmp_path, Image.fromarray(pixels.astype(kind)), "a.tiff")
    reading = read_picture(path, (8, 8), 1)
    np.testing.assert_allclose(reading.values[..., 0], -1 + 2 * (pixels - low) / (high - low), atol=1e-6)
    assert said in " ".join(reading.notes)
    assert len(np.unique(reading.values)) == 64


def test_a_16_bit_png_is_deep_as_well(tmp_path):
    path = save(tmp_path, Image.fromarray((DEEP_RAMP * 1000).astype(np.uint16)))
    gray, colours = (read_picture(path, (8, 8), components).values for components in (1, 3))
    np.testing.assert_allclose(gray[..., 0], -1 + 2 * DEEP_RAMP * 1000 / 65_535, atol=1e-6)
    np.testing.assert_allclose(colours[..., 2], -1 + 2 * DEEP_RAMP * 1000 / 65_535, atol=1e-6)


def test_deep_pixels_are_averaged_without_rounding(tmp_path):
    path = save(tmp_path, Image.fromarray((DEEP_RAMP * 1000).astype(np.uint16)))
    blocks = (DEEP_RAMP * 1000.0).reshape(4, 2, 4, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(read_picture(path, (4, 4), 1).values[..., 0], -1 + 2 * blocks / 65_535, atol=1e-6)


@given(depth=st.integers(1, 16), seed=st.integers(0, 99), big=st.booleans())
def test_whole_numbers_of_any_depth_stay_in_range_and_in_order(depth, seed, big):
    pixels = np.random.default_rng(seed).integers(0, 2**depth, (6, 6))
    found, _ = values_of(Image.fromarray(pixels.astype(np.int32 if big else np.uint16)))
    assert np.abs(found).max() <= 1
    order = np.argsort(pixels.ravel(), kind="stable")
    assert (np.diff(found.ravel()[order]) >= 0).all()
    assert ((np.diff(found.ravel()[order]) > 0) == (np.diff(pixels.ravel()[order]) > 0)).all()


def test_levels_of_ones_own_go_before_and_what_lies_beyond_is_said():
    found, notes = values_of(Image.fromarray((DEEP_RAMP * 100).astype(np.uint16)), levels="0,3150")
    assert found.ravel()[0] == -1
    assert found.max() == pytest.approx(3, abs=1e-6)
    assert "50.0% of the pixels lie outside" in notes
    with pytest.raises(ValueError, match="such as 0,4095; got 'high'"):
        values_of(Image.fromarray(RAMP), levels="high")


@pytest.mark.parametrize("mode", ["LA", "RGBA", "P"])
def test_transparent_pixels_are_refused(mode):
    picture = Image.fromarray(RAMP).convert("RGBA")
    picture.putalpha(Image.fromarray(np.where(RAMP < 64, 0, 255).astype(np.uint8)))
    picture = picture.convert(mode) if mode != "P" else picture.quantize(16)
    with pytest.raises(ValueError, match=r"must be opaque.*of the pixels of 'a picture' are not"):
        values_of(picture)


def test_pixels_that_are_no_numbers_and_modes_that_are_no_pictures_are_refused():
    with pytest.raises(ValueError, match="must be a finite number; 1 of 'a picture' are not"):
        values_of(Image.fromarray(np.where(DEEP_RAMP == 5, np.nan, 1.0).astype(np.float32)))
    with pytest.raises(ValueError, match="pixels of mode LAB, which are not read"):
        values_of(Image.new("LAB", (4, 4)))


@pytest.mark.parametrize("value", [7.5, -1.0])
def test_a_picture_of_one_value_alone_is_a_sentence(value):
    with pytest.raises(ValueError, match=rf"must not be of one colour alone; every pixel of 'a picture' is {value:g}"):
        values_of(Image.fromarray(np.full((8, 8), value, np.float32)))


def test_a_photograph_is_turned_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held on its side: turn by a quarter clockwise
    path = save(tmp_path, Image.fromarray(RAMP[:4]), exif=exif)
    reading = read_picture(path, (8, 4), 1)
    np.testing.assert_allclose(reading.values[..., 0], np.rot90(GRAY[:4], -1))
    assert "turned upright" in " ".join(reading.notes)


def test_of_several_pictures_in_a_file_the_first_is_taken(tmp_path):
    path = save(
        tmp_path, Image.fromarray(RAMP), "a.tiff", save_all=True, append_images=[Image.fromarray(RAMP.T.copy())]
    )
    reading = read_picture(path, (8, 8), 1)
    np.testing.assert_allclose(reading.values[..., 0], GRAY)
    assert "2 pictures, of which the first" in " ".join(reading.notes)


def test_the_share_at_the_extremes_and_the_crop_are_said(tmp_path):
    pixels = np.zeros((8, 16), np.uint8)
    pixels[:, 8:] = 255
    notes = " ".join(read_picture(save(tmp_path, Image.fromarray(pixels)), (8, 8), 1).notes)
    assert "50.0% of the values are at the lowest and 50.0% at the highest" in notes
    assert "middle 8 x 8 became 8 x 8" in notes


def png16(pixels, kinds):
    """A PNG of 16 bits a colour whose rows have these filters."""
    height, width, channels = pixels.shape
    step, raw = 2 * channels, pixels.astype(">u2").tobytes()
    rows = [raw[start : start + step * width] for start in range(0, len(raw), step * width)]
    filtered = b""
    for number, row in enumerate(rows):
        kind, above = kinds[number % len(kinds)], rows[number - 1] if number else bytes(len(row))
        filtered += bytes([kind])
        for i, byte in enumerate(row):
            a, c = (row[i - step], above[i - step]) if i >= step else (0, 0)
            b = above[i]
            nearest = min((abs(b - c), 0, a), (abs(a - c), 1, b), (abs(a + b - 2 * c), 2, c))[2]
            filtered += bytes([(byte - (0, a, b, (a + b) // 2, nearest)[kind]) & 255])

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 16, 2 if channels == 3 else 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        chunk(*pair) for pair in ((b"IHDR", head), (b"IDAT", zlib.compress(filtered)), (b"IEND", b""))
    )


def tiff16(pixels):
    """The same as a TIFF of one strip."""
    height, width, _ = pixels.shape
    entries = [(256, 4, width), (257, 4, height), (258, 3, 0), (259, 3, 1), (262, 3, 2), (273, 4, 0)]
    entries += [(277, 3, 3), (278, 4, height), (279, 4, pixels.size * 2)]
    after = 8 + 2 + 12 * len(entries) + 4
    directory = struct.pack("<H", len(entries))
    for tag, kind, value in entries:
        # what takes more than four bytes stands after the directory
        place = {258: after, 273: after + 6}.get(tag, value)
        directory += struct.pack("<HHII", tag, kind, 3 if tag == 258 else 1, place)
    data = directory + struct.pack("<I", 0) + struct.pack("<HHH", 16, 16, 16)
    return b"II*\0" + struct.pack("<I", 8) + data + pixels.astype("<u2").tobytes()


@pytest.mark.parametrize("form", ["png", "png with alpha", "tiff", "ppm"])
def test_every_bit_of_deep_colours_is_read(form):
    pixels = np.random.default_rng(0).integers(0, 65536, (13, 7, 3))
    pixels[0, 0] = 65535
    alpha = np.concatenate([pixels, np.full((13, 7, 1), 65535)], axis=2)
    content = {"png": png16(pixels, range(5)), "png with alpha": png16(alpha, range(5)), "tiff": tiff16(pixels)}
    content["ppm"] = b"P6\n# of a scanner\n7 13\n65535\n" + pixels.astype(">u2").tobytes()
    content = content[form]
    picture = Image.open(io.BytesIO(content))
    read = read_levels("a picture", picture, 3)
    values = read.fitted((7, 13), (0, 0, 7, 13), 3)
    np.testing.assert_allclose(values, -1 + 2 * pixels / 65535, atol=1e-6)
    assert "16 bits hold its largest value" in read.notes[-1]
    gray = read_levels("a picture", Image.open(io.BytesIO(content)), 1).fitted((7, 13), (0, 0, 7, 13), 1)
    np.testing.assert_allclose(gray[..., 0], -1 + 2 * pixels @ [0.299, 0.587, 0.114] / 65535, atol=1e-5)


def deep_tiff_of(pixels, *, compression, planar=1, predictor=1, tile=None, order="<"):
    """A TIFF of 16 bits a colour whose strips or tiles libtiff has compressed, each as a gray picture of its own."""
    height, width, channels = pixels.shape
    stored = pixels.astype(np.uint16)
    rows, columns = tile or (5, width)
    tall, wide = (-(-height // rows) * rows, -(-width // columns) * columns) if tile else (height, width)
    padded = np.zeros((tall, wide, channels), np.uint16)
    padded[:height, :width] = stored
    pieces = []
    for group in [slice(c, c + 1) for c in range(channels)] if planar == 2 else [slice(0, channels)]:
        for top in range(0, tall, rows):
            for left in range(0, wide, columns):
                piece = padded[top : top + rows, left : left + columns, group]
                if predictor == 2:
                    piece = np.concatenate([piece[:, :1], np.diff(piece, axis=1)], axis=1)
                flat = piece.reshape(piece.shape[0], -1)
                file = io.BytesIO()
                gray = Image.fromarray(flat)
                gray.save(file, "TIFF", compression=compression, tiffinfo={278: flat.shape[0]})
                with Image.open(io.BytesIO(file.getvalue())) as read:
                    code, (start,), (length,) = (read.tag_v2[tag] for tag in (259, 273, 279))
                pieces.append(file.getvalue()[start : start + length])
    tags = {
        256: width,
        257: height,
        258: [16] * channels,
        259: code,
        262: 2,
        277: channels,
        284: planar,
        317: predictor,
    }
    tags |= {322: columns, 323: rows} if tile else {278: rows}
    tags |= {338: 2} if channels == 4 else {}
    begin, places = 8 + 2 + 12 * (len(tags) + 2) + 4, []
    data = b""
    for piece in pieces:
        places.append(begin + len(data))
        data += piece + bytes(len(piece) % 2)
    tags |= dict(zip((324, 325) if tile else (273, 279), (places, [len(piece) for piece in pieces]), strict=True))
    table = b""
    for tag, value in sorted(tags.items()):
        numbers = value if isinstance(value, list) else [value]
        kind, letter = (3, "H") if tag in (258, 259, 262, 277, 284, 317, 338) else (4, "I")
        packed = struct.pack(f"{order}{len(numbers)}{letter}", *numbers)
        if len(packed) > 4:
            place = struct.pack(f"{order}I", begin + len(data))
            data += packed + bytes(len(packed) % 2)
        else:
            place = packed.ljust(4, b"\0")
        table += struct.pack(f"{order}HHI", tag, kind, len(numbers)) + place
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(f"{order}I", 8) + struct.pack(f"{order}H", len(tags)) + table + bytes(4) + data


TIFFS = [
    {"compression": "tiff_lzw"},
    {"compression": "tiff_adobe_deflate", "predictor": 2},
    {"compression": "packbits", "planar": 2},
    {"compression": "tiff_lzw", "predictor": 2, "planar": 2},
    {"compression": "tiff_lzw", "predictor": 2, "tile": (16, 16)},
    {"compression": "raw", "planar": 2, "tile": (16, 16)},
    {"compression": "raw", "order": ">"},
]


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("form", TIFFS)
def test_deep_tiffs_of_any_compression_and_layout_are_read_to_the_last_bit(form, channels):
    pixels = np.random.default_rng(1).integers(0, 65536, (21, 18, channels)) // 50 * 50
    pixels[..., 3:] = 65535
    if form.get("order") == ">":
        content = deep_tiff_of(pixels.astype(np.uint16).byteswap(), **form)
    else:
        content = deep_tiff_of(pixels, **form)
    read = read_levels("a picture", Image.open(io.BytesIO(content)), 3, "0,65535")
    values = read.fitted((18, 21), (0, 0, 18, 21), 3)
    np.testing.assert_allclose(values, -1 + 2 * pixels[..., :3] / 65535, atol=1e-6)


def interlaced(pixels):
    """The passes of Adam7, each a picture of its own, after figure 4-8 of the specification of PNG."""
    pattern = ["16462646", "77777777", "56565656", "77777777", "36463646", "77777777", "56565656", "77777777"]
    height, width, _ = pixels.shape
    raw = b""
    for number in "1234567":
        for y in range(height):
            row = b"".join(
                pixels[y, x].astype(">u2").tobytes() for x in range(width) if pattern[y % 8][x % 8] == number
            )
            raw += b"\0" + row if row else b""
    return raw


@pytest.mark.parametrize("shape", [(13, 7, 3), (1, 1, 3), (8, 16, 4), (3, 2, 3)])
def test_interlaced_png_is_read_to_the_last_bit(shape):
    pixels = np.random.default_rng(2).integers(0, 65536, shape)
    pixels[..., 3:] = 65535
    plain = png16(pixels, [0])
    head = plain[8:33].replace(
        bytes([16, 2 if shape[2] == 3 else 6, 0, 0, 0]), bytes([16, 2 if shape[2] == 3 else 6, 0, 0, 1])
    )
    head = head[:21] + struct.pack(">I", zlib.crc32(head[4:21]))
    data = zlib.compress(interlaced(pixels))
    body = struct.pack(">I", len(data)) + b"IDAT" + data + struct.pack(">I", zlib.crc32(b"IDAT" + data))
    picture = Image.open(io.BytesIO(plain[:8] + head + body + plain[-12:]))
    # Pillow's own decoder agrees on the upper bytes
    assert (np.asarray(picture.copy())[..., :3] == pixels[..., :3] >> 8).all()
    picture = Image.open(io.BytesIO(plain[:8] + head + body + plain[-12:]))
    values = read_levels("a picture", picture, 3, "0,65535").fitted(shape[1::-1], (0, 0, shape[1], shape[0]), 3)
    np.testing.assert_allclose(values, -1 + 2 * pixels[..., :3] / 65535, atol=1e-6)


@pytest.mark.parametrize("orientation", range(2, 9))
def test_deep_colours_are_turned_as_shallow_ones_are(orientation):
    pixels = np.random.default_rng(3).integers(0, 65536, (4, 6, 3))
    exif = Image.Exif()
    exif[0x0112] = orientation
    shallow = Image.fromarray((pixels >> 8).astype(np.uint8))
    shallow.getexif()[0x0112] = orientation
    wanted = np.asarray(ImageOps.exif_transpose(shallow))
    plain, tagged = png16(pixels, [0]), exif.tobytes().removeprefix(b"Exif\0\0")
    chunk = struct.pack(">I", len(tagged)) + b"eXIf" + tagged + struct.pack(">I", zlib.crc32(b"eXIf" + tagged))
    read = read_levels("a picture", Image.open(io.BytesIO(plain[:33] + chunk + plain[33:])), 3, "0,65535")
    found = read.mapped(read.picture)
    assert found.shape[:2] == wanted.shape[:2]
    np.testing.assert_array_equal(np.round((found[..., 0] + 1) / 2 * 65535).astype(int) >> 8, wanted[..., 0])
    assert "turned upright" in " ".join(read.notes)


def test_deep_colours_that_are_not_opaque_are_refused():
    pixels = np.full((8, 8, 4), 30_000)
    with pytest.raises(ValueError, match="must be opaque"):
        read_levels("a picture", Image.open(io.BytesIO(png16(pixels, [0]))), 3)


def test_a_plain_ppm_of_many_levels_says_that_it_is_read_in_part():
    levels = " ".join(map(str, range(0, 60_000, 500)))
    picture = Image.open(io.BytesIO(f"P3\n8 5\n65535\n{levels}\n".encode()))
    assert "of which the upper 8 are read; save it as" in " ".join(read_levels("a picture", picture, 3).notes)


def deep_png(colour, rows, transparent=()):
    """A PNG of 16 bits a channel of PNG's colour type, with the value that is transparent."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    values = np.asarray(rows, ">u2")
    head = struct.pack(">IIBBBBB", values.shape[1], values.shape[0], 16, colour, 0, 0, 0)
    key = chunk(b"tRNS", np.asarray(transparent, ">u2").tobytes()) if len(transparent) else b""
    packed = zlib.compress(b"".join(b"\0" + row.tobytes() for row in values))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + key + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


DEEP_GRAYS = np.arange(64).reshape(8, 8) * 900
DEEP_RGB = np.stack([DEEP_GRAYS, DEEP_GRAYS + 1, DEEP_GRAYS + 2], axis=-1)


@pytest.mark.parametrize(("colour", "pixels", "key"), [(0, DEEP_GRAYS, [900]), (2, DEEP_RGB, [900, 901, 902])])
def test_the_transparent_value_of_a_deep_png_is_refused_where_a_pixel_has_it(colour, pixels, key):
    with pytest.raises(ValueError, match=r"must be opaque.*1\.6% of the pixels"):
        values_of(Image.open(io.BytesIO(deep_png(colour, pixels, key))), 3)
    # a neighbour in the lower byte is another value
    found, notes = values_of(Image.open(io.BytesIO(deep_png(colour, pixels, [907] * len(key)))), 3)
    assert "No pixel has the value that the file calls transparent." in notes
    plain, _ = values_of(Image.open(io.BytesIO(deep_png(colour, pixels))), 3)
    np.testing.assert_array_equal(found, plain)


@pytest.mark.parametrize("alpha", [65_300, 65_534])
@pytest.mark.parametrize("colour", [4, 6])
def test_alpha_that_is_opaque_in_its_upper_half_alone_is_refused(colour, alpha):
    pixels = (DEEP_GRAYS[..., None] if colour == 4 else DEEP_RGB).tolist()
    with_alpha = np.concatenate([np.array(pixels), np.full((8, 8, 1), 65_535)], axis=2)
    whole, notes = values_of(Image.open(io.BytesIO(deep_png(colour, with_alpha))), 3)
    assert whole.shape[:2] == (8, 8)
    assert "alpha channel is opaque everywhere" in notes
    with_alpha[3, 4, -1] = alpha
    with pytest.raises(ValueError, match=r"must be opaque.*1\.6% of the pixels"):
        values_of(Image.open(io.BytesIO(deep_png(colour, with_alpha))), 3)


FORMATS = {
    "png": ("PNG", {}),
    "jpeg": ("JPEG", {}),
    "gif": ("GIF", {}),
    "gif of several": ("GIF", {"save_all": True, "append_images": [Image.fromarray(RAMP.T.copy())]}),
    "bmp": ("BMP", {}),
    "tiff": ("TIFF", {}),
    "tiff in lzw": ("TIFF", {"compression": "tiff_lzw"}),
    "ppm": ("PPM", {}),
    "webp": ("WEBP", {"lossless": True}),
    "jpeg 2000": ("JPEG2000", {}),
    "tga": ("TGA", {}),
    "sgi": ("SGI", {}),
    "pcx": ("PCX", {}),
}


@pytest.mark.parametrize("kind", FORMATS)
def test_every_cut_of_a_picture_is_the_whole_of_it_or_a_sentence(tmp_path, kind):
    form, options = FORMATS[kind]
    stored, path = io.BytesIO(), tmp_path / "cut.picture"
    Image.fromarray(RAMP).save(stored, form, **options)
    content = stored.getvalue()
    path.write_bytes(content)
    whole = read_picture(str(path), (8, 8), 1).values
    refused = 0
    for length in [*range(0, len(content), max(1, len(content) // 50)), len(content) - 1]:
        path.write_bytes(content[:length])
        try:
            found = read_picture(str(path), (8, 8), 1).values
        except ValueError as error:
            refused += 1
            assert "cut.picture" in str(error)  # noqa: PT017  # some cuts are read
            assert "\n" not in str(error)  # noqa: PT017
        else:
            np.testing.assert_array_equal(found, whole)
    assert refused > 20


@settings(max_examples=40, deadline=None)
@given(data=st.data(), kind=st.sampled_from([*FORMATS]))
def test_a_picture_with_wrong_bytes_is_read_or_a_sentence(tmp_path_factory, data, kind):
    form, options = FORMATS[kind]
    stored = io.BytesIO()
    Image.fromarray(RAMP).save(stored, form, **options)
    content = bytearray(stored.getvalue())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=4)):
        content[place] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("wrong") / "wrong.picture"
    path.write_bytes(content)
    with contextlib.suppress(ValueError):  # anything else is a fault
        read_picture(str(path), (8, 8), 1)


def test_a_plain_ppm_with_a_word_is_a_sentence(tmp_path):
    path = tmp_path / "a.ppm"
    path.write_bytes(b"P2\n4 4\n255\n" + b"1 2 three " * 6)
    with pytest.raises(ValueError, match=r"must be a picture such as PNG or JPEG; '.*a.ppm' is broken or cut off"):
        read_picture(str(path), (4, 4), 1)

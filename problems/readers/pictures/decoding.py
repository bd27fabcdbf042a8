"""What Pillow's decoders raise and warn of over a broken picture, as sentences, and what they pass over."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, UnidentifiedImageError

from problems.readers.pictures.deep_colours import content_of

END_OF_CODE = b"\xff\xd9"
"""The last marker of JPEG2000, which occurs nowhere else in its code."""


@contextmanager
def decoding(name: str) -> Iterator[list[str]]:
    """Whatever a decoder raises over a broken file as a ValueError of one sentence; its warnings as sentences."""
    said: list[str] = []
    try:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            yield said
    except Image.DecompressionBombError:
        raise
    except UnidentifiedImageError:
        raise ValueError(_no_picture(name, "not a picture in a known format")) from None
    except Exception as error:  # noqa: BLE001  # Pillow raises what its parsing stumbles over: IndexError, struct.error
        reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        raise ValueError(_no_picture(name, f"broken or cut off ({reason[:120]})")) from None
    # not those of large pictures, for which our own limit is lower, nor of Python
    heard = [one for one in warned if issubclass(one.category, UserWarning)]
    said += dict.fromkeys(f"Its decoder warns: {' '.join(str(one.message).split())}" for one in heard)


def _no_picture(name: str, reason: str) -> str:
    return f"An image must be a picture such as PNG or JPEG; '{name}' is {reason}."


def check_whole(picture: Image.Image) -> None:
    """Raises ValueError for an open JPEG2000 that is cut off, of which OpenJPEG reads what there is."""
    if picture.format == "JPEG2000" and END_OF_CODE not in content_of(picture):
        raise ValueError("its code has no end")

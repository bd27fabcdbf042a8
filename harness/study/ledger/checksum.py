"""A checksum of a whole Parquet file, in its own footer: of the pages, and then of the footer with zeros for itself.

Parquet's checksums are of the contents of pages alone; their headers, and the footer, can be damaged unnoticed, and a
damaged footer can end the process that reads it. So the footer's sum can be asked for alone, before it is read.
"""

from hashlib import blake2b

NAME = b"frequency-harness:checksum"
HALF = 32
BLANK = b"0" * (2 * HALF)
BEFORE = NAME + b"\x18" + bytes([len(BLANK)])
"""What precedes the sums in the footer: the name, and Thrift's header of a string of that length."""
END = 8
"""Bytes after the footer: its length, and the magic word."""


def sealed(content: bytes) -> bytes:
    """The file with its sums in the place that `BLANK` holds under `NAME`."""
    start = _footer_starts(content)
    # the last of them: a text within a page may spell the same bytes, but the footer comes after all pages
    place = content.rindex(BEFORE + BLANK) + len(BEFORE)
    # the sum of the pages first, as the footer's own sum is over it too
    content = _with(content, place, _sum(content[:start]))
    return _with(content, place + HALF, _sum(content[start:]))


def is_whole(content: bytes) -> bool:
    """Whether the sums fit; a file without them, as earlier versions wrote it, counts as whole."""
    start = _footer_starts(content)
    place = content.rfind(BEFORE, start) + len(BEFORE)
    # `rfind` has given -1
    if place < len(BEFORE):
        return True
    return is_whole_footer(content[start:]) and content[place : place + HALF] == _sum(content[:start])


def is_whole_footer(footer: bytes) -> bool:
    """The same of the footer alone, with what follows it."""
    place = footer.rfind(BEFORE) + len(BEFORE) + HALF
    if place < len(BEFORE) + HALF:
        return True
    return footer[place : place + HALF] == _sum(_with(footer, place, BLANK[:HALF]))


def _footer_starts(content: bytes) -> int:
    return len(content) - END - int.from_bytes(content[-END:][:4], "little")


def _sum(content: bytes) -> bytes:
    return blake2b(content, digest_size=HALF // 2).hexdigest().encode()


def _with(content: bytes, place: int, text: bytes) -> bytes:
    return content[:place] + text + content[place + len(text) :]

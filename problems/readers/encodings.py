"""Bytes of a text file as text, whatever wrote them: a byte-order mark is believed, then UTF-8, then Latin-1."""

import codecs

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""The mark of UTF-32 begins with that of UTF-16, so it comes first."""
LEAST_ZEROS = 0.35
"""Share of zero bytes from which text without a mark is taken for UTF-16: plain digits have one half."""


def decode(content: bytes) -> tuple[str, str]:
    """The text and the name of its encoding; raises ValueError where the bytes are no text."""
    encoding = _encoding(content)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        encoding = "latin-1"  # has a letter for every byte: it cannot fail
        text = content.decode(encoding)
    if "\0" in text:
        raise ValueError("it holds zero bytes, which no text does")
    return text, encoding


def _encoding(content: bytes) -> str:
    marked = next((name for mark, name in MARKS if content.startswith(mark)), None)
    if marked is not None:
        return marked
    even, odd = (content[start:4096:2].count(0) / max(1, len(content[start:4096:2])) for start in (0, 1))
    # plain text has its zeros in every other byte, so of those twice the share: a zero that comes first is big-endian
    if max(even, odd) > 2 * LEAST_ZEROS and min(even, odd) < LEAST_ZEROS:
        return "utf-16-be" if even > odd else "utf-16-le"
    return "utf-8"

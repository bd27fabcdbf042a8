"""On which line of a TOML file a key stands, which its parser does not tell."""

import re
from collections import Counter

# no parser of TOML: the real one has taken the text before, so that only valid lines are met here
HEADER = re.compile(r"^\s*\[\[?\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
ENTRY = re.compile(r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")
NAME = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")


def lines_of(text: str) -> dict[tuple[str, ...], int]:
    """The number of the line on which each key and each table first stands, counted from 1.

    The tables of `[[parts]]` are `("parts", "0")` and so on."""
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    counts: Counter[tuple[str, ...]] = Counter()
    for number, line in enumerate(text.splitlines(), 1):
        if header := HEADER.match(line):
            table = _names(header[1])
            if line.lstrip().startswith("[["):
                counts[table] += 1
                table = (*table, str(counts[table] - 1))
            # `[parts.problems]` stands in the `[[parts]]` above it
            elif table[:1] in counts:
                table = (table[0], str(counts[table[:1]] - 1), *table[1:])
            _note(found, table, number)
        elif entry := ENTRY.match(line):
            _note(found, (*table, *_names(entry[1])), number)
    return found


def nearest_line(lines: dict[tuple[str, ...], int], key: tuple[str, ...]) -> int:
    """The line of a key, or of the table that it stands in where it has none of its own."""
    while key and key not in lines:
        key = key[:-1]
    return lines.get(key, 1)


def _note(found: dict[tuple[str, ...], int], key: tuple[str, ...], number: int) -> None:
    for length in range(1, len(key) + 1):
        # the first line stands: a table is found where it begins, and not where its last key is
        found.setdefault(key[:length], number)


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in NAME.findall(text))

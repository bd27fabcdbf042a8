"""Columns of numbers from text: CSV and its kin as spreadsheets, instruments and programs write them.

Comment lines, a line `sep=;`, names, units and a preamble above the numbers are seen for what they are; below the first
row of numbers every line counts, and one that is no row of the table is named.
"""

import re
from collections.abc import Sequence
from io import StringIO

import numpy as np

from problems.readers.dialects import Dialect, sniff
from problems.readers.encodings import decode
from problems.readers.heads import MOST_SHOWN, Line, head_of
from problems.readers.tables import Table, Values

COMMENTS = ("#", "%", "//", "!")
DIRECTIVE = re.compile(r"sep\s*=\s*(.)\s*", re.IGNORECASE)
SEPARATOR_NAMES = {"tab": "\t", "\\t": "\t", "space": " ", "blank": " ", "comma": ",", "semicolon": ";", "bar": "|"}
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")
HUNDREDS = re.compile(r"[+-]?\d{1,3}")
FIRST_ROWS = 1_000
"""Rows that must arouse a suspicion before all are looked at."""
SHEET_FAULT = re.compile(r"#(N/A|NA|DIV/0!|VALUE!|REF!|NAME\?|NUM!|NULL!|SPILL!|CALC!)", re.IGNORECASE)
"""What a spreadsheet has in a cell that it could not compute: no comment, though it begins as one."""


def read_text(path: str, content: bytes, separator: str = "") -> Table:
    """The table in a text file; raises ValueError saying which line is wrong and what would be read."""
    try:
        text, encoding = decode(content)
    except ValueError as error:
        raise ValueError(
            f"'{path}' must be columns of numbers in plain text, or .npy, .npz, .parquet or .wav; {error}."
        ) from None
    lines, directed = _lines(text)
    asked = SEPARATOR_NAMES.get(separator.strip().lower() or separator, separator) or directed
    if asked and len(asked) != 1:
        raise ValueError(f"--sep is one letter, or tab, space, comma, semicolon or bar; got '{separator}'.")
    counting = [line for line in lines if not _is_comment(line)]
    dialect, width = sniff([line.text for line in counting], asked or None)
    head = head_of(path, counting, dialect, width)
    body = counting[head.lines :]
    if body:
        start = body[0].number
        body = [line for line in lines if line.number >= start and _is_row(line, dialect, width)]
        # above the numbers only what a spreadsheet failed to compute is a row behind the mark of a comment
        body = [line for line in lines if line.number < start and _has_fault(line, dialect, width)] + body
    comments = sum(_is_comment(line) for line in lines) - sum(_is_comment(line) for line in body)
    numbered = not head.names
    names = head.names or [str(column + 1) for column in range(width)]
    numeric = tuple(position for position in range(width) if _holds_numbers(body, dialect, position))
    spoken = "" if encoding in ("utf-8", "ascii") else f", in {encoding.removesuffix('-sig').upper()}"
    notes = [f"'{path}' was read as text{spoken}, {dialect.spoken if width > 1 else 'one column'}."]
    notes += [f"{comments} comment line(s) were passed over."] * bool(comments)
    notes += head.notes

    def read(columns: Sequence[int]) -> Values:
        return _numbers(path, body, dialect, width, columns)

    return Table(
        path, tuple(names), numeric, read, lambda row: _quoted(path, body[row]), tuple(notes), numbered=numbered
    )


def _lines(text: str) -> tuple[list[Line], str]:
    """The lines that are not blank, and the separator that a first line `sep=` names."""
    # not splitlines, which breaks at form feeds and other separators too, and would count otherwise than editors
    lines = [Line(number, line) for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1) if line.strip()]
    if lines and (match := DIRECTIVE.fullmatch(lines[0].text.strip(' "\ufeff'))):
        return lines[1:], match[1]
    return lines, ""


def _is_comment(line: Line) -> bool:
    return line.text.lstrip().startswith(COMMENTS)


def _is_row(line: Line, dialect: Dialect, width: int) -> bool:
    """Whether a line below the first row of numbers counts: all do but comments that have not the form of a row."""
    if not _is_comment(line):
        return True
    cells = dialect.cells(line.text)
    if len(cells) != width:
        return False
    # between blanks or in one column words make the form of a row by chance; numbers do not
    bare = [cell.lstrip("#%/!") for cell in cells]
    numbers = any(dialect.number(cell) is not None for cell in bare)
    return numbers or _has_fault(line, dialect, width) or (width > 1 and dialect.separator is not None)


def _has_fault(line: Line, dialect: Dialect, width: int) -> bool:
    cells = dialect.cells(line.text)
    return len(cells) == width and _is_comment(line) and any(SHEET_FAULT.fullmatch(cell) for cell in cells)


def _holds_numbers(body: Sequence[Line], dialect: Dialect, position: int) -> bool:
    """Whether most of the first rows have a number there: one bad cell is a mistake, a column of text is not."""
    cells = [row[position] for row in (dialect.cells(line.text) for line in body[:50]) if position < len(row)]
    spelled = sum(dialect.number(cell) is not None for cell in cells)
    return bool(cells) and 2 * spelled >= len(cells)


def _numbers(path: str, body: Sequence[Line], dialect: Dialect, width: int, columns: Sequence[int]) -> Values:
    _check_rows(path, body, dialect, width)
    if dialect.decimal == ",":
        _check_marks(path, body, dialect, columns)
    for column in columns:
        _check_thousands(path, body, dialect, column)
    if dialect.decimal == dialect.separator:  # then quotation marks alone tell them apart
        body = [Line(line.number, "\t".join(dialect.cells(line.text))) for line in body]
        dialect = Dialect("\t", dialect.decimal)
    text = "\n".join(line.text for line in body)
    text = text.replace(",", ".") if dialect.decimal == "," else text
    try:
        # comments were passed over above: a # that is left is a fault to be shown
        values = np.loadtxt(
            StringIO(text), delimiter=dialect.separator, usecols=list(columns), ndmin=2, comments=None, quotechar='"'
        )
    except ValueError:
        values = np.full((1, 1), np.nan)  # sends what numpy cannot read to the search for its line
    if not np.isfinite(values).all():
        raise ValueError(_fault(path, body, dialect, columns))
    return values.reshape(-1, len(columns))


def _check_rows(path: str, body: Sequence[Line], dialect: Dialect, width: int) -> None:
    """Raise ValueError for a row of another number of columns, and for a comment that could be a row."""
    if dialect.separator is None:
        uneven = next((line for line in body if len(line.text.split()) != width), None)
    else:
        gaps = width - 1
        uneven = next(
            (
                line
                for line in body
                # counting is fast; only a line that fails is split with care for its quotation marks
                if line.text.count(dialect.separator) != gaps and len(dialect.cells(line.text)) != width
            ),
            None,
        )
    if uneven is not None:
        count = len(dialect.cells(uneven.text))
        raise ValueError(
            f"Every row must have {width} column(s), {dialect.spoken}; {_quoted(path, uneven)}, which has {count}."
            f"{_example(body, dialect, width)}"
        )
    marked = next((line for line in body if _is_comment(line) and not _has_fault(line, dialect, width)), None)
    if marked is not None:
        raise ValueError(
            f"Below the first row of numbers a comment must not have the form of a row; {_quoted(path, marked)}. Leave "
            f"it out, or take off the mark.{_example(body, dialect, width)}"
        )


def _check_marks(path: str, body: Sequence[Line], dialect: Dialect, columns: Sequence[int]) -> None:
    """Raise ValueError where points or commas of the wanted cells may stand between thousands.

    They do where a table has both, and as a rule where commas separate columns, too, and three digits follow each."""
    between = dialect.separator == ","
    if not between and not any("." in line.text for line in body):
        return
    table = [dialect.cells(line.text) for line in body]
    marked = {column: [cells[column] for cells in table if "," in cells[column]] for column in columns}
    pointed = any("." in cells[column] for cells in table for column in columns)
    thousands = between and any(cells and all(map(THOUSANDS.fullmatch, cells)) for cells in marked.values())
    first = next((cell for cells in marked.values() for cell in cells), "")
    if first and (pointed or thousands):
        raise ValueError(
            f"Numbers have one mark, before their decimals; in '{path}' commas, as in '{first}', "
            f"{'stand beside points' if pointed else 'may stand between thousands'}. Write numbers without any between "
            "thousands."
        )


def _check_thousands(path: str, body: Sequence[Line], dialect: Dialect, column: int) -> None:
    """Raise ValueError where three digits follow each mark, zeros at the end are kept, and what is small has no mark.

    Of decimals, all or none have such zeros: 1.500 stands beside 2.000, and 1.5 beside 2."""
    first = [dialect.cells(line.text)[column] for line in body[:FIRST_ROWS]]
    if not _thousands(first, dialect.decimal):
        return
    found = _thousands([dialect.cells(line.text)[column] for line in body], dialect.decimal)
    if not found:
        return
    marks = {".": "points", ",": "commas"}[dialect.decimal]
    raise ValueError(
        f"Numbers have one mark, before their decimals; in '{path}' {marks}, as in '{found[0]}' beside '{found[1]}', "
        "may stand between thousands. Write numbers without any between thousands, or all with their decimals."
    )


def _thousands(cells: Sequence[str], mark: str) -> tuple[str, str] | None:
    """A cell with a mark between thousands and one without, None where nothing says that marks are such."""
    marked = [cell for cell in cells if mark in cell]
    whole = [cell for cell in cells if mark not in cell]
    ended = [cell for cell in marked if cell.endswith("0")]
    alike = all(map(THOUSANDS.fullmatch, marked)) and all(map(HUNDREDS.fullmatch, whole))
    return (ended[0], whole[0]) if ended and whole and alike else None


def _fault(path: str, body: Sequence[Line], dialect: Dialect, columns: Sequence[int]) -> str:
    """The first line whose wanted cells are not all finite numbers."""
    for line in body:
        numbers = [dialect.number(cell) for cell in dialect.cells(line.text)]
        if not all(numbers[column] is not None and np.isfinite(numbers[column] or 0.0) for column in columns):
            what = f"Every cell of the columns that are read must be a finite number; {_quoted(path, line)}."
            return what + _example(body, dialect, len(numbers))
    return f"'{path}' holds numbers in a form that is not read; write them such as -1.5 or 2e-3."


def _example(body: Sequence[Line], dialect: Dialect, width: int) -> str:
    """The nearest thing that would be read: another line of the same file."""
    for line in body:
        numbers = [dialect.number(cell) for cell in dialect.cells(line.text)]
        if len(numbers) == width and all(number is not None and np.isfinite(number) for number in numbers):
            return f" A line such as '{line.text.strip()[:MOST_SHOWN]}' (line {line.number}) is read."
    return ""


def _quoted(path: str, line: Line) -> str:
    return f"line {line.number} of '{path}' is '{line.text.strip()[:MOST_SHOWN]}'"

"""The one door for curves in files: the kind is told by the content, and what was understood is put in sentences."""

import gzip
import zlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from problems.readers.arrays import read_npy, read_npz, read_parquet
from problems.readers.sound import read_wav
from problems.readers.tables import Table, Values, check_squares, chosen
from problems.readers.text_tables import read_text
from problems.user_files import user_path

SUFFIXES = (".csv", ".tsv", ".txt", ".dat", ".asc", ".npy", ".npz", ".parquet", ".wav", ".gz")
"""Of files of which it is an error that they are not there; any other path that exists is read as well."""
BINARY: tuple[tuple[bytes, Callable[[str, bytes], Table]], ...] = (
    (b"\x93NUMPY", read_npy),
    (b"PK\x03\x04", read_npz),
    (b"PAR1", read_parquet),
    (b"RIFF", read_wav),
    (b"RIFX", read_wav),
    (b"RF64", read_wav),
)
"""The first bytes of a file, and who reads it."""
REFUSED = (
    (b"\x89PNG", "a picture; learn it with --image"),
    (b"\xff\xd8\xff", "a picture; learn it with --image"),
    (b"\x89HDF", "an HDF5 file; save the two columns as .npz or CSV"),
    (b"%PDF", "a PDF"),
    (b"ARROW1", "a Feather file; save it as Parquet or CSV"),
    (b"CDF\x01", "a NetCDF file; save the two columns as .npz or CSV"),
    (b"CDF\x02", "a NetCDF file; save the two columns as .npz or CSV"),
    (b"SIMPLE  =", "a FITS file; save the two columns as .npz or CSV"),
    (b"\x80\x04", "a pickle, which may run any program; save the two columns as .npz or CSV"),
    (b"\xff\xfb", "compressed sound; convert it to WAV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file; save the sheet as CSV"),
    (b"MATLAB ", "a MATLAB file; save x and y with numpy as .npz, or as CSV"),
    (b"OggS", "compressed sound; convert it to WAV"),
    (b"fLaC", "compressed sound; convert it to WAV"),
    (b"ID3", "compressed sound; convert it to WAV"),
    (b"ply", "a cloud of points; learn it with --points"),
)
MOST_SHARE = 0.01
"""Share of values at an extreme from which a curve looks clipped."""


class Curve(NamedTuple):
    """`x` ascending and `y`, both `(n,)`, and what was understood."""

    x: Values
    y: Values
    notes: tuple[str, ...]


def is_file(text: str) -> bool:
    """Whether a target is a file: it exists, or its name ends as such a file's does."""
    path = user_path(text)
    try:
        # an empty path is the present folder
        return bool(text.strip()) and (path.exists() or path.suffix.lower() in SUFFIXES)
    except (OSError, ValueError):  # no path could be spelled like this
        return False


def read_curve(path: str, content: bytes, columns: str = "", separator: str = "") -> Curve:
    """The curve in a file's `content`; `columns` names x and y, or y alone. Raises ValueError."""
    table = read_table(path, content, separator)
    positions, notes = chosen(table, columns, 2)
    values = table.read(positions)
    check_squares(path, values)
    if len(values) < 2:
        raise ValueError(f"A curve needs at least two rows of x and y; '{path}' has {len(values)}.")
    names = [table.names[position] for position in positions]
    if len(positions) == 1:
        values = np.column_stack([np.arange(len(values), dtype=float), values])
        notes += ("There is one column, y: x is the number of the row, from 0.",)
    elif not table.numbered:
        notes += (f"x is the column '{names[0]}', y the column '{names[1]}'.",)
    order = np.argsort(values[:, 0], kind="stable")
    # the stable order of what is sorted already is 0, 1, 2, ...
    if not (order[1:] > order[:-1]).all():
        notes += ("The rows were not in the order of x, and were sorted.",)
    x, y = values[order].T
    # two y at one x are no function
    twins = np.flatnonzero(np.diff(x) == 0)
    if len(twins):
        first, second = sorted(order[twins[0] : twins[0] + 2])
        raise ValueError(
            f"Every x may occur once; '{path}' has x = {x[twins[0]]:g} twice: {table.place(first)}, and "
            f"{table.place(second)}. Average them, or leave one out."
        )
    return Curve(x, y, (*table.notes, *notes))


def read_table(path: str, content: bytes, separator: str = "") -> Table:
    """All columns of a file, whichever kind it is; raises ValueError."""
    if content[:2] == b"\x1f\x8b":  # gzip, whatever the name
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise ValueError(f"'{path}' cannot be decompressed: {error}.") from None
    for magic, what in REFUSED:
        if content.startswith(magic):
            raise ValueError(f"What is read are columns of numbers; '{path}' is {what}.")
    # an .xlsx is a zip archive as an .npz is; its list of files stands at the end
    if content.startswith(b"PK\x03\x04") and b"xl/" in content[:4096] + content[-4096:]:
        raise ValueError(f"What is read are columns of numbers; '{path}' is an Excel file. Save the sheet as CSV.")
    for magic, reader in BINARY:
        if content.startswith(magic):
            if separator:
                raise ValueError(f"--sep is about the columns of a text file, and '{path}' is none; leave it out.")
            return reader(path, content)
    return read_text(path, content, separator)


def described(x: Values, y: Values, *, uniform: bool) -> tuple[str, ...]:
    """What a curve is like: spacing of x, scales far from one, and the share of y at its extremes."""
    steps = np.diff(x)
    spacing = (
        f"in equal steps of {steps.mean():.6g}" if uniform else f"in steps of {steps.min():.3g} to {steps.max():.3g}"
    )
    notes = [f"{len(x):,} samples; x from {x[0]:.6g} to {x[-1]:.6g} {spacing}, y from {y.min():.6g} to {y.max():.6g}."]
    for name, size in (("x", np.abs(x).max()), ("y", np.abs(y).max())):
        if size > 0 and not 1e-2 <= size <= 1e2:
            rescue = ", or take --embedding 'fourier(16,1)', which sees its share of the domain" if name == "x" else ""
            notes.append(
                f"{name} reaches {size:.3g}, far from one, and is taken as it is: if nothing is learned, rescale it"
                f"{rescue}."
            )
    # a clipped curve stays at its end for more than a sample: its largest value every curve reaches once
    ends = [y == end for end in (y.min(), y.max())]
    at_ends = [at_end.mean() * (at_end[1:] & at_end[:-1]).any() for at_end in ends]
    # a curve of few levels, such as a square wave, is at its extremes by nature
    if len(np.unique(y)) > 8 and max(at_ends) > MOST_SHARE:
        notes.append(
            f"{ends[0].mean():.1%} of y lie at the smallest and {ends[1].mean():.1%} at the largest value: it may be "
            "clipped."
        )
    return tuple(notes)

"""Samples of any dimension from named columns: `inputs:targets`, such as `a,b,c:u,v`, of any file of columns."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from problems.nearest import lookup
from problems.readers.arrays import load_npz
from problems.readers.curves import read_table
from problems.readers.samples import Samples, read_samples
from problems.readers.tables import Table, listed, positions_of

FORM = "--columns names inputs and, after a colon, targets, such as a,b:u; without a colon the last is the target"


def read_columns(path: str, content: bytes, columns: str, separator: str = "") -> Samples:
    """Samples of the columns that are named; of an .npz an array's name stands for all its columns.

    Raises ValueError, with the columns there are."""
    inputs, targets = _asked(columns)
    # an .npz is a zip archive
    if content.startswith(b"PK\x03\x04") and not separator:
        arrays = _flat(path, load_npz(path, content))
        samples = read_samples(_stacked(arrays, inputs), _stacked(arrays, targets))
        return samples._replace(notes=(_said(path, inputs, targets), *samples.notes))
    table = read_table(path, content, separator)
    if not columns:
        raise ValueError(f"{FORM}; '{path}' has: {listed(table)}.")
    x, y = (table.read(positions_of(table, names)) for names in (inputs, targets))
    samples = read_samples(x, y)
    return samples._replace(notes=(*table.notes, _said(path, inputs, targets), *samples.notes, *_whole(table, y)))


def _asked(columns: str) -> tuple[list[str], list[str]]:
    before, colon, after = columns.partition(":")
    names = [[name.strip() for name in part.split(",") if name.strip()] for part in (before, after)]
    if not colon:
        names = [names[0][:-1], names[0][-1:]]
    if columns and (not all(names) or len(set(names[0] + names[1])) < len(names[0] + names[1])):
        raise ValueError(f"{FORM}, each once; got '{columns}'.")
    return names[0], names[1]


def _said(path: str, inputs: Sequence[str], targets: Sequence[str]) -> str:
    return f"'{path}': inputs are {', '.join(inputs)}, and what is learned is {', '.join(targets)}."


def _whole(table: Table, targets: NDArray[np.float64]) -> tuple[str, ...]:
    """A note where text holds what may be meant as classes: it does not tell whole numbers from others."""
    if targets.shape[1] > 1 or (targets % 1 != 0).any() or len(np.unique(targets)) > len(targets) // 2:
        return ()
    return (f"The whole numbers of '{table.path}' are learned as values; classes are whole numbers in an .npz.",)


def _flat(path: str, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Columns `(n, m)` by name: of a wide array also each column, numbered from 1."""
    found: dict[str, NDArray[Any]] = {}
    for name, array in arrays.items():
        if array.ndim == 0:
            continue
        wide = array.reshape(len(array), -1)
        found[name] = wide
        # an array's own name goes before that of another's column
        found |= {f"{name}{j}": wide[:, j - 1 : j] for j in range(1, wide.shape[1] + 1) if f"{name}{j}" not in arrays}
    if not found:
        raise ValueError(f"'{path}' holds no arrays of samples.")
    return found


def _stacked(arrays: Mapping[str, NDArray[Any]], names: Sequence[str]) -> NDArray[Any]:
    parts = [lookup("column", name, arrays) for name in names]
    lengths = {len(part) for part in parts}
    if len(lengths) > 1:
        shapes = ", ".join(f"{name} {part.shape}" for name, part in zip(names, parts, strict=True))
        raise ValueError(f"The columns of one sample have one length; got {shapes}.")
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

"""Whether a study can be made again: a sample of its runs is, and the rows are compared."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from harness.run.runner import run
from harness.run.spec import RunSpec, stream
from harness.study.ledger.part import unpack
from harness.study.store import Store
from harness.tables import Tables

UNREPEATABLE = ("timeout", "failed", "crashed")
"""Ends that depend on more than the run."""
OWN_TO_A_MACHINE = {"seconds", "seconds_objective", "seconds_optimizer", "seconds_measuring", "machine_id", "lanes"}
GONE = "its file is damaged or gone"
ALIKE = 1e-8
"""Largest difference, relative, between a lane of a batch and the run alone: sums are ordered differently."""


NOISE = 1e-6
"""Of the largest number of a column: smaller ones count as this large, as they hold the last digits of larger ones."""


class Verdict(NamedTuple):
    """One run made again: whether its rows are the same, or by how much, relative, they differ at most.

    A run whose file is `damaged`, and why, has no rows to compare."""

    spec: RunSpec
    identical: bool
    difference: float
    damaged: str = ""

    @property
    def passed(self) -> bool:
        """Whether the rows are the same, but for rounding."""
        return self.identical or self.difference <= ALIKE


def sample(store: Store, specs: Sequence[RunSpec], count: int, draw: int = 0) -> list[RunSpec]:
    """Finished runs of the study, drawn at random, in their order; all of them where there are no more."""
    states = store.states()
    able = [spec for spec in specs if spec.run_id in states and states[spec.run_id].status not in UNREPEATABLE]
    return drawn(able, count, draw)


def drawn(specs: Sequence[RunSpec], count: int, draw: int = 0) -> list[RunSpec]:
    """So many of the runs, drawn at random by the seed `draw`, in their order; all where there are no more."""
    return [specs[index] for index in sorted(stream(draw, "verify").permutation(len(specs))[:count])]


def verify(store: Store, specs: Sequence[RunSpec]) -> list[Verdict]:
    """Make these runs again, each alone, and compare them with the ledger; nothing is written."""
    return [_verified(store, spec) for spec in specs]


def _verified(store: Store, spec: RunSpec) -> Verdict:
    rows = store.ledger.rows([spec.run_id])
    if rows is None:  # its footer was whole, and its pages are not
        return Verdict(spec, False, np.inf, store.ledger.damaged.get(f"{spec.run_id}.parquet", GONE))
    return _compare(spec, unpack(rows), run(spec))


def _compare(spec: RunSpec, kept: Tables, made: Tables) -> Verdict:
    # tables without rows are not kept, and are no difference
    names = [name for name, table in made.items() if len(table) or name in kept]
    differences = [difference(kept.get(name), made[name]) for name in names]
    return Verdict(spec, not any(differences), max(differences, default=0.0))


def difference(kept: pd.DataFrame | None, made: pd.DataFrame) -> float:
    """The largest difference of two tables, relative to the larger number; infinite where they cannot be compared."""
    if kept is None or len(kept) != len(made):
        return np.inf
    largest = 0.0
    for name in made.columns.difference(list(OWN_TO_A_MACHINE)):
        one, two = kept[name], made[name]
        if one.dtype.kind != "f":
            # a column of words that came later than the run says nothing of it
            if len(one) and one.isna().all():
                continue
            largest = largest if one.equals(two) else np.inf
            continue
        a, b = one.to_numpy(), two.to_numpy()
        # also equal infinities, whose difference is NaN
        same = (a == b) | (np.isnan(a) & np.isnan(b))
        with np.errstate(all="ignore"):
            # |a - b| / max(|a|, |b|, NOISE max |column|)
            larger = np.maximum(np.abs(a), np.abs(b))
            least = NOISE * np.max(larger, where=np.isfinite(larger), initial=0.0)
            apart = np.abs(a - b) / np.maximum(larger, least)
        # what is still NaN is one number against none
        largest = max(largest, float(np.where(same, 0.0, np.nan_to_num(apart, nan=np.inf)).max(initial=0.0)))
    return largest

"""Runs of a kept Atlas made again: a random sample, anywhere, and how far its rows are from those that are kept.

Sums of floating point are ordered differently by other processors and libraries, and a method that searches along lines
amplifies the last digit until its later hits are others. So a run is held to a tolerance; what it missed is said."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from harness.analysis.hits import find_hits
from harness.atlas.wording import number, table
from harness.run.runner import run
from harness.run.spec import RunSpec, stream
from harness.tables import Doubles, Tables

VERIFIED = "verified.csv"
TOLERANCE = 0.01
"""Of the cost of a hit and of the best loss, relative."""
COMMAND = "python -m harness atlas --verify"
HEADS = (
    "problem",
    "method",
    "seed",
    "hits",
    "the same within 1 %",
    "largest difference of a cost",
    "of the best loss",
    "within tolerance",
)


def drawn(specs: Sequence[RunSpec], kept: Tables, count: int, draw: int = 0) -> list[RunSpec]:
    """Kept runs, drawn at random, in their order."""
    known = set(kept["runs"]["run_id"])
    able = [spec for spec in specs if spec.run_id in known]
    return [able[index] for index in sorted(stream(draw, "verify").permutation(len(able))[:count])]


def verified(specs: Sequence[RunSpec], kept: Tables) -> pd.DataFrame:
    """Make these runs again, each alone; a row for each.

    Columns: problem, optimizer, seed, run_id, hits, same (of them), cost_difference and loss_difference (relative, the
    largest), passed."""
    return pd.DataFrame([_compared(spec, run(spec), kept) for spec in specs])


def verified_section(rows: pd.DataFrame | None) -> Iterator[str]:
    """The section of the page."""
    yield "## Made again"
    yield ""
    if rows is None:
        yield f"No sample of the runs has been made again: `{COMMAND} 12`."
        yield ""
        return
    passed, exact = (
        int(rows["passed"].sum()),
        int((rows[["cost_difference", "loss_difference"]].max(axis=1) <= 1e-8).sum()),
    )
    yield (
        f"`{COMMAND} {len(rows)}` has drawn {len(rows)} of the kept runs and made them again, each alone. "
        f"{passed} agree within {TOLERANCE:.0%} "
        f"in the cost of every hit and in the best loss, {exact} of them to eight digits. "
        f"{int(rows['same'].sum())} of {int(rows['hits'].sum())} hits agree."
    )
    yield ""
    yield from table(HEADS, [_line(row) for _, row in rows.iterrows()])


def _line(row: "pd.Series[Any]") -> list[str]:
    shown = [number(float(str(row[name]))) for name in ("cost_difference", "loss_difference")]
    names = [str(row["problem"]), f"`{row['optimizer']}`", str(row["seed"]), str(row["hits"]), str(row["same"])]
    return [*names, *shown, "yes" if row["passed"] else "no"]


def _compared(spec: RunSpec, made: Tables, kept: Tables) -> dict[str, object]:
    hits = find_hits(made["runs"], made["curves"], made["spectra"])
    key = ["probe", "component", "frequency", "threshold"]
    there = kept["hits"][kept["hits"]["run_id"] == spec.run_id]
    both = hits.merge(there, on=key, suffixes=("", "_kept"))
    alike = (both["censored"] == both["censored_kept"]).to_numpy()
    apart = _apart(both["cost"].to_numpy(np.float64), both["cost_kept"].to_numpy(np.float64))
    # what neither has learned is no difference of a cost; what one has learned alone is an infinite one
    apart = np.where(alike, np.where(both["censored"], 0.0, apart), np.inf)
    loss = _apart(made["runs"]["best_loss"].to_numpy(np.float64), _loss(kept, spec))
    same = len(both) == len(there) == len(hits)
    worst = float(apart.max(initial=0.0)) if same else np.inf
    return {
        "problem": spec.problem,
        "optimizer": spec.optimizer,
        "seed": spec.seed,
        "run_id": spec.run_id,
        "hits": len(there),
        "same": int((apart <= TOLERANCE).sum()),
        "cost_difference": worst,
        "loss_difference": float(loss[0]),
        "passed": worst <= TOLERANCE and float(loss[0]) <= TOLERANCE,
    }


def _loss(kept: Tables, spec: RunSpec) -> Doubles:
    return kept["runs"][kept["runs"]["run_id"] == spec.run_id]["best_loss"].to_numpy(np.float64)


def _apart(a: Doubles, b: Doubles) -> Doubles:
    """|a - b| / max(|a|, |b|); 0 where both are 0, infinite or not numbers."""
    with np.errstate(all="ignore"):
        ratio = np.abs(a - b) / np.maximum(np.abs(a), np.abs(b))
    return np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, ratio)

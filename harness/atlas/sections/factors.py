"""By what is the order lost or reversed? One factor changed, everything else equal, over all methods that ran on both.

Of blocks of one problem that differ in one thing, the first of the study is what the others are compared with. Methods
differ in more than one thing; the pairs below are those of which the second adds a thing to the first."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from harness.analysis.asked.sizes import is_exact
from harness.analysis.asked.standing import block_names, facts_of
from harness.analysis.asked.targets import of_single_runs
from harness.analysis.statistics.verdicts import DIRECTIONS
from harness.atlas.wording import number, table
from harness.tables import PLACE, Doubles, Tables

FACTORS = {
    "activation": "activation",
    "network": "width, depth or kind of network",
    "init": "initialisation",
    "siren": "SIREN",
    "embedding": "Fourier features",
    "loss": "loss",
}
WHOLE = ("activation", "init")
"""What a network with a name of its own (`kan`) brings along."""
PAIRS = {
    "momentum": ("gd", "momentum"),
    "step of each parameter": ("gd", "adam"),
    "signs alone": ("adam", "lion"),
    "equal singular values": ("adam", "muon"),
    "curvature": ("gd", "lbfgs"),
    "damping taken away": ("natural-gradient", "gauss-newton"),
}
FEWEST = 3
"""Pairs whose mean has an interval."""
HEADS = (
    "changed",
    "from",
    "to",
    "pairs",
    "low-first before",
    "after",
    "high-first before",
    "after",
    "spread after/before (pairs)",
)


def factors_section(tables: Tables, rows: pd.DataFrame) -> Iterator[str]:
    """The section; `rows` is the standing with `method` and `said`."""
    yield "### By what"
    yield ""
    yield (
        "One thing is changed and the rest is equal; a pair is a method on both problems, or a problem with "
        "both methods. The last column is "
        "the geometric mean of the ratios of spreads, with its 95 % interval over pairs (Student's t), of the pairs "
        "whose spreads are both known and no bounds: below 1 the "
        "preference for low frequencies has shrunk. Methods on one problem share its target, so that an interval over "
        "them says nothing of other targets. What two methods differ in is told by one word, and is seldom all."
    )
    yield ""
    compared = [*_of_blocks(tables, rows), *_of_methods(rows)]
    yield from table(HEADS, [_line(*one) for one in compared])
    missing = [name for name in FACTORS.values() if name not in {changed for changed, *_ in compared}]
    if missing:
        yield f"Not run in this study: {', '.join(missing)}. `make atlas` has them (`atlas/atlas.toml`)."
        yield ""


def _of_blocks(tables: Tables, rows: pd.DataFrame) -> Iterator[tuple[str, str, str, pd.DataFrame]]:
    names = block_names(tables["runs"])
    facts: dict[str, dict[str, str]] = {}
    for key, name in names.items():
        # targets of one law share a name, and their facts but for the target
        facts.setdefault(name, facts_of(dict(zip(PLACE, key, strict=True))))
    blocks = list(facts)
    for place, first in enumerate(blocks):
        for other in blocks[place + 1 :]:
            factor = _factor(facts[first], facts[other])
            if factor is not None:
                before, after = (rows[rows["block"] == name].set_index("method") for name in (first, other))
                yield FACTORS[factor], first, other, _both(before, after)


def _factor(one: dict[str, str], other: dict[str, str]) -> str | None:
    """The one thing in which two blocks of a problem differ."""
    apart = {name for name in {**one, **other} if one.get(name) != other.get(name)}
    if "problem" in apart:
        return None
    # sines with the initialisation that belongs to them are SIREN: one thing, as are networks with names of their own
    if apart == set(WHOLE) and any(facts["init"].startswith("siren") for facts in (one, other)):
        return "siren"
    if "network" in apart and "(" in other["network"] + one["network"]:
        apart -= set(WHOLE)
    return next(iter(apart)) if len(apart) == 1 and apart <= set(FACTORS) else None


def _of_methods(rows: pd.DataFrame) -> Iterator[tuple[str, str, str, pd.DataFrame]]:
    for changed, (first, other) in PAIRS.items():
        before, after = (rows[rows["method"] == name].set_index("block") for name in (first, other))
        if len(both := _both(before, after)):
            yield changed, f"`{first}`", f"`{other}`", both


def _both(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    halves = [rows.assign(exact=is_exact(rows))[["said", "spread", "exact"]] for rows in (before, after)]
    return halves[0].add_suffix("_before").join(halves[1].add_suffix("_after"), how="inner")


def _line(changed: str, first: str, other: str, both: pd.DataFrame) -> list[str]:
    counts = [str(int((both[f"said_{when}"] == name).sum())) for name in DIRECTIONS for when in ("before", "after")]
    with np.errstate(all="ignore"):
        # exp(mean log(S_after / S_before)); a spread is positive where it is known
        logs = np.log((both["spread_after"] / both["spread_before"]).to_numpy(np.float64))
    known = logs[np.isfinite(logs) & (both["exact_before"] & both["exact_after"]).to_numpy()]
    return [changed, first, other, str(len(both)), *counts, f"{_mean(known)} ({len(known)})"]


def _mean(logs: Doubles) -> str:
    if len(logs) < FEWEST:
        return number(float(np.exp(logs.mean()))) if len(logs) else "-"
    found = of_single_runs(logs)
    low, middle, high = map(number, np.exp([found.low, found.mean, found.high]))
    return f"{middle} [{low}, {high}]"

"""The claims of the lecture notes' chapter, figures 1.3 to 1.6, and of MA21, each with the verdict it gets here.

A claim names the problem on which it was made and the methods that it speaks of; the verdict is counted."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from harness.analysis.statistics.verdicts import DIRECTIONS, SAYING
from harness.atlas.wording import listed, share_of, spread_of, table

LOW, HIGH = DIRECTIONS


@dataclass(frozen=True)
class Claim:
    """What is said, of which methods, and on which problems it is asked here; no problems: on all of the study."""

    place: str
    said: str
    methods: tuple[str, ...]
    problems: tuple[str, ...] = ()


CLAIMS = (
    Claim("figure 1.3", "sin x is learned before sin 5x", ("gd", "adam"), ("sin15",)),
    Claim(
        "figures 1.4, 1.5",
        "the spectrum of a step function fills from low to high",
        ("gd", "adam"),
        ("steps", "steps-periodic"),
    ),
    Claim("figure 1.6", "of sin x + sin 3x + sin 5x the frequencies come in this order", ("gd", "adam"), ("sin135",)),
    Claim("MA21", "so it is under other methods than gradient descent", ("cg", "bfgs", "powell", "pso")),
)


def chapter_section(rows: pd.DataFrame, run: pd.DataFrame) -> Iterator[str]:
    """The section; `rows` is the standing with `method`, `said`, `alone` and `problem`.

    `run` has `block` and `problem` of all pairs with runs, of which some have no row."""
    yield "## The chapter's claims"
    yield ""
    yield (
        "Figures of the lecture notes, and arXiv 2101.00747 (MA21), on our sizes and settings. *Met* is said "
        "where all pairs of a claimed method and a "
        "problem that allow a statement are low-first, *beyond* where none of them is as amplitude alone would give."
    )
    yield ""
    heads = (
        "claim",
        "said there",
        "methods",
        "problems here",
        "low-first",
        "beyond amplitude",
        "verdict",
        "spread and C",
        "all methods low-first",
    )
    yield from table(heads, [_line(claim, rows, run) for claim in CLAIMS])


def _line(claim: Claim, rows: pd.DataFrame, run: pd.DataFrame) -> list[str]:
    there = rows[rows["problem"].isin(claim.problems)] if claim.problems else rows
    if claim.problems:
        # the first block of a problem is the one on which the others change something: what they change is told above
        first = there.drop_duplicates("problem")["block"]
        there = there[there["block"].isin(first)]
    own = there[there["optimizer"].isin(claim.methods)]
    blocks = ", ".join(dict.fromkeys(there["block"])) if claim.problems else f"all {there['block'].nunique()}"
    opening = [claim.place, claim.said, listed(claim.methods)]
    if own.empty:
        return [*opening, ", ".join(claim.problems), "-", "-", "not run here", "-", "-"]
    able = own[own["said"].isin(SAYING)]
    low = able[able["said"] == LOW]
    beyond = low[~low["alone"]]
    whole = there[there["said"] == LOW]
    counts = [f"{len(low)} of {len(able)}", f"{len(beyond)} of {len(able)}"]
    evidence = "above, *Problems*"
    if claim.problems:
        evidence = "; ".join(f"`{row['method']}` {spread_of(row)}, {share_of(row)}" for row in own.to_dict("records"))
    pairs = int(run["block"].isin(there["block"]).sum())
    return [*opening, blocks, *counts, _verdict(able, low, beyond), evidence, f"{len(whole)} of {pairs}"]


def _verdict(able: pd.DataFrame, low: pd.DataFrame, beyond: pd.DataFrame) -> str:
    if able.empty:
        return "no statement"
    if len(low) < len(able):
        lost = able[able["said"] != LOW]
        where = "; ".join(f"{block}: {', '.join(own['method'])}" for block, own in lost.groupby("block", sort=False))
        return f"in part; not low-first on {where}" if len(low) else f"not met; {where}"
    return "met, beyond amplitude" if len(beyond) == len(low) else "met, in part as amplitude alone would give"

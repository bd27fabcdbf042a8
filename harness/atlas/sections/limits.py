"""What the page cannot say, and how its runs have ended."""

from collections.abc import Iterator

import pandas as pd

from harness.analysis.statistics.verdicts import P_LIMIT, SAYING
from harness.atlas.sections.alike import alike_sentences
from harness.atlas.wording import listed
from harness.tables import LABELS, Tables
from optimizers import OPTIMIZERS

ENDED_BADLY = ("failed", "crashed", "timeout")
UNMEASURED = "without a spread on two targets"
"""Of a method that was run on targets of a law, and has no row there."""


def limits_section(rows: pd.DataFrame, tables: Tables, run: pd.DataFrame) -> Iterator[str]:
    """What is not said; `rows` is the standing with `method` and `said`, `run` has `method` and `block` of all runs."""
    runs = tables["runs"]
    ours = set(runs["optimizer"]) & set(OPTIMIZERS)
    single = rows[rows["targets"] == 1]["block"].nunique()
    yield "## What it cannot say"
    yield ""
    yield f"- {len(ours)} of {len(OPTIMIZERS)} registered methods were run; of the others it says nothing."
    yield (
        f"- Networks: {', '.join(sorted(set(runs['network'])))}. A verdict is on these, with the settings, activations "
        "and initial laws that are named, and on no other network. Gradients are of all samples, unless the name of a "
        "method says minibatch."
    )
    yield (
        f"- On {single} of {rows['block'].nunique()} problems the unit is the run: the verdict is on that one target, "
        "and its p says that other seeds would agree, not other targets. Targets of a law alone speak of targets that "
        "were not tried."
    )
    yield (
        "- Only watched frequencies count, and a frequency that was not learned within the budget is later than it, by "
        "how much is not known (`>=`). Equal cost is counted in forward passes, not in seconds."
    )
    yield (
        "- p is Benjamini and Hochberg's, over all configurations of problems with one target that have the same probe "
        "(of one part, where the study was made in parts; controls are among them), and over methods where "
        f"targets are the unit. Of the verdicts with a direction at most {P_LIMIT:.0%} are expected to be false. Lists "
        "of verdicts are chosen after the fact and have no test of their own; counts, means of ratios and ranks "
        "describe these problems."
    )
    yield from alike_sentences(tables, rows)
    yield "- `undecided` is no absence of an order, and `too few hits` is a budget."
    yield ""
    silent = rows[~rows["said"].isin(SAYING)][["method", "block", "said"]]
    missing = run.merge(rows[["method", "block"]], how="left", indicator=True).query("_merge == 'left_only'")
    silent = pd.concat([silent, missing[["method", "block"]].assign(said=UNMEASURED)])
    yield f"Pairs that allow no statement, {len(silent)} of {len(run)}:"
    yield ""
    for (verdict, block), own in silent.groupby(["said", "block"], sort=False):
        others = run[(run["block"] == block) & ~run["method"].isin(own["method"])]["method"]
        # of many the few others are sooner read
        told = f"all but {listed(others)}" if 0 < len(others) < len(own) / 2 else listed(own["method"])
        yield f"- {verdict} on {block}, {len(own)}: {told}."
    yield ""


def ends_section(tables: Tables) -> Iterator[str]:
    """How many runs there are, and how they ended."""
    runs = tables["runs"]
    failed = runs[runs["status"].isin(ENDED_BADLY)]
    configurations = runs[[*LABELS]].drop_duplicates()
    counts = ", ".join(f"{count:,} {status}" for status, count in runs["status"].value_counts().items())
    yield "## Runs"
    yield ""
    yield (
        f"{len(runs):,} runs of {len(configurations)} configurations ({counts}); {len(failed)} failed, crashed or ran "
        "out of time. None is left out for how it ended. `python -m harness verify` makes a sample of them again where "
        "the study lies; `python -m harness publish` makes an archive of what is not kept here (`atlas/README.md`)."
    )
    for status in ("diverged", *ENDED_BADLY):
        for (optimizer, reason), own in runs[runs["status"] == status].groupby(["optimizer", "reason"]):
            where = ", ".join(f"{problem} {count}" for problem, count in own.groupby("problem").size().items())
            yield f"- {status}: `{optimizer}`, {len(own)} times ({where}): {reason}"
    yield ""

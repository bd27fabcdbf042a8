"""The answer: over drawn targets, over all pairs with where the order is lost, and how far methods lie apart."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from harness.analysis.asked.samplers import SAMPLERS
from harness.analysis.asked.sizes import mean_bound
from harness.analysis.statistics.verdicts import DIRECTIONS, SAYING
from harness.atlas.wording import listed, number, spread_of
from harness.quantities import AT_LEAST, AT_MOST, held

LOW, HIGH = DIRECTIONS
KINDS = {"lower": AT_LEAST, "upper": AT_MOST}
FEWEST_SHARED = 2
"""Problems over which a mean is taken."""


def answer(rows: pd.DataFrame, run: pd.DataFrame, sizes: pd.DataFrame) -> Iterator[str]:
    """The sentences, each with an empty line; `rows` is the standing with `method`, `said` and `alone`.

    `run` has `method` and `block` of all pairs with runs, of which some have no row."""
    several = rows[rows["targets"] > 1]
    for block, own in several.groupby("block", sort=False):
        ran = run[run["block"] == block]["method"]
        yield from (_over_targets(str(block), own, ran), "")
    yield from (_over_pairs(rows, len(run)), "")
    if worth_a_mean(sizes):
        yield from (_extremes(rows, sizes), "")


def worth_a_mean(sizes: pd.DataFrame) -> bool:
    """Whether there are methods to compare, on as many problems as a mean is taken over."""
    return sizes.shape[0] > 1 and sizes.shape[1] >= FEWEST_SHARED


def _over_targets(block: str, own: pd.DataFrame, ran: "pd.Series[str]") -> str:
    low = own[own["said"] == LOW]
    beyond = int((~low["alone"]).sum())
    of_them = "all" if beyond == len(low) else f"{beyond} of them"
    told = (
        f"Over the {own['targets'].max()} targets of `{block}`, drawn from a law, {len(low)} of {ran.nunique()} "
        f"methods are {LOW}, {of_them} beyond what amplitude alone would give"
    )
    for name in (HIGH, "no order", "mixed", "undecided"):
        others = own[own["said"] == name].to_dict("records")
        if others:
            told += f"; {name}: " + ", ".join(f"`{row['method']}` (spread {spread_of(row)})" for row in others)
    silent = ran[~ran.isin(own[own["said"] != "too few targets"]["method"])].unique()
    return told + (f"; too few targets for a verdict: {listed(silent)}." if len(silent) else ".")


def _over_pairs(rows: pd.DataFrame, run: int) -> str:
    saying = rows[rows["said"].isin(SAYING)]
    low, high = (saying[saying["said"] == name] for name in DIRECTIONS)
    beyond, against = (int((~own["alone"]).sum()) for own in (low, high))
    flat, mixed = (int((saying["said"] == name).sum()) for name in ("no order", "mixed"))
    samplers = rows[rows["optimizer"].isin(SAMPLERS)]["method"].nunique()
    who = f"{rows['method'].nunique() - samplers} optimizers and {samplers} samplers"
    where = f"{rows['block'].nunique()} problems"
    others = saying[saying["said"] != LOW]
    # where the order is lost is first of all a matter of the problem
    share = (saying["said"] == LOW).groupby(saying["block"], sort=False).mean()
    lost = share.index[2 * share < 1]
    gathered = int(others["block"].isin(lost).sum())
    there = f"; {gathered} of the {len(others)} that are not {LOW} lie where fewer than half are: {', '.join(lost)}"
    return (
        f"Of {run} pairs of a method and a problem ({who}, {where}), {len(saying)} allow a statement: {len(low)} are "
        f"{LOW}, {beyond} of them beyond what amplitude alone would give, {len(high)} are {HIGH}, {against} of them "
        f"beyond it, {flat} have no order and {mixed} are mixed{there if len(lost) else ''}. Pairs share problems, "
        "starting points and code, so that their counts describe and test nothing."
    )


def _extremes(rows: pd.DataFrame, sizes: pd.DataFrame) -> str:
    # geometric mean, exp(mean log S): a spread of 2 and one of 1/2 are no preference together
    means = np.exp(sizes.mean(axis="columns"))
    strongest, weakest = means.idxmax(), means.idxmin()
    ahead = int((sizes.loc[strongest] > sizes.loc[weakest]).sum())
    shared = rows[rows["method"].isin(sizes.index) & rows["block"].isin(sizes.columns)]
    counts = {word: int((shared["spread_bound"] == bound).sum()) for word, bound in KINDS.items()}
    told = " and ".join(f"{count} {word}" for word, count in counts.items() if count)
    less = (
        f"; {told} bounds are among the {len(shared)} spreads and count as they stand, so that this ranks nobody"
        if told
        else ""
    )
    signs = shared.groupby("method")["spread_bound"].agg(mean_bound)
    largest, smallest = (
        f"{signs[name]}{number(held(float(means[name]), signs[name]))}" for name in (strongest, weakest)
    )
    return (
        f"In the geometric mean over the {sizes.shape[1]} problems on which all of {sizes.shape[0]} optimizers have a "
        f"spread, the highest watched frequency costs between {smallest} (`{weakest}`) and {largest} (`{strongest}`) "
        f"times the lowest; the latter's is the larger on {ahead} of these{less}."
    )

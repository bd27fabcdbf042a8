"""The answer in three sentences: over drawn targets, over all pairs, and who differs most."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from harness.analysis.asked.samplers import SAMPLERS
from harness.analysis.asked.sizes import mean_bound
from harness.analysis.statistics.verdicts import DIRECTIONS
from harness.atlas.wording import listed, number
from harness.quantities import AT_LEAST, AT_MOST, held

LOW, HIGH = DIRECTIONS
SAYING = (*DIRECTIONS, "no order", "mixed")
"""Verdicts that say something."""
KINDS = {"lower": AT_LEAST, "upper": AT_MOST}
FEWEST_SHARED = 2
"""Problems over which a mean is taken."""


def answer(rows: pd.DataFrame, run: int, sizes: pd.DataFrame) -> Iterator[str]:
    """The sentences; `rows` is the standing with `method`, `said` and `alone`, and `run` counts pairs with runs."""
    several = rows[rows["targets"] > 1]
    for block, own in several.groupby("block", sort=False):
        yield _over_targets(str(block), own)
    yield _over_pairs(rows, run)
    if worth_a_mean(sizes):
        yield _extremes(rows, sizes)


def worth_a_mean(sizes: pd.DataFrame) -> bool:
    """Whether there are methods to compare, on as many problems as a mean is taken over."""
    return sizes.shape[0] > 1 and sizes.shape[1] >= FEWEST_SHARED


def _over_targets(block: str, own: pd.DataFrame) -> str:
    low, high = (own[own["said"] == name] for name in DIRECTIONS)
    beyond = int((~low["alone"]).sum())
    of_them = "all" if beyond == len(low) else f"{beyond} of them"
    reversed_by = f"; {HIGH}: {listed(high['method'])}" if len(high) else ""
    return (
        f"Over the {own['targets'].max()} targets of `{block}`, drawn from a law, {len(low)} of {len(own)} methods are "
        f"{LOW}, {of_them} beyond what amplitude alone would give{reversed_by}."
    )


def _over_pairs(rows: pd.DataFrame, run: int) -> str:
    saying = rows[rows["said"].isin(SAYING)]
    low, high = (saying[saying["said"] == name] for name in DIRECTIONS)
    beyond, against = (int((~own["alone"]).sum()) for own in (low, high))
    flat, mixed = (int((saying["said"] == name).sum()) for name in ("no order", "mixed"))
    samplers = rows[rows["optimizer"].isin(SAMPLERS)]["method"].nunique()
    who = f"{rows['method'].nunique() - samplers} optimizers and {samplers} samplers"
    where = f"{rows['block'].nunique()} problems"
    return (
        f"Of {run} pairs of a method and a problem ({who}, {where}), {len(saying)} allow a statement: {len(low)} are "
        f"{LOW}, {beyond} of them beyond what amplitude alone would give, {len(high)} are {HIGH}, {against} of them "
        f"beyond it, {flat} have no order and {mixed} are mixed."
    )


def _extremes(rows: pd.DataFrame, sizes: pd.DataFrame) -> str:
    # geometric mean, exp(mean log S): a spread of 2 and one of 1/2 are no preference together
    means = np.exp(sizes.mean(axis="columns"))
    strongest, weakest = means.idxmax(), means.idxmin()
    ahead = int((sizes.loc[strongest] > sizes.loc[weakest]).sum())
    shared = rows[rows["method"].isin(sizes.index) & rows["block"].isin(sizes.columns)]
    counts = {word: int((shared["spread_bound"] == bound).sum()) for word, bound in KINDS.items()}
    told = " and ".join(f"{count} {word}" for word, count in counts.items() if count)
    less = f"; {told} bounds are among the {len(shared)} spreads and count as they stand" if told else ""
    signs = shared.groupby("method")["spread_bound"].agg(mean_bound)
    largest, smallest = (
        f"{signs[name]}{number(held(float(means[name]), signs[name]))}" for name in (strongest, weakest)
    )
    return (
        f"The preference is largest for `{strongest}` (the highest watched frequency costs {largest} "
        f"times the lowest) and smallest for `{weakest}` ({smallest}), in the geometric mean over the "
        f"{sizes.shape[1]} problems on which all of {sizes.shape[0]} optimizers have a spread; the former's is the "
        f"larger on {ahead} of these{less}."
    )

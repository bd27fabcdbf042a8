"""What is said of a place in the Atlas, in words: of a method among others, and of the methods on a problem."""

from typing import Any

import numpy as np
import pandas as pd

from harness.analysis.asked.sizes import EITHER
from harness.analysis.statistics.verdicts import ALONE, DIRECTIONS, FEWEST_RUNS, P_LIMIT, SAYING
from harness.atlas.placing import FEWEST
from harness.quantities import AT_LEAST, AT_MOST, few_digits, held, held_ends


def paragraph(ranked: pd.DataFrame, paired: pd.DataFrame, own: str) -> str:
    """Rank, neighbours and the ratios to them, and how many others the ratios tell it apart from."""
    mine = ranked[ranked["optimizer"] == own]
    if mine.empty:
        return f"{own} has learned too few frequencies on every problem for a spread, and has no place."
    row = mine.iloc[0]
    others = ranked[~ranked["own"]]
    # two settings of one's own method are not each other's neighbours
    near = [others[others["rank"] < row["rank"]].tail(1), others[others["rank"] > row["rank"]].head(1)]
    between = [name for one in near for name in one["method"]]
    said = (
        f"{own} is number {row['rank']} of {len(ranked)} by its preference for low frequencies: the highest watched "
        f"frequency costs {_bounded(row['spread'], row['spread_bound'])} times the lowest (geometric mean over "
        f"{_problems(row['problems'])}{', in which bounds count as they stand' if row['spread_bound'] else ''}), "
        f"and {_judged(row['low_first'])}. Its neighbours are {' and '.join(between) or 'none'}."
    )
    for name in dict.fromkeys(name for one in near for name in one["optimizer"]):
        for _, ratio in paired[paired["reference"] == name].iterrows():
            said += f" {_ratio(ratio)}"
    return f"{said} {_apart(paired[paired['reference'].isin(others['optimizer'])])}".strip()


def _judged(low_first: Any) -> str:
    return "no verdict can be said on any of them" if pd.isna(low_first) else f"it is low-first on {low_first} of them"


def _ratio(ratio: pd.Series) -> str:
    name, bound = ratio["reference"], ratio["bound"]
    if bound == EITHER:
        return f"Of its ratio to the spread of {name} bounds of both kinds are known, and no more."
    low, high = held_ends(ratio["low"], ratio["high"], bound)
    interval = f" [{few_digits(low)}, {few_digits(high)}]" if np.isfinite(low) else ""
    times = f"times the spread of {name}, paired by seed over {_problems(ratio['problems'])}"
    return f"It has {_bounded(ratio['ratio'], bound)}{interval} {times}."


def _apart(paired: pd.DataFrame) -> str:
    """A rank is that of means without their errors: what of it the intervals of the ratios bear out."""
    if paired.empty:
        return ""
    sized = paired[paired["low"].notna()]
    if sized.empty:
        return f"An interval takes {FEWEST} problems, so that the rank may be one of chance."
    larger, smaller = int((sized["low"] > 1).sum()), int((sized["high"] < 1).sum())
    return (
        f"By the 95 % intervals of such ratios over problems, each for itself, its preference is larger than that of "
        f"{larger} and smaller than that of {smaller} of {len(sized)} methods; among the other "
        f"{len(sized) - larger - smaller} its rank is not settled."
    )


def on_problem(order: pd.DataFrame, problem: str) -> str:
    """How many methods keep the order on a problem, and what is known of each of the others."""
    rows = order[order["endpoint"] == "primary"]
    verdict = rows["verdict"].str.removesuffix(ALONE)
    named = {told: rows.loc[verdict == told, "optimizer"].tolist() for told in SAYING}
    low = rows["verdict"] == DIRECTIONS[0]
    beyond = f", {int(low.sum())} of them beyond what amplitude alone would give" if named[DIRECTIONS[0]] else ""
    said = (
        f"The order is kept on {problem} by {len(named[DIRECTIONS[0]])} of {len(rows)} methods{beyond}: "
        f"{_listed(named.pop(DIRECTIONS[0]))}."
    )
    for told, names in named.items():
        said += f" {told[0].upper()}{told[1:]}: {_listed(names)}." if names else ""
    unknown = rows.loc[~verdict.isin(SAYING), "optimizer"].tolist()
    return f"{said} Nothing is shown of {len(unknown)}: {_listed(unknown)}." if unknown else said


def short_of_seeds(order: pd.DataFrame) -> str | None:
    """The sentence on runs that are too few for verdicts, also for orders in every run; None where they suffice."""
    rows = order[order["endpoint"] == "primary"]
    if len(rows) and rows["n_runs"].max() < FEWEST_RUNS:
        return f"A verdict on a single target takes {FEWEST_RUNS} seeds; with {rows['n_runs'].max()} none is said."
    rows = rows[rows["n_runs"] >= FEWEST_RUNS]
    # the exact test of n signs knows no p below 2^(1 - n)
    least = 2.0 ** (1 - rows["n_runs"].to_numpy(np.float64))
    short = rows[np.isclose(rows["p_value"], least, rtol=1e-6) & (rows["p_adjusted"] > P_LIMIT)]
    if short.empty:
        return None
    runs = int(short["n_runs"].max())
    return (
        f"{runs} seeds are too few for verdicts here: {len(short)} of {len(rows)} pairs of a method and a problem have "
        f"an order in every run and no verdict, as p is at least {2.0 ** (1 - runs):.2g} of {runs} runs, and corrected "
        f"over all pairs above {P_LIMIT:g}. Take more seeds."
    )


def _problems(count: int) -> str:
    return f"{count} problem{'s' if count != 1 else ''}"


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none"


def _bounded(value: float, bound: str) -> str:
    words = {AT_LEAST: "at least ", AT_MOST: "at most "}
    return f"{words.get(bound, '')}{few_digits(held(value, bound))}"

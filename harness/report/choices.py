"""Whether another reasonable choice would have given the verdict: lines of a table that fits on a phone."""

from typing import NamedTuple

import pandas as pd

from harness.analysis.asked.robustness import PRIMARY, robustness
from harness.analysis.configurations import of_problems
from harness.tables import LABELS, Tables


class Other(NamedTuple):
    """A verdict that is not the primary one, and the choices that give it."""

    verdict: str
    choices: str


class Varied(NamedTuple):
    """A configuration: its primary verdict, how many of the other choices share it, and what the rest say."""

    problem: str
    name: str
    verdict: str
    same: int
    choices: int
    others: list[Other]


def varied(tables: Tables) -> list[Varied]:
    """One for each configuration that has a verdict, in the order of its runs."""
    if tables["spectra"].empty:
        return []
    rows = robustness(tables)
    # texts, as keys that are alike in a table of runs and in one of verdicts
    of_label = dict(iter(rows.groupby(_keys(rows), sort=False)))
    found = []
    for name, runs in of_problems(tables["runs"]):
        own = of_label.get(_keys(runs.head(1)).iloc[0])
        if own is not None and (own["choice"] == PRIMARY).any():
            found.append(_varied(str(runs["problem"].iloc[0]), name, own))
    return found


def _keys(rows: pd.DataFrame) -> "pd.Series[str]":
    return pd.Series(["\n".join(row) for row in rows[[*LABELS]].to_numpy(str)], rows.index, dtype=object)


def _varied(problem: str, name: str, rows: pd.DataFrame) -> Varied:
    primary = rows.loc[rows["choice"] == PRIMARY, "verdict"].iloc[0]
    choices = rows[rows["choice"] != PRIMARY]
    apart = choices[~choices["agrees"]].groupby("verdict", sort=False)
    others = [Other(str(verdict), _listed(own)) for verdict, own in apart]
    return Varied(problem, name, str(primary), int(choices["agrees"].sum()), len(choices), others)


def _listed(rows: pd.DataFrame) -> str:
    """`threshold 0.05, 0.2; budget 1/8`."""
    return "; ".join(f"{choice} {', '.join(own['value'])}" for choice, own in rows.groupby("choice", sort=False))

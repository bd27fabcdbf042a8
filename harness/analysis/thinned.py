"""Fewer marks that say as much: what `order` and its comparisons read, and no more, so that a study can be committed.

The clock of cost reads the hits alone. The comparison at equal loss reads the first mark of each run, and the first at
or below each level of loss (`harness.analysis.clocks.LEVELS`); these marks stay. Of a study of very many runs even they
are too much: there one mark for each problem stays, which tells its first probe, and `order` keeps what was compared at
equal loss. What reads every mark cannot be asked of such tables, and says so (`check_marks`)."""

import pandas as pd

from harness.analysis.clocks import level_marks
from harness.tables import Tables

WHOLE = ("runs", "hits", "nulls", "order", "machines")
THINNED = ("curves", "spectra")
MOST_RUNS = 10_000
"""Up to which the marks that count take less than 20 MB."""
ENDED_ANYWHERE = ("failed", "crashed", "timeout")
"""Runs whose last mark may lie before their end, as an error or a kill ended them."""
LACKING = (
    "These tables keep some of the marks of each run alone, and robustness, other prices of a gradient, another "
    "incumbent and samplers are read off all of them. To ask for these, make the study again by harness sweep "
    "FOLDER/STUDY.toml, or unpack its archive, and name that folder."
)
"""The sentence on tables without all marks."""


def lacks_marks(tables: Tables) -> bool:
    """Whether marks of some run are missing: a gap, the start, the end or the whole curve.

    The marks of a run are 0, 1, 2, ..., the last at its cost, unless an error or a kill ended it (`ENDED_ANYWHERE`); a
    run that has hits has some. Thinned tables pass for whole only if of every such run all marks are ones that
    count."""
    # not every set of tables has hits
    measured = set(tables["hits"]["run_id"]) if "hits" in tables else set()
    if tables["curves"].empty:
        return bool(measured)
    runs, by_run = tables["runs"], tables["curves"].groupby("run_id")
    marks = by_run.agg(first=("mark", "min"), last=("mark", "max"), count=("mark", "size"), cost=("cost", "max"))
    gaps = (marks["first"] != 0) | (marks["last"] + 1 != marks["count"])
    there = runs["run_id"].isin(marks.index)
    ended = runs["run_id"].map(marks["cost"])
    # 1e-9: costs are written in text, too
    early = there & ~runs["status"].isin(ENDED_ANYWHERE) & (ended < runs["cost"] * (1 - 1e-9))
    return bool(gaps.any() or early.any() or not measured <= set(marks.index))


def check_marks(tables: Tables) -> None:
    """Raise ValueError where marks are missing: for whatever reads all of them."""
    if lacks_marks(tables):
        raise ValueError(LACKING)


def marks_that_count(runs: pd.DataFrame, curves: pd.DataFrame) -> pd.DataFrame:
    """(run_id, mark): the first mark of each run, and the first at or below each level of loss."""
    first = curves[["run_id", "mark"]].merge(runs[["run_id"]]).groupby("run_id", as_index=False).min()
    return pd.concat([first, level_marks(runs, curves)])[["run_id", "mark"]].drop_duplicates()


def thinned(tables: Tables, others: int = 0) -> Tables:
    """The tables that stay, with curves and spectra at the marks that count; `others` runs are kept beside them."""
    runs, curves = tables["runs"], tables["curves"]
    marks = marks_that_count(runs, curves) if len(runs) + others <= MOST_RUNS else _one_mark(runs, curves)
    kept = {name: tables[name] for name in WHOLE}
    return {**kept, **{name: tables[name].merge(marks, on=["run_id", "mark"]) for name in THINNED}}


def _one_mark(runs: pd.DataFrame, curves: pd.DataFrame) -> pd.DataFrame:
    """(run_id, mark): the first of one run of each problem."""
    rows = curves[["run_id", "mark"]].merge(runs[["run_id", "problem"]], on="run_id")
    return rows.drop_duplicates("problem")[["run_id", "mark"]]

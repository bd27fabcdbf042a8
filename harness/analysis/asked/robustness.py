"""Would another reasonable choice have changed the verdict? Each choice is varied alone, from the tables of the study.

Varied are the threshold, the price of a gradient (to others than the runs were made at), the budget (later marks are
left out, which censors), the incumbent and the clock, for the problem's first probe. A verdict that most choices share
is one of the method; another is one of the choice."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from harness.analysis.asked.sensitivity import reprice
from harness.analysis.hits import THRESHOLDS, find_hits
from harness.analysis.incumbents import INCUMBENTS, as_declared, declared, judged_at
from harness.analysis.order import PRIMARY_THRESHOLD, order_table
from harness.analysis.repeated import distinct
from harness.analysis.thinned import check_marks
from harness.analysis.units import WATCHED
from harness.tables import LABELS, Tables

PRICES = (1.0, 2.0, 3.0, 4.0, 5.0)
BUDGETS = (1 / 2, 1 / 4, 1 / 8)
PRIMARY, PRICE = "primary", "price of a gradient"
JUDGED = ["choice", "value", *LABELS, "concordance", "spread_bound", "spread", "verdict"]
COLUMNS = [*JUDGED, "agrees"]


def robustness(tables: Tables) -> pd.DataFrame:
    """One row for each configuration and choice: choice, value, labels, concordance, spread, verdict and `agrees`.

    The first rows are those of the choice `primary`, with which the others agree or not. Without rows where nothing
    was measured. Raises ValueError for tables without all marks."""
    check_marks(tables)
    if tables["spectra"].empty or tables["order"].empty:
        return pd.DataFrame(columns=COLUMNS).astype({"agrees": bool})
    probes = tables["spectra"].drop_duplicates("run_id")[["run_id", "probe"]]
    # the first probe of each run alone
    first = {name: tables[name].merge(probes, on=["run_id", "probe"]) for name in ("spectra", "hits")}
    chosen = as_declared(tables | first)
    # repeats have their seconds to themselves, and would be told apart by that clock
    runs = distinct(tables["runs"], tables["hits"])
    parts = [_judged(runs, choice) for choice in _choices(chosen)]
    rows = pd.concat(parts, ignore_index=True)
    rows = rows[~_is_no_price(rows, tables["runs"])].reset_index(drop=True)
    own = rows[rows["choice"] == PRIMARY].set_index([*LABELS])["verdict"]
    primary = pd.MultiIndex.from_frame(rows[[*LABELS]]).map(own.to_dict())
    return rows.assign(agrees=rows["verdict"].to_numpy() == np.asarray(primary))


def agreement_of_choices(rows: pd.DataFrame) -> pd.DataFrame:
    """For each configuration its primary verdict, how many other choices there are, and the share that agrees."""
    varied = rows[rows["choice"] != PRIMARY].groupby([*LABELS], sort=False, dropna=False)["agrees"]
    own = rows[rows["choice"] == PRIMARY][[*LABELS, "verdict"]]
    shares = varied.agg(choices="count", agreeing="mean").reset_index()
    return own.merge(shares, on=[*LABELS], how="left")


class _Choice(NamedTuple):
    """What is varied, to what, and what is judged then."""

    name: str
    value: str
    curves: pd.DataFrame
    spectra: pd.DataFrame
    threshold: float = PRIMARY_THRESHOLD
    clock: str = "cost"
    hits: pd.DataFrame | None = None
    """Where they are known already."""


def _choices(tables: Tables) -> Iterator[_Choice]:
    curves, spectra, hits = tables["curves"], tables["spectra"], tables["hits"]
    yield _Choice(PRIMARY, "", curves, spectra, hits=hits)
    for threshold in THRESHOLDS:
        if threshold != PRIMARY_THRESHOLD:
            yield _Choice("threshold", f"{threshold:g}", curves, spectra, threshold, hits=hits)
    made_at = tables["runs"]["cost_per_gradient"]
    for price in PRICES:
        if (made_at == price).all():  # no other choice for any run
            continue
        # without a cut at equal cost, which would end each run where the shortest of the study ends
        repriced = reprice(tables, price, cut=False)
        yield _Choice(PRICE, f"{price:g}", repriced[0], repriced[1])
    for share in BUDGETS:
        yield _Choice("budget", f"1/{1 / share:.0f}", *_cut(tables, share))
    yield _Choice("clock", "loss", curves, spectra, clock="loss", hits=hits)
    # a step is a request of any kind, whatever its price
    evaluations = curves["values"] + curves["gradients"] + curves["hvps"] + curves["jacobians"]
    for clock, reading in (("steps", evaluations), ("seconds", curves["seconds"])):
        yield _Choice("clock", clock, *_by_clock(curves, spectra, reading))
    if "error_last" in spectra:
        other = INCUMBENTS[1 - INCUMBENTS.index(declared(tables))]
        # which swaps the columns of both points, whichever stands in front
        yield _Choice("incumbent", other, judged_at(curves, "last"), judged_at(spectra, "last"))


def _is_no_price(rows: pd.DataFrame, runs: pd.DataFrame) -> "pd.Series[bool]":
    """Whether a row is about a price that is no other choice for its configuration.

    All of its runs were made at it, or they are watched loops, whose costs are as they were told."""
    prices = runs.groupby([*LABELS], dropna=False)["cost_per_gradient"].agg(["min", "max"])
    made_at = prices["min"].where(prices["min"] == prices["max"]).map("{:g}".format)
    configuration = pd.MultiIndex.from_frame(rows[[*LABELS]])
    own = configuration.map(made_at.to_dict())
    told = runs.assign(told=runs["engine"] == WATCHED).groupby([*LABELS], dropna=False)["told"].all()
    no_price = (rows["value"] == np.asarray(own)) | configuration.map(told.to_dict()).to_numpy(bool)
    return (rows["choice"] == PRICE) & no_price


def _cut(tables: Tables, share: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Curves and spectra up to this share of each run's budget."""
    budget = tables["runs"].set_index("run_id")["budget"] * share
    # what would have come later is then censored at the last mark that is left
    curves, spectra = (
        part[part["cost"] <= part["run_id"].map(budget)] for part in (tables["curves"], tables["spectra"])
    )
    return curves, spectra


def _by_clock(
    curves: pd.DataFrame, spectra: pd.DataFrame, reading: "pd.Series[float]"
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Curves and spectra whose cost is what another clock reads."""
    curves = curves.assign(cost=reading)
    columns = list(spectra.columns)
    spectra = spectra.drop(columns="cost").merge(curves[["run_id", "mark", "cost"]], on=["run_id", "mark"])
    return curves, spectra[columns]


def _judged(runs: pd.DataFrame, choice: _Choice) -> pd.DataFrame:
    hits, curves, spectra = choice.hits, choice.curves, choice.spectra
    if hits is None:
        hits = find_hits(runs, curves, spectra, (choice.threshold,))
    hits = hits[np.isclose(hits["threshold"], choice.threshold)]
    if choice.clock == "cost":
        # the clock of cost reads hits alone, and of the spectra what the first probe of a problem is
        curves, spectra = curves.iloc[:0], spectra.drop_duplicates("run_id")
    order = order_table(runs, curves, spectra, hits)
    order = order[order["matched_by"] == choice.clock]
    return order.reset_index(drop=True).assign(choice=choice.name, value=choice.value)[JUDGED]

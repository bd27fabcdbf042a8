"""The answer first: the verdict on each configuration, how large the order is, and what amplitude alone would give."""

from collections import Counter
from math import exp, inf, isfinite, log, nan
from typing import Any, NamedTuple

import pandas as pd

from harness.analysis.configurations import of_problems
from harness.analysis.statistics.spread import told_ends
from harness.analysis.statistics.verdicts import ALONE
from harness.quantities import few_digits, held, held_ends
from harness.tables import LABELS, Tables

FEWEST_DECADES = 1.0
"""The axis of ratios is at least this wide, in powers of ten to both sides of 1."""


BOUNDS = {"": "", ">=": "≥ ", "<=": "≤ "}


class Estimate(NamedTuple):
    """A value, its 95 % interval, and `>=` or `<=` where it is only a bound; NaN where nothing is known."""

    value: float = nan
    low: float = nan
    high: float = nan
    bound: str = ""

    @property
    def text(self) -> str:
        """Value and interval in a few digits."""
        if not isfinite(self.value):
            return "–"
        low, high = held_ends(self.low, self.high, self.bound)
        interval = "" if low != low else f" [{short(low)}, {short(high)}]"
        return f"{self.alone}{interval}"

    @property
    def alone(self) -> str:
        """The value with the sign of its bound, without an interval."""
        return f"{BOUNDS[self.bound]}{short(held(self.value, self.bound))}"


class Answer(NamedTuple):
    """One line of the table of answers."""

    problem: str
    name: str
    verdict: str
    concordance: Estimate
    spread: Estimate
    exponent: Estimate
    spread_by_loss: Estimate
    null_concordance: float
    null_spread: float
    has_nulls: bool
    p_adjusted: float
    best_loss: float
    runs: int
    endings: str


def answers(tables: Tables) -> list[Answer]:
    """One for each configuration: problem by problem, the largest concordance first."""
    known = set(tables["nulls"]["problem"])
    order = told_ends(tables["order"])
    found = [_answer(name, runs, order, known) for name, runs in of_problems(tables["runs"])]
    problems = list(dict.fromkeys(answer.problem for answer in found))
    # C lies in [0, 1], so that -1 is behind all who have one
    return sorted(found, key=lambda one: (problems.index(one.problem), -_or(one.concordance.value, -1.0), one.name))


class Said(NamedTuple):
    """What is said of a problem: the verdicts, and then how large the order is and what amplitude alone would give."""

    verdicts: str
    more: list[str]


def sentences(rows: list[Answer]) -> list[Said]:
    """How many of a problem's optimizers got which verdict, and how large the order of those is that have one."""
    said = []
    for problem in dict.fromkeys(row.problem for row in rows):
        own = [row for row in rows if row.problem == problem]
        # counted together: whether amplitude explains an order is told of below
        counts = Counter(row.verdict.removesuffix(ALONE) for row in own).most_common()
        listed = ", ".join(f"{count} {verdict}" for verdict, count in counts)
        more = [told for verdict, _ in counts if (told := _on_spreads(own, verdict))]
        named = f"{problem}: of {len(own)} configuration{'s' * (len(own) > 1)}, {listed}."
        said.append(Said(named, [*more, _on_nulls(own)]))
    return said


def _on_spreads(own: list[Answer], verdict: str) -> str:
    spreads = [row.spread for row in own if row.verdict.startswith(verdict) and isfinite(row.spread.value)]
    if not verdict.endswith("-first") or not spreads:
        return ""
    known = [spread for spread in spreads if not spread.bound]
    bounds = [spread for spread in spreads if spread.bound]
    if not known:
        of_which = f"{verdict}: of what the highest watched frequency took only a bound is known"
        return f"{of_which}: {_ends(bounds)} times the cost of the lowest."
    took = f"{verdict}: the highest watched frequency took {_ends(known)} times the cost of the lowest."
    if not bounds:
        return took
    of = f"{len(bounds)} configuration{'s' * (len(bounds) > 1)}"
    return f"{took} Of {of} only a bound is known: {_ends(bounds)} times."


def _ends(spreads: list[Estimate]) -> str:
    """The least and the largest, each with the sign of its bound."""
    ends = [pick(spreads, key=lambda spread: spread.value) for pick in (min, max)]
    return " to ".join(dict.fromkeys(end.alone for end in ends))


def _on_nulls(own: list[Answer]) -> str:
    known = [row for row in own if isfinite(row.null_concordance)]
    if not known and any(row.has_nulls for row in own):
        # a null is the one to beat in the direction of what was found
        return "No configuration has a concordance to hold against what amplitude alone would give (table nulls)."
    if not known:
        return "No null was computed, so the page does not say what amplitude alone would give."
    ends = " to ".join(dict.fromkeys(f"{end(row.null_concordance for row in known):.2f}" for end in (min, max)))
    as_much = [row.name for row in own if row.verdict.endswith(ALONE)]
    named = f" It would give as much as was found for {', '.join(as_much)}." if as_much else ""
    return f"What amplitude alone would give on this problem is a concordance of {ends}.{named}"


def place(value: float, low: float, high: float, *, ratio: bool) -> float:
    """Where a value stands on an axis, 0 to 100, held within it; of ratios the axis is logarithmic."""
    # NaN
    if value != value:
        return nan
    if ratio:
        value = -inf if value <= 0 else log(value)
        low, high = log(low), log(high)
    return min(100.0, max(0.0, 100 * (value - low) / (high - low)))


def ratio_axis(rows: list[Answer]) -> tuple[float, float]:
    """The ends of an axis for all spreads, symmetric about 1."""
    ends = [getattr(estimate, end) for row in rows for estimate in (row.spread, row.spread_by_loss) for end in ENDS]
    logs = [abs(log(end)) for end in ends if isfinite(end) and end > 0]
    # a ratio and its inverse are equally far from the middle
    top = max([FEWEST_DECADES * log(10), *logs])
    return exp(-top), exp(top)


ENDS = ("value", "low", "high")


def short(number: float) -> str:
    """A number as one says it."""
    if not isfinite(number):
        return "∞" if number > 0 else "–∞" if number < 0 else "–"
    return few_digits(number)


def _answer(name: str, runs: pd.DataFrame, order: pd.DataFrame, with_nulls: set[str]) -> Answer:
    first = runs.iloc[0]
    own = order[(order[[*LABELS]] == first[[*LABELS]]).all(axis=1)]
    # one endpoint is declared beforehand; the others are not to be chosen among afterwards
    by_cost = _row(own[own["endpoint"] == "primary"])
    alike = (own["probe"] == by_cost.get("probe")) & (own["threshold"] == by_cost.get("threshold"))
    by_loss = _row(own[alike & (own["matched_by"] == "loss")])
    return Answer(
        problem=str(first["problem"]),
        name=name,
        verdict=str(by_cost.get("verdict", "no curve")),
        concordance=Estimate(by_cost.get("concordance", nan), by_cost.get("low", nan), by_cost.get("high", nan)),
        spread=_estimate(by_cost, "spread"),
        exponent=_estimate(by_cost, "exponent"),
        spread_by_loss=_estimate(by_loss, "spread"),
        null_concordance=by_cost.get("null_concordance", nan),
        null_spread=by_cost.get("null_spread", nan),
        has_nulls=str(first["problem"]) in with_nulls,
        p_adjusted=by_cost.get("p_adjusted", nan),
        best_loss=float(runs["best_loss"].median()),
        runs=len(runs),
        endings=", ".join(f"{count} {status}" for status, count in Counter(runs["status"]).items()),
    )


def _row(rows: pd.DataFrame) -> dict[str, Any]:
    return {} if rows.empty else {str(key): value for key, value in rows.iloc[0].items()}


def _estimate(row: dict[str, Any], name: str) -> Estimate:
    bound = row.get("spread_bound", "") if name == "spread" else ""
    return Estimate(row.get(name, nan), row.get(f"{name}_low", nan), row.get(f"{name}_high", nan), bound)


def _or(value: float, otherwise: float) -> float:
    return value if isfinite(value) else otherwise

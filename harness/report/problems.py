"""How each method stands on each problem of a study of several: spread and verdict, a row for a method."""

from typing import Any, NamedTuple

from harness.analysis.asked.sizes import shared_sizes
from harness.analysis.asked.standing import method_names, standing
from harness.analysis.statistics.verdicts import DIRECTIONS
from harness.report.answers import Estimate
from harness.tables import Tables


class Place(NamedTuple):
    """A method on a problem; an empty verdict where it has none there."""

    spread: Estimate = Estimate()
    verdict: str = ""


class Method(NamedTuple):
    """A method, and its places in the order of the problems."""

    name: str
    places: list[Place]

    @property
    def low_first(self) -> int:
        """On how many problems its verdict is low-first, whether or not amplitude alone would give as much."""
        return sum(place.verdict.startswith(DIRECTIONS[0]) for place in self.places)

    @property
    def held(self) -> int:
        """On how many problems it has a verdict."""
        return sum(bool(place.verdict) for place in self.places)


class Standing(NamedTuple):
    """Problems, the methods on them, and on how many targets each problem was drawn.

    The first `ranked` methods stand by the mean of their spreads over the `shared` problems on which all of them have
    one; the others follow by name."""

    problems: list[str]
    targets: list[int]
    methods: list[Method]
    ranked: int = 0
    shared: int = 0


def standings(tables: Tables) -> Standing:
    """From the largest preference to the smallest; without a method where the study has one problem and one target."""
    if not (tables["order"]["endpoint"] == "primary").any():
        return Standing([], [], [])
    rows = standing(tables)
    problems = list(dict.fromkeys(map(str, rows["block"])))
    targets = [int(rows.loc[rows["block"] == problem, "targets"].max()) for problem in problems]
    if len(problems) < 2 and targets <= [1]:
        return Standing(problems, targets, [])
    rows = rows.assign(method=method_names(rows))
    sizes = shared_sizes(rows)
    found = {}
    for name, own in rows.groupby("method"):
        of_problem = {str(row["block"]): _place(row) for row in own.to_dict("records")}
        found[str(name)] = Method(str(name), [of_problem.get(problem, Place()) for problem in problems])
    # of methods that share no problem there is no mean
    ranked = sizes.mean(axis="columns").dropna().sort_values(ascending=False, kind="stable").index
    ranked = ranked[: len(ranked) if len(ranked) > 1 else 0]  # one has nobody to stand before
    named = dict.fromkeys([*map(str, ranked), *found])
    return Standing(problems, targets, [found[name] for name in named], len(ranked), sizes.shape[1])


def _place(row: dict[Any, Any]) -> Place:
    spread = Estimate(row["spread"], row["spread_low"], row["spread_high"], row["spread_bound"])
    return Place(spread, str(row["verdict"]))

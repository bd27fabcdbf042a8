"""Controls: problems whose order and speed are known from mathematics, run and judged like any other.

The flat control has no order, so that by chance alone the test for one gives p <= 0.01 in one case of a hundred."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from harness.analysis.hits import find_hits
from harness.analysis.order import PRIMARY_THRESHOLD, order_table
from harness.analysis.statistics.verdicts import FLAT_SPREAD
from harness.run.runner import run_lanes
from harness.run.spec import RunSpec, find_optimizer, find_problem, override
from harness.study.blind import blind_checks
from harness.tables import Tables

CHANCE = 0.01
EXACT = 1e-10
"""Largest deviation from a known error curve, absolute; errors start at about 1."""


class Check(NamedTuple):
    """What was expected of a control, and what came."""

    control: str
    what: str
    expected: str
    measured: str
    passed: bool


@dataclass(frozen=True)
class Control:
    """A problem, a method and the verdict on their order, None for no order; settings other than the registered ones.

    `factors(frequency, steps)` is the share of the first error that is left after so many steps, where it is known."""

    problem: str
    optimizer: str
    budget: float
    verdict: str | None
    factors: Callable[[pd.Series, pd.Series], pd.Series] | None
    recipe_settings: Mapping[str, Any]
    method_settings: Mapping[str, Any]


def _linear(curvatures: Mapping[int, float], frequency: pd.Series, steps: pd.Series) -> pd.Series:
    """The linear model: gradient descent of step 1 shrinks the error of a frequency by one minus its curvature."""
    # e_t = (1 - lr lambda)^t e_0
    return (1 - frequency.map(curvatures)).abs() ** steps


def _jacobi(intervals: int, frequency: pd.Series, steps: pd.Series) -> pd.Series:
    """Jacobi's iteration: mode k, of angular frequency `pi k / 2`, shrinks by `cos(k pi / n)` a sweep."""
    # k pi / n = 2 frequency / n; of the modes beyond n / 2 the cosine is negative, and the sign alternates
    return pd.Series(np.cos(2 * frequency / intervals)).abs() ** steps


def _linear_control(name: str, budget: float, verdict: str | None, scales: tuple[float, ...]) -> Control:
    # the curvature of a mode of scale s; a loss on slopes as well weighs it by 1 + k^2
    curvatures = {
        k: s**2 * (1 + k**2 if name == "control-slope" else 1) for k, s in zip((1, 3, 5), scales, strict=True)
    }
    return Control(name, "gd", budget, verdict, partial(_linear, curvatures), {"scales": scales}, {"lr": 1.0})


CONTROLS = (
    _linear_control("control-flat", 600, None, (0.3, 0.3, 0.3)),
    _linear_control("control-low", 3000, "low-first", (0.6, 0.2, 0.1)),
    _linear_control("control-high", 3000, "high-first", (0.1, 0.2, 0.6)),
    _linear_control("control-slope", 3000, "high-first", (0.15, 0.15, 0.15)),
    Control("poisson-grid", "jacobi", 3000, "high-first", partial(_jacobi, 64), {"intervals": 64}, {"weight": 1.0}),
)
LOST = f"k = 5 within {FLAT_SPREAD[1]:g} times the cost of k = 3"
"""Expected of networks of which papers say that they lose the order, or reverse it: among the upper two frequencies the
spread is within the margin of `no order`. With the plain loss it is about seven there (SHED, figure 1). k = 1 is left
out: with the slope in the loss it still comes first, at a sixth of the cost of the others."""
NETWORKS = (
    Control("control-gradient-loss", "adam", 2000, LOST, None, {}, {"lr": 2e-4}),
    Control("control-ricker", "adam", 500, LOST, None, {}, {"lr": 2e-4}),
)
"""At the published size: with one hidden layer of 40 units the loss on slopes loses nothing. A step of this network is
dear, and within these budgets all runs hit all frequencies: at cost 1,412 and 86 at the latest, seeds 0 to 4."""


def selftest(seeds: int, *, networks: bool = False) -> list[Check]:
    """Checks of each control: its order, and where they are known its error curves and the theory's prediction.

    Then those that nothing is seen where nothing is. `networks` adds those that take minutes."""
    controls = CONTROLS + (NETWORKS if networks else ())
    found = [check for control in controls for check in _checks(control, seeds)]
    return found + [Check(*row) for row in blind_checks()]


def _checks(control: Control, seeds: int) -> list[Check]:
    tables = _run(control, seeds)
    runs, curves, spectra = tables["runs"], tables["curves"], tables["spectra"]
    hits = find_hits(runs, curves, spectra, (PRIMARY_THRESHOLD,))
    order = order_table(runs, curves, spectra, hits)
    row = order[order["matched_by"] == "cost"].iloc[0]
    name = f"{control.problem}, {control.optimizer}"
    if control.verdict == LOST:
        return [_lost_check(name, hits, row)]
    checks = [_order_check(name, control, row)]
    if control.factors is None:
        return checks
    checks.append(_curve_check(name, control.factors, curves, spectra))
    if np.isfinite(spectra["predicted_error"]).all():
        deviation = float((spectra["predicted_error"] - spectra["error"]).abs().max())
        checks.append(Check(name, "theory against run", f"within {EXACT:g}", f"{deviation:.1e}", deviation <= EXACT))
    return checks


def _order_check(name: str, control: Control, row: "pd.Series[Any]") -> Check:
    measured = f"C = {row['concordance']:.2f}, p = {row['p_value']:.2g}"
    if control.verdict is None:
        return Check(name, "order", f"none, p > {CHANCE:g}", measured, bool(row["p_value"] > CHANCE))
    return Check(name, "order", control.verdict, f"{row['verdict']}, {measured}", row["verdict"] == control.verdict)


def _lost_check(name: str, hits: pd.DataFrame, row: "pd.Series[Any]") -> Check:
    """The median over runs of hit(5) / hit(3), a censored k = 5 being infinitely late."""
    cost = hits["cost"].where(~hits["censored"], np.inf)
    by_run = hits.assign(cost=cost).pivot_table(index="run_id", columns="frequency", values="cost", aggfunc="first")
    ratio = float((by_run[5.0] / by_run[3.0]).median())
    return Check(name, "order", LOST, f"{ratio:.2f} times, {row['verdict']}", ratio <= FLAT_SPREAD[1])


def _curve_check(
    name: str,
    factors: Callable[[pd.Series, pd.Series], pd.Series],
    curves: pd.DataFrame,
    spectra: pd.DataFrame,
) -> Check:
    """The largest difference between the measured errors and the known ones, at any mark."""
    rows = spectra.merge(curves[["run_id", "mark", "gradients"]], on=["run_id", "mark"], validate="many_to_one")
    first = rows.groupby(["run_id", "frequency"])["error"].transform("first")
    steps = (rows["gradients"] - 1).clip(lower=0)  # the last point evaluated is a step behind
    known = first * factors(rows["frequency"], steps)
    deviation = float((rows["error"] - known).abs().max())
    return Check(name, "error curves", f"within {EXACT:g}", f"{deviation:.1e}", deviation <= EXACT)


def _run(control: Control, seeds: int) -> Tables:
    method = override(control.optimizer, find_optimizer(control.optimizer), control.method_settings)
    recipe = override(control.problem, find_problem(control.problem), control.recipe_settings)
    specs = [RunSpec(control.problem, recipe, control.optimizer, method, seed, control.budget) for seed in range(seeds)]
    parts = run_lanes(specs)
    return {name: pd.concat([part[name] for part in parts], ignore_index=True) for name in parts[0]}

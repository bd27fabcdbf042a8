"""Controls: problems whose order and speed are known from mathematics, run and judged like any other.

The flat control has no order, so that by chance alone the test for one gives p <= 0.01 in one case of a hundred."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from harness.hits import find_hits
from harness.order import order_table
from harness.run import run_lanes
from harness.spec import RunSpec, find_optimizer, find_problem, override
from harness.tables import Tables

THRESHOLD = 0.1
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

    `factors(frequency, steps)` is the share of the first error that is left after so many steps."""

    problem: str
    optimizer: str
    budget: float
    verdict: str | None
    factors: Callable[[pd.Series, pd.Series], pd.Series]
    recipe_settings: Mapping[str, Any]
    method_settings: Mapping[str, Any]


def _linear(scales: dict[float, float], lr: float, frequency: pd.Series, steps: pd.Series) -> pd.Series:
    """The linear model: gradient descent shrinks the error of frequency k by `1 - lr s_k^2` a step."""
    return (1 - lr * frequency.map(scales) ** 2).abs() ** steps


def _jacobi(intervals: int, frequency: pd.Series, steps: pd.Series) -> pd.Series:
    """Jacobi's iteration: mode k, of angular frequency `pi k / 2`, shrinks by `cos(k pi / n)` a sweep."""
    return pd.Series(np.cos(2 * frequency / intervals)).abs() ** steps


def _linear_control(name: str, budget: float, verdict: str | None, scales: tuple[float, ...]) -> Control:
    factors = partial(_linear, dict(zip((1, 3, 5), scales, strict=True)), 1.0)
    return Control(name, "gd", budget, verdict, factors, {"scales": scales}, {"lr": 1.0})


CONTROLS = (
    _linear_control("control-flat", 600, None, (0.3, 0.3, 0.3)),
    _linear_control("control-low", 3000, "low-first", (0.6, 0.2, 0.1)),
    _linear_control("control-high", 3000, "high-first", (0.1, 0.2, 0.6)),
    Control("poisson-grid", "jacobi", 3000, "high-first", partial(_jacobi, 64), {"intervals": 64}, {"weight": 1.0}),
)


def selftest(seeds: int) -> list[Check]:
    """Three checks of each control: its order, its error curves, and (where there is one) the theory's prediction."""
    return [check for control in CONTROLS for check in _checks(control, seeds)]


def _checks(control: Control, seeds: int) -> list[Check]:
    tables = _run(control, seeds)
    runs, curves, spectra = tables["runs"], tables["curves"], tables["spectra"]
    hits = find_hits(runs, curves, spectra, (THRESHOLD,))
    order = order_table(runs, curves, spectra, hits)
    row = order[order["matched_by"] == "cost"].iloc[0]
    name = f"{control.problem}, {control.optimizer}"
    checks = [_order_check(name, control, row), _curve_check(name, control, curves, spectra)]
    if np.isfinite(spectra["predicted_error"]).all():
        deviation = float((spectra["predicted_error"] - spectra["error"]).abs().max())
        checks.append(Check(name, "theory against run", f"within {EXACT:g}", f"{deviation:.1e}", deviation <= EXACT))
    return checks


def _order_check(name: str, control: Control, row: "pd.Series[Any]") -> Check:
    measured = f"C = {row['concordance']:.2f}, p = {row['p_value']:.2g}"
    if control.verdict is None:
        return Check(name, "order", f"none, p > {CHANCE:g}", measured, bool(row["p_value"] > CHANCE))
    return Check(name, "order", control.verdict, f"{row['verdict']}, {measured}", row["verdict"] == control.verdict)


def _curve_check(name: str, control: Control, curves: pd.DataFrame, spectra: pd.DataFrame) -> Check:
    """The largest difference between the measured errors and the known ones, at any mark."""
    rows = spectra.merge(curves[["run_id", "mark", "gradients"]], on=["run_id", "mark"], validate="many_to_one")
    first = rows.groupby(["run_id", "frequency"])["error"].transform("first")
    steps = (rows["gradients"] - 1).clip(lower=0)  # the last point evaluated is a step behind
    known = first * control.factors(rows["frequency"], steps)
    deviation = float((rows["error"] - known).abs().max())
    return Check(name, "error curves", f"within {EXACT:g}", f"{deviation:.1e}", deviation <= EXACT)


def _run(control: Control, seeds: int) -> Tables:
    method = override(control.optimizer, find_optimizer(control.optimizer), control.method_settings)
    recipe = override(control.problem, find_problem(control.problem), control.recipe_settings)
    specs = [RunSpec(control.problem, recipe, control.optimizer, method, seed, control.budget) for seed in range(seeds)]
    parts = run_lanes(specs)
    return {name: pd.concat([part[name] for part in parts], ignore_index=True) for name in parts[0]}

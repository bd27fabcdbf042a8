"""Studies whose paths through the errors are known, as tables: each a problem and a probe of its own.

So nothing is corrected together, and one call judges as many studies as a rate needs."""

import numpy as np
import pandas as pd

from harness.analysis.hits import find_hits
from harness.analysis.order import order_table
from harness.tables import SCHEMA, Tables, frame

BLANK = {"str": "", "float64": np.nan, "int64": 0, "bool": False}
MARKS = np.append(0.0, np.unique(np.round(np.geomspace(1, 30_000, 100))))


def falling(log_cost, cost=MARKS, steepness=2.0):
    """Errors `(..., marks, Q)` that start at 1 and are 0.1 at the costs whose logarithms `(..., Q)` are given."""
    return 1 / (1 + 9 * (cost[:, None] / np.exp(log_cost)[..., None, :]) ** steepness)


def studies(errors, cost=MARKS, frequencies=(1.0, 3.0, 5.0), optimizer="own") -> Tables:
    """Runs, curves, spectra, hits and order of errors `(studies, runs, marks, Q)`; the loss is the sum of squares."""
    count, runs, marks, waves = errors.shape
    study, seed = (place.ravel() for place in np.indices((count, runs)))
    of_run = [f"{optimizer}-{a}-{b}" for a, b in zip(study, seed, strict=True)]
    problem = [f"waves-{a}" for a in study]
    loss = (errors**2).sum(axis=-1).reshape(-1, marks)
    ends = {"first_loss": loss[:, 0], "last_loss": loss[:, -1], "best_loss": loss[:, -1]}
    spent = {"cost": cost[-1], "budget": cost[-1], "cost_per_gradient": 3.0, "status": "budget"}
    named = {"run_id": of_run, "problem": problem, "optimizer": optimizer, "settings": "{}", "problem_settings": "{}"}
    at = {"mark": np.tile(np.arange(marks), len(of_run)), "cost": np.tile(cost, len(of_run))}
    counts = {"values": at["cost"], "gradients": 0.0, "hvps": 0.0, "jacobians": 0.0, "seconds": at["cost"]}
    curve = {"run_id": np.repeat(of_run, marks), **at, **counts, "loss": loss.ravel(), "loss_last": loss.ravel()}
    error = errors.ravel()
    spectrum = {
        **{name: np.repeat(curve[name], waves) for name in ("run_id", "mark", "cost")},
        "probe": np.repeat(problem, marks * waves),
        "frequency": np.tile(frequencies, len(of_run) * marks),
        **dict.fromkeys(("target_amplitude", "amplitude", "amplitude_last"), 1.0),
        **dict.fromkeys(("error", "error_last"), error),
    }
    tables = {
        "runs": _filled("runs", {**named, "seed": seed, **ends, **spent}),
        "curves": _filled("curves", curve),
        "spectra": _filled("spectra", spectrum),
    }
    tables["hits"] = find_hits(tables["runs"], tables["curves"], tables["spectra"], (0.1,))
    return {**tables, "order": order_table(*(tables[name] for name in ("runs", "curves", "spectra", "hits")))}


def said(tables: Tables, clock: str = "cost") -> "pd.Series[float]":
    """How often which verdict is said."""
    order = tables["order"]
    return order[order["matched_by"] == clock]["verdict"].value_counts(normalize=True)


def _filled(table, columns):
    return frame(table, {name: columns.get(name, BLANK[kind]) for name, kind in SCHEMA[table].items()})

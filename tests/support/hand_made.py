"""A study whose errors are formulas, for what is drawn and told of studies."""

import numpy as np
import pandas as pd

from harness.analysis.hits import find_hits
from harness.analysis.order import order_table
from harness.tables import Tables, empty, frame

NASTY = "</script><script>document.title='taken'</script>"


def hand_made(
    optimizers: list[str], seeds: int, frequencies: list[float], marks: int = 50, *, judged: bool = True
) -> Tables:
    """Errors that fall to 0.001 as a power of the cost, the lower frequency first."""
    costs = np.append(0.0, np.geomspace(1, 1e4, marks - 1).round())
    runs, curves, spectra = [], [], []
    for place_of, optimizer in enumerate(optimizers):
        for seed in range(seeds):
            run_id = f"{place_of:04d}{seed:04d}" + "a" * 56
            speed = 1 + place_of / len(optimizers) + seed / 50
            loss = 1 / (1 + costs * speed)
            counts = {"values": costs, "gradients": costs * 0, "hvps": costs * 0, "jacobians": costs * 0}
            told = {"loss": loss, "loss_last": loss, "test_loss": np.nan, "test_loss_last": np.nan}
            curves.append(
                frame(
                    "curves",
                    {"run_id": run_id, "mark": range(marks), "cost": costs, "seconds": costs / 1e3, **counts, **told},
                )
            )
            k = np.tile(frequencies, marks)
            error = 1 / (1 + np.repeat(costs, len(frequencies)) * speed / k**2)
            measured = {"amplitude": 1 - error, "error": error, "amplitude_last": 1 - error, "error_last": error}
            spectra.append(
                frame(
                    "spectra",
                    {
                        "run_id": run_id,
                        "mark": np.repeat(range(marks), len(frequencies)),
                        "cost": np.repeat(costs, len(frequencies)),
                        "probe": "fourier",
                        "component": 0,
                        "frequency": k,
                        "target_amplitude": 1.0,
                        "predicted_error": np.nan,
                        **measured,
                    },
                )
            )
            labels = {
                "problem": "waves",
                "optimizer": optimizer,
                "settings": "{}",
                "problem_settings": "{}",
                "network": "1-4-1",
            }
            labels |= {"activation": "tanh", "init": "xavier", "loss": "mse"}
            ended = {
                "status": "budget",
                "reason": "The budget is spent.",
                "engine": "numpy",
                "state_dtype": "float64",
                "observers": "",
                "machine_id": "m",
            }
            spent = {
                "values": 1e4,
                "gradients": 0,
                "hvps": 0,
                "jacobians": 0,
                "cost": 1e4,
                "lanes": 1,
                "dtype": "float64",
            }
            times = {"seconds_objective": 1, "seconds_optimizer": 1, "seconds_measuring": 1}
            ends = {
                "first_loss": 1,
                "last_loss": loss[-1],
                "best_loss": loss[-1],
                "seed": seed,
                "dim": 13,
                "n_samples": 10,
            }
            terms = {"run_id": run_id, "budget": 1e4, "cost_per_gradient": 3}
            runs.append(frame("runs", labels | ended | spent | times | ends | terms))
    tables = {name: pd.concat(own, ignore_index=True) for name, own in (("runs", runs), ("curves", curves))}
    tables["spectra"] = pd.concat(spectra, ignore_index=True)
    tables["hits"] = find_hits(tables["runs"], tables["curves"], tables["spectra"])
    tables["order"] = (
        empty("order") if not judged else order_table(*(tables[name] for name in ("runs", "curves", "spectra", "hits")))
    )
    return tables | {name: empty(name) for name in ("nulls", "machines", "predictions")}

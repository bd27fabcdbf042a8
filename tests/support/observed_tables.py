"""What observers would have written of studies that were never run, for figures that are drawn without a run."""

import numpy as np
import pandas as pd

from harness.questions.reading import observed_schemas
from harness.tables import Tables, frame


def observed(tables: Tables, points: int = 61, marks: int = 12) -> Tables:
    """The same with what observers have written: predictions kept on a line, responses by direction, samples.

    The output is the target's waves, each less its error."""
    x = -np.pi + 2 * np.pi * np.arange(points) / points
    spectra = tables["spectra"]
    outputs, responses, samples = [], [], []
    rng = np.random.default_rng(0)
    for place, run in enumerate(tables["runs"].to_dict("records")):
        own = spectra[spectra["run_id"] == run["run_id"]]
        known = own["mark"].unique()
        kept = known[np.unique(np.linspace(0, len(known) - 1, marks).round().astype(int))]
        waves = np.sin(np.outer(x, own["frequency"].unique()))
        for mark in kept:
            at = own[own["mark"] == mark]
            line = {"x": x, "y": np.nan, "z": np.nan, "target": waves.sum(axis=1)}
            line |= {"value": waves @ (1 - at["error"].to_numpy())}
            label = {"run_id": run["run_id"], "observer": "predictions()", "component": 0}
            label |= {"mark": int(mark), "cost": float(at["cost"].iloc[0]), "sample": np.arange(points)}
            outputs.append(frame("outputs", {**label, **line}, observed_schemas()["outputs"]))
        label = {"run_id": run["run_id"], "observer": "o()"}
        label |= {name: run[name] for name in ("problem", "network", "optimizer", "seed")}
        for number, direction in enumerate(("principal", "random", "class", "adversarial")):
            k = np.arange(1, 31) / 4
            means = {"response_frequency": 1.0 + number, "response_low": 0.8 + number, "response_high": 1.3 + number}
            means |= {"image_frequency": 0.1 * (1 + number), "n_samples": 8, "extent": 4.0}
            wave = {"direction": direction, "frequency": k, "power": 1 / (1 + k**2) ** (1 + 0.1 * number)}
            responses.append(frame("response", {**label, **means, **wave}, observed_schemas()["response"]))
        cost = 10.0 ** (1 + 2 * rng.random(40) + 0.01 * place)
        learned = {"sample": np.arange(40), "label": 0, "first_cost": cost, "final_cost": cost, "censored": False}
        learned |= {"image_high": rng.random(40), "target_high": rng.random(40)}
        samples.append(frame("samples", {**label, **learned}, observed_schemas()["samples"]))
    joined = {"outputs": outputs, "response": responses, "samples": samples}
    return tables | {name: pd.concat(parts, ignore_index=True) for name, parts in joined.items()}

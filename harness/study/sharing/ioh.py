"""The folders of IOHexperimenter, which IOHanalyzer and iohinspector read (doi 10.1162/evco_a_00342).

A folder for each configuration, with a JSON file and a file of curves. `evaluations` is the cost in forward passes,
`raw_y` the loss, `raw_y_best` the lowest so far; then the error of each watched frequency.
"""

import json
import re
from collections.abc import Iterator
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from harness.analysis.configurations import configuration_names
from harness.analysis.order import of_first_probes
from harness.tables import LABELS, Tables

FORM = "0.3.18"
"""The version of IOHexperimenter whose form this is."""


def write_ioh(tables: Tables, target: Path) -> list[Path]:
    """Write the runs that have a curve; the folder."""
    folder = target / "ioh"
    runs = tables["runs"][tables["runs"]["run_id"].isin(tables["curves"]["run_id"])]
    # functions are counted from 1, as in the suites that the format was made for
    numbers = {name: index + 1 for index, name in enumerate(dict.fromkeys(runs["problem"]))}
    curves = dict(list(tables["curves"].groupby("run_id")))
    errors = dict(_errors(tables))
    groups = [own for _, own in runs.groupby(list(LABELS), sort=False, dropna=False)]
    labels = pd.concat([own.iloc[[0]] for own in groups]) if groups else runs
    # an algorithm is called the same on all problems, whose networks may differ
    unnamed = labels[[*LABELS]].assign(problem_settings="")
    algorithms = dict[Any, str]()
    for _, own in unnamed.groupby("problem", sort=False):
        algorithms |= zip(own.index, configuration_names(own), strict=True)
    for index, own in enumerate(groups):
        algorithm = algorithms[own.index[0]]
        problem = str(own["problem"].iloc[0])
        name = f"{index:03d}-{_word(algorithm)}-{_word(problem)}"
        _write_group(folder / name, own.assign(algorithm=algorithm), numbers[problem], (curves, errors))
    return [folder]


def _errors(tables: Tables) -> Iterator[tuple[Any, pd.DataFrame]]:
    """Of each run the errors of its first probe's frequencies at each mark, a column each."""
    # another probe may watch the same number, in another unit, and a column has nothing but the number for a name
    first = of_first_probes(tables["spectra"], tables)
    names = (
        "error_" + first["frequency"].map("{:g}".format) + first["component"].map(lambda c: f"_{c}" if c >= 0 else "")
    )
    problem_of = tables["runs"].set_index("run_id")["problem"]
    # problem by problem: a run has no column for what others watch
    for _, own in first.assign(name=names).groupby(first["run_id"].map(problem_of)):
        wide = own.pivot_table(index=["run_id", "mark"], columns="name", values="error").reset_index()
        yield from wide.groupby("run_id")


def _write_group(folder: Path, runs: pd.DataFrame, number: int, found: tuple[dict[Any, pd.DataFrame], ...]) -> None:
    first = runs.iloc[0]
    problem, dim = str(first["problem"]), int(first["dim"])
    data = Path(f"data_f{number}_{_word(problem)}") / f"IOHprofiler_f{number}_DIM{dim}.dat"
    (folder / data).parent.mkdir(parents=True, exist_ok=True)
    rows = [_curve(found[0][run_id], found[1].get(run_id)) for run_id in runs["run_id"]]
    columns = list(rows[0].columns)
    with (folder / data).open("w", encoding="ascii") as file:
        for one in rows:
            # one file has one set of columns: a run that lacks one has nan there
            one.reindex(columns=columns).to_csv(file, sep=" ", index=False, na_rep="nan")
    settings = {"settings": first["settings"], "network": first["network"], "activation": first["activation"]}
    content = {
        "version": FORM,
        "suite": "frequency-harness",
        "function_id": number,
        "function_name": problem,
        "maximization": False,
        "algorithm": {"name": str(first["algorithm"]), "info": json.dumps(settings)},
        "attributes": columns,
        "scenarios": [{"dimension": dim, "path": data.as_posix(), "runs": _facts(runs, rows)}],
    }
    (folder / f"IOHprofiler_f{number}_{_word(problem)}.json").write_text(json.dumps(content, indent=1))


def _curve(curve: pd.DataFrame, errors: pd.DataFrame | None) -> pd.DataFrame:
    """A row for each whole evaluation at which a mark was reached; the start counts as the first."""
    evaluations = np.maximum(1, [ceil(cost) for cost in curve["cost"]])
    rows = pd.DataFrame(
        {"mark": curve["mark"].to_numpy(), "evaluations": evaluations, "raw_y": curve["loss"].to_numpy()}
    )
    # a loss that is no number beats nothing
    rows["raw_y_best"] = np.minimum.accumulate(rows["raw_y"].fillna(np.inf))
    if errors is not None:
        rows = rows.merge(errors.drop(columns="run_id"), on="mark", how="left")
    # costs 0 and 1 both are evaluation 1: the start stands, as the first of equals does
    return rows.drop_duplicates("evaluations").drop(columns="mark")


def _facts(runs: pd.DataFrame, rows: list[pd.DataFrame]) -> list[dict[str, Any]]:
    best = [one.iloc[int(one["raw_y_best"].to_numpy().argmin())] for one in rows]
    return [
        {
            "instance": int(seed),
            "evals": int(one["evaluations"].iloc[-1]),
            "best": {"evals": int(least["evaluations"]), "y": float(least["raw_y_best"]), "x": []},
        }
        for seed, one, least in zip(runs["seed"], rows, best, strict=True)
    ]


def _word(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]+", "-", name)

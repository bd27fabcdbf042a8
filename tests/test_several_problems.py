"""A study of several problems, each with a probe and frequencies of its own, is drawn and exported whole."""

import io
import json
from pathlib import Path

import pandas as pd
import pytest
from support.hand_made import hand_made

from harness.analysis.asked.against import against
from harness.figures import DRAWINGS, FIGURES
from harness.study.sharing.ioh import write_ioh
from harness.tables import Tables

OF_FIRST_PROBES = ("order", "spread", "loss-matched", "residual", "spectrum", "slope", "projection")


@pytest.fixture(scope="module")
def both() -> Tables:
    """Two methods on `waves`, and on `ripples` with another probe."""
    first, second = (hand_made(["quick", "slow"], 5, frequencies) for frequencies in ([1.0, 3.0], [2.0, 7.0]))
    renamed = {"problem": "ripples", "probe": "rings"}
    for name in ("runs", "curves", "spectra", "hits", "order"):
        rows = second[name].assign(**{key: value for key, value in renamed.items() if key in second[name]})
        second[name] = rows.assign(run_id="b" + rows["run_id"].str[1:]) if "run_id" in rows else rows
    return {name: pd.concat([rows, second[name]], ignore_index=True) for name, rows in first.items()}


@pytest.mark.parametrize("figure", OF_FIRST_PROBES)
def test_all_problems_are_drawn_and_not_those_alone_that_share_the_probe_of_the_first(figure: str, both: Tables):
    FIGURES[figure](both).savefig(io.BytesIO(), format="png", dpi=30)
    rows = DRAWINGS[figure].numbers(both)
    if "configuration" in rows:
        drawn = {str(name).partition(":")[0] for name in rows["configuration"]}
        assert {name.split()[1] for name in drawn} == {"waves", "ripples"}
    else:
        assert set(rows["probe"]) == {"fourier", "rings"}


def test_several_configurations_of_what_others_are_compared_with_are_told_apart(both: Tables):
    runs, order = both["runs"], both["order"]
    waves = {name: rows[rows["problem"] == "waves"] for name, rows in (("runs", runs), ("order", order))}
    made = waves["runs"]
    slow = made["optimizer"] == "slow"
    settings = made["settings"].mask(slow, '{"lr":0.1}').mask(~slow, '{"lr":0.2}')
    tables = both | {"runs": made.assign(optimizer="quick", settings=settings)}
    told = against(tables, "quick")["sentence"].tolist()
    assert any("times quick lr=0.1's spread" in sentence for sentence in told)
    assert any("times quick lr=0.2's spread" in sentence for sentence in told)


def test_for_iohanalyzer_a_method_has_one_name_and_each_problem_its_own_errors(both: Tables, tmp_path: Path):
    runs = both["runs"].assign(network=both["runs"]["problem"].map({"waves": "1-4-1", "ripples": "2-4-1"}))
    (folder,) = write_ioh(both | {"runs": runs}, tmp_path)
    told = [json.loads(path.read_text()) for path in folder.rglob("*.json")]
    assert {one["algorithm"]["name"] for one in told} == {"quick", "slow"}
    errors = {one["function_name"]: [name for name in one["attributes"] if name.startswith("error")] for one in told}
    assert errors == {"waves": ["error_1_0", "error_3_0"], "ripples": ["error_2_0", "error_7_0"]}

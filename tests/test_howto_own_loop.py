"""The page on a loop of one's own does what it says."""

import re
from pathlib import Path

import pytest

import harness

PAGE = Path(__file__).parents[1] / "docs" / "howto-own-loop.md"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # lightning's own
def test_the_loops_of_the_page_are_one_comparison(tmp_path, monkeypatch):
    pytest.importorskip("lightning")
    monkeypatch.chdir(tmp_path)
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL):
        exec(block.replace("600", "20"), {"__name__": "page"})  # epochs: the page has time
    found = harness.load("results/digits-loops")
    assert set(found.runs["optimizer"]) == {"loader-adam", "lightning-adamw", "adam"}
    assert found.runs["cost"].tolist() == pytest.approx([60.0] * 3)
    assert found.runs["problem_settings"].nunique() == 1
    last = found.spectra[found.spectra["mark"] == found.spectra.groupby("run_id")["mark"].transform("max")]
    assert last[last["probe"] == "accuracy"].groupby("run_id")["amplitude"].max().min() > 0.5

"""What is drawn is about the point of each run that the study judges, and says so where that is the last one."""

import pandas as pd
import pytest
from support.hand_made import hand_made

from harness.figures import DRAWINGS, FIGURES
from harness.report.page import Story, report
from harness.tables import Tables

READ_AT_MARKS = ("heatmap", "loss-matched", "residual", "spectrum", "projection")


@pytest.fixture(scope="module")
def judged() -> tuple[Tables, Tables]:
    """A study that judges the last point, and one whose best point is that last one."""
    best = hand_made(["quick"], 5, [1.0, 3.0])
    spectra, curves = best["spectra"], best["curves"]
    swung = spectra["error"] * (1 + spectra["mark"] % 3)
    last = best | {
        "order": best["order"].assign(incumbent="last"),
        "spectra": spectra.assign(error_last=swung, amplitude_last=0.3),
        "curves": curves.assign(loss_last=curves["loss"] * 0.9),
    }
    same = {"spectra": spectra.assign(error=swung, amplitude=0.3), "curves": curves.assign(loss=curves["loss"] * 0.9)}
    return last, best | same


@pytest.mark.parametrize("figure", READ_AT_MARKS)
def test_a_figure_shows_the_point_that_is_judged(figure: str, judged: tuple[Tables, Tables]) -> None:
    shown, expected = (DRAWINGS[figure].numbers(tables) for tables in judged)
    columns = [name for name in shown if not name.endswith("_last")]
    pd.testing.assert_frame_equal(shown[columns], expected[columns])
    drawn, usual = (FIGURES[figure](tables) for tables in judged)
    # a long note is broken into lines, each a text, which are read from above
    read = [sorted(one.texts, key=lambda text: -text.get_position()[1]) for one in (drawn, usual)]
    told = [" ".join(text.get_text() for text in texts) for texts in read]
    assert ["point of each run" in text for text in told] == [True, False]


def test_the_page_draws_the_point_that_is_judged_and_says_so(judged: tuple[Tables, Tables]) -> None:
    pages = [report(tables, Story("waves"), robust=False) for tables in judged]
    assert ["Judged and drawn is the last point" in page for page in pages] == [True, False]

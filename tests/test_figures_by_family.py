"""Pages of many optimizers: a row each, by family, and nothing on each other."""

from itertools import pairwise

import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from support.hand_made import hand_made

from harness.figures import FIGURES, asked_of, drawn
from harness.figures.drawing.families import MANY, by_family
from harness.figures.drawing.style import INK
from harness.run.spec import families
from optimizers import OPTIMIZERS

NAMES = list(OPTIMIZERS)[:50]


@pytest.fixture(scope="module")
def fifty():
    """Fifty registered methods, with the order of one of them for all: to judge them takes long."""
    tables = hand_made(NAMES, 1, [1.0, 3.0, 5.0], marks=8, judged=False)
    own = hand_made(["one"], 5, [1.0, 3.0, 5.0], marks=24)["order"]
    parts = [own.assign(optimizer=name, spread=own["spread"] * (1 + place)) for place, name in enumerate(NAMES)]
    return tables | {"order": pd.concat(parts, ignore_index=True)}


def test_few_optimizers_are_one_group_and_many_are_by_family_with_those_that_nobody_knows_last():
    known = {name: "ab"[place % 2] for place, name in enumerate(map(str, range(MANY)))}
    assert by_family(list(known), known) == [("", list(range(MANY)))]
    assert by_family([*known, "own"], None) == [("", list(range(MANY + 1)))]
    even, odd = list(range(0, MANY, 2)), list(range(1, MANY, 2))
    assert by_family([*known, "own"], known) == [("a", even), ("b", odd), ("others", [MANY])]


@pytest.mark.parametrize("name", [name for name in FIGURES if "families" in asked_of(name)])
def test_each_of_fifty_is_named_with_its_family(fifty, name):
    figure = drawn(name, fifty, families())
    assert figure.get_size_inches()[0] <= 7.1
    found = [text for text in figure.findobj(lambda artist: hasattr(artist, "get_text")) if text.get_text()]
    said = [text.get_text() for text in found]
    assert set(NAMES) <= set(said)
    titles = {text.partition(":")[0] for text in said}
    assert {families()[method] for method in NAMES} <= titles


def told_at_length(tables):
    """The same study with a footer of four lines: a name longer than the page, and a frequency that one run lacks."""
    runs, spectra = tables["runs"], tables["spectra"]
    seen = (spectra["run_id"] != runs["run_id"].iloc[0]) | (spectra["frequency"] < 5)
    return tables | {"runs": runs.assign(network="-".join(["1", *["40"] * 60, "1"])), "spectra": spectra[seen]}


@pytest.mark.parametrize("name", ["heatmap", "order"])
@pytest.mark.parametrize("told", [dict, told_at_length])
def test_the_words_of_a_page_of_fifty_do_not_lie_on_each_other(fifty, name, told):
    figure = drawn(name, told(fifty), families())
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    shown = [text for text in figure.texts if text.get_text()]
    boxes = [text.get_window_extent(renderer) for text in shown]
    boxes += [axes.xaxis.label.get_window_extent(renderer) for axes in figure.axes]
    boxes += [legend.get_window_extent(renderer) for legend in figure.legends]
    assert all(box.x0 >= 0 and box.x1 <= figure.bbox.x1 and box.y0 >= 0 for box in boxes)
    for place, box in enumerate(boxes):
        for other in boxes[:place]:
            wide = min(box.x1, other.x1) - max(box.x0, other.x0)
            high = min(box.y1, other.y1) - max(box.y0, other.y0)
            assert not (wide > 1 and high > 2)
    names = [text for text in shown if text.get_color() == INK and text.get_text() in NAMES]
    heights = sorted(text.get_window_extent(renderer).y0 for text in names)
    assert min(high - low for low, high in pairwise(heights)) > 7

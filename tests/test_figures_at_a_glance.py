"""Every figure, of a small study and of fifty optimizers: nothing is cut, no words collide, it looks as reviewed.

`python tests/test_figures_at_a_glance.py` writes what is looked at into `tests/data/glances.json`; look at the figures
before you commit it.
"""

import json
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from support.hand_made import hand_made
from support.observed_tables import observed
from support.page_words import collisions, words

from harness.figures import FIGURES
from harness.figures.drawing.style import fitted, stacked, text_width

FILE = Path(__file__).parent / "data" / "glances.json"
DPI, ROWS, COLUMNS = 100, 12, 8
OF_PICTURES = {"pictures"}
"""Drawn of problems that these studies are not; `tests/test_pictures.py` looks at it."""
OF_PARTS = {"parts"}
CROWDED = ("filtering", "response", "heatmap", "order", "profile", "projection", "snapshots")
NAMES = sorted(FIGURES.keys() - OF_PICTURES - OF_PARTS)
SIZES = {"small": (["adam", "bfgs", "powell"], 5), "fifty": ([f"method-{n:02d}" for n in range(50)], 1)}


@cache
def study(size):
    names, seeds = SIZES[size]
    tables = hand_made(names, seeds, [1.0, 3.0, 5.0], marks=24, judged=size == "small")
    if size == "fifty":  # whose order takes long to judge, and would be the same for all
        few = hand_made(names[:2], 5, [1.0, 3.0, 5.0], marks=24)["order"]
        own = few[few["optimizer"] == names[0]]
        tables["order"] = _for_each(own, names)
    return observed(tables)


def _for_each(rows, names):
    parts = [rows.assign(optimizer=name, spread=rows["spread"] * (1 + n)) for n, name in enumerate(names)]
    return pd.concat(parts, ignore_index=True)


def drawn(figure):
    figure.set_dpi(DPI)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].mean(axis=2), canvas.get_renderer()


@cache
def looked_at(name):
    figure = FIGURES[name](study("small"))
    return figure, *drawn(figure)


def glance(pixels):
    """Mean darkness of each of ROWS x COLUMNS parts of the picture, in per cent."""
    parts = [np.array_split(band, COLUMNS, axis=1) for band in np.array_split(255 - pixels, ROWS, axis=0)]
    return [[round(float(part.mean()) / 2.55, 2) for part in band] for band in parts]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_cut_and_no_words_lie_on_each_other(name):
    figure, pixels, renderer = looked_at(name)
    edge = np.concatenate([pixels[:2].ravel(), pixels[-2:].ravel(), pixels[:, :2].ravel(), pixels[:, -2:].ravel()])
    assert edge.min() == 255
    boxes = words(figure, renderer)
    assert len(boxes) >= 5
    for one, box in boxes:
        assert box.x0 >= -1, one
        assert box.x1 <= figure.bbox.x1 + 1, one
    assert collisions(boxes) == []


@pytest.mark.parametrize("name", NAMES)
def test_it_looks_as_it_was_reviewed(name):
    found = np.array(glance(looked_at(name)[1]))
    reviewed = np.array(json.loads(FILE.read_text())[name])
    # fonts and lines are the same everywhere; a hair's breadth is not
    assert np.abs(found - reviewed).max() < 1.5, "look at it, then: python tests/test_figures_at_a_glance.py"


def test_a_long_name_keeps_its_end_and_is_broken_between_words_first():
    name = "adam beta1=0.912345 beta2=0.9991234567 lr=0.00123456"
    assert stacked(name, 7, 4.0) == (name, 7)
    two, size = stacked(name, 7, 1.5)
    assert (two.replace("\n", " "), two.count("\n"), size) == (name, 1, 5.25)
    cut, size = fitted(name, 7, 1.5)
    assert cut.startswith("adam beta1=")
    assert cut.endswith("123456")
    assert text_width(cut, size) <= 1.5 < text_width(name, size)


@pytest.mark.slow
@pytest.mark.parametrize("name", CROWDED)
def test_fifty_optimizers_are_each_named(name):
    figure = FIGURES[name](study("fifty"))
    assert figure.get_size_inches()[0] <= 8.5
    # names are words on the page, in panels or in legends; to look for all texts would make the ticks of 250 panels
    legends = [*figure.legends, *filter(None, (axes.get_legend() for axes in figure.axes))]
    told = " ".join(text.get_text() for part in (figure, *figure.axes, *legends) for text in part.texts)
    assert [n for n in SIZES["fifty"][0] if n not in told] == []


if __name__ == "__main__":
    chosen = sys.argv[1:] or NAMES
    known = json.loads(FILE.read_text()) if FILE.exists() else {}
    known |= {name: glance(looked_at(name)[1]) for name in chosen}
    FILE.write_text(json.dumps(known, indent=None, separators=(",", ":")) + "\n")

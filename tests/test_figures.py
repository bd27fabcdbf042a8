"""The figures say what the tables say, whatever the tables are."""

import re
import subprocess
import sys
import zlib
from io import BytesIO

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from fontTools import subset
from fontTools.ttLib import TTFont
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import QuadMesh
from matplotlib.patches import Rectangle

from harness.figures import FIGURES, applicable, save, undrawn
from harness.figures.drawing.panels import cost_grid
from harness.tables import SCHEMA, frame

DEFAULTS = {"str": "", "int64": 0, "float64": 0.0, "bool": False}
BUDGET = 1000.0
STREAM = rb"stream\r?\n(\x78.*?)\r?\nendstream"
"""Of a PDF, compressed."""


def rows_of(table, rows):
    """A table of hand-made rows; a column that none of them names holds its type's zero."""
    return frame(table, {name: [row.get(name, DEFAULTS[kind]) for row in rows] for name, kind in SCHEMA[table].items()})


def run(optimizer, seed, marks, *, frequencies=(1.0,), components=(0,), probes=("fourier",), **columns):
    """Rows of one run: `marks` maps a cost to an error, or to one for each frequency."""
    own = {"run_id": f"{optimizer}-{seed}-{columns.get('settings', '')}", "optimizer": optimizer, "seed": seed}
    own = {"problem": "sin135", "network": "1-40-1", "activation": "tanh", **own}
    end = {"status": "budget", "budget": BUDGET, "cost": max(marks, default=0.0)}
    spectra = [
        {**own, "mark": mark, "cost": cost, "probe": probe, "component": component, "frequency": k, "error": error}
        for mark, (cost, errors) in enumerate(marks.items())
        for probe in probes
        for component in components
        for k, error in zip(frequencies, np.broadcast_to(errors, len(frequencies)), strict=True)
    ]
    return {
        "runs": [{**own, **end, **columns}],
        "spectra": spectra,
        "curves": [],
        "hits": [],
        "order": [],
        "machines": [],
    }


def hit(optimizer, seed, cost=None, *, threshold=0.1, frequency=1.0):
    """A row of `hits` for a `run`; without a cost, censored."""
    own = {"run_id": f"{optimizer}-{seed}-", "probe": "fourier", "frequency": frequency, "threshold": threshold}
    return {"hits": [{**own, "cost": BUDGET if cost is None else cost, "censored": cost is None}]}


def verdict(optimizer, text, concordance, low, high, **columns):
    """A row of `order` for the runs of `optimizer`."""
    own = {"problem": "sin135", "network": "1-40-1", "activation": "tanh", "optimizer": optimizer, "probe": "fourier"}
    interval = {"concordance": concordance, "low": low, "high": high}
    return {"order": [{**own, "threshold": 0.1, "matched_by": "cost", "verdict": text, **interval, **columns}]}


def tables(*parts):
    """All tables of all parts."""
    return {name: rows_of(name, [row for part in parts for row in part.get(name, [])]) for name in SCHEMA}


def many(optimizers, frequencies=3, seeds=1, **options):
    """Every optimizer learns low frequencies first, and the last of them end early."""
    marks = {0.0: 1.0, **{cost: np.exp(-cost / 20 / np.arange(1, frequencies + 1)) for cost in (1.0, 10.0, 100.0)}}
    names = [f"method-{index}" for index in range(optimizers)]
    runs = [
        run(
            name,
            seed,
            marks,
            frequencies=np.arange(frequencies) / 7,
            status="converged" if name[-1] == "9" else "budget",
            **options,
        )
        for name in names
        for seed in range(seeds)
    ]
    return tables(*runs, *(verdict(name, "too few hits", 0.51, 0.25, 0.75) for name in names))


def panels(figure):
    """The axes of the panels; the colour bar comes last."""
    return figure.axes[:-1]


def meshes(axes):
    return [artist for artist in axes.collections if isinstance(artist, QuadMesh)]


def texts(axes):
    return [text.get_text() for text in axes.texts]


def at(figure, table, cost, axes=0, row=0):
    """The error drawn at `cost`."""
    zero, rest = meshes(panels(figure)[axes])[:2]
    if cost == 0:
        return zero.get_array()[row, 0]
    return rest.get_array()[row, np.searchsorted(cost_grid(table)[1:] * (1 + 1e-9), cost)]


def drawn(figure, marker):
    """Position of the marks of one kind in the first panel."""
    (line,) = (line for line in panels(figure)[0].lines if line.get_marker() == marker)
    return line.get_xdata(), line.get_ydata()


def test_every_figure_of_the_registry_says_what_it_shows():
    assert "heatmap" in FIGURES
    assert all(figure.__doc__.splitlines()[0].endswith(".") for figure in FIGURES.values())


def test_there_is_a_panel_for_each_optimizer_in_the_order_of_the_runs():
    table = tables(
        run("powell", 0, {0: 1.0}),
        run("adam", 0, {0: 1.0}),
        run("powell", 1, {0: 1.0}),
        verdict("adam", "low-first", 0.975, 0.9, 1.0),
        verdict("adam", "high-first", 0.0, 0.0, 0.0, matched_by="loss"),
        verdict("adam", "undecided", 0.0, 0.0, 0.0, threshold=0.3),
        hit("adam", 0, 5.0),
        verdict("powell", "too few hits", np.nan, np.nan, np.nan),
    )
    powell, adam = panels(FIGURES["heatmap"](table))
    assert texts(powell) == ["powell", "", "too few hits", ""]
    assert texts(adam) == ["adam", "", "low-first", "C = 0.97 [0.90, 1.00]"]


def test_colours_are_medians_over_seeds_of_the_last_error_measured():
    table = tables(
        run("pso", 0, {0: 0.9, 1: 0.8, 2: 0.7, 1000: 0.1}),
        run("pso", 1, {0: 0.5, 3: 0.4, 300: 0.3}),
        run("pso", 2, {0: 0.6, 3: 0.2, 30: 5.0}),
        run("gd", 0, {0: 3.0, 3: 0.0}),
        run("gd", 1, {0: 3.0, 3: 0.02}),
    )
    figure = FIGURES["heatmap"](table)
    expected = {0: 0.6, 1: 0.6, 2.8: 0.6, 3: 0.4, 20: 0.4, 30: 0.7, 300: 0.7, 900: 0.7, 1000: 0.3}
    assert {cost: at(figure, table, cost) for cost in expected} == pytest.approx(expected)
    assert [at(figure, table, cost, axes=1) for cost in (0, 1, 3)] == pytest.approx([1.0, 1.0, 0.01])


def test_rows_ascend_with_frequency_and_share_their_place_in_all_panels():
    both = {"frequencies": (5.0, 0.25)}
    table = tables(run("a", 0, {0: (0.5, 0.2)}, **both), run("b", 0, {0: 0.3}, frequencies=(5.0,)))
    figure = FIGURES["heatmap"](table)
    first, second = panels(figure)
    assert [label.get_text() for label in first.get_yticklabels()] == ["0.25", "5"]
    assert not second.get_yticklabels()
    assert first.get_ylim() == second.get_ylim()
    assert [at(figure, table, 0, row=row) for row in (0, 1)] == [0.2, 0.5]
    assert meshes(second)[0].get_array().mask.tolist() == [[True], [False]]


def test_an_error_that_is_no_number_counts_as_the_largest():
    table = tables(run("a", 0, {0: 0.5, 10: np.nan}), run("a", 1, {0: 0.5, 10: 0.2}), run("a", 2, {0: 0.5, 10: np.inf}))
    figure = FIGURES["heatmap"](table)
    assert [at(figure, table, cost) for cost in (0, 9, 10)] == [0.5, 0.5, 1.0]


def test_an_error_of_zero_has_the_colour_of_the_smallest():
    figure = FIGURES["heatmap"](tables(run("a", 0, {0: 1.0, 1: 0.0})))
    mesh = meshes(panels(figure)[0])[1]
    assert mesh.to_rgba(mesh.get_array())[0, -1].tolist() == list(mesh.cmap(0.0))


def test_marks_stand_where_half_of_the_seeds_have_learned():
    learned = [hit("a", seed, cost) for seed, cost in enumerate((40.0, 10.0, None, 20.0, 30.0))]
    never = [hit("a", seed, cost, frequency=2.0) for seed, cost in enumerate((None, None, 7.0, 5.0, None))]
    other = [hit("a", seed, 2.0, threshold=0.2) for seed in range(5)]
    runs = [run("a", seed, {0: 1.0}, frequencies=(1.0, 2.0)) for seed in range(5)]
    figure = FIGURES["heatmap"](tables(*runs, *learned, *never, *other))
    x, y = drawn(figure, "o")
    assert (x.tolist(), y.tolist()) == ([30.0], [pytest.approx(0.15)])
    assert not next(line for line in panels(figure)[0].lines if line.get_marker() == ">").get_clip_on()
    x, y = drawn(figure, ">")
    assert x > BUDGET
    assert y == pytest.approx(0.45)
    halo, line = (artist for artist in panels(figure)[0].collections if not isinstance(artist, QuadMesh))
    assert [segment[:, 0].tolist() for segment in line.get_segments()] == [[20.0, 40.0], [7.0, BUDGET]]
    assert len(halo.get_segments()) == 2


def test_a_hit_at_cost_zero_stands_in_the_column_of_cost_zero():
    figure = FIGURES["heatmap"](tables(run("a", 0, {0: 0.01}), hit("a", 0, 0.0)))
    (x,), _ = drawn(figure, "o")
    (axes,) = panels(figure)
    column = meshes(axes)[0].get_coordinates()[0, :, 0]
    assert column[0] < x < column[1] < 1
    assert axes.get_xlim() == (column[0], BUDGET)
    assert (axes.get_xticks()[0], axes.get_xticklabels()[0].get_text()) == (x, "0")


def hatched(figure):
    """Where hatching begins, in each panel."""
    found = [[patch for patch in axes.patches if patch.get_hatch()] for axes in panels(figure)]
    assert all(isinstance(patch, Rectangle) for patches in found for patch in patches)
    return [[patch.get_x() for patch in patches] for patches in found]


def test_what_is_held_after_the_end_is_hatched():
    ends = [
        run("a", seed, {0: 1.0, cost: 0.1}, status=status)
        for seed, (cost, status) in enumerate([(50, "converged"), (20, "diverged"), (999, "budget"), (30, "converged")])
    ]
    table = tables(*ends, run("b", 0, {0: 1.0, 999: 0.5}))
    figure = FIGURES["heatmap"](table)
    assert hatched(figure) == [[30.0], []]
    assert texts(panels(figure)[0])[1] == "2 converged, 1 diverged"
    assert at(figure, table, 900) == pytest.approx(0.1)


def test_runs_without_a_curve_say_why():
    failed = run("cma", 0, {}, status="failed", reason="ValueError: no space for 40 GB.")
    first, second = panels(FIGURES["heatmap"](tables(failed, run("gd", 0, {0: 1.0}))))
    assert texts(first)[0] == "cma"
    assert " ".join(texts(first)[-1].split()) == "failed: ValueError: no space for 40 GB."
    assert (len(meshes(first)), len(meshes(second))) == (0, 2)
    (alone,) = panels(FIGURES["heatmap"](tables(failed)))
    assert "failed" in texts(alone)[-1]


def test_components_stand_below_each_other():
    (axes,) = panels(FIGURES["heatmap"](tables(run("a", 0, {0: (0.1, 0.2)}, frequencies=(1, 2), components=(0, 1, 2)))))
    assert texts(axes)[:3] == ["component 0", "component 1", "component 2"]
    heights = [mesh.get_coordinates()[0, 0, 1] for mesh in meshes(axes)[::2]]
    assert len(heights) == 3
    assert heights == sorted(heights, reverse=True)


def test_probes_have_panels_of_their_own():
    table = tables(run("a", 0, {0: 1.0}, probes=("gaussian", "fourier")))
    assert [texts(axes)[0] for axes in panels(FIGURES["heatmap"](table))] == ["a, fourier", "a, gaussian"]


def test_configurations_of_one_optimizer_are_told_apart():
    table = tables(*(run("gd", 0, {0: 1.0}, settings=f'{{"lr":{lr},"momentum":0}}') for lr in (0.1, 0.2)))
    assert [texts(axes)[0] for axes in panels(FIGURES["heatmap"](table))] == ["gd lr=0.1", "gd lr=0.2"]


def test_the_footer_names_problem_network_seeds_and_budget():
    figure = FIGURES["heatmap"](tables(*(run("a", seed, {0: 1.0}) for seed in range(3))))
    words = " ".join(text.get_text() for text in figure.texts)
    assert all(part in words for part in ("problem sin135", "network 1-40-1, tanh", "3 seeds", "1,000 forward passes"))


@pytest.mark.parametrize(
    ("optimizers", "frequencies", "components"), [(1, 1, 1), (1, 40, 2), (3, 5, 3), (7, 20, 1), (16, 3, 1)]
)
def test_all_text_lies_on_the_page_and_titles_do_not_collide(optimizers, frequencies, components):
    figure = FIGURES["heatmap"](many(optimizers, frequencies, components=range(components)))
    assert len(panels(figure)) == optimizers
    figure.set_dpi(200)
    renderer, page = FigureCanvasAgg(figure).get_renderer(), figure.bbox
    for axes in panels(figure):
        name, ending, left, right = (text.get_window_extent(renderer) for text in axes.texts[-4:])
        assert page.x0 <= left.x0 < left.x1 < right.x0 < right.x1 <= page.x1
        assert page.x0 <= name.x0 < name.x1 <= ending.x1 <= page.x1
        assert name.y1 <= page.y1
    boxes = [artist.get_window_extent(renderer) for artist in (*figure.texts, *figure.legends)]
    assert all(page.x0 <= box.x0 < box.x1 <= page.x1 and page.y0 <= box.y0 < box.y1 <= page.y1 for box in boxes)
    assert min(text.get_fontsize() for axes in panels(figure) for text in axes.texts) >= 4.5


def test_a_hundred_seeds_of_forty_frequencies_are_drawn():
    (axes,) = panels(FIGURES["heatmap"](many(1, 40, seeds=100)))
    assert meshes(axes)[0].get_array().shape == (40, 1)


def test_without_runs_the_message_says_what_is_missing():
    with pytest.raises(ValueError, match="no rows"):
        FIGURES["heatmap"](tables())


def test_same_tables_same_bytes_whatever_the_order_of_rows_and_the_style_of_the_user(tmp_path):
    table = many(1, seeds=2)
    shuffled = {name: rows if name == "runs" else rows.sample(frac=1, random_state=0) for name, rows in table.items()}
    with mpl.rc_context({"font.size": 20, "axes.grid": True, "savefig.bbox": "tight"}):
        before = dict(mpl.rcParams)
        theirs = save(FIGURES["heatmap"](shuffled), tmp_path / "theirs")
        assert dict(mpl.rcParams) == before
    ours = save(FIGURES["heatmap"](table), tmp_path / "sub" / "our.s")
    assert [path.name for path in ours] == ["our.s.png", "our.s.pdf"]
    assert [path.read_bytes() for path in ours] == [path.read_bytes() for path in theirs]
    assert sorted(path.name for path in tmp_path.glob("sub/*")) == ["our.s.pdf", "our.s.png"]


def test_pyplot_is_left_alone():
    check = "import sys, harness.figures; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


def test_a_figure_that_cannot_be_written_leaves_nothing_behind(tmp_path, monkeypatch):
    figure = FIGURES["heatmap"](many(1))

    def fail(file, **_):
        file.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(figure, "savefig", fail)
    with pytest.raises(OSError, match="disk full"):
        save(figure, tmp_path / "figure")
    assert list(tmp_path.iterdir()) == []


def test_tables_are_not_changed():
    table = many(2)
    copies = {name: rows.copy(deep=True) for name, rows in table.items()}
    FIGURES["heatmap"](table)
    for name, rows in copies.items():
        pd.testing.assert_frame_equal(table[name], rows)


def test_a_study_of_very_many_configurations_draws_no_figure_unasked_and_says_how(tmp_path):
    few, lots = (tables(*(run("gd", 0, {0.0: 1.0}, settings=f"{i}") for i in range(n))) for n in (100, 101))
    assert "heatmap" in applicable(few)
    assert undrawn(few, tmp_path) is None
    assert applicable(lots) == []
    assert f"harness figure heatmap {tmp_path} --optimizers gd" in undrawn(lots, tmp_path)


def test_fonts_of_a_pdf_have_their_letters_and_no_tables_of_layout(tmp_path):
    path, *_ = save(FIGURES["heatmap"](many(1, seeds=2)), tmp_path / "own", ("pdf",))
    streams = [zlib.decompress(part) for part in re.findall(STREAM, path.read_bytes(), re.DOTALL)]
    fonts = [TTFont(BytesIO(part)) for part in streams if part[:4] == b"\x00\x01\x00\x00"]
    assert fonts
    assert all("glyf" in font and not {"GSUB", "GPOS", "GDEF", "kern"} & set(font.keys()) for font in fonts)
    # whoever else embeds fonts gets them as ever
    assert not set(subset.Options().drop_tables) & {"GSUB", "GPOS"}

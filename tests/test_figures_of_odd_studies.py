"""Figures of studies of one run, of little that was learned, of a few runs that went on, and of targets that differ."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from support.hand_made import hand_made
from support.observed_tables import observed
from support.page_words import collisions, ticks_of, words

from harness.analysis.hits import find_hits
from harness.analysis.order import order_table
from harness.figures import DRAWINGS, FIGURES, save, unnamed
from harness.figures.drawing import fonts
from harness.figures.drawing.heat_panel import CENSORED
from harness.figures.drawing.palette import shades
from harness.figures.drawing.style import INK, house_style
from harness.figures.inline import study_html
from harness.figures.kept.filtered import filtering
from harness.figures.projection import PEAKS, peaks

NAMES = ("heatmap", "loss-matched", "order", "profile", "projection", "residual", "slope", "spectrum", "spread")
NAMES += ("standing",)


def judged(tables):
    """The same with hits and order found again."""
    tables["hits"] = find_hits(tables["runs"], tables["curves"], tables["spectra"])
    tables["order"] = order_table(*(tables[name] for name in ("runs", "curves", "spectra", "hits")))
    return tables


def slowed(tables, share):
    """The same with losses and errors that fall to this share alone."""
    for name, columns in (("curves", ("loss", "loss_last")), ("spectra", ("error", "error_last"))):
        for column in columns:
            tables[name][column] = tables[name][column] ** (np.log(share) / np.log(1e-4))
    tables["spectra"]["amplitude"] = tables["spectra"]["amplitude"].clip(0.3) / 5
    tables["spectra"]["target_amplitude"] = 0.2
    return judged(tables)


def of_targets():
    """Two targets of one law, each with frequencies of its own."""
    parts = [hand_made(["quick"], 5, frequencies, marks=24) for frequencies in ([1.0, 4.0], [2.0, 6.0])]
    for number, part in enumerate(parts):
        for rows in part.values():
            if "problem_settings" in rows:
                rows["problem_settings"] = f'{{"target": {number}}}'
            if "run_id" in rows:
                rows["run_id"] = f"{number}" + rows["run_id"]
    return {name: pd.concat([part[name] for part in parts], ignore_index=True) for name in parts[0]}


STUDIES = {
    "one run": lambda: hand_made(["quick", "slow"], 1, [1.0, 3.0], marks=24),
    "few powers of ten": lambda: slowed(hand_made(["quick", "slow"], 5, [1.0, 3.0], marks=24), 0.3),
    "nothing learned": lambda: slowed(hand_made(["quick", "slow"], 5, [1.0, 3.0], marks=24), 0.9),
    "targets": of_targets,
}


UNDRAWN = {
    "few powers of ten": {"profile"},
    "nothing learned": {"loss-matched", "profile", "residual"},
    "targets": {"spread"},
}
"""Figures for which a study has nothing to draw."""


@pytest.mark.parametrize("study", STUDIES)
def test_axes_can_be_read_words_are_apart_and_none_is_no_number(study):
    tables = STUDIES[study]()
    for name in NAMES:
        if name in UNDRAWN.get(study, ()):
            with pytest.raises(ValueError, match=r"[Nn]othing|no profile|no residuals"):
                FIGURES[name](tables)
            continue
        figure = FIGURES[name](tables)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        boxes = words(figure, canvas.get_renderer())
        assert collisions(boxes) == [], name
        assert [text for text, _ in boxes if "nan" in text.split() or "[nan" in text] == [], name
        for axes in figure.axes:
            for axis in (axes.xaxis, axes.yaxis):
                # of shared axes the first is named alone
                named = [label.get_text() for label in ticks_of(axis)]
                assert axis.get_scale() != "log" or len(named) != 1, (name, named)


def test_no_interval_is_no_number_in_a_notebook():
    told = study_html(hand_made(["quick"], 1, [1.0, 3.0]))
    assert "<td>1.00</td>" in told
    assert "nan" not in told.partition("<img")[0]


@pytest.mark.parametrize("name", ["residual", "loss-matched"])
def test_medians_at_equal_loss_are_of_half_of_the_runs_whatever_their_components(name):
    """A run of three components has three rows, and is one run."""
    tables = hand_made(["quick"], 5, [1.0, 3.0])
    spectra = tables["spectra"]
    tables["spectra"] = pd.concat([spectra.assign(component=number) for number in range(3)], ignore_index=True)
    curves, kept = tables["curves"], tables["runs"]["run_id"].iloc[0]
    curves.loc[curves["run_id"] != kept, "loss"] = curves["loss"].clip(0.3)
    shares = DRAWINGS[name].numbers(tables)["share"]
    assert shares.min() >= 0.3
    tables["runs"] = tables["runs"][tables["runs"]["run_id"] == kept]
    assert DRAWINGS[name].numbers(tables)["share"].min() < 0.01


@pytest.mark.parametrize("name", ["residual", "loss-matched"])
def test_losses_that_hardly_fall_are_a_sentence_and_no_empty_panel(name):
    with pytest.raises(ValueError, match=r"heatmap.*--budget"):
        FIGURES[name](STUDIES["nothing learned"]())


def test_colours_of_a_panel_are_apart_and_its_frequencies_named_whatever_others_watch():
    figure = FIGURES["loss-matched"](of_targets())
    for axes, told in zip(figure.axes, ("k = 1, 4", "k = 2, 6"), strict=False):
        assert told in [text.get_text() for text in axes.texts]
        low, high = (line.get_color() for line in axes.lines if line.get_marker() == "o")
        np.testing.assert_allclose([low, high], shades(2))


def test_residuals_below_the_axis_lie_on_its_edge_and_are_said_to():
    tables = hand_made(["quick", "slow"], 5, [1.0, 3.0], marks=24)
    quick = tables["spectra"]["run_id"].isin(tables["runs"].loc[tables["runs"]["optimizer"] == "quick", "run_id"])
    tables["spectra"].loc[quick & (tables["spectra"]["mark"] > 0), "error"] = 1e-16
    figure = FIGURES["residual"](tables)
    axes = figure.axes[0]
    drawn = [line for line in axes.lines if line.get_marker() == "o"]
    assert drawn
    assert all(min(line.get_ydata()) >= axes.get_ylim()[0] for line in drawn)
    assert "lower edge" in " ".join(text.get_text() for text in figure.texts)
    assert DRAWINGS["residual"].numbers(tables)["median"].min() < 1e-15
    plain = FIGURES["residual"](slowed(hand_made(["quick"], 5, [1.0, 3.0], marks=24), 0.1))
    assert "lower edge" not in " ".join(text.get_text() for text in plain.texts)


def test_a_target_of_one_frequency_is_seen():
    (axes,) = FIGURES["spectrum"](hand_made(["quick"], 1, [3.0], marks=24)).axes
    assert [line.get_marker() for line in axes.lines if str(line.get_color()) == INK] == ["_"]


def test_of_one_run_alone_the_panel_of_agreement_says_so():
    panel = FIGURES["samples"](observed(hand_made(["quick"], 1, [1.0, 3.0]))).axes[-1]
    assert any("one run alone" in text.get_text() for text in panel.texts)


def test_a_row_that_no_run_watches_is_not_told_as_missed():
    tables = of_targets()
    tables["hits"]["censored"] = True
    figure = FIGURES["heatmap"](tables)
    for axes, own in zip(figure.axes, (2, 2), strict=False):
        missed = [line for line in axes.lines if line.get_marker() == CENSORED["marker"]]
        assert sum(len(line.get_xdata()) for line in missed) == own
    assert any("watched by no run" in text.get_text() for text in figure.texts)


def test_a_run_that_ended_keeps_its_last_error_in_a_median():
    tables = hand_made(["quick"], 5, [1.0, 3.0], marks=24)
    spectra, ids = tables["spectra"], tables["runs"]["run_id"]
    whole = DRAWINGS["projection"].numbers(tables)
    # three of five converge early at a small error
    early = spectra["run_id"].isin(ids[:3])
    spectra.loc[early & (spectra["mark"] == 10), "error"] = 1e-6
    tables["spectra"] = spectra[~early | (spectra["mark"] <= 10)]
    rows = DRAWINGS["projection"].numbers(tables)
    assert len(rows) == len(whole)
    assert rows.loc[rows["mark"] > 10, "error"].to_numpy() == pytest.approx(1e-6)


def test_medians_are_over_all_runs_at_equal_costs_where_runs_skip_marks():
    tables = hand_made(["quick"], 5, [1.0, 3.0], marks=24)
    every = tables["spectra"]
    # of two runs every other mark is skipped, and those that are left are numbered anew
    skips = every["run_id"].isin(tables["runs"]["run_id"][:2])
    thin = every[skips & (every["mark"] % 2 == 0)]
    tables["spectra"] = pd.concat([every[~skips], thin.assign(mark=thin["mark"] // 2)])
    rows = DRAWINGS["projection"].numbers(tables)
    for (cost, k), shown in rows.groupby(["cost", "frequency"])["error"]:
        own = tables["spectra"][tables["spectra"]["frequency"] == k].drop_duplicates(["run_id", "cost"])
        # between marks log error is linear in log cost, which begins at 0
        errors = [
            np.exp(np.interp(np.log(1 + cost), np.log(1 + run["cost"]), np.log(run["error"])))
            for _, run in own.groupby("run_id")
        ]
        assert shown.tolist() == [pytest.approx(np.median(errors))]
    assert set(rows["cost"]) == set(every["cost"])


def test_a_line_that_stays_at_nothing_is_drawn():
    tables = hand_made(["quick", "slow"], 5, [1.0, 3.0])
    slow = tables["runs"].loc[tables["runs"]["optimizer"] == "slow", "run_id"]
    tables["hits"].loc[tables["hits"]["run_id"].isin(slow), "censored"] = True
    (axes,) = FIGURES["profile"](tables).axes
    assert [0.0, 0.0] in [list(line.get_ydata()) for line in axes.lines]


def test_a_slope_says_through_how_many_medians_it_goes():
    tables = hand_made(["quick"], 5, [1.0, 3.0, 5.0])
    hits = tables["hits"]
    hits.loc[hits["frequency"] == 5.0, "censored"] = True
    told = " ".join(text.get_text() for text in FIGURES["slope"](tables).axes[0].texts)
    assert "(of 2 of 3)" in told


def test_of_equally_loud_waves_evenly_spaced_ones_are_followed():
    k = np.arange(1.0, 11.0)
    # equal but for rounding
    loud = pd.DataFrame({"frequency": k, "target_amplitude": 1 + 1e-15 * (k % 3)})
    found = peaks(loud)
    assert (len(found), found[0], found[-1]) == (PEAKS, 1.0, 10.0)
    loud.loc[0, "target_amplitude"] = 2.0
    found = peaks(loud)
    assert (len(found), found[0], found[1], found[-1]) == (PEAKS, 1.0, 2.0, 10.0)


def test_verdicts_under_other_choices_are_told_apart_without_colours():
    tables = hand_made(["quick"], 5, [1.0, 3.0])
    figure = FIGURES["robustness"](tables)
    assert "▼" in [text.get_text() for text in figure.axes[0].texts]
    told = " ".join(text.get_text() for text in figure.texts)
    assert "▼ low-first" in told
    assert "amplitude alone" in told


def test_a_standing_names_methods_without_a_row():
    tables = of_targets()
    other = {name: rows.assign(optimizer="mute") for name, rows in of_targets().items() if "optimizer" in rows}
    ids = {name: rows.assign(run_id="m" + rows["run_id"]) for name, rows in other.items() if "run_id" in rows}
    tables["runs"] = pd.concat([tables["runs"], ids["runs"]], ignore_index=True)
    told = " ".join(text.get_text() for text in FIGURES["standing"](tables).texts)
    assert "without a row" in told
    assert "mute" in told


def test_filters_are_drawn_at_the_point_that_the_study_judges():
    tables = hand_made(["quick"], 5, [1.0, 3.0])
    spectra = tables["spectra"].assign(component=-1, probe="filter(3)", error_last=0.5)
    spectra["frequency"] = spectra["frequency"].replace({1.0: 0.0})
    tables |= {"spectra": spectra, "order": tables["order"].assign(incumbent="last")}
    figure = filtering(tables)
    assert {0.5} == {value for line in figure.axes[0].lines for value in line.get_ydata()}
    assert any("at the last point" in text.get_text() for text in figure.texts)


@pytest.mark.parametrize("dpi", [72, 107, 110, 200])
def test_notes_end_on_the_page_at_any_resolution(dpi):
    for name in ("residual", "loss-matched", "slope", "directions"):
        figure = FIGURES[name](observed(hand_made(["quick", "slow", "slower"], 5, [1.0, 3.0], marks=24)))
        figure.set_dpi(dpi)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        ends = {text.get_text(): text.get_window_extent(canvas.get_renderer()).x1 for text in figure.texts}
        assert {text for text, end in ends.items() if end > figure.bbox.x1} == set(), name


def test_letters_that_no_font_has_are_told_in_a_sentence_and_not_in_warnings(tmp_path, monkeypatch):
    """Warnings are errors here, and a machine may have a font with these letters."""
    monkeypatch.setattr(fonts, "OTHERS", ())
    fonts.fonts.cache_clear()
    try:
        tables = hand_made(["größte-α", "最速"], 1, [1.0, 3.0])
        for name in ("heatmap", "order", "slope", "profile"):
            save(FIGURES[name](tables), tmp_path / name)
        assert "the letters 最速:" in unnamed(tables)
        assert unnamed(hand_made(["größte-α"], 1, [1.0, 3.0])) == ""
        assert study_html(tables).startswith("<table>")
    finally:
        fonts.fonts.cache_clear()


@pytest.mark.parametrize("study", ["few powers of ten", "nothing learned"])
def test_numbers_on_the_axes_of_ratios_stand_apart(study):
    figure = FIGURES["spread"](STUDIES[study]())
    canvas = FigureCanvasAgg(figure)
    # as it is saved: how many ticks there are depends on the size of their names
    with house_style():
        canvas.draw()
        renderer = canvas.get_renderer()
        for axes in figure.axes:
            boxes = sorted(label.get_window_extent(renderer).extents.tolist() for label in ticks_of(axes.xaxis))
            assert min(right[0] - left[2] for left, right in pairwise(boxes)) > 0.1 * figure.dpi


def test_names_beside_ratios_stand_at_the_height_of_their_rows():
    figure = FIGURES["spread"](hand_made(["quick", "slow", "slower"], 5, [1.0, 3.0], marks=24))
    names = DRAWINGS["spread"].numbers(hand_made(["quick", "slow", "slower"], 5, [1.0, 3.0], marks=24))["configuration"]
    for row, name in enumerate(reversed(list(names))):
        (text,) = [one for one in figure.texts if one.get_text() == name]
        at = figure.transFigure.transform(text.get_position())[1]
        assert [axes.transData.transform((1, row))[1] for axes in figure.axes] == pytest.approx([at, at], abs=0.01)

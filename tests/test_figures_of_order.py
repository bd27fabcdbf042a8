"""Figures that answer: the numbers behind them, worked out by hand, and that they are drawn from tables alone."""

import numpy as np
import pandas as pd
import pytest

from harness.figures import DRAWINGS, FIGURES, save
from harness.figures.drawing.palette import DASHES, LINES, groups, looks
from harness.tables import SCHEMA, frame

ZERO = {"str": "", "int64": 0, "float64": 0.0, "bool": False}
THRESHOLD, BUDGET = 0.1, 1000.0
COSTS = (0.0, 1.0, 10.0, 100.0)
ERRORS = {"low": ((1, 0.5, 0.05, 0.01), (1, 1, 0.5, 0.05)), "none": ((1, 0.5, 0.05, 0.01),) * 2}
"""Errors of k = 1 and k = 4 at each cost; the loss is the sum of their squares."""


def table(name, rows):
    return frame(name, {column: [row.get(column, ZERO[kind]) for row in rows] for column, kind in SCHEMA[name].items()})


@pytest.fixture
def tables():
    rows = {name: [] for name in SCHEMA}
    for optimizer, errors in ERRORS.items():
        for seed in range(5):
            own = {"run_id": f"{optimizer}{seed}", "optimizer": optimizer, "seed": seed, "problem": "two"}
            losses = np.square(errors).sum(axis=0)
            rows["runs"].append({**own, "budget": BUDGET, "first_loss": losses[0], "status": "budget"})
            for mark, cost in enumerate(COSTS):
                at = {**own, "mark": mark, "cost": cost}
                rows["curves"].append({**at, "loss": losses[mark]})
                for k, error in zip((1.0, 4.0), errors, strict=True):
                    watched = {"probe": "fourier", "frequency": k, "target_amplitude": 2.0}
                    rows["spectra"].append({**at, **watched, "error": error[mark], "predicted_error": np.nan})
                mean = {"probe": "fourier", "frequency": 0.0, "error": 1.0}
                rows["spectra"].append({**at, **mean})
            for k, cost in zip((1.0, 4.0), (10.0, 100.0 if optimizer == "low" else 10.0), strict=True):
                watched = {"probe": "fourier", "frequency": k, "threshold": THRESHOLD, "predicted_cost": np.nan}
                late = seed == 4 and k == 4.0
                rows["hits"].append({**own, **watched, "cost": BUDGET if late else cost, "censored": late})
        answer = {"probe": "fourier", "threshold": THRESHOLD, "matched_by": "cost", "n_runs": 5}
        if optimizer == "low":
            answer |= {"concordance": 1.0, "low": 0.6, "high": 1.0, "spread": 10.0, "verdict": "low-first"}
        else:
            answer |= {"concordance": 0.5, "low": 0.3, "high": 0.7, "spread": 1.0, "verdict": "no order"}
        answer |= {"spread_low": answer["spread"] / 2, "spread_high": answer["spread"] * 2}
        rows["order"].append({"problem": "two", "optimizer": optimizer, **answer})
    return {name: table(name, own) for name, own in rows.items()}


def test_a_profile_is_the_share_of_pairs_learned_by_each_cost(tables):
    rows = DRAWINGS["profile"].numbers(tables)
    low, none = (rows[rows["configuration"] == name] for name in ("low", "none"))
    assert low["cost"].tolist() == [10.0] * 5 + [100.0] * 4
    np.testing.assert_allclose(low["share"], np.arange(1, 10) / 10)
    assert none["cost"].tolist() == [10.0] * 9


def test_the_mean_is_no_frequency_of_any_figure(tables):
    for name in ("profile", "slope", "residual", "loss-matched"):
        rows = DRAWINGS[name].numbers(tables)
        assert (rows.get("frequency", pd.Series([1.0])) > 0).all()
    assert DRAWINGS["profile"].numbers(tables)["pairs"].tolist() == [10] * 18


def test_a_slope_is_drawn_through_medians_of_all_runs(tables):
    rows = DRAWINGS["slope"].numbers(tables).set_index(["configuration", "frequency"])
    assert rows.loc[("low", 4.0), ["low", "median", "high"]].tolist() == [100.0, 100.0, 100.0]
    axes = FIGURES["slope"](tables).axes[0]
    assert "k^1.66" in "".join(text.get_text() for text in axes.texts)  # log 10 / log 4


def test_a_median_of_censored_runs_is_infinite(tables):
    tables["hits"].loc[tables["hits"]["frequency"] == 4.0, "censored"] = True
    rows = DRAWINGS["slope"].numbers(tables).set_index(["configuration", "frequency"])
    assert rows.loc[("low", 4.0), "median"] == np.inf
    FIGURES["slope"](tables)


def test_residuals_are_read_at_equal_loss_in_units_of_their_start(tables):
    rows = DRAWINGS["residual"].numbers(tables).set_index(["configuration", "share", "frequency"])["median"]
    # low: losses 2, 1.25, 0.2525, 0.0026; a fifth of the first is first reached at cost 10
    assert rows["low", 0.2, 1.0] == pytest.approx(0.05)
    assert rows["low", 0.2, 4.0] == pytest.approx(0.5)
    assert rows["none", 0.2, 1.0] == rows["none", 0.2, 4.0]
    assert ("none", 0.00001, 1.0) not in rows.index


def test_errors_over_the_loss_leave_out_levels_that_few_runs_reach(tables):
    rows = DRAWINGS["loss-matched"].numbers(tables)
    assert rows.loc[rows["configuration"] == "low", "share"].min() == pytest.approx(10**-2.75)
    few = tables["curves"]["run_id"].isin(["low0", "low1", "low2"]) & (tables["curves"]["mark"] == 3)
    tables["curves"].loc[few, "loss"] = 0.2525
    rows = DRAWINGS["loss-matched"].numbers(tables)
    assert rows.loc[rows["configuration"] == "low", "share"].min() == pytest.approx(10**-0.75)  # the first above 0.126


def test_the_page_of_order_begins_with_the_largest_spread(tables):
    assert DRAWINGS["order"].numbers(tables)["configuration"].tolist() == ["low", "none"]
    words = [text.get_text() for text in FIGURES["order"](tables).texts]
    assert words.index("low-first") < words.index("no order")


def test_the_spread_of_amplitude_alone_is_named_by_its_clock(tables):
    """A null has no cost of its own: its spread is by loss, and the axis beside it is of costs."""
    tables["order"][["null_concordance", "null_spread"]] = 0.5, 3.0
    figure = FIGURES["order"](tables)
    concordance, spread = figure.axes
    markers = [
        {line.get_marker() for line in axes.lines if list(line.get_xdata()) == [value]}
        for axes, value in ((concordance, 0.5), (spread, 3.0))
    ]
    named = {handle.get_marker(): handle.get_label() for handle in figure.legends[0].get_lines()}
    assert markers[1] == {"D"}
    assert "by loss" in named["D"]
    assert "D" not in markers[0]


def test_a_spread_that_is_an_upper_bound_has_its_mark_in_the_legend(tables):
    assert len(FIGURES["order"](tables).legends[0].get_lines()) == 4
    tables["order"].loc[0, "spread_bound"] = "<="
    named = {handle.get_marker(): handle.get_label() for handle in FIGURES["order"](tables).legends[0].get_lines()}
    assert named["<"].startswith("at most")


def test_an_order_without_rows_is_a_sentence(tables):
    tables["order"] = tables["order"][:0]
    with pytest.raises(ValueError, match="no order to draw"):
        FIGURES["order"](tables)


def test_nothing_learned_is_a_sentence(tables):
    tables["hits"]["censored"] = True
    with pytest.raises(ValueError, match="no profile to draw"):
        FIGURES["profile"](tables)


@pytest.mark.parametrize("name", ["loss-matched", "order", "profile", "residual", "slope"])
def test_each_is_drawn_from_tables_alone_and_is_the_same_each_time(name, tables, tmp_path):
    kinds = ("png", "svg")
    first, again = (save(FIGURES[name](tables), tmp_path / str(turn), kinds) for turn in range(2))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    assert len(DRAWINGS[name].numbers(tables))


def test_lines_of_a_panel_differ_in_colour_and_in_dash():
    shown = looks(6)
    assert len({look["color"] for look in shown}) == len(LINES) == 6
    assert len({str(look["ls"]) for look in shown}) == len(DASHES) == 6


def test_groups_are_nearly_equal():
    assert [len(part) for part in groups(range(13))] == [4, 4, 5]
    assert [item for part in groups(range(13)) for item in part] == list(range(13))

"""Figures of observers and of what is asked of a study: their numbers, and that what is asked is honoured."""

import numpy as np
import pandas as pd
import pytest
from support.hand_made import hand_made
from support.observed_tables import observed

from harness.analysis.asked.against import against
from harness.cli import main
from harness.figures import DRAWINGS, FIGURES
from harness.figures.projection import peaks


@pytest.fixture(scope="module")
def tables():
    return observed(hand_made(["adam", "bfgs", "gd"], 5, [1.0, 3.0]))


def test_directions_are_medians_over_runs_in_their_usual_order(tables):
    rows = DRAWINGS["directions"].numbers(tables)
    own = rows[rows["configuration"] == "bfgs"]
    assert own["direction"].tolist() == ["principal", "class", "random", "adversarial"]
    assert own["response_frequency"].tolist() == [1.0, 3.0, 2.0, 4.0]
    lifted = tables["response"].copy()
    runs = tables["runs"].loc[tables["runs"]["optimizer"] == "bfgs", "run_id"]
    lifted.loc[lifted["run_id"].isin(runs[:2]), "response_frequency"] += 100  # of five, two do not move a median
    assert DRAWINGS["directions"].numbers({**tables, "response": lifted}).equals(rows)


def test_peaks_are_local_maxima_and_of_a_few_frequencies_all():
    k = np.arange(1.0, 31.0)
    amplitude = 1 / k
    amplitude[[9, 19]] = 2, 3
    rows = pd.DataFrame({"frequency": k, "target_amplitude": amplitude})
    assert peaks(rows) == [1.0, 10.0, 20.0]
    assert peaks(rows[:6]) == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]


def test_a_projection_follows_the_component_with_the_loudest_wave(tables):
    spectra = tables["spectra"]
    loud = spectra.assign(component=7, target_amplitude=2.0, error=spectra["error"] / 2)
    rows = DRAWINGS["projection"].numbers({**tables, "spectra": pd.concat([spectra, loud], ignore_index=True)})
    assert rows["component"].unique().tolist() == [7]
    plain = DRAWINGS["projection"].numbers(tables)
    np.testing.assert_allclose(rows["error"], plain["error"] / 2)
    at = plain[(plain["configuration"] == "gd") & (plain["frequency"] == 3.0)].set_index("mark")["error"]
    runs = tables["runs"].loc[tables["runs"]["optimizer"] == "gd", "run_id"]
    own = spectra[spectra["run_id"].isin(runs) & (spectra["frequency"] == 3.0)]
    np.testing.assert_allclose(at, own.groupby("cost")["error"].median())


def test_a_projection_shows_errors_as_far_as_they_fall(tables):
    spectra = tables["spectra"].copy()
    runs = tables["runs"].loc[tables["runs"]["optimizer"] == "bfgs", "run_id"]
    spectra.loc[spectra["run_id"].isin(runs) & (spectra["mark"] == spectra["mark"].max()), "error"] = 5e-5
    spectra.loc[spectra["run_id"].isin(runs) & (spectra["mark"] == 0), "error"] = 40.0
    panels = [axes for axes in FIGURES["projection"]({**tables, "spectra": spectra}).axes if axes.get_yscale() == "log"]
    assert len({axes.get_ylim() for axes in panels}) == 1
    low, high = panels[0].get_ylim()
    assert low < 5e-5
    assert high > 40
    ends = [line.get_ydata()[-1] for axes in panels for line in axes.lines if len(line.get_ydata()) > 2]
    assert sorted(ends)[:2] == [5e-5, 5e-5]


@pytest.mark.parametrize("name", ["directions", "response"])
def test_figures_of_response_draw_the_lowest_frequency_that_a_cut_resolves(name, tables):
    figure = FIGURES[name](tables)
    floors = [line for axes in figure.axes for line in axes.lines if list(line.get_ydata()) == [0.25, 0.25]]
    assert len(floors) == 3
    told = " ".join(text.get_text() for text in figure.texts)
    assert "axes of their own" in told
    assert "1/length of the cuts" in told


def test_ratios_are_those_of_the_analysis_and_their_reference_can_be_named(tables):
    rows = DRAWINGS["spread"].numbers(tables, against="gd")
    assert set(rows["configuration"]) == {"adam", "bfgs"}
    own = against(tables, "gd").set_index("optimizer")
    assert rows.set_index("configuration")["spread_ratio"].to_dict() == own["spread_ratio"].to_dict()
    assert DRAWINGS["spread"].numbers(tables)["reference"].unique().tolist() == ["adam"]
    words = [text.get_text() for axes in FIGURES["spread"](tables, against="gd").axes for text in axes.texts]
    assert "spread over that of gd" in words
    with pytest.raises(ValueError, match="Choose from: adam, bfgs, gd"):
        FIGURES["spread"](tables, against="sgd")


@pytest.fixture(scope="module")
def folder(tables, tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    for name, rows in tables.items():
        rows.to_parquet(folder / f"{name}.parquet")
    return folder


def test_what_a_figure_is_asked_is_honoured(folder, capsys):
    def numbers(name, *words):
        assert main(["figure", name, str(folder), *words]) == 0, capsys.readouterr().err
        return pd.read_csv(folder / f"{name}.csv")

    assert numbers("snapshots", "--at", "0,50")["shown"].unique().tolist() == [0, 50]
    assert numbers("spread", "--against", "gd")["reference"].unique().tolist() == ["gd"]
    assert numbers("slope", "--optimizers", "gd,bfgs")["configuration"].unique().tolist() == ["bfgs", "gd"]
    assert main(["figure", "slope", str(folder), "--optimizers", "gb"]) == 2
    assert "Choose from: adam, bfgs, gd." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "option"), [("directions", "response"), ("response", "response"), ("samples", "samples")]
)
def test_a_table_that_was_not_written_is_named_with_its_option(tables, folder, name, option, tmp_path, capsys):
    for table in ("runs", "curves", "spectra", "hits", "order"):
        tables[table].to_parquet(tmp_path / f"{table}.parquet")
    assert main(["figure", name, str(tmp_path)]) == 2
    assert f"Start it again with --observe {option}, which changes no run." in capsys.readouterr().err

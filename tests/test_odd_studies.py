"""What is said of studies that nobody thought of: their truth is known, and their seeds are fixed."""

import numpy as np
import pandas as pd
import pytest
from support.simulated import MARKS, falling, said, studies

from benchmarks.order_rates import judged
from harness.analysis.asked.against import against
from harness.analysis.asked.robustness import robustness
from harness.analysis.asked.targets import run_values
from harness.analysis.repeated import distinct, repeats
from harness.analysis.summary import closing_table
from harness.cli import main
from harness.figures.order import order_rows
from harness.report.answers import answers

WAVES = np.log([1.0, 3.0, 5.0])
STUDIES = 40
SLACK = 3 * np.sqrt(0.05 * 0.95 / STUDIES)
"""Three standard errors of a rate of 5 %."""


def drawn(seed, runs, scatter=0.3, waves=3):
    """Logarithms of hit costs without an order `(STUDIES, runs, waves)`."""
    return 6 + scatter * np.random.default_rng(seed).normal(size=(STUDIES, runs, waves))


@pytest.mark.parametrize("copies", [5, 16])
def test_one_run_that_is_repeated_under_other_seeds_is_one_run(copies):
    """As of a loop that sets its library's seed once: five copies of one path agree in everything, and show nothing."""
    tables = studies(np.repeat(falling(6 + WAVES)[None, None], copies, axis=1))
    row = tables["order"].iloc[0]
    assert (row["n_runs"], row["verdict"]) == (1, "too few runs")
    (sentence,) = repeats(tables)
    assert sentence.startswith(f"own: of {copies} runs {copies - 1} repeat another to the last digit")


def test_runs_that_differ_in_the_last_digit_of_a_loss_are_runs_of_their_own():
    errors = np.repeat(falling(6 + WAVES)[None, None], 5, axis=1)
    tables = studies(errors * (1 + 1e-15 * np.arange(5)[None, :, None, None]))
    assert tables["order"]["n_runs"].tolist() == [5, 5]
    assert repeats(tables) == []


def test_runs_that_never_hit_anything_repeat_none():
    """Of eight failed runs with the same first loss all are counted, as among those that learned nothing."""
    tables = studies(np.ones((1, 8, len(MARKS), 3)))
    assert len(distinct(tables["runs"], tables["hits"])) == 8
    assert tables["order"]["n_runs"].tolist() == [8, 8]


def test_a_repeated_run_is_one_pair_of_a_comparison_and_one_value_of_a_target():
    """Two copies of each of four paths are four pairs with a method of eight paths, and those of equal seeds."""
    log_cost = 6 + WAVES + 0.2 * np.random.default_rng(0).normal(size=(1, 8, 3))
    own = falling(np.repeat(log_cost[:, :4], 2, axis=1))
    parts = [studies(own), studies(falling(2 * log_cost - 6), optimizer="adam")]
    tables = {name: pd.concat([part[name] for part in parts], ignore_index=True) for name in parts[0]}
    row = against(tables, "adam").iloc[0]
    assert row["n_pairs"] == 4
    assert (run_values(parts[0])["measure"] == "concordance").sum() == 4


def test_a_repeated_run_is_one_under_every_other_choice():
    """Also by the clock of seconds, which differ from copy to copy."""
    tables = studies(np.repeat(falling(6 + WAVES)[None, None], 5, axis=1))
    seconds = tables["curves"]["seconds"] * (1 + tables["curves"].groupby("run_id").ngroup() / 50)
    rows = robustness({**tables, "curves": tables["curves"].assign(seconds=seconds)})
    assert set(rows["verdict"]) == {"too few runs"}


def test_a_slope_of_nothing_but_ties_has_no_ratio_to_another_and_a_copy_has_the_ratio_one():
    """All errors fall between two marks: the exponent is 0 but for rounding, the same in all runs."""
    log_cost = drawn(6, 5)[:1] + WAVES
    apart = studies(falling(log_cost), optimizer="adam")
    for errors, ratio in (
        (np.where(MARKS[:, None] < 100, 1.0, 0.001) + 0 * falling(log_cost), np.nan),
        (falling(log_cost), 1.0),
    ):
        own = studies(errors * (1 + 1e-3 * np.arange(5)[:, None, None]))
        row = against({name: pd.concat([apart[name], own[name]], ignore_index=True) for name in own}, "adam").iloc[0]
        np.testing.assert_allclose(row["exponent_ratio"], ratio, rtol=0.01)
        assert not row["exponent_p"] < 0.05


def test_what_was_learned_before_the_run_began_shows_no_order_and_not_its_absence():
    """A network that starts at the answer: all hits cost 0."""
    errors = 0.05 * np.random.default_rng(0).uniform(0.5, 1.5, (1, 8, 1, 3)).repeat(len(MARKS), axis=2)
    row = studies(errors)["order"].iloc[0]
    assert row["verdict"] == "too few hits"
    assert np.isnan([row["spread"], row["concordance"], row["exponent"]]).all()


def test_a_frequency_that_was_learned_before_the_others_begin_comes_before_them():
    errors = falling(drawn(1, 8, 1.0)[:1])
    errors[..., 2] = 0.05
    assert said(studies(errors)).index.tolist() == ["high-first"]


@pytest.mark.parametrize("clock", ["cost", "loss"])
def test_errors_that_fall_together_are_tied_whatever_their_last_digits(clock):
    """A method that moves straight to the optimum shrinks all alike, and rounding is the same in every run."""
    even = np.repeat(drawn(2, 8, 1.0, 1), 3, axis=-1)
    tables = studies(falling(even) * (1 + 1e-14 * np.arange(3)))
    assert said(tables, clock).to_dict() == {"no order": 1.0}


@pytest.mark.parametrize("runs", [5, 8, 16])
@pytest.mark.parametrize("waves", [2, 10])
def test_of_two_or_ten_frequencies_without_an_order_none_is_said(runs, waves):
    rates = said(studies(falling(drawn(runs, runs, 0.3, waves)), frequencies=np.arange(1.0, waves + 1)))
    for verdict in ("low-first", "high-first", "mixed"):
        assert rates.get(verdict, 0.0) <= 0.05 + SLACK


@pytest.mark.parametrize("ways", [[1, -1], [1, -1] * 5])
@pytest.mark.parametrize("runs", [5, 16])
def test_components_of_opposite_orders_are_not_called_without_order(ways, runs):
    """Half of them low first and half high first, each by a factor of five: they cancel in C and in the median."""
    rng = np.random.default_rng(runs)
    costs = 0.1 * rng.normal(size=(STUDIES, runs, len(ways), 3)) + np.array(ways)[:, None] * WAVES
    assert {judged(study) for study in costs} <= {"undecided", "low-first", "high-first"}
    assert np.mean([judged(study) == "undecided" for study in costs]) > 0.8


@pytest.mark.parametrize("components", [2, 10])
def test_components_without_an_order_are_called_so(components):
    costs = 0.1 * np.random.default_rng(0).normal(size=(STUDIES, 16, components, 3))
    assert np.mean([judged(study) == "no order" for study in costs]) > 0.8


def test_a_random_frequency_that_comes_first_in_each_run_is_no_order():
    """Ten frequencies, of which each run learns another one twenty times sooner."""
    rng = np.random.default_rng(3)
    log_cost = drawn(3, 16, 0.05, 10)
    np.put_along_axis(log_cost, rng.integers(10, size=(STUDIES, 16, 1)), 3.0, axis=-1)
    rates = said(studies(falling(log_cost), frequencies=np.arange(1.0, 11)))
    assert max(rates.get(verdict, 0.0) for verdict in ("low-first", "high-first", "mixed")) <= 0.05 + SLACK


def test_an_order_from_high_to_low_is_found():
    assert said(studies(falling(drawn(4, 8, 0.2) - WAVES))).to_dict() == {"high-first": 1.0}


@pytest.mark.parametrize("runs", [1, 2, 4])
def test_of_fewer_than_five_runs_no_interval_of_a_spread_is_told(runs):
    """The whole range of two runs holds the median ratio in half of all studies, and that of one in none."""
    tables = studies(falling(drawn(5, runs)[:1] + WAVES))
    nulls = pd.DataFrame({"problem": []})
    (answer,) = answers({**tables, "nulls": nulls})
    assert "[" not in answer.spread.text
    assert order_rows(tables)[["spread_low", "spread_high"]].isna().all(axis=None)
    (spread,) = (column for column in closing_table(tables).columns if column.header == "spread")
    assert ".." not in "".join(map(str, spread.cells))


def test_the_closing_words_say_that_runs_are_repeated(tmp_path, monkeypatch, capsys):
    """A method that begins at a point of its own, whatever the start that it is given."""
    monkeypatch.chdir(tmp_path)
    tmp_path.joinpath("own.py").write_text(
        "import numpy as np\nfrom harness import optimizer\n\n\n@optimizer('own')\ndef own(fun, x0, jac, lr=0.05):\n"
        "    x = np.linspace(-0.5, 0.5, len(x0))\n    while True:\n        x = x - lr * fun(x)[1]\n"
    )
    words = ["--problem", "sin135", "--samples", "33", "--network", "1-10-1", "--plugin", "own.py"]
    words += ["--optimizers", "own,gd", "--seeds", "5", "--budget", "3000", "--jobs", "1", "--out", "study"]
    assert main(["compare", *words]) == 0
    told = capsys.readouterr().out
    assert "own: of 5 runs 4 repeat another to the last digit" in told
    assert "gd: of 5 runs" not in told
    assert main(["order", "study"]) == 0
    assert "so that they count as 1." in capsys.readouterr().out

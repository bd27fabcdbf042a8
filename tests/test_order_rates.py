"""How often the order statistics are right, by simulation with seeds fixed in advance: levels, power and coverage.

`docs/statistics.md` prints the same rates from more simulations (`python -m benchmarks.order_rates`)."""

from functools import cache

import numpy as np
import pytest

from benchmarks.order_rates import COVERAGE, coverage, exponent_coverage, rates, uneven_coverage

pytestmark = pytest.mark.slow
SIMULATIONS = 400
SLACK = 2 * np.sqrt(0.05 * 0.95 / SIMULATIONS)
"""Two standard errors of a rate of 5 %."""
NULLS = ["exchangeable", "shared by components", "smooth in k", "smooth, shared by components"]


@cache
def rate(learner, runs):
    return rates(learner, runs, SIMULATIONS)


@pytest.mark.parametrize("runs", [5, 8, 16])
@pytest.mark.parametrize("learner", NULLS)
def test_without_a_preference_a_false_verdict_is_said_in_at_most_one_case_of_twenty_a_side(learner, runs):
    found = rate(learner, runs)
    for verdict in ("low-first", "high-first", "mixed"):
        assert found.get(verdict, 0.0) <= 0.05 + SLACK


@pytest.mark.parametrize(("runs", "power"), [(5, 0.4), (8, 0.8), (16, 0.95)])
def test_a_concordance_of_four_fifths_is_found(runs, power):
    assert rate("ordered, C = 0.8", runs)["low-first"] >= power


def test_no_order_is_said_of_a_flat_learner_and_not_of_one_that_doubles():
    assert rate("flat", 16)["no order"] >= 0.8
    assert rate("doubling", 16).get("no order", 0.0) <= 0.05 + SLACK


@pytest.mark.parametrize("runs", [5, 8, 16])
def test_a_shared_order_that_is_not_monotone_is_mixed(runs):
    assert rate("3, 1, 5 in every run", runs) == {"mixed": 1.0}


@pytest.mark.parametrize("runs", [5, 8, 16])
@pytest.mark.parametrize("case", COVERAGE, ids=str)
def test_the_interval_of_the_concordance_covers_it(case, runs):
    covered, narrowest = coverage(case, runs, SIMULATIONS)
    assert covered >= 0.93 - SLACK
    assert narrowest > 0


@pytest.mark.parametrize("share", [0.4, 0.65, 0.9])
@pytest.mark.parametrize("concordance", [0.5, 0.8])
def test_the_interval_of_the_concordance_covers_it_where_one_run_holds_most_of_the_pairs(concordance, share):
    assert uneven_coverage(concordance, share, 8, SIMULATIONS) >= 0.93 - SLACK


@pytest.mark.parametrize("share", [0.25, 0.75])
def test_the_interval_of_the_exponent_covers_it_also_where_most_hits_are_censored(share):
    covered, _ = exponent_coverage(5, share, 8, 100)
    assert covered >= 0.93 - 2 * np.sqrt(0.05 * 0.95 / 65)

"""The few laws that are needed of `scipy.stats` are its own."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.analysis.statistics.laws import at_most, false_discovery, mid_ranks, t_quantile, t_tail


@pytest.mark.parametrize("freedom", [1, 2, 7, 31, 400])
def test_students_t_is_scipys(freedom: int) -> None:
    for level in (0.025, 0.5, 0.9, 0.975, 0.9995):
        assert t_quantile(level, freedom) == pytest.approx(stats.t.ppf(level, freedom), rel=1e-10, abs=1e-12)
    for t in (-3.0, 0.0, 0.2, 2.5, 40.0):
        assert t_tail(t, freedom) == pytest.approx(stats.t.sf(t, freedom), rel=1e-9)


def test_no_freedom_has_no_quantile() -> None:
    assert np.isnan([t_quantile(0.975, 0), t_tail(1.0, 0), stats.t.ppf(0.975, 0)]).all()


@pytest.mark.parametrize("n", [1, 5, 8, 33])
def test_the_binomial_law_is_scipys(n: int) -> None:
    np.testing.assert_allclose(at_most(np.arange(n), n, 0.5), stats.binom.cdf(np.arange(n), n, 0.5), rtol=1e-12)


@given(st.lists(st.lists(st.sampled_from([0.0, 1.0, 2.5, np.inf]), min_size=4, max_size=4), min_size=1, max_size=5))
def test_mid_ranks_are_scipys_with_ties_and_infinities(rows: list[list[float]]) -> None:
    values = np.array(rows)
    np.testing.assert_array_equal(mid_ranks(values), stats.rankdata(values, axis=1))
    np.testing.assert_array_equal(mid_ranks(values[0]), stats.rankdata(values[0]))


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=20))
def test_false_discoveries_are_scipys(p_values: list[float]) -> None:
    known = np.array(p_values)
    np.testing.assert_allclose(false_discovery(known), stats.false_discovery_control(known), rtol=1e-12)
    assert len(false_discovery(np.empty(0))) == 0


def test_a_comparison_begins_without_scipys_statistics_and_solvers_and_without_matplotlib() -> None:
    late = "{'scipy.stats', 'scipy.sparse.linalg', 'matplotlib'}"
    code = f"import sys, harness.commands.compare.work; sys.exit(bool({late} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

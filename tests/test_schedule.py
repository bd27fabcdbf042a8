"""When a run is measured."""

import numpy as np
import pytest

from harness.run.marks.schedule import log_marks


def test_marks_are_whole_ascending_about_evenly_spaced_in_their_logarithm_and_end_at_the_budget():
    marks = log_marks(60_000)
    assert marks[0] == 1
    assert marks[-1] == 60_000
    assert len(marks) <= 100
    assert all(mark == int(mark) for mark in marks)
    assert (np.diff(marks) > 0).all()
    ratios = np.divide(marks[1:], marks[:-1])[np.array(marks[:-1]) > 50]
    assert ratios.max() < 1.14
    assert ratios.min() > 1.09


@pytest.mark.parametrize(("budget", "count", "marks"), [(0.5, 9, ()), (1, 9, (1,)), (3.7, 9, (1, 2, 3)), (9, 0, ())])
def test_small_budgets_have_few_marks(budget, count, marks):
    assert log_marks(budget, count) == marks


@pytest.mark.parametrize("budget", [1, 7.5, 60, 600, 12_000, 1e7])
@pytest.mark.parametrize("count", [1, 2, 20, 100, 1000])
def test_marks_are_few_enough_within_the_budget_and_never_twice_the_same(budget, count):
    marks = log_marks(budget, count)
    assert 1 <= len(marks) <= count
    assert list(marks) == sorted(set(marks))
    assert marks[0] == 1
    assert marks[-1] <= budget
    assert count == 1 or marks[-1] == int(budget)

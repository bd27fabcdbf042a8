"""Speed changes no number: the first evaluations of every optimizer are the stored ones."""

from dataclasses import replace
from unittest import mock

import numpy as np
import pytest
from trajectories import EVALUATIONS, WATCHED, stored, trace

from optimizers import OPTIMIZERS

STORED = stored()
TOLERANCE = 1e-9


@pytest.mark.parametrize("problem", WATCHED)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_first_evaluations_are_the_stored_ones(problem: str, optimizer: str) -> None:
    name = f"{problem}/{optimizer}"
    assert name in STORED, "a new optimizer: add its trajectory with `python tests/trajectories.py`"
    kept, now = STORED[name], trace(problem, optimizer)
    assert now.shape == kept.shape
    scale = np.abs(kept).max(axis=0, initial=0.0) + np.finfo(float).tiny
    np.testing.assert_allclose(now / scale, kept / scale, rtol=TOLERANCE, atol=TOLERANCE)


def test_the_stored_trajectories_are_of_fifty_evaluations_that_differ() -> None:
    full = [rows for rows in STORED.values() if len(rows) == EVALUATIONS]
    assert len(full) > len(STORED) / 2
    assert all(len(np.unique(rows[:, 1])) > EVALUATIONS / 4 for rows in full)


def test_no_trajectory_is_kept_of_what_is_no_longer_registered() -> None:
    assert set(STORED) <= {f"{problem}/{optimizer}" for problem in WATCHED for optimizer in OPTIMIZERS}


def test_a_step_that_is_a_millionth_longer_is_noticed() -> None:
    kept = STORED["sin135/adam"]
    changed = trace_of_adam_with(lr=OPTIMIZERS["adam"].lr * (1 + 1e-6))
    assert not np.allclose(changed, kept, rtol=TOLERANCE, atol=TOLERANCE * np.abs(kept).max(axis=0))


def trace_of_adam_with(**settings: float) -> np.ndarray:

    with mock.patch.dict(OPTIMIZERS, adam=replace(OPTIMIZERS["adam"], **settings)):
        return trace("sin135", "adam")

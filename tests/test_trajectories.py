"""Speed changes no number: the first evaluations of every optimizer are the stored ones."""

from dataclasses import replace
from unittest import mock

import numpy as np
import pytest
from support.trajectories import EVALUATIONS, WATCHED, deviation, stored, trace

from optimizers import OPTIMIZERS

STORED = stored()
TOLERANCE = 1e-9


AMPLIFIED = 30.0
"""Disturbed runs are few, and an engine's rounding need not be theirs."""

FOLDED = {"dual-annealing": 1e-6}
"""Methods whose points are rounded themselves, whatever the losses: the visits of scipy's annealing come from powers,
reach 1e8 times the box and are folded back into it, so that the last bit of a processor's exponential decides about
the eighth digit of a point."""


def allowed(kept: np.ndarray, optimizer: str = "") -> np.ndarray:
    """The deviation allowed at each evaluation: 1e-9, or what rounding alone does to this method."""
    return np.maximum(FOLDED.get(optimizer, TOLERANCE), AMPLIFIED * kept[:, 2])


@pytest.mark.parametrize("problem", WATCHED)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_first_evaluations_are_the_stored_ones(problem: str, optimizer: str) -> None:
    name = f"{problem}/{optimizer}"
    assert name in STORED, "a new optimizer: add its trajectory with `python tests/support/trajectories.py`"
    kept, now = STORED[name], trace(problem, optimizer)
    certain = int((kept[:, 2] < TOLERANCE).sum())
    assert len(now) >= certain
    found = deviation(now, kept[:, :2])
    assert (found <= allowed(kept, optimizer)[: len(found)]).all()


def test_the_stored_trajectories_are_of_fifty_evaluations_that_differ() -> None:
    full = [rows for rows in STORED.values() if len(rows) == EVALUATIONS]
    assert len(full) > len(STORED) / 2
    moving = [rows for rows in full if len(np.unique(rows[:, 1])) > EVALUATIONS / 4]
    assert len(moving) > 0.9 * len(full)


def test_most_trajectories_are_held_to_a_billionth_to_their_end() -> None:
    held = [rows for rows in STORED.values() if len(rows) and allowed(rows)[-1] == TOLERANCE]
    assert len(held) > 0.75 * len(STORED)


def test_no_trajectory_is_kept_of_what_is_no_longer_registered() -> None:
    assert set(STORED) <= {f"{problem}/{optimizer}" for problem in WATCHED for optimizer in OPTIMIZERS}


def test_a_step_that_is_a_millionth_longer_is_noticed() -> None:
    kept = STORED["sin135/adam"]
    changed = trace_of_adam_with(lr=OPTIMIZERS["adam"].lr * (1 + 1e-6))
    assert (deviation(changed, kept[:, :2]) > allowed(kept)).any()


def trace_of_adam_with(**settings: float) -> np.ndarray:

    with mock.patch.dict(OPTIMIZERS, adam=replace(OPTIMIZERS["adam"], **settings)):
        return trace("sin135", "adam")

"""Methods on a quadratic loss go down to where squares of residuals are 0, and end there without an error."""

import pytest

from harness.run.runner import run
from harness.run.spec import RunSpec
from optimizers import OPTIMIZERS
from problems import PROBLEMS

FAMILIES = ("newton", "quasi-newton", "residual", "conjugate-gradient", "relaxation")
SOLVERS = [name for name, method in OPTIMIZERS.items() if method.family in FAMILIES]
FLAT = PROBLEMS["control-flat"]


@pytest.mark.parametrize("name", SOLVERS)
def test_a_solver_ends_where_nothing_is_left_to_solve(name):
    spec = RunSpec("control-flat", FLAT, name, OPTIMIZERS[name], seed=0, budget=float(FLAT.budget))
    row = run(spec)["runs"].iloc[0]
    assert row["status"] in ("budget", "converged"), row["reason"]
    assert row["best_loss"] < 1e-4 * row["first_loss"]

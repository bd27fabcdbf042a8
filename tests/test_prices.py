"""The price of an evaluation is written once, and everybody pays it."""

import numpy as np
import pandas as pd
import pytest
from support.toys import bowl, meter

from harness.analysis.asked.sensitivity import reprice
from harness.prices import KINDS, cost, price
from harness.tables import LABELS
from optimizers import OPTIMIZERS

ONES = np.ones(4)
CALLS = {
    "values": lambda made: made.value(ONES),
    "gradients": lambda made: made.value_and_grad(ONES),
    "hvps": lambda made: made.hvp(ONES, ONES),
    "jacobians": lambda made: made.residuals_and_jacobian(ONES),
}


@pytest.mark.parametrize(("kind", "due"), [("values", 1), ("gradients", 2.5), ("hvps", 5), ("jacobians", 2.5)])
def test_each_kind_has_its_price_and_the_meter_asks_it(kind, due):
    assert price(kind, 2.5) == due
    made = meter(bowl(), cost_per_gradient=2.5)
    CALLS[kind](made)
    assert made.account.cost == due
    assert made.account.counts.cost(2.5) == due


def test_a_table_is_priced_as_the_meter_prices():
    made = meter(bowl(), cost_per_gradient=2.5)
    for call in CALLS.values():
        call(made)
    counts = {kind: [getattr(made.account.counts, kind)] for kind in KINDS}
    curves = pd.DataFrame({"run_id": ["a"], "mark": [0], "cost": [0.0], **counts})
    runs = pd.DataFrame({"run_id": ["a"], "status": ["budget"], **{label: ["x"] for label in LABELS}})
    spectra = pd.DataFrame({"run_id": ["a"], "mark": [0], "cost": [0.0]})
    again, _, cut = reprice({"runs": runs, "curves": curves, "spectra": spectra}, 2.5)
    assert again["cost"].tolist() == [made.account.cost]
    assert cut == made.account.cost == cost(vars(made.account.counts), 2.5) == 11


def test_every_need_that_is_an_evaluation_has_one_price():
    needs = {need for method in OPTIMIZERS.values() for need in method.needs}
    priced = [need for kind in KINDS.values() for need in kind]
    assert len(priced) == len(set(priced))
    assert needs - set(priced) <= {"layout", "budget", "starts"}


def test_counts_that_are_not_known_are_not_priced():
    """Columns that an older study lacks read as NaN."""
    counts = {kind: [1.0, 1.0] for kind in KINDS} | {"hvps": [1.0, np.nan]}
    curves = pd.DataFrame({"run_id": ["a", "b"], "mark": [0, 0], "cost": [0.0, 0.0], **counts})
    runs = pd.DataFrame({"run_id": ["a", "b"], **{label: ["x", "x"] for label in LABELS}})
    spectra = pd.DataFrame({"run_id": ["a"], "mark": [0], "cost": [0.0]})
    with pytest.raises(ValueError, match="and 1 runs were written before hvps were counted"):
        reprice({"runs": runs, "curves": curves, "spectra": spectra}, 2.5)

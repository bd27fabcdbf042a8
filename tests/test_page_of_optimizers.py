"""The counts that `docs/experiments-optimizers.md` states follow from the tables that it names."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harness.analysis.asked.against import against
from harness.analysis.asked.samplers import P_LIMIT, SAMPLERS
from harness.analysis.statistics.verdicts import FEWEST_RUNS
from harness.study.store import read_exported

ROOT = Path(__file__).parents[1]
PAGE = " ".join((ROOT / "docs" / "experiments-optimizers.md").read_text().split())
LABELS = {"problem": "sin135", "network": "1-40-1", "activation": "tanh", "init": "pytorch-uniform"}


@pytest.fixture(scope="module")
def tables():
    return read_exported(ROOT / "results" / "reference" / "sin135-all")


def beside(rows, sampler):
    """The rows of methods beside one sampler that share enough seeds with it; the other sampler is no method."""
    own = rows[(rows["sampler"] == sampler) & ~rows["optimizer"].isin(SAMPLERS)]
    return own[own["n_pairs"] >= FEWEST_RUNS]


def test_how_many_methods_are_low_first_and_what_they_have_learned(tables):
    order = tables["order"][tables["order"]["endpoint"] == "primary"].set_index("optimizer")
    counts = order["verdict"].value_counts()
    assert f"**{counts['low-first']} of {len(order)} methods are low-first by cost**" in PAGE
    hits = tables["hits"][np.isclose(tables["hits"]["threshold"], 0.1)]
    learned = (~hits["censored"]).groupby([hits["optimizer"], hits["run_id"]]).sum().groupby("optimizer").max()
    alone = learned[learned == 1].index
    assert set(alone) == {"metropolis", "random-search", "random-search-initial"}
    several = (order.loc[learned[learned > 1].index, "verdict"] == "low-first").sum()
    by_loss = tables["order"].query("threshold == 0.1 and matched_by == 'loss'").set_index("optimizer")["verdict"]
    left = [name for name in by_loss.index if order["verdict"][name] == "low-first" != by_loss[name]]
    assert left == ["adadelta"]
    assert f"`adadelta` is {by_loss['adadelta']}, as its errors" in PAGE
    assert f"Of the {(learned > 1).sum()} that learn two frequencies or more in some run, {several} are" in PAGE


def test_how_many_methods_differ_from_adam(tables):
    rows = against(tables, "adam")
    sure = rows[rows["spread_p_adjusted"] <= P_LIMIT]
    assert (sure["spread_ratio"] < 1).sum() == 7
    assert (sure["spread_ratio"] > 1).sum() == 19
    assert "of the seven methods whose spread is smaller" in PAGE
    assert "It is larger for nineteen" in PAGE
    bounds = sure[sure["spread_bound"] == ">="].set_index("optimizer")["spread_ratio"]
    for name, told in {"gd": 45, "sgd": 177, "one-plus-one": 15, "coordinate-descent": 13}.items():
        # what is rounded up is no lower bound any more
        assert told == int(bounds[name])
        assert f"`{name}` (at least {told}" in PAGE


def test_sixteen_seeds_of_the_atlas_show_differences():
    rows = pd.read_parquet(ROOT / "atlas" / "tables" / "samplers.parquet")
    rows = rows[np.logical_and.reduce([rows[name] == value for name, value in LABELS.items()])]
    found = {sampler: beside(rows, sampler) for sampler in SAMPLERS}
    sure = {sampler: own[own["p_adjusted"] <= P_LIMIT] for sampler, own in found.items()}
    initial, metropolis = sure["random-search-initial"], sure["metropolis"]
    higher = initial["frequency_ratio"] > 1
    assert f"{len(initial)} of {len(found['random-search-initial'])} methods differ" in PAGE
    assert f"{higher.sum()} leave their residual at higher frequencies" in PAGE
    assert f"{(~higher).sum()} leave it at lower ones" in PAGE
    assert (metropolis["frequency_ratio"] < 1).all()
    assert f"Beside `metropolis` {len(metropolis)} differ, all at lower ones" in PAGE

"""The committed Atlas: its order and its page follow from its tables, and a thin slice of it comes out again."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from harness.analysis.asked.standing import standing
from harness.analysis.hits import find_hits
from harness.analysis.order import order_table
from harness.analysis.statistics.verdicts import FEWEST_RUNS, P_LIMIT, P_MIXED
from harness.atlas.again import VERIFIED
from harness.atlas.kept import KEPT, STANDING, beside, kept_tables, part_tables, parts
from harness.atlas.page import atlas_page
from harness.atlas.pairs import PAIRS, Tuned, tuned_pairs, write_pairs
from harness.atlas.placing import ranking
from harness.run.runner import run_lanes
from harness.study.file.study_file import read_study
from harness.tables import LABELS

ROOT = Path(__file__).parents[1]
LARGEST = 20_000_000
"""Bytes of everything that is committed of an Atlas."""
SLICE = ("adam", "lbfgs")
"""One method in lanes and one with a line search, on the first problem, seeds 0 and 1."""


@pytest.fixture(scope="module")
def tables():
    return kept_tables(ROOT / KEPT)


def of_problems(tables, names):
    """The tables of all methods on some problems."""
    kept = set(tables["runs"].loc[tables["runs"]["problem"].isin(names), "run_id"])
    few = {name: rows[rows["run_id"].isin(kept)] if "run_id" in rows else rows for name, rows in tables.items()}
    return few | {"order": tables["order"][tables["order"]["problem"].isin(names)]}


def test_its_order_by_cost_is_recomputed_from_its_hits(tables):
    """On every third problem by name; a verdict hangs on the other problems, too, by its adjusted p."""
    few = of_problems(tables, sorted(set(tables["runs"]["problem"]))[::3])
    made = order_table(*(few[name] for name in ("runs", "curves", "spectra", "hits", "nulls")))
    # rows of one part stand behind those of another
    place = [*LABELS, "probe", "threshold"]
    made, written = (
        rows[rows["matched_by"] == "cost"].sort_values(place, ignore_index=True) for rows in (made, few["order"])
    )
    assert len(written) > 1000
    whole = ["p_adjusted", "verdict"]
    pd.testing.assert_frame_equal(made.drop(columns=whole), written.drop(columns=whole), rtol=1e-6, atol=1e-9)
    # what hangs on a corrected p is compared where it is the same beside fewer others
    alike = (made["p_adjusted"] <= P_LIMIT) == (written["p_adjusted"] <= P_LIMIT)
    alike &= ~(made["p_mixed"] <= P_MIXED)
    assert alike.mean() > 0.9
    assert made["verdict"][alike].tolist() == written["verdict"][alike].tolist()


@pytest.mark.parametrize("part", parts(ROOT / KEPT), ids=lambda part: part.name)
def test_its_adjusted_p_values_are_those_of_scipy(part):
    rows = pd.read_parquet(part / "order.parquet")
    tested = rows[rows["p_value"].notna() & (rows["n_runs"] >= FEWEST_RUNS)]
    for _, family in tested.groupby(["probe", "threshold", "matched_by"]):
        expected = scipy.stats.false_discovery_control(family["p_value"])
        np.testing.assert_allclose(family["p_adjusted"], expected, rtol=1e-6)


def test_its_standing_is_the_one_that_is_written_for_people(tables):
    written = pd.read_csv(ROOT / KEPT / STANDING, keep_default_na=False, na_values=[""])
    made = standing(tables)
    assert written["verdict"].tolist() == made["verdict"].tolist()
    np.testing.assert_allclose(written["spread"], made["spread"], rtol=1e-4)


@pytest.mark.slow
def test_its_page_is_made_of_its_tables(tables):
    folder = beside(ROOT / KEPT)
    tuned = tuned_pairs(tables, [part_tables(part) for part in parts(folder)])
    buffer = BytesIO()
    write_pairs(tuned, buffer)
    assert (folder / PAIRS).read_bytes() == buffer.getvalue()
    path = ROOT / KEPT / VERIFIED
    again = pd.read_csv(path) if path.is_file() else None
    told = Tuned(tuned, f"../{beside(KEPT).as_posix()}/{PAIRS}")
    assert (ROOT / "docs" / "atlas.md").read_text() == atlas_page(tables, KEPT, "figures/atlas.png", told, again)


def test_a_place_is_told_by_means_over_the_same_problems_for_all(tables):
    some = of_problems(tables, ["sin15", "steps-periodic", "ten-tones", "dense", "poisson"])
    rows = standing(some)
    for own in ("adam", "gauss-newton"):
        ranked = ranking(some, [own])
        assert ranked["problems"].nunique() == 1
        spreads = rows[(rows["optimizer"] == own) & (rows["spread"] > 0)]["spread"]
        assert 1 < ranked["problems"].iloc[0] <= len(spreads)
        assert own in ranked[ranked["own"]]["optimizer"].tolist()


def test_it_is_small():
    assert sum(path.stat().st_size for path in (ROOT / "atlas").rglob("*") if path.is_file()) < LARGEST


@pytest.mark.parametrize("optimizer", SLICE)
def test_a_slice_of_it_comes_out_again(tables, optimizer):
    """The lowest frequency to the digit; later hits of a line search amplify the last one."""
    planned = read_study(ROOT / "atlas" / "core.toml", "0..1").plan.specs
    specs = [spec for spec in planned if (spec.optimizer, spec.problem) == (optimizer, "sin135")]
    parts = run_lanes([spec for spec in specs if spec.recipe.activation == "tanh"])
    names = ("runs", "curves", "spectra")
    runs, curves, spectra = (pd.concat([part[name] for part in parts], ignore_index=True) for name in names)
    key = ["run_id", "probe", "frequency", "threshold"]
    both = find_hits(runs, curves, spectra).merge(tables["hits"], on=key, suffixes=("", "_kept"))
    assert set(both["run_id"]) == set(runs["run_id"])
    early = both[both["frequency"] == 1.0]
    np.testing.assert_allclose(early["cost"], early["cost_kept"], rtol=1e-6)
    assert (both["censored"] == both["censored_kept"]).mean() >= 0.9

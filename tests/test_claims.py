"""The claims: every study can be planned, and the page is the one that list and tables make."""

import tomllib
from pathlib import Path

import pytest

from harness.commands.docs.claims_page import claims_page
from harness.study.file.study_file import read_study

ROOT = Path(__file__).parents[1]
CLAIMS = ROOT / "claims"
LISTED = tomllib.loads((CLAIMS / "claims.toml").read_text())["claims"]
SMALL = [CLAIMS / claim["folder"] / "SMALL.toml" for claim in LISTED]


def test_the_committed_page_is_current():
    assert (ROOT / "docs" / "claims.md").read_text() == claims_page(CLAIMS), "run: python -m harness docs claims"


def test_every_claim_has_its_letter_and_every_folder_its_claim():
    assert [claim["letter"] for claim in LISTED] == list("abcdefg")
    assert {claim["folder"] for claim in LISTED} == {path.name for path in CLAIMS.iterdir() if path.is_dir()}


@pytest.mark.parametrize("path", SMALL, ids=lambda path: path.parent.name)
def test_every_small_study_is_understood_with_enough_seeds_for_a_verdict(path):
    study = read_study(path)
    assert not study.plan.left_out
    assert len({spec.seed for spec in study.plan.specs}) >= 8


def test_the_published_size_of_muon_is_what_was_published():
    plan = read_study(CLAIMS / "muon-picture" / "PUBLISHED.toml").plan
    assert {spec.recipe.network for spec in plan.specs} == {"2-300-300-300-300-300-3"}
    # a full-batch step of a gradient is three passes
    assert {spec.budget / spec.cost_per_gradient for spec in plan.specs} == {5000.0}
    by_name = {spec.optimizer: spec.method for spec in plan.specs}
    assert (by_name["adam"].lr, by_name["adam"].schedule, by_name["muon-hidden"].lr) == (0.001, "cosine", 0.1)


def test_a_list_that_is_missing_or_no_list_is_refused(tmp_path):
    with pytest.raises(ValueError, match="The page of claims is made from"):
        claims_page(tmp_path)


def test_rows_show_what_differs_between_them(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "claims.toml").write_text(
        '[[claims]]\nletter="a"\nfolder="one"\ntitle="T"\npublished="no"\nclaimed="C"\nhere="H"\nverdict="V"\n'
    )
    assert "has not been run yet" in claims_page(tmp_path)
    head = (
        "problem,optimizer,settings,problem_settings,network,activation,init,probe,threshold,matched_by,n_runs,"
        "concordance,null_concordance,spread_bound,spread,spread_low,spread_high,verdict\n"
    )
    rows = [
        'p,adam,"{""lr"":0.1}","{""embedding"":""none""}",1-4-1,tanh,x,fourier,0.1,cost,8,0.75,0.5,>,12.34,3,,low-first\n',
        'p,adam,"{""lr"":0.2}","{""embedding"":""none""}",1-4-1,tanh,x,fourier,0.1,cost,8,,0.5,,,,,too few hits\n',
        'p,adam,"{""lr"":0.2}","{""embedding"":""none""}",1-4-1,tanh,x,fourier,0.1,loss,8,1,0.5,,,,,low-first\n',
    ]
    (tmp_path / "one" / "order.csv").write_text(head + "".join(rows))
    lines = claims_page(tmp_path).splitlines()
    assert "| adam | lr:0.1 | 8 | 0.75 | 0.5 | >12 (3 to -) | low-first |" in lines
    assert "| adam | lr:0.2 | 8 | - | 0.5 | - (- to -) | too few hits |" in lines
    assert sum(line.startswith("| adam") for line in lines) == 2

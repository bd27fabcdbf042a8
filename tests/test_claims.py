"""The claims: every study can be planned, and the page is the one that list and tables make."""

import json
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from benchmarks.claims import ends, shares
from benchmarks.claims_figure import USUAL, claim_figure
from harness.commands.docs.claims_page import claims_page, rows_of
from harness.run.spec import settings_of
from harness.study.file.searches import searches_of
from harness.study.file.study_file import read_study

ROOT = Path(__file__).parents[1]
CLAIMS = ROOT / "claims"
LISTED = tomllib.loads((CLAIMS / "claims.toml").read_text())["claims"]
TUNED = [claim for claim in LISTED if (CLAIMS / claim["folder"] / "SMALL-tuned.toml").is_file()]
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


LABELS = "problem,optimizer,settings,problem_settings,network,activation,init,loss"
ORDER = (
    f"{LABELS},probe,threshold,matched_by,n_runs,concordance,low,high,null_concordance,spread_bound,spread,spread_low,spread_high,"
    "null_spread,verdict,settings_are,fixed,shown\n"
)
PLAIN = '"{""embedding"":""none""}",1-4-1,tanh,x,mse'


def test_rows_show_what_differs_between_them(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "claims.toml").write_text(
        '[[claims]]\nletter="a"\nfolder="one"\ntitle="T"\npublished="not run"\nminutes="1 minute"\nclaimed="C"\n'
        'here="H"\nverdict="V"\ncolumns=["share", "psnr"]\n'
    )
    assert "has not been run yet" in claims_page(tmp_path)
    rows = [
        f"p,adam,A,{PLAIN},fourier,0.1,cost,8,0.75,0.6,0.9,0.5,>=,12.34,3,inf,1.5,low-first,registered,,\n",
        f"p,adam,B,{PLAIN},fourier,0.1,cost,8,,,,0.5,,,,,,too few hits,tuned,,lr 0.2\n",
        f"p,adam,B,{PLAIN},fourier,0.1,loss,8,1,,,0.5,,,,,,low-first,tuned,,lr 0.2\n",
        f"p,adam,B,{PLAIN},psnr,0.1,cost,8,1,,,0.5,,,,,,low-first,tuned,,lr 0.2\n",
    ]
    (tmp_path / "one" / "order.csv").write_text(ORDER + "".join(rows))
    ends = [f"p,adam,A,{PLAIN},0.0123,inf,21.34\n", f"p,adam,B,{PLAIN},0.5,0.25,9\n"]
    (tmp_path / "one" / "ends.csv").write_text(f"{LABELS},loss_end,share,psnr\n" + "".join(ends))
    page = claims_page(tmp_path)
    lines = page.splitlines()
    first = (
        "| adam |  | registered | 8 | 0.75 [0.6, 0.9] (0.5) | >=12 [3, inf] (1.5) | 0.012 | never | 21.3 | low-first |"
    )
    assert first in lines
    assert "| adam |  | tuned: lr 0.2 | 8 | - [-, -] (0.5) | - [-, -] (-) | 0.5 | 0.25 | 9.0 | too few hits |" in lines
    assert sum(line.startswith("| adam") for line in lines) == 2
    assert "make claim-a" in page
    assert [row["name"] for row in rows_of(tmp_path / "one")] == ["adam", "adam tuned"]


@pytest.mark.parametrize("claim", LISTED, ids=lambda claim: claim["letter"])
def test_every_claim_has_its_figure_of_its_committed_tables(claim):
    rows = pd.DataFrame(rows_of(CLAIMS / claim["folder"]))
    figure = claim_figure(rows, claim.get("panels", USUAL))
    written = {text.get_text() for text in figure.texts}
    assert len(figure.axes) == len(claim.get("panels", USUAL))
    # long names are cut short, and none is left out
    assert len(figure.texts) == len(rows) + 1
    assert sum(name in written for name in rows["name"]) > len(rows) / 3
    with Image.open(ROOT / "docs" / "figures" / f"claim-{claim['letter']}.png") as picture:
        assert picture.width == 781


@pytest.mark.parametrize("claim", TUNED, ids=lambda claim: claim["letter"])
def test_winners_have_the_lowest_loss_of_as_many_trials_on_seeds_of_their_own(claim):
    folder = CLAIMS / claim["folder"]
    searches, _ = searches_of(read_study(folder / "SMALL.toml"))
    assert {(one.tuning.trials, one.tuning.seeds) for one in searches} == {(8, 3)}
    assert min(spec.seed for one in searches for spec in one.specs) == 1000
    tuned = {
        (spec.problem, spec.recipe, spec.optimizer, spec.method)
        for spec in read_study(folder / "SMALL-tuned.toml").plan.specs
    }
    trials = pd.read_csv(folder / "SMALL-tuned.csv")
    winners = 0
    # each search begins with the registered settings, trial 0
    for _, rows in trials.groupby(trials["trial"].eq(0).cumsum()):
        best = rows.sort_values("loss", kind="stable").iloc[0]
        if best["trial"] and np.isfinite(best["loss"]):
            winners += 1
            assert json.loads(best["settings"]) in [
                settings_of(method) for _, _, name, method in tuned if name == best["optimizer"]
            ]
    assert winners == len(tuned)


def test_ends_are_medians_and_quartiles_and_shares_are_of_the_seeds_own_run():
    label = {"problem": "p", "problem_settings": "{}", "network": "n", "activation": "t", "init": "i", "loss": "mse"}
    runs = pd.DataFrame(
        [
            {
                "run_id": f"{name}{seed}",
                **label,
                "optimizer": name,
                "settings": "{}",
                "seed": seed,
                "best_loss": loss,
                "budget": 10.0,
            }
            for name, losses in (("adam", (1.0, 2.0, 3.0)), ("soap", (0.5, 9.0, 3.0)))
            for seed, loss in enumerate(losses)
        ]
    )
    curves = pd.DataFrame(
        [
            {"run_id": run_id, "cost": cost, "loss": loss}
            for run_id in runs["run_id"]
            for cost, loss in (
                (2.0, 4.0 if run_id != "soap0" else 0.9),
                (10.0, runs.set_index("run_id")["best_loss"][run_id]),
            )
        ]
    )
    noise = pd.DataFrame({"run_id": runs["run_id"], "probe": "psnr", "mark": 1, "amplitude": runs["best_loss"]})
    waves = [
        pd.DataFrame({"run_id": runs["run_id"], "probe": "fourier", "mark": mark, "frequency": k, "error": error})
        for mark, k, error in ((0, 1, 9.0), (1, 0, 5.0), (1, 1, 0.5), (1, 3, 0.7))
    ]
    spectra = pd.concat([*waves, noise])
    marks = runs.drop_duplicates("optimizer")[[*label, "optimizer", "settings"]].assign(settings_are="registered")
    rows = ends({"runs": runs, "curves": curves, "spectra": spectra}, marks).set_index("optimizer")
    assert rows.loc["adam", ["loss_low", "loss_end", "loss_high", "n_runs", "psnr"]].tolist() == [1.5, 2.0, 2.5, 3, 2.0]
    # of the last mark, and not of the mean
    assert (rows["error"] == 0.7).all()
    # soap: at 2 of 10 in seed 0, never in seed 1, at the end in seed 2
    assert rows["share"].to_dict() == {"adam": 1.0, "soap": 1.0}
    assert sorted(shares(runs.merge(marks), curves)[3:]) == [0.2, 1.0, np.inf]

"""The claims: every study can be planned, and the page is the one that list and tables make."""

import json
import re
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from support.hand_made import hand_made

from benchmarks.claims import ends, judged_anew, measured, shares
from benchmarks.claims_figure import USUAL, claim_figure
from benchmarks.claims_pairs import pairs
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


STEPS = {
    "muon-picture": {("image-rgb", "2-300-300-300-300-300-3", "relu"): 5000.0},
    "flattened": {
        ("image", "2-256-256-256-256-1", "sin(30)"): 10_000.0,
        ("image", "2-256-256-256-256-1", "relu"): 10_000.0,
        ("image-rgb", "2-256-256-256-3", "relu"): 2000.0,
    },
    "equations": {("helmholtz-2d", "2-30-30-30-1", "tanh"): 50_000.0},
}
"""Networks and full-batch steps as published, of each claim of which they are known."""
LENGTHS = {
    "muon-picture": {"adam": 0.001, "muon-hidden": 0.1},
    "flattened": {"adam": 1e-4},
    "equations": {"adam": 0.005},
}


def test_the_published_sizes_that_are_known_have_a_study_each():
    assert set(STEPS) == {path.parent.name for path in CLAIMS.glob("*/PUBLISHED.toml")}


@pytest.mark.parametrize("folder", STEPS)
def test_a_published_size_is_what_was_published(folder, tmp_path):
    # understood with few pixels and points, as large ones are built anew for each method
    text = re.sub(r'"\d+x\d+"', '"16x16"', (CLAIMS / folder / "PUBLISHED.toml").read_text())
    (tmp_path / "few.toml").write_text(text.replace("intervals = 122", "intervals = 25"))
    plan = read_study(tmp_path / "few.toml").plan
    assert not plan.left_out
    # a full-batch step of a gradient is three passes
    found = {
        (spec.problem, spec.recipe.network, spec.recipe.activation): spec.budget / spec.cost_per_gradient
        for spec in plan.specs
    }
    assert found == STEPS[folder]
    assert {spec.optimizer: spec.method.lr for spec in plan.specs if hasattr(spec.method, "lr")} == LENGTHS[folder]


def test_every_small_equation_has_more_points_than_parameters():
    plan = read_study(CLAIMS / "equations" / "SMALL.toml").plan
    for recipe in {spec.recipe for spec in plan.specs}:
        problem = recipe.build(np.random.default_rng(0))
        assert problem.n_samples > problem.dim
        assert not problem.notes


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
        '[[claims]]\nletter="a"\nfolder="one"\ntitle="T"\npublished="not known"\nminutes="1 minute"\nclaimed="C"\n'
        'foretold="F"\nhere="H"\nverdict="V"\nagainst="Adam"\ncolumns=["share", "psnr"]\n'
    )
    assert "has not been run yet" in claims_page(tmp_path)
    rows = [
        f"p,adam,A,{PLAIN},fourier,0.1,cost,8,0.75,0.6,0.9,0.5,>=,12.34,3,inf,1.5,low-first,registered,,\n",
        f"p,adam,B,{PLAIN},fourier,0.1,cost,8,,,,0.5,,,,,,too few hits,tuned,,lr 0.2\n",
        f"p,adam,B,{PLAIN},fourier,0.1,loss,8,1,,,0.5,,,,,,low-first,tuned,,lr 0.2\n",
        f"p,adam,B,{PLAIN},psnr,0.1,cost,8,1,,,0.5,,,,,,low-first,tuned,,lr 0.2\n",
    ]
    (tmp_path / "one" / "order.csv").write_text(ORDER + "".join(rows))
    ends = [f"p,adam,A,{PLAIN},0.0123,inf,0.5,inf,7,21.34\n", f"p,adam,B,{PLAIN},0.5,0.25,0.2,1,8,9\n"]
    (tmp_path / "one" / "ends.csv").write_text(
        f"{LABELS},loss_end,share,share_low,share_high,learned,psnr\n" + "".join(ends)
    )
    against = [f"registered,p,adam,A,{PLAIN},<=,0.123,0,2,0.05,0.5,0.25,1,3.25,-1,8\n"]
    against += [f"tuned,p,adam,B,{PLAIN},,,0,inf,,2,1,3,-1,-2,0\n"]
    sizes = "spread_bound,spread_ratio,spread_low,spread_high,spread_p_adjusted"
    (tmp_path / "one" / "pairs.csv").write_text(
        f"compared,{LABELS},{sizes},loss_ratio,loss_low,loss_high,psnr_ratio,psnr_low,psnr_high\n" + "".join(against)
    )
    page = claims_page(tmp_path)
    lines = page.splitlines()
    first = "| 7 of 8 | 0.75 [0.6, 0.9] (0.5) | >=12 [3, inf] (1.5) | 0.012 | never [0.5, never] | 21.3 | low-first |"
    assert f"| adam |  | registered {first}" in lines
    second = "| 8 of 8 | - [-, -] (0.5) | - [-, -] (-) | 0.5 | 0.25 [0.2, 1] | 9.0 | too few hits |"
    assert f"| adam |  | tuned: lr 0.2 {second}" in lines
    assert "| adam |  | registered | registered | <=0.13 [0, 2] | 0.5 [0.25, 1] | 3.2 [-1, 8] | 0.05 |" in lines
    # of nothing there is no ratio and no p
    assert "| adam |  | tuned: lr 0.2 | tuned | - | 2 [1, 3] | -1 [-2, 0] | - |" in lines
    assert sum(line.startswith("| adam") for line in lines) == 4
    assert "**Would be seen.** F\n" in page
    assert "**Published size.** not known\n" in page
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


def hits_at(runs, frequency):
    costs = 1.0 + runs["seed"]
    known = {"probe": "fourier", "frequency": frequency, "threshold": 0.1, "cost": costs, "censored": False}
    return pd.DataFrame({"run_id": runs["run_id"], **known})


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
    first, last = (hits_at(runs, k) for k in (1.0, 3.0))
    # adam learns k = 3 in one run of three, soap in none; k = 1 after 1, 2 and 3 passes
    hits = pd.concat([first, last.assign(censored=last["run_id"] != "adam1"), first.assign(threshold=0.2, cost=9.0)])
    rows = ends(measured({"runs": runs, "curves": curves, "spectra": spectra, "hits": hits}, marks))
    rows = rows.set_index("optimizer")
    assert rows["learned"].to_dict() == {"adam": 1, "soap": 0}
    assert (rows["lowest"] == 2.0).all()
    assert rows.loc["adam", ["loss_low", "loss_end", "loss_high", "n_runs", "psnr"]].tolist() == [1.5, 2.0, 2.5, 3, 2.0]
    # of the last mark, and not of the mean
    assert (rows["error"] == 0.7).all()
    # soap: at 2 of 10 in seed 0, never in seed 1, at the end in seed 2
    assert rows["share"].to_dict() == {"adam": 1.0, "soap": 1.0}
    assert sorted(shares(runs.merge(marks), curves)[3:]) == [0.2, 1.0, np.inf]


def test_a_claim_that_is_made_again_says_which_rows_are_judged_otherwise():
    rows = [{"name": "adam", "verdict": "low-first"}, {"name": "bfgs tuned", "verdict": "mixed"}]
    other = [rows[0], {"name": "bfgs tuned", "verdict": "undecided"}, {"name": "new", "verdict": "mixed"}]
    assert judged_anew(rows, rows) == ["All 2 rows are judged as before."]
    assert judged_anew(rows, other) == [
        "2 of 3 rows are judged otherwise than before:",
        "  bfgs tuned: mixed, now undecided",
        "  new: not there, now mixed",
    ]
    # a row that is gone says nothing for the old words either
    assert judged_anew(rows, rows[:1])[1:] == ["  bfgs tuned: mixed, now not there"]


def test_pairs_are_of_one_seed_and_of_one_kind_of_settings():
    """Of `slow`, tuned, and `own`, whose registered settings no trial bettered, against `base`, which has both."""
    tables = hand_made(["base", "base", "slow", "slow", "own"], 6, [1.0, 2.0])
    runs = tables["runs"]
    which = runs["run_id"].str[:4].astype(int)
    runs["settings"] = np.where(which % 2 == 1, '{"lr":1}', "{}")
    losses = {0: 1.0, 1: 0.5, 2: 4.0, 3: 8.0, 4: 3.0}
    speed = 1 + runs["seed"] / 10
    runs["best_loss"] = which.map(losses) * speed * np.where(runs["seed"] == 5, which + 1, 1)
    marked = runs.assign(fixed="", settings_are=np.where(which % 2 == 1, "tuned", "registered"), psnr=runs["best_loss"])
    found = pairs(tables, marked, {"optimizer": "base"}).set_index(["compared", "optimizer"]).sort_index()
    assert found.index.tolist() == [("registered", "own"), ("registered", "slow"), ("tuned", "own"), ("tuned", "slow")]
    assert found["loss_ratio"].tolist() == pytest.approx([3, 4, 6, 16])
    # the range of six runs: in the last seed each has its own factor
    assert found["loss_high"].tolist() == pytest.approx([15, 12, 15, 32])
    assert found.loc[("registered", "own"), "psnr_ratio"] == pytest.approx(2 * np.median(speed[:5]), rel=0.1)
    assert (found["n_pairs"] == 6).all()
    assert found["spread_ratio"].notna().all()

"""The Atlas: what is kept says what the whole study said, the page what the tables say, and one's own finds a place."""

import re
import shutil
import subprocess
import sys
from contextlib import chdir
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harness import load
from harness.analysis.asked.standing import standing
from harness.analysis.order import order_table
from harness.atlas.again import rows_by_name, verified
from harness.atlas.kept import FOUND, keep, kept_specs, kept_tables, part_tables, parts
from harness.atlas.page import atlas_page
from harness.atlas.pairs import tuned_pairs
from harness.atlas.placing import ranking, ratios, together
from harness.atlas.saying import paragraph
from harness.cli import main
from harness.commands.carrying_out import say_left_out
from harness.commands.place.work import planned_among
from harness.study.file.study_file import read_study
from harness.tables import LABELS
from optimizers import OPTIMIZERS

STUDY = """\
name = "small"
seeds = "0..5"
budget = 3000
optimizers = ["adam", "gd", "random-search-initial"]
[[parts]]
problems = ["control-low", "control-high"]
budget = 4000
[[parts]]
seeds = "0..1"
[parts.problems.random-waves]
target = [0, 1, 2, 3, 4]
"""
TUNED = """\
name = "small-tuned"
seeds = "0..4"
[[parts]]
problems = ["control-low"]
budget = 4000
[parts.optimizers.gd]
lr = 0.1
[[parts]]
seeds = "0..0"
budget = 3000
[parts.problems.random-waves]
target = [0, 1, 2, 3, 4]
[parts.optimizers.adam]
lr = 0.01
"""
OWN = """\
from harness import optimizer

@optimizer("my-descent")
def minimize(fun, x0, jac, lr=0.05):
    x = x0.copy()
    while True:
        x -= lr * jac(x)
"""
WRONG = """\
from harness import optimizer

@optimizer("wrong")
def minimize(fun, x0, jac):
    return fun(x0) + jac
"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def atlas(tmp_path_factory):
    folder = tmp_path_factory.mktemp("atlas")
    (folder / "small.toml").write_text(STUDY)
    assert main(["sweep", str(folder / "small.toml"), "--out", str(folder / "whole"), "--jobs", "1"]) == 0
    keep(folder / "whole", folder / "kept")
    return folder


@pytest.fixture(scope="module")
def both(atlas):
    """The same with tuned settings beside it."""
    (atlas / "tuned.toml").write_text(TUNED)
    with chdir(atlas):
        assert main(["sweep", "tuned.toml", "--out", "whole-tuned", "--jobs", "1"]) == 0
        assert main(["atlas", "whole", "--tuned", "whole-tuned", "--atlas", "both", "--page", "both.md"]) == 0
    return atlas


def test_what_is_kept_has_the_order_and_the_standing_of_the_whole(atlas):
    whole, kept = load(atlas / "whole").tables, kept_tables(atlas / "kept")
    assert len(kept["spectra"]) < len(whole["spectra"])
    # a hit's second is told to four digits, in few bits; everything else as it was
    seconds = kept["hits"]["seconds"].to_numpy()
    assert (np.abs(seconds / whole["hits"]["seconds"].to_numpy() - 1) <= 1.3e-4).all()
    assert (np.frexp(seconds)[0] * 2**13 % 1 == 0).all()
    assert not (np.frexp(whole["hits"]["seconds"])[0] * 2**13 % 1 == 0).all()
    pd.testing.assert_frame_equal(kept["hits"].drop(columns="seconds"), whole["hits"].drop(columns="seconds"))
    made = order_table(*(kept[name] for name in ("runs", "curves", "spectra", "hits", "nulls")))
    pd.testing.assert_frame_equal(made, whole["order"], rtol=1e-9)
    pd.testing.assert_frame_equal(standing(kept), standing(whole), rtol=1e-9)


PARTS = {
    "controls": '[[parts]]\nproblems = ["control-low", "control-high"]\nbudget = 4000\n',
    "waves": '[[parts]]\nseeds = "0..1"\n[parts.problems.random-waves]\ntarget = [0, 1, 2, 3, 4]\n',
}


def test_an_atlas_that_grew_by_a_part_has_what_was_there_and_what_was_added(atlas, monkeypatch, capsys):
    monkeypatch.chdir(atlas)
    head = STUDY.partition("[[parts]]")[0] + 'ledger = "whole"\n'
    for name, text in PARTS.items():
        (atlas / f"{name}.toml").write_text(head + text)
        # no run is made again
        assert main(["sweep", f"{name}.toml", "--out", f"of-{name}", "--jobs", "1"]) == 0
    keep(Path("of-controls"), Path("grown"))
    before = (atlas / "grown" / "order.parquet").read_bytes()
    assert main(["atlas", "of-waves", "--part", "waves", "--atlas", "grown", "--page", "grown.md"]) == 0
    assert [path.name for path in parts(Path("grown"))] == ["grown", "waves"]
    # what was said does not change by what is added: p is corrected within a part
    assert (atlas / "grown" / "order.parquet").read_bytes() == before
    for name, part in zip(PARTS, parts(Path("grown")), strict=True):
        pd.testing.assert_frame_equal(part_tables(part)["order"], load(f"of-{name}").order)
    # rows, names and runs are those of the whole, but for what the correction is over
    whole, grown = load("whole").tables, kept_tables(Path("grown"))
    assert sorted(grown["runs"]["run_id"]) == sorted(whole["runs"]["run_id"])
    assert {spec.run_id for spec in kept_specs(Path("grown"))} == set(whole["runs"]["run_id"])
    key = ["block", "optimizer"]
    corrected = ["p_adjusted", "verdict"]
    rows, of_whole = (standing(one).sort_values(key, ignore_index=True) for one in (grown, whole))
    pd.testing.assert_frame_equal(rows.drop(columns=corrected), of_whole.drop(columns=corrected), rtol=1e-9)
    written = pd.read_csv("grown/standing.csv", keep_default_na=False, na_values=[""])
    assert written["block"].tolist() == standing(grown)["block"].tolist()
    assert "| control-high | high-first |" in Path("grown.md").read_text()
    assert "`adam`" in Path("grown.md").read_text().split("## Problems")[0]
    # a row of each part is made again and judged as it was
    for row in ("gd on control-low", "adam on random-waves"):
        capsys.readouterr()
        assert main(["atlas", "--atlas", "grown", "--row", row]) == 0
        said = capsys.readouterr().out.splitlines()
        assert said[-2].removeprefix("kept: ") == said[-1].removeprefix("now:  ")

    # the whole takes the place of the part that it holds
    keep(Path("whole"), Path("grown"))
    assert parts(Path("grown")) == [Path("grown")]
    pd.testing.assert_frame_equal(kept_tables(Path("grown"))["order"], whole["order"])


def test_a_part_that_cannot_be_kept_is_refused_and_nothing_changes(atlas, monkeypatch, capsys):
    monkeypatch.chdir(atlas)
    there = sorted(Path("kept").rglob("*"))
    cases = {
        ("whole", "--part", "again"): "66 of 66 runs are kept already, in 'kept' (control-low, control-high, random-wa",
        ("whole", "--part", "../kept"): "letters, digits, - and _",
        ("--part", "more"): "name the folder of the study",
        ("whole", "--part", "first", "--atlas", "nothing"): "holds no Atlas yet",
        ("--part", "more", "--row", "gd on control-low"): "leave out part",
    }
    for case, sentence in cases.items():
        kept = [] if "--atlas" in case else ["--atlas", "kept"]
        assert main(["atlas", "--page", "kept.md", *kept, *case]) == 2
        assert sentence in capsys.readouterr().err
    assert sorted(Path("kept").rglob("*")) == there


def test_the_page_says_what_the_tables_say(atlas):
    tables = kept_tables(atlas / "kept")
    page = atlas_page(tables, Path("kept"), "figure.png")
    rows = standing(tables)
    rows = rows[rows["block"] == "random-waves"]
    low = rows["verdict"].str.startswith("low-first")
    # a pair of which nothing was measured is counted, and told
    assert "Of 3 pairs of a method and a problem (1 optimizers and 0 samplers, 1 problems)" in page
    assert (
        f"Pairs that allow no statement, {3 - rows['verdict'].str.contains('first|no order|mixed').sum()} of 3" in page
    )
    assert f"{low.sum()} are low-first" in page
    assert "random-search-initial" in page.split("## What it cannot say")[1]
    # controls stand for themselves, with what is known of them: a learner that is turned round is told as such
    controls = page.split("## Controls")[1]
    assert "| control-high | high-first | high-first, C" in controls
    assert "control-high" not in page.split("## Theory beside measurement")[0]
    # what was not run is said, and not left away
    assert "| figure 1.6 |" in page
    assert page.count("not run here") == 4
    assert "Not run in this study: activation" in page
    assert "No sample of the runs has been made again" in page


def test_tuned_settings_stand_beside_the_registered_ones_on_the_same_seeds_and_targets(both, monkeypatch):
    monkeypatch.chdir(both)
    tables, tuned = kept_tables(Path("both")), kept_tables(Path("both-tuned"))
    rows = tuned_pairs(tables, [tuned])
    assert [*zip(rows["block"], rows["optimizer"], strict=True)] == [("control-low", "gd"), ("random-waves", "adam")]
    assert rows["n_runs"].iloc[0] == rows["n_runs_tuned"].iloc[0] == 5
    registered = tables["runs"].query("problem == 'control-low' and optimizer == 'gd' and seed < 5")["best_loss"]
    assert rows["end_loss"].iloc[0] == registered.median()
    page = Path("both.md").read_text()
    assert "2 pairs of a method and a problem (2 methods, 2 problems)" in page
    assert "[pairs.csv](both-tuned/pairs.csv)" in page
    written = pd.read_csv("both-tuned/pairs.csv").fillna({"spread_bound": "", "spread_bound_tuned": ""})
    pd.testing.assert_frame_equal(written, rows, rtol=1e-4, check_dtype=False)
    assert written["changed"].tolist() == ["lr 0.1", "lr 0.01"]
    assert "Not run in this study: `make atlas-core`" not in page


def test_a_sample_of_kept_runs_comes_out_again_and_a_changed_row_is_told(atlas, monkeypatch, capsys):
    monkeypatch.chdir(atlas)
    words = ["--atlas", "kept", "--page", "kept.md", "--verify", "3"]
    assert main(["atlas", *words]) == 0
    assert "3 of 3 runs came out again" in capsys.readouterr().out
    assert "has drawn 3 of the kept runs" in Path("kept.md").read_text()
    tables = kept_tables(Path("kept"))
    specs = read_study("kept/STUDY.toml").plan.specs[:1]
    own = tables["hits"]["run_id"] == specs[0].run_id
    later = tables["hits"].assign(cost=tables["hits"]["cost"].where(~own, 1.1 * tables["hits"]["cost"]))
    row = verified(specs, {**tables, "hits": later}).iloc[0]
    assert not row["passed"]
    assert row["cost_difference"] == pytest.approx(1 - 1 / 1.1)
    # the last digit of a frequency is another one on another machine, and no difference
    apart = tables["hits"].assign(frequency=tables["hits"]["frequency"] * (1 + 1e-15))
    assert verified(specs, {**tables, "hits": apart}).iloc[0]["passed"]


def test_a_row_that_is_doubted_is_made_again_also_of_tuned_settings(both, monkeypatch, capsys):
    monkeypatch.chdir(both)
    assert main(["atlas", "--atlas", "both", "--row", "`gd` tuned  on control-low "]) == 0
    said = capsys.readouterr().out.splitlines()
    assert "5 of 5 runs came out again" in said
    assert said[-2].startswith("kept: spread")
    assert said[-2].removeprefix("kept: ") == said[-1].removeprefix("now:  ")
    # a loss that is another is told apart from hits that are the same
    runs = pd.read_parquet("both-tuned/runs.parquet")
    runs.assign(best_loss=2 * runs["best_loss"]).to_parquet("both-tuned/runs.parquet")
    assert main(["atlas", "--atlas", "both", "--row", "gd tuned on control-low"]) == 1
    said = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"0 of 5 runs came out again with their best loss; (\d+) of \1 hits did", said[-3])
    runs.to_parquet("both-tuned/runs.parquet")
    assert main(["atlas", "--atlas", "both", "--row", "gd on control-lo"]) == 2
    assert "Did you mean 'gd on control-low'" in capsys.readouterr().err
    assert main(["atlas", "whole", "--row", "gd on control-low"]) == 2
    assert "leave out folder" in capsys.readouterr().err


def test_a_row_of_tuned_settings_has_the_name_that_the_page_gives_its_problem(atlas):
    """A tuned study has fewer problems, among which less tells one apart."""
    runs = load(atlas / "whole").tables["runs"].query("problem == 'control-low' and optimizer == 'gd'")
    tuned, sine = runs.assign(activation="relu"), runs.assign(activation="sin")
    whole = pd.concat([tuned, sine, runs, runs.assign(network="1-10-1")])
    assert list(rows_by_name(tuned, tuned)) == ["gd on control-low"]
    assert list(rows_by_name(tuned, whole)) == ["gd on control-low relu"]
    assert set(rows_by_name(whole, whole)) >= set(rows_by_name(tuned, whole))


def test_the_word_writes_page_figure_and_tables_and_a_second_time_the_same(atlas, monkeypatch, capsys):
    monkeypatch.chdir(atlas)
    words = ["--atlas", "again", "--page", "docs/a page.md"]
    page, figure = atlas / "docs" / "a page.md", atlas / "docs" / "figures" / "a page.png"
    assert main(["atlas", "whole", *words]) == 0
    first = page.read_bytes(), figure.read_bytes()
    # a blank ends an address in Markdown
    assert b"(figures/a%20page.png)" in first[0]
    assert main(["atlas", *words]) == 0
    assert first == (page.read_bytes(), figure.read_bytes())
    assert main(["atlas", "nowhere", *words]) == 2
    assert "finished study" in capsys.readouterr().err


def test_a_method_of_ones_own_finds_its_place(atlas, monkeypatch, capsys):
    monkeypatch.chdir(atlas)
    (atlas / "my.py").write_text(OWN)
    assert main(["place", "my.py", "--atlas", "kept", "--out", "mine", "--jobs", "1"]) == 0
    said = capsys.readouterr().out
    assert "my-descent is number" in said
    new, kept = load("mine").tables, kept_tables(Path("kept"))
    # its runs alone were made, from the same starting points and at the same cost
    assert set(new["runs"]["optimizer"]) == {"my-descent"}
    assert set(new["runs"]["problem"]) == set(kept["runs"]["problem"])
    key = ["problem", "problem_settings", "seed"]
    first = kept["runs"][kept["runs"]["optimizer"] == "adam"].set_index(key)["first_loss"].sort_index()
    pd.testing.assert_series_equal(new["runs"].set_index(key)["first_loss"].sort_index(), first)
    both = together(kept, new)
    assert len(both["runs"]) == len(kept["runs"]) + len(new["runs"])
    ranked = ranking(both, ["my-descent"])
    assert ranked["own"].sum() == 1
    assert ranked["spread"].is_monotonic_decreasing
    assert ranked["problems"].nunique() == 1
    # on the problems of a study of ones own choice
    (atlas / "one.toml").write_text(
        'name = "one"\nseeds = "0..4"\n[[parts]]\nproblems = ["control-low"]\nbudget = 4000\n'
    )
    assert main(["place", "my.py", "--atlas", "kept", "--study", "one.toml", "--out", "one", "--jobs", "1"]) == 0
    assert set(load("one").runs["problem"]) == {"control-low"}
    assert "my-descent is number" in paragraph(ranked, ratios(both, "my-descent"), "my-descent")


TWIN = """\
from harness import optimizer

@optimizer("gd-twin")
def minimize(fun, x0, jac, lr=0.1):
    x = x0.copy()
    while True:
        x = x - lr * fun(x)[1]
"""


def test_the_same_method_under_another_name_stands_beside_it_also_with_fewer_seeds(atlas, monkeypatch, capsys):
    monkeypatch.chdir(atlas)
    (atlas / "twin.py").write_text(TWIN.replace("0.1", str(OPTIMIZERS["gd"].lr)))
    words = ["place", "twin.py", "--atlas", "kept", "--seeds", "1..5", "--out", "twins", "--jobs", "1"]
    assert main(words) == 0
    assert "Its neighbours are gd and adam." in capsys.readouterr().out
    ranked = pd.read_csv("twins/place.csv").set_index("method")
    # a problem with two seeds has no more of them by --seeds
    assert load("twins").runs.groupby("problem")["seed"].max().to_dict()["random-waves"] == 1
    assert ranked["spread"]["gd-twin"] == pytest.approx(ranked["spread"]["gd"], rel=1e-6)


TWO = """\
from harness import optimizer

@optimizer("gd-twin")
def minimize(fun, x0, jac, lr=LR):
    x = x0.copy()
    while True:
        x = x - lr * fun(x)[1]

@optimizer("ten")
def ten(fun, x0, jac, lr=0.05):
    x = x0
    for _ in range(10):
        x = x - lr * fun(x)[1]
    return x

@optimizer("never")
def never(fun, x0):
    while True:
        fun(x0)
"""


def test_what_else_is_in_a_file_does_not_move_a_method(atlas, monkeypatch, capsys):
    """Of one that learns little on few problems the others would be ranked on these alone."""
    monkeypatch.chdir(atlas)
    (atlas / "two.py").write_text(TWO.replace("LR", str(OPTIMIZERS["gd"].lr)))
    assert main(["place", "two.py", "--atlas", "kept", "--out", "two", "--jobs", "1"]) == 0
    said = capsys.readouterr().out
    assert "never has learned too few frequencies on every problem" in said
    assert main(["place", "gd", "--atlas", "kept", "--out", "of-gd"]) == 0
    place, alone = pd.read_csv("two/place.csv"), pd.read_csv("of-gd/place.csv")
    twin = place[place["of"] == "gd-twin"].set_index("method")
    assert not {"ten", "never"} & set(twin.index)
    gd = alone.set_index("method").loc["gd"]
    assert twin.loc["gd-twin", "problems"] == gd["problems"]
    assert twin.loc["gd-twin", "spread"] == pytest.approx(gd["spread"], rel=1e-6)


def test_runs_that_the_atlas_has_are_not_made_again(atlas, monkeypatch, capsys):
    monkeypatch.chdir(atlas)
    monkeypatch.setattr("harness.commands.place.work.carry_out", pytest.fail)
    assert main(["place", "adam", "--atlas", "kept", "--out", "of-adam"]) == 0
    said = capsys.readouterr()
    assert "The Atlas has all of the 22 runs" in said.err
    assert "adam is number" in said.out
    assert sorted(path.name for path in Path("of-adam").iterdir()) == [
        "place.csv",
        "ratios-adam.csv",
        "standing.pdf",
        "standing.png",
    ]


def test_a_file_that_was_changed_goes_into_a_folder_of_its_own(atlas, monkeypatch, capsys):
    monkeypatch.chdir(atlas)
    text = 'name = "one"\nseeds = "0..4"\n[[parts]]\nproblems = ["control-low"]\nbudget = 4000\n'
    (atlas / "quick.toml").write_text(text)
    words = ["--atlas", "kept", "--study", "quick.toml", "--jobs", "1"]
    for step, seeds in (("0.1", "1"), ("0.1", "2"), ("0.2", "2")):
        # in a process of its own, as a file is loaded once in each
        (atlas / "edited.py").write_text(TWIN.replace("gd-twin", "edited").replace("lr=0.1", f"lr={step}"))
        said = run_alone(["place", "edited.py", *words, "--seeds", seeds])
        assert said.returncode == 0, said.stderr
    first, second = sorted(Path("results").glob("place-edited-*"), key=lambda path: path.stat().st_ctime)
    # more seeds of the same file are added to its own
    assert len(load(first).runs) == len(load(second).runs) == 2
    said = run_alone(["place", "edited.py", *words, "--out", str(first), "--seeds", "2"])
    assert said.returncode == 2
    assert "holds runs of an earlier version of a file of your own" in said.stderr


def run_alone(words):
    return subprocess.run([sys.executable, "-m", "harness", *words], capture_output=True, text=True, check=False)


def test_an_interrupted_place_says_what_is_kept(atlas, monkeypatch, capsys):
    monkeypatch.chdir(atlas)
    (atlas / "my.py").write_text(OWN)

    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("harness.commands.carrying_out.make", interrupted)
    words = ["--atlas", "kept", "--jobs", "1", "--out", "stopped"]
    for what in (["my.py"], ["--problem", "control-low", "--seeds", "5"]):
        assert main(["place", *what, *words[:-1], f"stopped-{what[0]}"]) == 130
        assert "are finished and kept in stopped" in capsys.readouterr().err


def test_a_place_at_another_cost_or_from_another_start_is_refused_before_a_run(atlas, monkeypatch, capsys):
    monkeypatch.chdir(atlas)
    (atlas / "my.py").write_text(OWN)
    part = 'name = "other"\nseeds = "0..4"\n[[parts]]\nproblems = ["control-low"]\nbudget = {}\n'
    cases = {
        part.format(2000): "with seed 0, a budget of 2000 and 3 for a gradient, and the last run that is kept",
        part.format(4000).replace("0..4", "4..6"): "with seed 6, a budget of 4000 and 3",
        part.format(4000) + "cost_per_gradient = 2\n": "a budget of 4000 and 2 for a gradient",
        part.format(4000).replace("control-low", "sin15"): "has sin15 with settings or a network on which",
    }
    for text, sentence in cases.items():
        (atlas / "other.toml").write_text(text)
        assert main(["place", "my.py", "--atlas", "kept", "--study", "other.toml", "--out", "refused"]) == 2
        assert sentence in capsys.readouterr().err
    assert not Path("refused").exists()


def test_problems_that_a_method_does_not_fit_are_left_out_and_the_rest_is_made(atlas, capsys):
    planned = planned_among(atlas / "kept" / "STUDY.toml", ["cobyla"], (), [0])
    assert {spec.problem for spec in planned.specs} == {"control-low", "control-high"}
    assert {spec.optimizer for spec in planned.specs} == {"cobyla"}
    assert [key for key in planned.left_out if key.startswith("random-waves")] == ["random-waves: cobyla"]
    # "this network has 121 parameters" alone would leave open which problem is meant
    say_left_out(planned)
    assert capsys.readouterr().err.startswith("left out: random-waves: Optimizer 'cobyla' takes at most 60")


def test_what_cannot_be_placed_is_said(atlas, monkeypatch, capsys):
    monkeypatch.chdir(atlas)
    (atlas / "none.py").write_text("import math\n")
    (atlas / "wrong.py").write_text(WRONG)
    (atlas / "waves.py").write_text(
        "import numpy as np\nfrom harness import problem\nx = np.arange(50.0)[:, None] / 50\n"
        "problem('placed-wave')(lambda: (x, np.sin(6 * np.pi * x)))\n"
    )
    cases = {
        ("place",): "Name what is to be placed",
        ("place", "adamm", "--atlas", "kept"): "adam",
        ("place", "adam", "--atlas", "nowhere"): "tables of an Atlas are required",
        ("place", "none.py", "--atlas", "kept"): "registers nothing",
        ("place", "waves.py", "--atlas", "kept"): "their place with: harness place --problem waves.py.",
        ("place", "--problem", "wrong.py"): "their place with: harness place wrong.py.",
        ("place", "adam", "--atlas", "kept", "--study", "x.toml"): "cannot be read: No such file or directory.",
        ("place", "wrong.py", "--atlas", "kept"): "failed on all of 3 problems within the first 60 forward passes",
        ("place", "my.txt", "--atlas", "kept"): "Python file with optimizers of your own",
        (
            "place",
            "adam",
            "--atlas",
            "kept",
            "--seeds",
            "3..6",
        ): "which has 0 to 5; got 6 as well",
        ("place", "adam", "--atlas", "kept", "--seeds", "0"): "of which there must be one",
        ("place", "--problem", "sin136", "--atlas", "kept"): "sin135",
        ("place", "--problem", "sin15", "--study", "small.toml"): "leave it out",
        ("place", "--problem", "data.csv"): "Data and pictures are given with --target, --image",
        ("place", "my.py", "--problem", "sin15"): "leave out --problem, or 'my.py'",
        ("place", "my.py", "--budget", "60"): "leave out --budget, or 'my.py'",
        ("place", "adam", "--set", "adam.lr=0.1"): "leave out --set, or 'adam'",
    }
    for words, sentence in cases.items():
        assert main([*words]) == 2
        assert sentence in capsys.readouterr().err


def test_a_problem_is_placed_by_the_methods_that_keep_the_order_on_it(atlas, monkeypatch, capsys):
    monkeypatch.chdir(atlas)
    words = ["--atlas", "kept", "--out", "placed", "--jobs", "1", "--seeds", "0..4"]
    assert main(["place", "--problem", "control-low", *words]) == 0
    assert "The order is kept on control-low by" in capsys.readouterr().out


WAVES = """\
import numpy as np
from harness import problem

@problem("two-waves")
def two():
    x = np.arange(32) / 32
    return x, np.sin(2 * np.pi * x) + np.sin(8 * np.pi * x)

@problem("other-waves")
def other():
    x = np.arange(32) / 32
    return x, np.sin(2 * np.pi * x) + np.sin(6 * np.pi * x)
"""


def test_a_problem_of_ones_own_is_placed_in_any_of_its_forms(atlas, monkeypatch, capsys):
    monkeypatch.chdir(atlas)
    words = ["--atlas", "kept", "--jobs", "1", "--seeds", "2", "--budget", "90", "--optimizers", "gd,adam"]
    assert main(["place", "--target", "sin(x)+sin(4*x)", "--network", "1-5-1", "--out", "formula", *words]) == 0
    runs = load("formula").runs
    assert set(runs["network"]) == {"1-5-1"}
    assert set(runs["optimizer"]) == {"gd", "adam"}
    assert set(runs["seed"]) == {0, 1}
    said = capsys.readouterr()
    # what was understood of data is said before the first run, as by compare
    assert "Watched: fourier, 2 frequencies: 1, 4" in said.err
    assert "The order is kept on target by 0 of 2 methods: none. Nothing is shown of 2: " in said.out
    (atlas / "waves.py").write_text(WAVES)
    assert main(["place", "--problem", "waves.py", "--out", "both-waves", *words]) == 0
    for name in ("two-waves", "other-waves"):
        assert set(load(f"both-waves/{name}").runs["problem"]) == {name}


def test_of_a_few_tuned_runs_beside_very_many_no_marks_are_kept(both, monkeypatch):
    monkeypatch.chdir(both)
    assert len(kept_tables(Path("both-tuned"))["curves"]) > 2
    shutil.copytree("both", "wide")
    monkeypatch.setattr("harness.analysis.thinned.MOST_RUNS", 66)
    assert main(["atlas", "--atlas", "wide", "--page", "wide.md", "--tuned", "whole-tuned"]) == 0
    assert len(kept_tables(Path("wide-tuned"))["curves"]) == 2


def test_of_very_many_runs_no_marks_are_kept_and_page_and_standing_say_the_same(atlas, monkeypatch):
    whole = load(atlas / "whole").tables
    monkeypatch.setattr("harness.analysis.thinned.MOST_RUNS", 10)
    keep(atlas / "whole", atlas / "few")
    few = kept_tables(atlas / "few")
    assert len(few["curves"]) == whole["runs"]["problem"].nunique()
    pd.testing.assert_frame_equal(standing(few), standing(whole), rtol=1e-9)
    # what keeping has found in the whole need not be found again
    whole_page = atlas_page(
        whole | {name: kept_tables(atlas / "kept")[name] for name in FOUND}, Path("few"), "figure.png"
    )
    assert atlas_page(few, Path("few"), "figure.png") == whole_page
    # what was compared at equal loss is still said
    assert "loss" in set(few["order"]["matched_by"])
    # and the order by cost can be made anew
    made = order_table(*(few[name] for name in ("runs", "curves", "spectra", "hits", "nulls")))
    key = [*LABELS, "probe", "threshold"]
    both = made[made["matched_by"] == "cost"].merge(whole["order"].query("matched_by == 'cost'"), on=key)
    assert both["verdict_x"].tolist() == both["verdict_y"].tolist()
    assert both["endpoint_x"].tolist() == both["endpoint_y"].tolist()

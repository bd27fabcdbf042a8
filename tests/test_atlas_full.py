"""The full Atlas: its file has the size that was asked for, and every kind of cell in it starts."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from harness.atlas.kept import KEPT, kept_tables
from harness.commands.docs.grid_page import grid_page
from harness.run.runner import run
from harness.run.spec import RunSpec
from harness.study.file.searches import searches_of
from harness.study.file.study_file import read_study
from problems.datasets import DATASETS
from problems.datasets.find import DATA, locate

ROOT = Path(__file__).parents[1]
FILE = ROOT / "atlas" / "atlas.toml"
THIN = ("gd", "lbfgs", "gauss-newton", "random-search-initial")
"""One for each way in which a method asks: gradients in lanes, along lines, residuals, values alone."""
BUDGET = 70.0

ABSENT = locate(DATASETS["mnist"]) is None
"""Without MNIST the rest is tried."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def thin(tmp_path_factory):
    """The study with few methods, one seed and two targets."""
    path = tmp_path_factory.mktemp("atlas") / "atlas.toml"
    text = FILE.read_text().replace('optimizers = "all"', f"optimizers = {[*THIN]}")
    if ABSENT:
        text = text.replace('"digits-pca", "mnist-pca"', '"digits-pca"')
    path.write_text(re.sub(r"target = \[0, 1, [^\]]*\]", "target = [0, 1]", text))
    return read_study(path, "0")


@pytest.mark.skipif(ABSENT, reason=f"MNIST is not here: name its folder with {DATA}")
def test_the_grid_has_the_size_that_was_asked_for_and_its_page_is_current(monkeypatch):
    monkeypatch.chdir(ROOT)
    study = read_study(Path("atlas/atlas.toml"))
    specs = study.plan.specs
    assert len({spec.optimizer for spec in specs}) >= 50
    assert len({(spec.problem, spec.recipe.lane_group) for spec in specs}) >= 30
    assert {spec.seed for spec in specs} == set(range(16))
    assert len({spec.recipe for spec in specs if spec.problem == "random-waves"}) >= 24
    made = grid_page(study, kept_tables(KEPT)["runs"])
    assert Path("atlas/grid.md").read_text() == made, "run: python -m harness docs atlas"
    assert "gauss-newton' needs residuals, which this problem does not offer: poisson" in made


def test_every_kind_of_cell_starts_and_is_measured(thin):
    blocks: dict[object, list[RunSpec]] = {}
    for spec in thin.plan.specs:
        if getattr(spec.recipe, "target", 0) != 1:
            blocks.setdefault((spec.problem, spec.recipe), []).append(spec)
    assert len(blocks) >= 30
    # of each problem two of the methods, in turns: all four ask every kind of problem; of its variants one, as
    # another activation is compiled anew for each way of asking
    first = dict(reversed(blocks))
    turns = [2 if first[problem] is recipe else 1 for problem, recipe in blocks]
    tried = [
        specs[(place + turn) % len(specs)]
        for place, (specs, several) in enumerate(zip(blocks.values(), turns, strict=True))
        for turn in range(several)
    ]
    assert {spec.optimizer for spec in tried} == {*THIN}
    assert {spec.optimizer for spec in tried if spec.problem == "sin135"} == {*THIN}
    for spec in tried:
        made = run(replace(spec, budget=BUDGET, marks=4))
        row = made["runs"].iloc[0]
        assert row["status"] in ("budget", "converged"), (spec.problem, spec.optimizer, row["status"], row["reason"])
        assert len(made["spectra"])


def test_every_part_but_the_controls_is_tuned_with_equal_trials(thin):
    searches, fixed = searches_of(thin)
    tuned = {one.tuning.spec.problem for one in searches}
    assert tuned == {spec.problem for spec in thin.plan.specs if not spec.problem.startswith("control-f")} - {
        spec.problem for spec in thin.plan.specs if spec.problem.startswith("control")
    } | {"control-gradient-loss", "control-ricker"}
    assert {one.tuning.trials for one in searches} == {8}
    assert {entry.spec.optimizer for entry in fixed} == {"random-search-initial"}
    waves = next(one for one in searches if one.tuning.spec.problem == "random-waves")
    assert not {recipe.target for recipe in waves.tuning.recipes} & {recipe.target for recipe in waves.recipes}

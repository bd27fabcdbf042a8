"""CONTRIBUTING.md stays true: the files that it names exist, and registering is all that it takes to add something."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from harness.cli import main
from harness.commands import names
from harness.figures import DRAWINGS, Drawing
from harness.run.runner import run
from harness.run.spec import RunSpec
from optimizers import OPTIMIZERS
from optimizers.first_order.torch_methods import GD
from problems import PROBLEMS
from problems.datasets import DATASETS
from problems.datasets.base import Embedded
from problems.losses.regression import LOSSES, MSE
from problems.networks.activations import ACTIVATIONS, Activation
from problems.networks.inits import INITS, Init

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text()
TASKS = [
    *("optimizer", "initialisation", "activation", "loss", "probe", "observer", "figure", "word", "dataset", "problem"),
    *("engine", "column", "hit rule", "price of an evaluation"),
]
NAMED = sorted(set(re.findall(r"`([a-z_]+(?:/[\w.-]*)+|[A-Z]+\.md|[a-z]+\.toml)`", TEXT)))
SECTIONS = dict(re.findall(r"^## A new (.+)\n((?:(?!## ).*\n)*)", TEXT, flags=re.MULTILINE))


def test_there_is_a_section_for_each_task_and_each_says_what_to_read_and_to_touch() -> None:
    assert list(SECTIONS) == TASKS
    assert all(all(f"- {step}:" in section for step in ("Read", "Touch", "Then")) for section in SECTIONS.values())


@pytest.mark.parametrize("name", NAMED)
def test_every_file_that_is_named_exists(name: str) -> None:
    assert (ROOT / name).exists()


def test_every_name_in_capitals_is_found_in_a_file_that_its_section_names() -> None:
    for task, section in SECTIONS.items():
        files = [ROOT / name for name in re.findall(r"`([a-z_]+/[\w/.-]+\.py)`", section)]
        source = "".join(path.read_text() for path in files)
        for capital in re.findall(r"`([A-Z_]{3,})`", section):
            assert re.search(rf"\b{capital}\b", source), f"{task}: {capital}"


def small(**changes: object) -> RunSpec:
    recipe = replace(PROBLEMS["sin135"], network="1-6-1", **changes)
    return RunSpec("sin135", recipe, "gd", OPTIMIZERS["gd"], 0, 60)


def ends(spec: RunSpec) -> str:
    return str(run(spec)["runs"]["status"].iloc[0])


def test_an_activation_that_is_registered_trains(monkeypatch: pytest.MonkeyPatch) -> None:
    def cubic() -> Activation:
        return Activation("cubic", lambda z: z**3 / 3, lambda z, a: z * z, lambda z, a: 2 * z)

    with pytest.raises(ValueError, match="Unknown activation 'cubic'"):
        small(activation="cubic").recipe.build(np.random.default_rng(0))
    monkeypatch.setitem(ACTIVATIONS, "cubic", cubic)
    assert ends(small(activation="cubic")) == "budget"


def test_an_initialisation_that_is_registered_draws_the_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(INITS, "ones", lambda: Init("ones", lambda rng, shape, is_bias: np.ones(shape[: 2 - is_bias])))
    network = small(init="ones").recipe.build(np.random.default_rng(0)).network
    assert (network.theta0(np.random.default_rng(0)) == 1).all()


def test_a_loss_that_is_registered_is_minimised(monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass(frozen=True)
    class Doubled(MSE):
        name: str = "doubled"

    monkeypatch.setitem(LOSSES, "doubled", Doubled)
    assert ends(small(loss="doubled")) == "budget"


def test_a_method_and_a_problem_that_are_registered_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(OPTIMIZERS, "gd-slow", GD(lr=1e-4))
    monkeypatch.setitem(PROBLEMS, "small", small().recipe)
    spec = RunSpec("small", PROBLEMS["small"], "gd-slow", OPTIMIZERS["gd-slow"], 0, 60)
    assert ends(spec) == "budget"


def test_a_figure_and_a_dataset_that_are_registered_are_known_to_the_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def blank(tables: object) -> None:
        """Nothing at all."""

    monkeypatch.setitem(DRAWINGS, "blank", Drawing(blank, blank))
    monkeypatch.setitem(DATASETS, "none", Embedded("no pictures", lambda: None))
    assert main(["list", "figures"]) == 0
    assert main(["data", "where", "none"]) == 0
    said = capsys.readouterr().out
    assert "Nothing at all." in said
    assert "none: no pictures" in said


def test_every_word_has_a_line_in_the_table_of_words() -> None:
    table = re.findall(r"^\| (`.+?) \|", (ROOT / "docs" / "commands.md").read_text(), flags=re.MULTILINE)
    assert set(names()) - set(re.findall(r"`(\w+)", " ".join(table))) == set()

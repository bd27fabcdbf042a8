"""The identity of a run, its random numbers, and what a user may write."""

import subprocess
import sys
from copy import copy
from dataclasses import dataclass, fields, replace
from math import inf
from pathlib import Path

import numpy as np
import pytest
from support.toys import Bowl, Descent, Swarmlet, run_spec

from harness.run.build import build
from harness.run.spec import (
    RunSpec,
    canonical,
    digest,
    find_optimizer,
    find_problem,
    override,
    settable,
    settings_of,
    stream,
)
from optimizers import OPTIMIZERS
from optimizers.base import Optimizer, setting
from problems import PROBLEMS
from problems.nearest import lookup

OTHER = {
    "problem": "basin",
    "recipe": Bowl(size=5),
    "optimizer": "descent",
    "method": Descent(lr=0.2),
    "seed": 1,
    "budget": 61,
    "cost_per_gradient": 2.0,
    "marks": 99,
    "time_limit": 10.0,
    "target_loss": 1e-3,
    "engine": "numpy",
    "probes": "fourier(2)",
}


# identity


def variants(instance):
    """Copies with one setting each changed to something illegal, which is different for certain."""
    for name in settings_of(instance):
        other = copy(instance)
        object.__setattr__(other, name, "other than any")
        yield other


def test_the_identity_of_a_run_changes_with_every_field():
    # what observers see changes no path
    assert OTHER.keys() == {field.name for field in fields(RunSpec) if field.init} - {"observers"}
    ids = [run_spec().run_id, *(replace(run_spec(), **{name: value}).run_id for name, value in OTHER.items())]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("name", sorted(PROBLEMS))
def test_the_identity_of_a_run_changes_with_every_setting_of_its_problem(name):
    recipe = PROBLEMS[name]
    ids = {run_spec(recipe=one).run_id for one in [recipe, *variants(recipe)]}
    assert len(ids) == len(settings_of(recipe)) + 1 > 5


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_the_identity_of_a_run_changes_with_every_setting_of_its_method(name):
    method = OPTIMIZERS[name]
    ids = {run_spec(one).run_id for one in [method, *variants(method)]}
    assert len(ids) == len(settings_of(method)) + 1


def test_equal_runs_have_one_identity_however_their_numbers_are_spelled():
    ids = {
        run_spec(Descent(lr=1), budget=60, seed=3, time_limit=5).run_id,
        run_spec(Descent(lr=1.0), budget=60.0, seed=np.int64(3), time_limit=5.0).run_id,
        run_spec(Descent(lr=np.float64(1)), budget=np.float64(60), seed=3, time_limit=np.int32(5)).run_id,
    }
    assert len(ids) == 1
    assert canonical({"b": (1.0, -0.0), "a": [True, None, 0.5]}) == '{"a":[true,null,0.5],"b":[1,0]}'


@pytest.mark.parametrize(
    ("problem", "name", "written", "usual"),
    [
        ("sin135", "init", "normal( 1.0)", "normal(1)"),
        ("sin135", "activation", " sin(1e1) ", "sin(10)"),
        ("sin135", "loss", "mse()", "mse"),
        ("sin135", "network", "siren(40, 1)", "siren(40,1)"),
        ("sin135", "network", "kan( 5,1 )", "kan(5,1)"),
        ("image", "embedding", "fourier(8, 1)", "fourier(8,1)"),
    ],
)
def test_a_name_with_numbers_is_one_setting_however_it_is_written(problem, name, written, usual):
    recipe = find_problem(problem)
    assert override(problem, recipe, {name: written}) == override(problem, recipe, {name: usual})


def test_what_only_describes_a_problem_is_no_part_of_the_identity():
    recipe = find_problem("sin135")
    assert run_spec(recipe=recipe).run_id == run_spec(recipe=replace(recipe, about="else", budget=1)).run_id
    assert not {"about", "budget"} & settings_of(recipe).keys()


def test_the_identity_does_not_change_from_one_version_to_the_next_unless_the_schema_does():
    assert run_spec().run_id == "d919c2e64814cc4f73fa56869b369d36869e5f072be68d859499800776711cd0"
    assert digest({"b": 1, "a": "x"}) == digest({"a": "x", "b": 1})
    assert len(run_spec().run_id) == 64


def test_the_identity_is_the_same_in_every_process():
    code = "from support.toys import run_spec; print(run_spec().run_id)"
    tests = Path(__file__).parent
    for salt in ("1", "2"):
        environment = {"PYTHONPATH": f"{tests.parent}:{tests}", "PYTHONHASHSEED": salt}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
        assert done.stdout.strip() == run_spec().run_id


@pytest.mark.parametrize(
    ("terms", "sentence"),
    [
        ({"budget": float("nan")}, "budget must be a finite number of at least 1; got nan"),
        ({"budget": float("inf")}, "budget must be a finite number"),
        ({"budget": 0}, "budget must be a finite number of at least 1; got 0"),
        ({"seed": -1}, "seed must be a whole number from 0 below two to the 63rd; got -1"),
        ({"cost_per_gradient": 0}, "cost_per_gradient must be at least 0.01 and finite; got 0"),
        ({"cost_per_gradient": 1e-300}, "cost_per_gradient must be at least 0.01"),
        ({"seed": 1.5}, "seed must be a whole number from 0 below two to the 63rd; got 1.5"),
        ({"seed": 2**63}, "seed must be a whole number from 0 below"),
        ({"target_loss": float("nan")}, "target_loss must be a number; got nan"),
        ({"marks": 0}, "marks must be a whole number from 1 to 1,000,000; got 0"),
        ({"time_limit": 0}, "time_limit must be positive; got 0"),
        ({"time_limit": float("nan")}, "time_limit must be positive; got nan"),
    ],
)
def test_terms_that_would_never_end_or_never_begin_are_refused(terms, sentence):
    with pytest.raises(ValueError, match=sentence):
        run_spec(**terms)


# randomness


def test_streams_give_the_same_numbers_for_ever():
    assert stream(0, "weights").integers(1000, size=4).tolist() == [332, 106, 990, 414]
    assert stream(0, "optimizer").integers(1000, size=4).tolist() == [121, 85, 340, 907]
    assert stream(7, "data").integers(1000, size=4).tolist() == [400, 610, 325, 881]


def test_each_axis_and_each_seed_has_a_stream_of_its_own():
    draws = {
        tuple(stream(seed, axis).integers(2**63, size=3))
        for seed in (0, 1, 2, 2**32, 2**64)
        for axis in ("data", "weights", "optimizer", "")
    }
    assert len(draws) == 20


def test_streams_of_neighbouring_seeds_and_axes_are_not_correlated():
    axes = ("data", "weights", "optimizer")
    draws = np.array([stream(seed, axis).standard_normal(4000) for seed in range(8) for axis in axes])
    correlation = np.corrcoef(draws) - np.eye(len(draws))
    assert np.abs(correlation).max() < 5 / np.sqrt(4000)


def test_drawing_from_one_stream_leaves_the_others_where_they_were():
    untouched = stream(3, "weights").integers(2**63, size=5)
    stream(3, "data").standard_normal(100)
    np.random.default_rng(3).standard_normal(5)
    np.testing.assert_array_equal(stream(3, "weights").integers(2**63, size=5), untouched)


# words


def test_an_unknown_name_is_answered_with_the_nearest_and_the_choices():
    with pytest.raises(ValueError) as error:
        lookup("optimizer", "lbfg", {"lbfgs": 1, "adam": 2, "powell": 3})
    own = " One of your own comes with its file: --plugin FILE.py, or plugins in the file of a study."
    known = "Choose from: adam, lbfgs, powell."
    assert str(error.value) == f"Unknown optimizer 'lbfg'. Did you mean 'lbfgs'? {known}{own}"
    with pytest.raises(ValueError) as error:
        lookup("optimizer", "zzz", {"lbfgs": 1, "adam": 2})
    assert str(error.value) == f"Unknown optimizer 'zzz'. Choose from: adam, lbfgs.{own}"
    with pytest.raises(ValueError, match=r"Choose from: lr\.$"):
        lookup("setting of gd", "zzz", {"lr": 1})


def test_registered_names_are_found_and_others_are_not():
    assert find_problem("sin135") is PROBLEMS["sin135"]
    assert find_optimizer("adam") is OPTIMIZERS["adam"]
    with pytest.raises(ValueError, match=r"Unknown problem 'sine135'. Did you mean 'sin135'\?"):
        find_problem("sine135")
    with pytest.raises(ValueError, match=r"Unknown optimizer 'Adam'. Did you mean 'adam'\?"):
        find_optimizer("Adam")


@dataclass(frozen=True)
class Kinds(Optimizer):
    family = "toy"
    needs = frozenset()
    source = "toy"
    lr: float = setting(0.1, "step", above=0.0)
    size: int = setting(5, "rows", at_least=2)
    fast: bool = setting(False, "quick")
    rule: str = setting("a", "which", choices=("a", "b"))
    widths: tuple[int, ...] = (1, 2)
    powers: tuple[float, ...] = ()
    limit: float | None = None

    def minimize(self, objective, theta0, rng):
        """Nothing to test here."""


@pytest.mark.parametrize(
    ("name", "written", "read"),
    [
        ("lr", "1e-3", 1e-3),
        ("lr", "1", 1.0),
        ("lr", 1, 1.0),
        ("lr", 0.1 + 0.2, 0.1 + 0.2),
        ("size", "12", 12),
        ("size", 12, 12),
        ("fast", "True", True),
        ("fast", "false", False),
        ("fast", True, True),
        ("rule", "b", "b"),
        ("widths", "3, 4,5", (3, 4, 5)),
        ("widths", [3, 4, 5], (3, 4, 5)),
        ("widths", "3", (3,)),
        ("widths", "", ()),
        ("powers", "1,2.5", (1.0, 2.5)),
        ("limit", "3", 3.0),
        ("limit", 3, 3.0),
    ],
)
def test_a_setting_is_read_as_the_type_it_has(name, written, read):
    value = getattr(override("kinds", Kinds(), {name: written}), name)
    assert value == read
    assert type(value) is type(read)


@pytest.mark.parametrize(
    ("name", "written", "sentence"),
    [
        ("lr", "fast", "Setting 'kinds.lr' takes a number; got 'fast'."),
        ("lr", True, "Setting 'kinds.lr' takes a number; got 'True'."),
        ("lr", None, "Setting 'kinds.lr' takes a number; got 'None'."),
        ("lr", "-1", "kinds: Setting 'lr' must be above 0; got -1.0."),
        ("lr", "nan", "Setting 'kinds.lr' takes a number; got 'nan'."),
        ("lr", "inf", "kinds: Setting 'lr' must be finite; got inf."),
        ("size", "2.5", "Setting 'kinds.size' takes a whole number; got '2.5'."),
        ("size", 2.5, "Setting 'kinds.size' takes a whole number; got '2.5'."),
        ("size", "1", "kinds: Setting 'size' must be at least 2; got 1."),
        ("fast", "maybe", "Setting 'kinds.fast' takes true or false; got 'maybe'."),
        ("rule", "c", "kinds: Setting 'rule' must be one of a, b; got 'c'."),
        ("widths", "1;2", "Setting 'kinds.widths' takes numbers separated by commas; got '1;2'."),
        ("limit", "soon", "Setting 'kinds.limit' takes a number; got 'soon'."),
        (
            "lrr",
            "1",
            (
                "Unknown setting of kinds 'lrr'. Did you mean 'lr'? "
                "Choose from: fast, limit, lr, powers, rule, size, widths."
            ),
        ),
    ],
)
def test_a_setting_that_does_not_fit_is_answered_with_the_rule(name, written, sentence):
    with pytest.raises(ValueError) as error:
        override("kinds", Kinds(), {name: written})
    assert str(error.value) == sentence


def test_an_infinity_that_a_method_has_by_itself_means_something_there():
    @dataclass(frozen=True)
    class Clipped(Kinds):
        clip: float = setting(inf, "largest norm of a step", above=0.0)

    assert (Clipped().clip, Clipped(clip=2.0).clip) == (inf, 2.0)
    with pytest.raises(ValueError, match="Setting 'lr' must be finite; got inf"):
        Clipped(lr=inf)


@pytest.mark.parametrize("value", ["inf", "-inf", "1e300"])
@pytest.mark.parametrize(
    ("problem", "name"),
    [(key, one) for key in PROBLEMS for one, now in settable(PROBLEMS[key]).items() if isinstance(now, float)],
)
def test_a_number_of_a_problem_is_of_a_size_that_can_be_computed_with(problem, name, value):
    with pytest.raises(ValueError, match=f"Setting '{problem}.{name}' takes numbers up to 1e.12 in size; got"):
        override(problem, find_problem(problem), {name: value})


@pytest.mark.parametrize(
    ("problem", "changes", "sentence"),
    [
        ("sin135", {"amplitudes": (1, 2, inf)}, "takes numbers up to"),
        ("heat", {"nu": -1}, "nu is at least 0, or waves would grow without end; got -1"),
        ("random-waves", {"dimension": 10**12}, "dimension must be 1, 2 or 3"),
    ],
)
def test_numbers_of_a_problem_that_make_no_sense_are_refused(problem, changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        build(run_spec(recipe=override(problem, find_problem(problem), changes)))


def test_data_that_no_memory_holds_are_a_sentence(monkeypatch):
    def fails(self, rng):
        raise MemoryError("Unable to allocate 7.28 TiB")

    monkeypatch.setattr(type(run_spec().recipe), "build", fails)
    with pytest.raises(ValueError, match=r"do not fit into memory; take fewer samples. Unable to allocate 7.28 TiB"):
        build(run_spec())


def test_overriding_changes_a_copy_and_nothing_else():
    before = Swarmlet()
    after = override("swarmlet", before, {"size": "9"})
    assert (before.size, after.size, after.width) == (5, 9, before.width)
    assert override("swarmlet", before, {}) == before


def test_what_describes_a_problem_or_is_found_of_it_cannot_be_overridden():
    found = [(name, one.name) for name, recipe in PROBLEMS.items() for one in fields(recipe) if not one.init]
    assert {name for _, name in found} == {"content", "digest"}
    for problem, name in [("sin135", "about"), *found]:
        with pytest.raises(ValueError, match=f"Unknown setting of {problem} '{name}'.* Choose from: activation, "):
            override(problem, find_problem(problem), {name: "mine"})

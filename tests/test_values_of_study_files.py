"""Every key of a study's file with a value of every kind: it is accepted for what it says, or told with its line."""

import re

import pytest

from harness import plugins
from harness.run.spec import RunSpec, find_optimizer, find_problem, settings_of
from harness.study.comparison import RECIPE_OPTIONS, plan
from harness.study.file.part import ELSEWHERE, KEYS
from harness.study.file.search_terms import KEYS as SEARCH
from harness.study.file.study_file import read_study

USUAL = {"problems": '"control-low"', "optimizers": '"gd"', "seeds": "1", "budget": "30"}
VALUES = {
    "bool": ("true", "[true]"),
    "whole": ("0", "3", "1" + 400 * "0"),
    "number": ("2.5", "[2.5, 7.5]"),
    "no number": ("nan", "inf", "-inf"),
    "text": ('"text"', '""', '"a\\u0000b"', '["text"]', '"1"'),
    "date": ("2020-01-01", "[07:32:00]"),
    "list": ("[]", "[[]]", "[[1]]", "[3, 'a']", "[{}]"),
    "table": ("{}", "{a = 1}", "{a = {b = 2020-01-01}}"),
}


@pytest.fixture(autouse=True)
def _nothing_installed(monkeypatch):
    # what other packages bring is looked up for every file
    monkeypatch.setattr(plugins, "load_installed", lambda: None)


def answer(folder, text):
    """None where the file is accepted, else what is wrong."""
    path = folder / "STUDY.toml"
    path.write_text(text)
    try:
        read_study(path)
    except ValueError as error:
        if not re.search(r"mistakes?:\n  line \d+: ", str(error)):
            raise
        return str(error)
    return None


def refused(folder, head, key, table=""):
    """What is said of each kind of value in that place; a None among them is a value that was accepted."""
    found = {}
    for kind, values in VALUES.items():
        for value in values:
            top = "".join(f"{name} = {own}\n" for name, own in head.items())
            found.setdefault(kind, {})[value] = answer(folder, f"{top}{table}\n{key} = {value}\n")
    return found


def accepted(found, kind):
    return [value for value, said in found[kind].items() if said is None]


@pytest.mark.parametrize("key", [*KEYS, *ELSEWHERE])
def test_a_key_of_the_file_takes_its_own_kind_of_value_alone(tmp_path, key):
    found = refused(tmp_path, {name: value for name, value in USUAL.items() if name != key}, key)
    assert not accepted(found, "date")
    assert set(accepted(found, "table")) <= ({"{}"} if key == "tuning" else set())
    assert set(accepted(found, "bool")) == ({"true"} if key == "compiled" else set())
    numeric = ("budget", "cost_per_gradient", "time_limit", "target_loss")
    assert bool(accepted(found, "number")) == (key in numeric)
    assert bool(accepted(found, "whole")) == (key in (*numeric, "marks", "seeds"))
    assert "nan" not in accepted(found, "no number")
    assert bool(accepted(found, "no number")) == (key in ("time_limit", "target_loss"))


@pytest.mark.parametrize(
    ("kind", "owner", "key"),
    [
        *(("problems", "control-low", key) for key in ("budget", *settings_of(find_problem("control-low")))),
        *(("optimizers", "adam", key) for key in settings_of(find_optimizer("adam"))),
    ],
)
def test_a_setting_takes_its_own_kind_of_value_alone(tmp_path, kind, owner, key):
    head = {name: value for name, value in USUAL.items() if name != kind}
    found = refused(tmp_path, head, key, f"[{kind}.{owner}]")
    for never in ("date", "table", "bool"):
        assert not accepted(found, never)
    assert "nan" not in accepted(found, "no number")


@pytest.mark.parametrize("key", SEARCH)
def test_a_key_of_tuning_takes_its_own_kind_of_value_alone(tmp_path, key):
    found = refused(tmp_path, USUAL, key, "[tuning]")
    for never in ("date", "bool", "no number"):
        assert not accepted(found, never)
    assert accepted(found, "table") == (["{}"] if key == "problem" else [])


def test_a_fraction_of_a_mark_is_told_beside_every_other_mistake(tmp_path):
    said = answer(
        tmp_path, 'problems = "control-low"\nmarks = 2.5\nplugins = 5\ndescription = 2020-01-01\nobserve = 3\n'
    )
    assert said.startswith("'STUDY.toml' has 4 mistakes")
    assert "line 2: The marks must be a whole number from 1 to 1,000,000; got 2.5." in said


@pytest.mark.parametrize("term", ["budget", "cost_per_gradient", "marks", "time_limit", "target_loss"])
@pytest.mark.parametrize("value", [True, "3", "text", [1], {}, float("nan"), 1j])
def test_a_term_from_python_is_a_number_or_told(term, value):
    with pytest.raises(ValueError, match=rf"The {term} must be .*; got "):
        plan("control-low", ["gd"], 1, **{term: value})


@pytest.mark.parametrize("term", ["engine", "probes"])
@pytest.mark.parametrize("value", [True, 3, 2.5, [1], {}])
def test_a_term_of_words_from_python_is_text_or_told(term, value):
    with pytest.raises(ValueError, match=rf"The {term} must be "):
        plan("control-low", ["gd"], 1, **{term: value})


def test_options_of_the_recipe_are_all_keys():
    assert set(RECIPE_OPTIONS) <= set(KEYS)
    assert RunSpec.__dataclass_fields__.keys() >= {"marks", "budget"}

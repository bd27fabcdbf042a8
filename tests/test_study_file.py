"""`STUDY.toml`: what may stand in it, what comes of it, and everything that is wrong with it at once."""

from pathlib import Path

import pytest

from harness.study.comparison import plan
from harness.study.file.lines import lines_of
from harness.study.file.study_file import read_study
from harness.study.file.values import seeds
from harness.study.file.written import spans, written
from harness.study.settings_files import read_settings_file

WHOLE = """\
name = "grid"
problems = ["control-low", "control-flat"]
seeds = "0..2,7"
budget = [300, 600]
marks = 20

[optimizers.gd]
lr = [0.5, 1.0]

[optimizers.powell]
"""


def study(folder, text, only=None):
    path = folder / "STUDY.toml"
    path.write_text(text)
    return read_study(path, only)


def mistakes(folder, text):
    with pytest.raises(ValueError, match="mistake") as error:
        study(folder, text)
    return str(error.value).splitlines()


def test_everything_is_crossed_with_everything(tmp_path):
    read = study(tmp_path, WHOLE)
    specs = read.plan.specs
    assert len(specs) == len(set(specs)) == 2 * 2 * (2 + 1) * 4
    assert {spec.seed for spec in specs} == {0, 1, 2, 7}
    assert {(spec.problem, spec.budget) for spec in specs} == {
        (problem, budget) for problem in ("control-low", "control-flat") for budget in (300, 600)
    }
    assert {spec.method.lr for spec in specs if spec.optimizer == "gd"} == {0.5, 1.0}
    assert {spec.marks for spec in specs} == {20}
    assert read.folder == Path("results/grid")


def test_one_problem_is_the_same_runs_as_a_comparison(tmp_path):
    text = 'problems = "control-low"\noptimizers = ["gd", "powell"]\nseeds = 3\nbudget = 300\n'
    assert study(tmp_path, text).plan.specs == plan("control-low", ["gd", "powell"], 3, budget=300).specs
    only = study(tmp_path, text, "5..9").plan.specs
    assert {spec.seed for spec in only} == {5, 6, 7, 8, 9}


def test_a_file_may_begin_with_a_mark_as_editors_of_windows_write_it(tmp_path):
    text = 'problems = "control-low"\noptimizers = "gd"\nseeds = 1\nbudget = 30\n'
    assert study(tmp_path, "\ufeff" + text).plan.specs == study(tmp_path, text).plan.specs
    settings = tmp_path / "settings.toml"
    settings.write_text("\ufeff[gd]\nlr = 0.25\n", encoding="utf-8")
    assert read_settings_file(str(settings), "control-low") == {"gd": {"lr": 0.25}}


def test_a_setting_that_is_a_list_takes_a_list_and_a_list_of_lists_is_several(tmp_path):
    text = 'optimizers = "gd"\nseeds = 1\nbudget = 30\n[problems.control-flat]\nscales = {}\n'
    one = study(tmp_path, text.format("[0.1, 0.2, 0.3]")).plan.specs
    two = study(tmp_path, text.format("[[0.1, 0.2, 0.3], [0.3, 0.3, 0.3]]")).plan.specs
    assert [spec.recipe.scales for spec in one] == [(0.1, 0.2, 0.3)]
    assert [spec.recipe.scales for spec in two] == [(0.1, 0.2, 0.3), (0.3, 0.3, 0.3)]


def test_networks_activations_and_inits_are_crossed_and_a_problem_may_have_its_own(tmp_path):
    text = (
        'optimizers = "gd"\nseeds = 1\nbudget = 30\nactivation = ["tanh", "relu"]\n'
        '[problems.sin15]\nnetwork = ["1-5-1", "1-6-1"]\n[problems.sin135]\nactivation = "sin"\n'
    )
    specs = study(tmp_path, text).plan.specs
    found = [(spec.problem, spec.recipe.network, spec.recipe.activation) for spec in specs]
    assert sorted(found[:4]) == [("sin15", n, a) for n in ("1-5-1", "1-6-1") for a in ("relu", "tanh")]
    assert found[4:] == [("sin135", specs[-1].recipe.network, "sin")]


def test_parts_are_crossed_each_by_itself_and_share_what_stands_above(tmp_path):
    text = (
        "budget = 300\n[[parts]]\nproblems = ['control-low']\noptimizers = ['gd']\nseeds = 2\n"
        "[[parts]]\nproblems = ['control-flat']\noptimizers = ['powell']\nseeds = 1\n"
    )
    specs = study(tmp_path, text).plan.specs
    assert [(s.problem, s.optimizer, s.seed, s.budget) for s in specs] == [
        ("control-low", "gd", 0, 300),
        ("control-low", "gd", 1, 300),
        ("control-flat", "powell", 0, 300),
    ]


def test_what_is_written_from_runs_reads_as_the_same_runs(tmp_path):
    read = study(tmp_path, WHOLE + "[optimizers.pso]\n")
    own = plan("digits-pca", ["adam"], [3, 9], time_limit=3.5, budget=30.0, observe="samples(3)")
    specs = [*read.plan.specs[:-1], *own.specs]
    again = study(tmp_path, written(specs, "grid"))
    assert again.plan.specs == tuple(specs)
    assert [spec.run_id for spec in again.plan.specs] == [spec.run_id for spec in specs]


def test_tuned_settings_go_before_the_registered_ones(tmp_path):
    (tmp_path / "mine.toml").write_text("[gd]\nlr = 0.25\n")
    text = 'problems = "control-low"\noptimizers = ["gd"]\nseeds = 1\nbudget = 30\nsettings = "mine.toml"\n'
    assert study(tmp_path, text).plan.specs[0].method.lr == 0.25


def test_a_plugin_beside_the_file_is_loaded(tmp_path):
    (tmp_path / "own.py").write_text(
        'from harness import optimizer\n@optimizer("sf-own")\ndef minimize(fun, x0, jac, lr=0.1):\n    return x0\n'
    )
    text = 'plugins = ["own.py"]\nproblems = "control-low"\noptimizers = ["sf-own"]\nseeds = 1\nbudget = 30\n'
    assert [spec.optimizer for spec in study(tmp_path, text).plan.specs] == ["sf-own"]


def test_methods_that_do_not_fit_a_problem_are_left_out_with_the_reason(tmp_path):
    text = 'problems = ["sin135-deep", "control-low"]\noptimizers = ["gd", "bfgs"]\nseeds = 1\nbudget = 30\n'
    planned = study(tmp_path, text).plan
    assert [(spec.problem, spec.optimizer) for spec in planned.specs] == [
        ("sin135-deep", "gd"),
        ("control-low", "gd"),
        ("control-low", "bfgs"),
    ]
    assert "bytes" in planned.left_out["sin135-deep: bfgs"]


def test_all_mistakes_are_told_at_once_each_with_its_line(tmp_path):
    lines = mistakes(
        tmp_path,
        'nam = "x"\nproblems = ["control-lo"]\nseeds = "0-2"\nbudget = 0\nmarks = "many"\n'
        "[optimizers.gd]\nlrr = 3\nlr = [0.1, -1]\n[optimizers.powel]\n",
    )
    assert lines[0] == "'STUDY.toml' has 8 mistakes:"
    expected = [
        "line 1: Unknown key 'nam'. Did you mean 'name'?",
        "line 2: Unknown problem 'control-lo'. Did you mean 'control-low'?",
        "line 3: Seeds are a number of runs",
        "line 4: The budget must be a finite number of at least 1; got 0.",
        "line 5: marks is a number, the same for all runs; got 'many'.",
        "line 7: Unknown setting of gd 'lrr'. Did you mean 'lr'?",
        "line 8: gd: Setting 'lr' must be above 0; got -1.0.",
        "line 9: Unknown optimizer 'powel'. Did you mean 'powell'?",
    ]
    assert [line.strip()[: len(start)] for line, start in zip(lines[1:], expected, strict=True)] == expected


def test_a_plugin_that_cannot_be_loaded_is_told_without_the_names_that_it_would_have_brought(tmp_path):
    lines = mistakes(tmp_path, "problems = 'mine'\nplugins = 'nowhere.py'\n[optimizers.own]\n")
    assert len(lines) == 2
    assert lines[1].strip().startswith("line 2: A plugin is a Python file")


def test_a_mistake_in_a_part_has_the_line_of_that_part(tmp_path):
    part = "[[parts]]\nproblems = 'control-low'\n"
    text = f"{part}seeds = 1\n{part}[parts.optimizers.gd]\nlr = 0\n"
    assert mistakes(tmp_path, text)[1].startswith("  line 7: gd: Setting 'lr'")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("problems = [1]", "problems are a name, a list of names, or tables such as"),
        ("seeds = 3", "It needs problems"),
        ("problems = 'sin135'\nengine = 3", "engine is a text"),
        ("problems = 'sin135'\ntime_limit = -1", "time_limit must be positive"),
        ("problems = 'sin135'\nname = 'a/b'", "The name of a study is that of its folder, without a slash; got 'a/b'"),
        ("problems = 'sin135'\nplugins = ['nowhere.py']", "cannot be read"),
        ("problems = 'sin135'\n[optimizers.gd]\nlr = []", "'lr' has no value in its list"),
        ("problems = 'poisson-grid'\noptimizers = 'jacobi'\nnetwork = '9-9'", "The network of a grid is"),
    ],
)
def test_a_mistake_is_a_sentence(tmp_path, text, sentence):
    assert sentence in "\n".join(mistakes(tmp_path, text))


@pytest.mark.parametrize(("text", "sentence"), [("a = ", "is not TOML"), (None, "A study's file is required")])
def test_a_file_that_is_none_is_told(tmp_path, text, sentence):
    path = tmp_path / "STUDY.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ValueError, match=sentence):
        read_study(path)


@pytest.mark.parametrize(
    ("value", "found"), [(3, [0, 1, 2]), ("5..7", [5, 6, 7]), ("0,4..5", [0, 4, 5]), ([9, "1..2"], [9, 1, 2])]
)
def test_seeds_are_a_number_a_range_or_a_list_of_both(value, found):
    assert seeds(value) == found


@pytest.mark.parametrize("value", [0, -1, "", "3..1", "a", [1, 1], True, [True], 1.5, "0..99999999999"])
def test_other_seeds_are_refused(value):
    with pytest.raises(ValueError, match="Seeds are a number of runs"):
        seeds(value)


def test_spans_are_read_as_the_seeds_they_stand_for():
    for found in ([0], [0, 1, 2], [5, 7, 8, 1]):
        assert seeds(spans(found)) == found


def test_keys_are_found_on_their_lines():
    text = '# comment\na = 1\n[b."c d"]\ne = 2\nf.g = 3\n[[parts]]\nh = 1\n[parts.i]\nj = 1\n[[parts]]\nh = 2\n'
    lines = lines_of(text)
    assert lines["a",] == 2
    assert lines["b", "c d", "e"] == 4
    assert lines["b", "c d", "f", "g"] == 5
    assert lines["parts", "0", "h"] == 7
    assert lines["parts", "0", "i", "j"] == 9
    assert lines["parts", "1", "h"] == 11


def test_a_study_without_names_of_optimizers_takes_those_that_fit(tmp_path):
    path = tmp_path / "STUDY.toml"
    path.write_text('problems = ["control-low"]\nseeds = 1\nbudget = 60\n')
    assert {spec.optimizer for spec in read_study(path).plan.specs} >= {"gd", "adam"}

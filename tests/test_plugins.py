"""The door: methods and problems from a file of the user's, in every form, in this process and in others."""

import pickle
import re
import sys
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

import harness
from harness import plugins
from harness.cli import main
from harness.plugins.files import _modules_of
from harness.rules.conformance import RULES, complaint
from harness.run.fit import Refused, check_fit
from harness.run.runner import run
from harness.run.spec import RunSpec, find_optimizer, find_problem, override
from harness.study.comparison import plan
from harness.study.execution.execute import execute
from harness.study.store import Store
from optimizers import OPTIMIZERS
from optimizers.base import Optimizer
from problems import PROBLEMS

TUTORIAL = Path(__file__).parents[1] / "docs" / "tutorial-own-optimizer.md"
FORMS = '''
import numpy as np
import torch
from dataclasses import dataclass
from harness import optimizer, problem
from optimizers.base import Optimizer, setting


@optimizer("t-descent", tune={"lr": (1e-3, 1.0)})
def descent(fun, x0, jac, lr=0.1):
    """Gradient descent."""
    x = x0
    while True:
        x = x - lr * fun(x)[1]


@optimizer("t-search")
class Search:
    """Samples around the best."""

    def __init__(self, x0, rng, width=0.1):
        self.best, self.low, self.rng, self.width = x0, np.inf, rng, width

    def ask(self):
        return self.best + self.width * self.rng.standard_normal((8, len(self.best)))

    def tell(self, points, losses):
        if losses.min() < self.low:
            self.low, self.best = losses.min(), points[losses.argmin()]


optimizer("t-adamax")(torch.optim.Adamax)


@optimizer("t-own")
@dataclass(frozen=True)
class Own(Optimizer):
    """Small steps."""

    family = "own"
    needs = frozenset({"gradient"})
    source = "here"
    lr: float = setting(0.05, "step", above=0.0)

    def minimize(self, objective, theta0, rng):
        theta = theta0.copy()
        while True:
            theta -= self.lr * objective.value_and_grad(theta)[1]


@problem("t-data")
def data():
    """A square wave."""
    x = np.arange(64) / 64
    return x, np.sign(np.sin(2 * np.pi * x + 0.1))


@problem("t-net", like="sin135")
class Net(torch.nn.Module):
    """A small network."""

    def __init__(self):
        super().__init__()
        self.inner, self.outer = torch.nn.Linear(1, 6), torch.nn.Linear(6, 1)

    def forward(self, x):
        return self.outer(torch.tanh(self.inner(x)))
'''
NAMES = ("t-descent", "t-search", "t-adamax", "t-own")


@pytest.fixture
def plugged(tmp_path):
    """Writes a plugin."""

    def write(code, name="my.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(code)
        return path

    return write


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_every_form_of_method_keeps_every_rule(plugged, name):
    assert tuple(plugins.load(plugged(FORMS)).names["optimizer"]) == NAMES
    broken = [(rule, complaint(RULES[rule], OPTIMIZERS[name])) for rule in RULES]
    assert [found for found in broken if found[1]] == []


def test_an_adapted_class_of_torch_is_that_class(plugged):
    plugins.load(plugged(FORMS))
    adapted, ours = (run(spec(name, lr=3e-3)) for name in ("t-adamax", "adamax"))
    # torch rounds in another order than the same step in numpy
    assert adapted["runs"]["best_loss"].item() == pytest.approx(ours["runs"]["best_loss"].item(), rel=1e-12)


def spec(name, problem="sin135", budget=300, **settings):
    """A short run."""
    method = find_optimizer(name)
    return RunSpec(
        problem,
        find_problem(problem),
        name,
        type(method)(**settings) if settings else method,
        0,
        budget,
        engine="numpy",
    )


@pytest.mark.parametrize("name", ["t-data", "t-net"])
def test_every_form_of_problem_can_be_run(plugged, name):
    plugins.load(plugged(FORMS))
    tables = run(spec("adam", name))
    assert tables["runs"]["status"].item() == "budget"
    assert tables["runs"]["best_loss"].item() < tables["runs"]["first_loss"].item()
    assert len(tables["spectra"]) > 0


@pytest.mark.parametrize("name", ["network", "activation"])
def test_what_a_module_has_of_its_own_is_no_setting(plugged, name):
    plugins.load(plugged(FORMS))
    with pytest.raises(ValueError, match=f"The {name} of a torch module is its own"):
        override("t-net", find_problem("t-net"), {name: "relu"})
    # as it is spelled out where a study is told, it changes nothing
    own = find_problem("t-net")
    assert override("t-net", own, {name: getattr(own, name)}) == own


def test_a_parameter_of_a_module_that_is_called_like_a_setting_is_told(plugged):
    plugins.load(plugged(FORMS.replace("def __init__(self):", 'def __init__(self, activation="tanh"):')))
    with pytest.raises(ValueError, match=r"own: set its parameter with --set problem\.module_activation=VALUE"):
        override("t-net", find_problem("t-net"), {"activation": "relu"})
    assert override("t-net", find_problem("t-net"), {"module_activation": "relu"}).module_activation == "relu"


@pytest.mark.slow
def test_a_plugin_works_in_worker_processes(plugged, tmp_path):
    path = plugged(FORMS)
    words = f"compare --problem t-data --plugin {path} --optimizers t-descent,t-own,t-adamax --seeds 2 --jobs 2"
    words += " --budget 60"
    assert main([*words.split(), "--out", str(tmp_path / "out")]) == 0
    runs = pd.read_parquet(tmp_path / "out" / "runs.parquet")
    assert list(runs["status"]) == ["budget"] * 6


def test_another_content_is_another_run(plugged):
    plugins.load(plugged(FORMS))
    first = spec("t-own").run_id
    assert spec("t-own").run_id == first
    plugins.load(plugged(FORMS + "\n# changed\n"))
    assert spec("t-own").run_id != first
    assert (
        spec("gd").run_id
        == RunSpec("sin135", find_problem("sin135"), "gd", OPTIMIZERS["gd"], 0, 300, engine="numpy").run_id
    )


BESIDE = """
from harness import optimizer
import beside

@optimizer("t-beside")
def mine(fun, x0):
    for _ in range(10):
        fun(x0 * beside.SHARE)
"""


@pytest.mark.parametrize("edited", ["my.py", "beside.py"])
def test_a_file_that_is_edited_during_a_study_is_refused_by_whoever_loads_it_anew(plugged, edited):
    plugged("SHARE = 0.5\n", "beside.py")
    path = plugged(BESIDE)
    plugins.load(path)
    method = find_optimizer("t-beside")
    sent = bytes(ForkingPickler.dumps(method))
    assert ForkingPickler.loads(sent) == method
    other = path.with_name(edited)
    other.write_text(other.read_text() + "\n# edited\n")
    with pytest.raises(ValueError, match=r"has changed since the study was started.*start the same command again"):
        ForkingPickler.loads(sent)
    # started again, the study is of the method as it is now
    assert ForkingPickler.loads(bytes(ForkingPickler.dumps(find_optimizer("t-beside")))) == find_optimizer("t-beside")


def test_a_study_whose_plugin_is_edited_before_its_workers_load_it_says_so(plugged, tmp_path):
    path = plugged(FORMS)
    plugins.load(path)
    planned = plan("control-flat", ["t-descent"], 2, budget=20, settings={"t-descent": {"lr": 0.1}})
    path.write_text(FORMS + "\n# edited\n")
    store = Store(tmp_path / "out")
    store.open(planned.study)
    with pytest.raises(ValueError, match=r"my.py', or a module that it imports, has changed since the study"):
        execute(planned.specs, store, 2)
    assert store.done() == set()


def test_a_setting_declared_by_a_default_can_be_changed(plugged):
    plugins.load(plugged(FORMS))
    losses = {run(spec("t-descent", lr=lr))["runs"]["best_loss"].item() for lr in (0.01, 0.1)}
    assert len(losses) == 2


BAD = {
    "nothing": ("x = 1", "registers nothing"),
    "syntax": ("def f(:", "cannot be loaded: SyntaxError"),
    "taken": ('from harness import optimizer\n@optimizer("gd")\ndef f(fun, x0): pass', "'gd' is taken"),
    "form": ('from harness import optimizer\noptimizer("t")(7)', "must be a subclass"),
    "problem": ('from harness import problem\nproblem("t")(7)', "must be a problems.base.Recipe"),
    "weights": (
        'import torch\nfrom harness import problem\nproblem("t")(torch.nn.Linear(1, 1).state_dict())',
        "got OrderedDict. Weights alone are no module: make it, load them with load_state_dict, and give that.",
    ),
    "weights made": (
        'import torch\nfrom harness import problem\nproblem("t")(lambda: dict(torch.nn.Linear(1, 1).state_dict()))',
        "the function returned dict. Weights alone are no module",
    ),
    "long": (
        'from harness import problem\nproblem("t")(list(range(999)))',
        "function that returns one; got list of 999.",
    ),
}


RECIPE = """
from dataclasses import dataclass
from harness import problem
from problems.base import Recipe

@problem("t-recipe")
@dataclass(frozen=True, kw_only=True)
class Own(Recipe):
    def {}: {}
    def build(self, rng): {}
"""
UNMADE = {
    "values": ('from harness import problem\n@problem("t-bad")\ndef f(): return [1, 2, 3], [1, None, 2]', "t-bad"),
    "like": ('from harness import problem\n@problem("t-bad", like="sin1355")\ndef f(n): return n', "t-bad"),
    "recipe": (RECIPE.format("__post_init__(self)", "{}['key']", "return 3"), "t-recipe"),
    "build": (RECIPE.format("__hash__(self)", "return 1", "return {}['key']"), "t-recipe"),
    "built": (RECIPE.format("__hash__(self)", "return 1", "return 3"), "t-recipe"),
    "probe": ('from harness import probe\n@probe("t-probe")\ndef f(): pass', "t-probe"),
    "observer": ('from harness import observer\n@observer("t-seen", columns=3)\ndef f(mark): pass', "t-seen"),
    "method": ('from harness import optimizer\n@optimizer("t-own", tune=3)\ndef f(fun, x0): pass', "t-own"),
}


def test_the_line_that_cannot_be_loaded_is_named_also_of_a_module_beside_the_file(plugged):
    path = plugged('from harness import optimizer\n\n@optimizer("t-bad")\ndef f(banana): pass')
    with pytest.raises(
        ValueError, match=r"my\.py', line 3, cannot be loaded: .*'t-bad'.* A file is taken whole or not"
    ):
        plugins.load(path)
    (path.parent / "t_beside.py").write_text("\nx = foo")
    path.write_text("import t_beside")
    with pytest.raises(ValueError, match=r"my\.py', line 2 of t_beside\.py, cannot be loaded: NameError"):
        plugins.load(path)


@pytest.mark.parametrize("given", [{}, {"k": "3"}])
def test_a_function_of_data_that_wants_an_argument_is_told_that_it_has_none(plugged, given):
    code = 'from harness import problem\n@problem("t-data")\ndef f(k): return [1, 2, 3], [1, 3, k]'
    plugins.load(plugged(code))
    with pytest.raises(ValueError, match="A function that gives data has no arguments"):
        plan("t-data", "gd", 1, settings={"problem": given})


def test_data_drawn_from_a_global_generator_are_the_same_in_every_process(plugged):
    drawn = []
    for name in ("t-one", "t-two"):
        before = np.random.get_state()[1]  # noqa: NPY002
        code = f'import numpy as np\nfrom harness import problem\n@problem("{name}")\n'
        plugins.load(plugged(code + "def f(): return np.arange(9), np.random.random(9)"))
        assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002
        drawn.append(PROBLEMS[name].make()[1])
    np.testing.assert_array_equal(*drawn)


def test_data_that_differ_from_call_to_call_are_refused(plugged):
    code = 'import numpy as np\nfrom harness import problem\n@problem("t-data")\n'
    file = plugged(code + "def f(): return np.arange(9), np.random.default_rng().random(9)")
    with pytest.raises(ValueError, match=r"the function of 't-data' gives others when it is called again\. Seed what"):
        plugins.load(file)


@pytest.mark.parametrize("case", UNMADE)
def test_what_cannot_be_made_is_named_with_its_file(plugged, case):
    code, name = UNMADE[case]
    file = plugged(code)

    def used():
        plugins.load(file)
        plan(name, "gd", 1)

    with pytest.raises(ValueError, match=rf"my\.py'.*'{name}'|'{name}' of '.*my\.py'"):
        used()


@pytest.mark.parametrize("case", BAD)
def test_a_bad_plugin_is_refused_with_a_sentence_and_leaves_nothing(plugged, case):
    code, words = BAD[case]
    before = dict(OPTIMIZERS), dict(PROBLEMS)
    with pytest.raises(ValueError, match=re.escape(words)):
        plugins.load(plugged(code))
    assert (dict(OPTIMIZERS), dict(PROBLEMS)) == before or case == "nothing"


@pytest.mark.parametrize("name", ["", " ", "all", "All", "a,b", "a b", "a.b", "a=1", "../up", "-x", "tuned"])
@pytest.mark.parametrize("kind", ["optimizer", "problem"])
def test_a_name_that_the_command_line_could_not_say_is_refused(plugged, kind, name):
    with pytest.raises(ValueError, match=r"is made of letters|is reserved"):
        plugins.load(plugged(f"import harness\nharness.{kind}({name!r})(len)"))


def test_a_decorator_without_a_name_is_refused(plugged):
    with pytest.raises(ValueError, match=re.escape('write @optimizer("name")')):
        plugins.load(plugged("from harness import optimizer\n@optimizer\ndef f(fun, x0): pass"))


def test_neither_the_project_nor_the_script_is_a_module_beside_a_plugin(monkeypatch):
    root = Path(plugins.__file__).parents[2]
    script, beside = ModuleType("__main__"), ModuleType("t_beside_us")
    script.__file__, beside.__file__ = str(root / "script.py"), str(root / "t_beside_us.py")
    monkeypatch.setitem(sys.modules, "__main__", script)
    monkeypatch.setitem(sys.modules, "t_beside_us", beside)
    found = _modules_of([root])
    assert "t_beside_us" in found
    assert not [name for name in found if name.partition(".")[0] in ("__main__", "harness", "optimizers", "problems")]


CELL = """
@harness.optimizer("t-cell")
def descent(fun, x0, jac):
    while True:
        fun(x0{})
"""


@pytest.fixture
def cell():
    """Runs code as a notebook does: of no file."""
    yield lambda more="", file="<cell>": exec(compile(CELL.format(more), file, "exec"), {"harness": harness})
    OPTIMIZERS.pop("t-cell", None)


def test_what_is_registered_in_a_session_is_guarded_and_new_whenever_it_is_defined_anew(cell):
    cell("[:3]")
    first = spec("t-cell")
    assert "A point has as many numbers" in run(first)["runs"]["reason"].item()
    cell()
    assert run(spec("t-cell"))["runs"]["status"].item() == "budget"
    assert spec("t-cell").run_id != first.run_id


def test_what_is_registered_in_a_session_is_of_no_other_process(cell):
    cell()
    sent = bytes(ForkingPickler.dumps(spec("t-cell")))
    OPTIMIZERS.pop("t-cell")
    with pytest.raises(ValueError, match=r"in a session that other processes do not see.* Take jobs=1, or write it"):
        pickle.loads(sent)


def test_what_a_script_registers_is_known_by_its_file_and_travels(cell, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(CELL)
    cell(file=str(script))
    first = spec("t-cell")
    assert pickle.loads(bytes(ForkingPickler.dumps(first))).run_id == first.run_id
    with pytest.raises(ValueError, match="'t-cell' is taken"):
        cell(file=str(script))
    script.write_text(CELL + "# changed")
    OPTIMIZERS.pop("t-cell")
    cell(file=str(script))
    assert spec("t-cell").run_id != first.run_id


SHARED = """
from harness import optimizer
from t_beside import STEP

@optimizer("{name}")
def descent(fun, x0, jac, lr=STEP):
    from t_late import times
    while True:
        x0 = x0 - times * lr * fun(x0)[1]
"""


def test_modules_beside_a_plugin_are_its_own_and_part_of_its_identity(plugged, tmp_path):
    for folder, step in (("one", 0.1), ("two", 0.2)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "t_beside.py").write_text(f"STEP = {step}")
        (tmp_path / folder / "t_late.py").write_text("times = 1")
        plugins.load(plugged(SHARED.format(name=f"t-{folder}"), f"{folder}/my.py"))
    assert (OPTIMIZERS["t-one"].lr, OPTIMIZERS["t-two"].lr) == (0.1, 0.2)
    assert run(spec("t-one"))["runs"]["status"].item() == "budget"
    first = spec("t-one").run_id
    plugins.load(tmp_path / "one" / "my.py")
    assert spec("t-one").run_id == first
    (tmp_path / "one" / "t_beside.py").write_text("STEP = 0.1  # the same")
    plugins.load(tmp_path / "one" / "my.py")
    assert spec("t-one").run_id != first


EXITS = """
import sys
from harness import optimizer

@optimizer("t-exits")
def leave(fun, x0):
    fun(x0)
    sys.exit()
"""


def test_a_method_that_exits_is_a_failed_run(plugged):
    plugins.load(plugged(EXITS))
    row = run(spec("t-exits"))["runs"]
    assert row["status"].item() == "failed"
    assert "The method ended the whole process (sys.exit)" in row["reason"].item()


def test_a_plugin_that_exits_is_refused(plugged):
    with pytest.raises(ValueError, match="it ends the process"):
        plugins.load(plugged("import sys\nsys.exit()"))


ELSEWHERE = """
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from harness import optimizer

@optimizer("t-pool")
def pool(fun, x0):
    with ThreadPoolExecutor(1) as threads:
        list(threads.map(fun, [x0]))

@optimizer("t-thread")
def alone(fun, x0):
    def quiet():
        try:
            fun(x0)
        except Exception:
            pass
    thread = Thread(target=quiet)
    thread.start()
    thread.join()
"""


@pytest.mark.parametrize("name", ["t-pool", "t-thread"])
def test_an_evaluation_in_another_thread_is_refused(plugged, name):
    plugins.load(plugged(ELSEWHERE))
    row = run(spec(name))["runs"]
    assert row["status"].item() == "failed"
    assert "A point was evaluated in another thread" in row["reason"].item()


def test_a_missing_file_is_refused():
    with pytest.raises(ValueError, match="cannot be read"):
        plugins.load("nowhere.py")


def test_check_says_what_to_change_and_fails(plugged, capsys):
    bad = (
        "import numpy as np\nfrom harness import optimizer\n"
        '@optimizer("t-bad")\ndef bad(fun, x0):\n    "Does not begin at x0."\n'
        "    while True:\n        fun(x0 + np.random.default_rng().random())\n"
    )
    assert main(["check", str(plugged(bad))]) == 1
    said = capsys.readouterr().out
    assert "FAIL  starts at theta0: the first point evaluated is theta0 exactly" in said
    assert "FAIL  repeats itself: the same seed gives the same points" in said
    assert "pass  keeps the budget" in said


def test_check_tells_an_error_that_meets_every_rule_once(plugged, capsys):
    code = (
        "from harness import optimizer\n"
        '@optimizer("t-broken")\ndef broken(fun, x0):\n    "Fails."\n    fun(x0 + nothing)\n'
    )
    assert main(["check", str(plugged(code))]) == 1
    said = capsys.readouterr().out
    assert said.count("NameError") == 1
    assert "FAIL  keeps the budget: the same" in said


def test_check_finds_a_gradient_that_is_none(plugged, capsys):
    code = FORMS.replace("torch.tanh(self.inner(x))", "torch.tanh(self.inner(x)).detach()")
    code = code[: code.index('@optimizer("t-descent"')] + code[code.index('@problem("t-net"') :]
    assert main(["check", str(plugged(code))]) == 1
    assert "FAIL  gradient is the slope: the gradient is the slope of the loss; along one" in capsys.readouterr().out


def test_check_takes_a_problem_as_its_runs_do(plugged, capsys):
    head = "import numpy as np\nfrom harness import problem\nx = np.linspace(-1, 1, 40, endpoint=False)\n"
    silent = '@problem("t-silent")\ndef silent():\n    return x, np.stack([np.sin(np.pi * x), 0 * x], axis=1)\n'
    named = (
        "from dataclasses import dataclass\nfrom problems.line.waves import Sines\n"
        '@problem("t-named")\n@dataclass(frozen=True, kw_only=True)\nclass Named(Sines):\n    watch: str = "2"\n'
    )
    assert main(["check", str(plugged(head + silent, "one.py"))]) == 0
    assert main(["check", str(plugged(head + named, "two.py"))]) == 1
    assert "FAIL  builds: it can be built; got ValueError: The target has nothing at k = 2" in capsys.readouterr().out


def code_blocks():
    return re.findall(r"```python\n(.*?)```", TUTORIAL.read_text(), re.DOTALL)


def test_the_tutorial_does_what_it_says(plugged, capsys):
    optimizer, forms, asked = code_blocks()
    assert plugins.load(plugged(forms, "forms.py")).names["optimizer"] == ["heavy-ball", "muon-torch", "adam-warm"]
    assert len(optimizer.strip().splitlines()) <= 20
    for name, block in {"one.py": optimizer, "forms.py": forms, "two.py": asked}.items():
        assert main(["check", str(plugged(block, name))]) == 0
    assert capsys.readouterr().out.count("all rules are kept") == 3


def test_the_tutorials_method_is_compared(plugged, tmp_path):
    path = plugged(code_blocks()[0])
    words = f"compare --problem sin135 --plugin {path} --optimizers bold-driver,gd --seeds 1 --budget 90 --jobs 1"
    assert main([*words.split(), "--out", str(tmp_path / "out")]) == 0
    assert set(pd.read_parquet(tmp_path / "out" / "runs.parquet")["optimizer"]) == {"bold-driver", "gd"}


def test_entry_points_of_installed_packages_are_registered(plugged, tmp_path, monkeypatch):
    (tmp_path / "t_package.py").write_text("def method(fun, x0):\n    while True:\n        fun(x0)\n")
    info = tmp_path / "t_package-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: t-package\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text("[frequency_harness.optimizers]\nt-installed = t_package:method\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    plugins.load_installed()
    assert OPTIMIZERS["t-installed"].origin == "t-package 1.2"
    assert isinstance(OPTIMIZERS["t-installed"], Optimizer)


def test_a_missing_library_is_named(monkeypatch):
    method = OPTIMIZERS["soap"]
    monkeypatch.setattr(type(method), "library", "no_such_library")
    with pytest.raises(Refused, match="needs the library no_such_library, which is not installed"):
        check_fit("soap", method, find_problem("sin135").build(np.random.default_rng(0)))


def test_a_file_that_registers_nothing_is_refused_every_time(plugged):
    for _ in range(2):
        with pytest.raises(ValueError, match="registers nothing"):
            plugins.load(plugged("x = 1\n"))

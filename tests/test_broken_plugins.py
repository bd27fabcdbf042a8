"""The fault of each of forty broken plugins is named by `check`, which always ends."""

import logging

import pytest

from harness import plugins
from harness.cli import main
from harness.rules.conformance import RULES, complaint
from harness.rules.outside import check_file
from optimizers import OPTIMIZERS
from optimizers.user.signatures import shown

FUNCTION = "import numpy as np\nfrom harness import optimizer\n@optimizer('t-broken')\ndef broken(fun, x0{more}):\n"
NATIVE = """
import numpy as np
from dataclasses import dataclass
from harness import optimizer
from optimizers.base import Optimizer, RunStopped, setting

@optimizer("t-broken")
@dataclass(frozen=True)
class Broken(Optimizer):
    "Gradient descent."
    family = "own"
    source = "here"
    needs = frozenset({"gradient"})
    lr: float = setting(0.05, "step", above=0.0)

    def minimize(self, objective, theta0, rng):
        theta = theta0.copy()
        while True:
            theta = theta - self.lr * objective.value_and_grad(theta)[1]
"""


def function(body, more=""):
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return FUNCTION.format(more=more) + lines


def native(old, new):
    assert old in NATIVE
    return NATIVE.replace(old, new)


DESCENT = "x = x0\nwhile True:\n    {}x = x - 0.05 * fun(x)[1]\n"
LOADED = {
    "no code": ("def f(:", "cannot be loaded: SyntaxError"),
    "nothing registered": ("x = 1", "registers nothing"),
    "a module that is not there": ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
    "an exit while loading": ("import sys; sys.exit(3)", "it ends the process (sys.exit)"),
    "an empty name": ("import harness; harness.optimizer('')(len)", "begins with a letter or a digit"),
    "a reserved name": ("import harness; harness.optimizer('all')(len)", "The name 'all' is reserved"),
    "a name with a comma": ("import harness; harness.optimizer('a,b')(len)", "no spaces, commas or dots; got 'a,b'"),
    "a name with a space": ("import harness; harness.optimizer('a b')(len)", "no spaces, commas or dots; got 'a b'"),
    "a name of ours": ("import harness; harness.optimizer('gd')(lambda fun, x0: None)", "The name 'gd' is taken"),
    "a generator": (
        "import harness\n@harness.optimizer('t')\ndef f(fun, x0):\n    yield fun(x0)",
        "The function 't' has yield, so that a call of it runs nothing",
    ),
    "a coroutine": (
        "import harness\n@harness.optimizer('t')\nasync def f(fun, x0):\n    fun(x0)",
        "The function 't' has async, so that a call of it runs nothing",
    ),
    "no name": ("import harness\n@harness.optimizer\ndef f(fun, x0): pass", 'write @optimizer("name")'),
    "a number": ("import harness; harness.optimizer('t')(7)", "must be a subclass of optimizers.base.Optimizer"),
    "one argument": (
        "import harness\n@harness.optimizer('t')\ndef f(objective): pass",
        "cannot be told from its arguments",
    ),
    "a missing argument": (
        "import harness\n@harness.optimizer('t')\ndef f(fun, x0, lr): pass",
        "needs a value for 'lr' and was given none. Name it in the decorator: optimizer(\"t\", arguments=",
    ),
    "a range of no setting": (
        "import harness\n@harness.optimizer('t', tune={'rate': (0, 1)})\ndef f(fun, x0, lr=1.0): pass",
        "tune gives a range for 'rate', which is no setting of 't'. It has: lr",
    ),
    "a setting called as the contract": (
        "import harness\n@harness.optimizer('t')\ndef f(fun, x0, memory=3): pass",
        "has a parameter 'memory', a name of the contract",
    ),
    "a torch optimizer that fails": (
        """import harness, torch
class T(torch.optim.SGD):
    def step(self, closure=None):
        raise OSError('no disk')
harness.optimizer('t')(T)""",
        "takes no step on a small matrix and a vector: OSError: no disk. It is made of a list of parameters",
    ),
    "a class that declares nothing": (
        NATIVE.replace('    family = "own"\n', "").replace('    needs = frozenset({"gradient"})\n', ""),
        "frozenset({'gradient'}), and its source; it has no family, needs.",
    ),
    "a setting of no plain type": (
        NATIVE.replace("    lr: float", "    law: object = len\n    lr: float"),
        "'t-broken' are numbers, text, true or false, None, and tuples of them; 'law' is the function 'len'",
    ),
    "a setting that is a list": (
        NATIVE.replace("    lr: float", "    rates: list = field(default_factory=list)\n    lr: float").replace(
            "import dataclass", "import dataclass, field"
        ),
        "None, and tuples of them; 'rates' is []",
    ),
    "a search of a box": (
        "import harness, scipy.optimize as s; harness.optimizer('t')(s.differential_evolution)",
        "wants bounds, and a run has a start. Register a function of (fun, x0)",
    ),
    "a name that was forgotten": (
        "import harness\n@harness.optimizer\ndef mine(fun, x0): pass",
        "write @optimizer(\"name\") above the optimizer; got the function 'mine'.",
    ),
    "a factory of a function": (
        "import harness\n@harness.optimizer('t')\ndef f(lr=1):\n    def g(fun, x0): pass\n    return g",
        "is a function that makes the function 'g'. It must be",
    ),
    "no form of an optimizer": ("import harness; harness.optimizer('t')(object())", "an object of the class object."),
    "no form of a probe": ("import harness; harness.probe('t')(object())", "an object of the class object."),
    "no form of an observer": ("import harness; harness.observer('t')(object())", "an object of the class object."),
    "a factory of nothing": ("import harness; harness.optimizer('t')(lambda: None)", "is a function that makes None"),
}
BROKEN = {
    "another start": (function("while True:\n    fun(x0 + 1)"), "starts_at_theta0", "it was off by up to 1"),
    "a start in single precision": (
        function("while True:\n    fun(x0.astype(np.float32))"),
        "starts_at_theta0",
        "it came in single precision: keep points in double",
    ),
    "no start": (function("return x0"), "starts_at_theta0", "is theta0 exactly; nothing was evaluated"),
    "a start that is moved": (
        native("theta0.copy()", "theta0").replace("theta = theta -", "theta -="),
        "leaves_theta0_alone",
        "theta0 is not changed",
    ),
    "an early end": (function("fun(x0)"), "lowers_the_loss", "where it returned, after 1: loop for ever"),
    "a search that finds nothing": (function("while True:\n    fun(x0)"), "lowers_the_loss", "halve an easy loss"),
    "a climb": (function(DESCENT.format("").replace("-", "+"), ", jac"), "lowers_the_loss", "halve an easy loss"),
    "numbers of nobody": (
        function(
            DESCENT.format("x = x + 1e-6 * np.random.default_rng().random()\n    ").replace("x = x0", "x = x0; fun(x)"),
            ", jac",
        ),
        "repeats_itself",
        "the same seed gives the same points; draw from the generator",
    ),
    "a thread left behind": (
        function(
            "import threading, time\nthreading.Thread(target=time.sleep, args=(1,), daemon=True).start()\n"
            + DESCENT.format(""),
            ", jac",
        ),
        "leaves_no_trace",
        "changed: threads",
    ),
    "a file left behind": (
        function("open('left', 'w').close()\n" + DESCENT.format(""), ", jac"),
        "leaves_no_trace",
        "changed: files",
    ),
    "a logger taken over": (
        function("import logging\nlogging.root.disabled = True\n" + DESCENT.format(""), ", jac"),
        "leaves_no_trace",
        "changed: root logger",
    ),
    "an error of its own": (function("fun(x0)\n1 / 0"), "keeps_the_budget", "ZeroDivisionError: division by zero"),
    "an error that is hidden": (
        function("try:\n    fun(x0)\n    1 / 0\nexcept Exception:\n    pass"),
        "passes_errors_on",
        "an error in evaluation 0 comes out as it is; got None, as something catches it",
    ),
    "an error that is wrapped": (
        function(
            "try:\n    fun(x0)\nexcept ZeroDivisionError:\n    pass\nexcept Exception as e:\n    raise OSError from e"
        ),
        "passes_errors_on",
        "an error in evaluation 0 comes out as it is; got OSError()",
    ),
    "a need that is not declared": (
        native('frozenset({"gradient"})', 'frozenset({"value"})'),
        "asks_for_what_it_needs",
        "declares the need gradient or minibatch",
    ),
    "an unknown need": (
        native('frozenset({"gradient"})', 'frozenset({"slopes"})'),
        "declares_itself",
        "needs are one or more of",
    ),
    "no source": (native('source = "here"', 'source = ""'), "declares_itself", "family and source are stated"),
    "a field that is no setting": (
        native('setting(0.05, "step", above=0.0)', "0.05"),
        "declares_itself",
        "every setting is declared with setting(...); not so: lr",
    ),
    "a setting without a word": (
        native('setting(0.05, "step", above=0.0)', 'setting(0.05, "", above=0.0)'),
        "refuses_bad_settings",
        "the setting lr says what it means",
    ),
    "a range without the default": (
        native("above=0.0)", "above=0.0, tune=(0.1, 1.0))"),
        "refuses_bad_settings",
        "the tune range of lr rises, is legal and holds the default",
    ),
    "lanes that are none": (
        native('source = "here"', 'source = "here"; lanes = True').replace(
            "theta = theta -", "theta = theta - theta.sum() * 1e-3 -"
        ),
        "runs_lanes_as_if_alone",
        "lane 0 equals its run alone",
    ),
    "complex points": (
        function("while True:\n    fun(x0 + 0j)"),
        "starts_at_theta0",
        "must be made of real numbers, float64; got ndarray of complex128",
    ),
    "points of another length": (
        function("while True:\n    fun(x0[1:])"),
        "starts_at_theta0",
        "an array of shape (13,) is wanted; got (12,)",
    ),
    "points that are none": (
        function("x = x0\nwhile True:\n    x = x0 if fun(x) < 1e20 or x is not x0 else x0 * np.nan"),
        "survives_one_nan",
        "only finite points are evaluated",
    ),
    "an evaluation in a thread": (
        function(
            "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(1) as pool:\n"
            "    list(pool.map(fun, [x0]))"
        ),
        "starts_at_theta0",
        "A point was evaluated in another thread",
    ),
    "an exit": (
        function("import sys\nfun(x0)\nsys.exit()"),
        "starts_at_theta0",
        "The method ended the whole process (sys.exit)",
    ),
}
OUTSIDE = {
    "swallows": (
        "while True:\n    try:\n        fun(x0)\n    except BaseException:\n        pass",
        "ended from outside after 3 s: let that exception pass",
    ),
    "sleeps": ("import time\ntime.sleep(1e6)", "ended from outside after 3 s"),
    "spins": ("while True:\n    pass", "ended from outside after 3 s"),
    "prints": ("while True:\n    print('x' * 10_000)", "a method prints little; it was ended from outside after 1 MB"),
    "leaves": ("import os\nos._exit(3)", "the process ended with exit code 3"),
    "aborts": ("import os\nos.abort()", "the process ended by the signal SIGABRT"),
    "forks": (
        "from multiprocessing import get_context\nwith get_context('fork').Pool(1) as pool:\n    pool.map(fun, [x0])",
        "An objective stays in its process",
    ),
}


@pytest.fixture(autouse=True)
def _logging_kept():
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize("case", LOADED)
def test_what_cannot_be_loaded_is_said(case, tmp_path):
    source, words = LOADED[case]
    path = tmp_path / "broken.py"
    path.write_text(source)
    with pytest.raises(ValueError) as refusal:
        plugins.load(path)
    assert words in str(refusal.value)
    assert " at 0x" not in str(refusal.value)


@pytest.mark.parametrize("case", BROKEN)
def test_the_rule_that_a_method_breaks_is_named(case, tmp_path):
    source, rule, words = BROKEN[case]
    path = tmp_path / "broken.py"
    path.write_text(source)
    plugins.load(path)
    sentence = complaint(RULES[rule], OPTIMIZERS["t-broken"])
    assert sentence is not None
    assert words in sentence


@pytest.mark.parametrize("wrong", ["x0[99]", "np.linalg.inv(x0)", "fun(x0[1:])"])
def test_an_error_is_told_with_its_line_in_the_users_file(wrong, tmp_path):
    source = function(f"fun(x0)\n{wrong}\nfun(x0)")
    path = tmp_path / "broken.py"
    path.write_text(source)
    plugins.load(path)
    (line,) = (number for number, text in enumerate(source.splitlines(), 1) if wrong in text)
    sentence = complaint(RULES["starts_at_theta0"], OPTIMIZERS["t-broken"])
    assert sentence.endswith(f"(broken.py, line {line})")


@pytest.mark.parametrize("body", ["return x0", "fun(x0)", "fun(x0)\nfun(x0 + 1)"])
def test_no_error_is_asked_of_an_evaluation_that_was_not_made(body, tmp_path):
    path = tmp_path / "broken.py"
    path.write_text(function(body))
    plugins.load(path)
    assert complaint(RULES["passes_errors_on"], OPTIMIZERS["t-broken"]) is None


def test_points_that_are_none_repeat_themselves(tmp_path):
    path = tmp_path / "broken.py"
    path.write_text(function("while True:\n    fun(x0)\n    fun(x0 * np.nan)"))
    plugins.load(path)
    assert complaint(RULES["repeats_itself"], OPTIMIZERS["t-broken"]) is None
    assert complaint(RULES["survives_one_nan"], OPTIMIZERS["t-broken"]) == "only finite points are evaluated"


@pytest.mark.slow
def test_what_does_not_end_is_ended_from_outside(tmp_path):
    path = tmp_path / "endless.py"
    head = "from harness import optimizer\n"
    path.write_text(
        head
        + "".join(
            f"@optimizer('t-{case}')\n" + function(body).partition("@optimizer('t-broken')\n")[2]
            for case, (body, _) in OUTSIDE.items()
        )
    )
    broken = {case: [] for case in OUTSIDE}
    for name, _, sentence in check_file(path, seconds=3.0):
        if sentence:
            broken[name.removeprefix("t-")].append(sentence)
    for case, (_, words) in OUTSIDE.items():
        assert words in broken[case][0]
        assert len(broken[case]) == 1 or case == "forks"  # who had to be ended is not tried again


def test_a_file_that_never_loads_is_ended_from_outside(tmp_path):
    path = tmp_path / "endless.py"
    path.write_text("while True: pass")
    with pytest.raises(ValueError, match="cannot be loaded: a run ends when the objective raises; it was ended"):
        list(check_file(path, seconds=3.0))


@pytest.mark.parametrize("seconds", ["0", "-3"])
def test_no_time_at_all_is_no_fault_of_the_plugin(seconds, tmp_path, capsys):
    path = tmp_path / "sound.py"
    path.write_text("from harness import probe\n@probe('t-own')\ndef own(inputs, targets): return 1\n")
    assert main(["check", str(path), f"--seconds={seconds}"]) == 2
    assert f"--seconds takes a positive number; got {seconds}." in capsys.readouterr().err


def test_what_came_is_told_short_whatever_it_is():
    told = [shown(thing) for thing in (None, 1.5, [1] * 100, "a" * 80, 10**70, len, object, object())]
    assert told[:4] == ["None", "1.5", "a list of 100", "a str of 80"]
    assert told[4] == f"1{'0' * 59}..."
    assert told[5:] == ["the function 'len'", "the class 'object'", "an object of the class object"]

"""Probes and observers of the user's own: by name, in worker processes, part of the identity, or refused in words."""

import pickle
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from harness import plugins
from harness.cli import main
from harness.questions import OBSERVERS
from harness.questions.reading import read_observers
from harness.run.build import build
from harness.run.runner import run
from harness.run.spec import RunSpec, find_optimizer, find_problem, stream
from harness.study.sharing.papers import FILE
from problems.probes.by_name import PROBES

CODE = '''
from dataclasses import dataclass

import numpy as np
from harness import observer, probe
from harness.run.marks.observer import AtFewMarks, Observer


@probe("t-moments")
def moments(inputs, targets, *powers):
    """Sums of the outputs times powers of the first input."""
    powers = np.array(powers or (1.0, 3.0))
    return powers, inputs[:, 0] ** powers[:, None] / len(inputs)


@probe("t-Mean_abs")
class MeanAbs:
    """The mean of the outputs' absolute values, which is about no frequency."""

    def __init__(self, inputs, targets, scale=1.0):
        self.scale = scale
        self.component, self.frequency = [-1], [np.nan]
        self.targets = targets
        self.target_amplitude = self.amplitude(targets)

    def amplitude(self, outputs):
        return np.array([self.scale * np.abs(outputs).mean()])

    def measure(self, predictions):
        return self.amplitude(predictions), self.amplitude(predictions - self.targets) / self.target_amplitude


@observer("t-norm", columns=["norm"])
def norm(mark):
    """The length of the parameters."""
    return {"norm": np.linalg.norm(mark.theta)}


@observer("t-largest")
@dataclass(frozen=True)
class Largest(Observer):
    """The largest parameters."""

    most: int = 2

    @property
    def tables(self):
        return {"t_largest": {"mark": "int64", "cost": "float64", "place": "int64", "value": "float64"}}

    def begin(self, subject, evaluator):
        def ask(mark):
            places = np.argsort(-mark.theta)[: self.most]
            return {"place": places, "value": mark.theta[places]}

        return AtFewMarks("t_largest", (10.0,), ask)
'''
SPEC = RunSpec("sin135", find_problem("sin135"), "gd", find_optimizer("gd"), 0, 60, marks=4, engine="numpy")
X = np.linspace(-1, 1, 33)[:, None]


@pytest.fixture
def plugged(tmp_path):
    """Writes a plugin."""

    def write(code=CODE, name="my.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(code)
        return path

    return write


def test_what_is_registered_is_measured_as_it_says(plugged):
    plugins.load(plugged())
    probe = PROBES["t-moments"](X, X**3, 1)
    assert probe.target_amplitude == pytest.approx([(X**4).mean()])
    assert probe.measure(1.5 * X**3)[1] == pytest.approx([0.5])
    two = PROBES["t-moments"](X, np.hstack([X, X**3]))
    assert (list(two.component), list(two.frequency)) == ([0, 0, 1, 1], [1, 3, 1, 3])
    assert two.target_amplitude == pytest.approx([(X ** (p + q)).mean() for p in (1, 3) for q in (1, 3)])
    mean = PROBES["t-Mean_abs"](X, X, 2.0)
    assert mean.measure(X / 2)[0] == pytest.approx(np.abs(X).mean())
    assert mean.measure(X / 2)[1] == pytest.approx([0.5])


def test_both_are_written_beside_what_a_problem_has(plugged):
    plugins.load(plugged())
    observers = read_observers("t-norm(3),t-largest(most=1)")
    tables = run(replace(SPEC, probes="t-moments(1,3),t-Mean_abs", observers=observers))
    rows = tables["spectra"]
    assert set(rows["probe"]) > {"t-moments(1,3)", "t-Mean_abs"}
    assert list(rows[(rows["probe"] == "t-moments(1,3)") & (rows["mark"] == 0)]["frequency"]) == [1, 3]
    theta0 = build(SPEC).network.theta0(stream(0, "weights"))
    assert tables["t_norm"]["norm"].iloc[0] == pytest.approx(np.linalg.norm(theta0))
    assert tables["t_largest"]["value"].iloc[0] == theta0.max()
    assert list(tables["t_largest"]["mark"]) == sorted(set(tables["t_largest"]["mark"]))
    assert set(tables["t_norm"]["observer"]) == {str(observers[0])}


DRAWING = """
import random, torch
import numpy as np
from harness import observer, optimizer

@optimizer("t-drawing-steps")
def steps(fun, x0):
    fun(x0)
    while True:
        fun(x0 + random.random() * np.random.standard_normal(len(x0)) * torch.rand(len(x0)).numpy())

@observer("t-drawn", columns=["drawn"])
def drawn(mark):
    return {"drawn": np.random.random() + random.random() + float(torch.rand(()))}
"""


def test_what_an_observer_draws_is_not_missing_to_a_method_that_draws_from_the_same_generator(plugged):
    plugins.load(plugged(DRAWING))
    spec = replace(SPEC, optimizer="t-drawing-steps", method=find_optimizer("t-drawing-steps"))
    alone, watched = (run(replace(spec, observers=read_observers(names))) for names in ("", "t-drawn"))
    assert len(watched["t_drawn"]) > 2
    pd.testing.assert_frame_equal(alone["spectra"], watched["spectra"])


def test_the_file_of_a_probe_is_part_of_the_identity_of_a_run_and_of_no_other(plugged):
    plugins.load(plugged())
    before = {probes: replace(SPEC, probes=probes).run_id for probes in ("", "fourier(1)", "t-moments")}
    assert before[""] == SPEC.run_id
    plugins.load(plugged(CODE + "\n# changed\n"))
    after = {probes: replace(SPEC, probes=probes).run_id for probes in before}
    assert [probes for probes in before if after[probes] != before[probes]] == ["t-moments"]
    assert SPEC.run_id == replace(SPEC, observers=read_observers("t-norm")).run_id


def test_a_run_that_is_sent_to_another_process_brings_its_file(plugged):
    plugins.load(plugged())
    asked = replace(SPEC, probes="t-moments", observers=read_observers("t-largest(3)"))
    sent = pickle.dumps(asked)
    for registry, names in ((PROBES, ("t-moments", "t-Mean_abs")), (OBSERVERS, ("t-norm", "t-largest"))):
        for name in names:
            del registry[name]
    plugins.loading._loaded.clear()
    arrived = pickle.loads(sent)
    assert arrived.run_id == asked.run_id
    assert str(arrived.observers[0]) == str(asked.observers[0])
    assert build(arrived).probes[-1].name == "t-moments"


@pytest.mark.slow
def test_both_work_from_the_command_line_in_worker_processes(plugged, tmp_path):
    out = tmp_path / "out"
    words = "compare --problem sin135 --optimizers gd,adam --seeds 2 --jobs 2 --budget 60 --probe t-moments(1,3)"
    words += " --observe t-norm,t-largest(1)"
    assert main([*words.split(), "--plugin", str(plugged()), "--out", str(out)]) == 0
    assert list(pd.read_parquet(out / "runs.parquet")["status"]) == ["budget"] * 4
    assert "t-moments(1,3)" in set(pd.read_parquet(out / "hits.parquet")["probe"])
    assert pd.read_parquet(out / "t_norm.parquet")["run_id"].nunique() == 4
    assert set(pd.read_parquet(out / "t_largest.parquet").groupby("run_id").size()) == {3}
    # the folder alone says how it is made again
    assert (out / "plugins" / "my.py").read_text() == CODE
    assert main(["status", str(out)]) == 0
    assert main(["sweep", str(out / FILE), "--out", str(tmp_path / "again"), "--jobs", "1"]) == 0
    again = pd.read_parquet(tmp_path / "again" / "runs.parquet")
    assert set(again["run_id"]) == set(pd.read_parquet(out / "runs.parquet")["run_id"])


def test_they_are_listed_checked_and_named_when_misspelled(plugged, capsys):
    path = str(plugged())
    for what, line in (("probes", "t-moments"), ("observers", "t-norm")):
        assert main(["list", what, "--plugin", path]) == 0
        assert re.search(rf"\n  {line} +(Sums of|The length)", capsys.readouterr().out)
    assert main(["check", path]) == 0
    assert capsys.readouterr().out.count("pass") == 4
    for option, name, near in (("--probe", "t-moment", "t-moments"), ("--observe", "t-larges", "t-largest")):
        words = ["compare", "--problem", "sin135", "--plugin", path, option, name, "--budget", "60"]
        assert main(words) == 2
        assert f"Did you mean '{near}'?" in capsys.readouterr().err


HEAD = "import numpy as np\nfrom harness import observer, probe\nfrom harness.run.marks.observer import Observer\n"
OWN_CLASS = "@observer('t')\nclass T(Observer):\n    tables = {!r}\n    def begin(self, subject, evaluator): pass"
BAD_FORMS = {
    "probe('t')(7)": "The probe 't' must be a function of inputs",
    "@probe('t')\ndef t(inputs): pass": "it takes (inputs)",
    "@probe('t')\ndef t(inputs, targets, *, width): pass": "it takes (inputs, targets, *, width)",
    "@probe('fourier')\ndef t(inputs, targets): pass": "'fourier' is taken by another probe",
    "@probe('a,b')\ndef t(inputs, targets): pass": "got 'a,b'",
    "@probe\ndef t(inputs, targets): pass": 'write @probe("name") above the probe',
    "observer('t')(7)": "The observer 't' must be a subclass",
    "@observer('t')\ndef t(mark): pass": "no columns are declared",
    "@observer('t', columns=['a'])\ndef t(one, two): pass": "it takes other arguments",
    "@observer('t', columns=['cost'])\ndef t(mark): pass": "got cost once more",
    "@observer('t', columns={'a': 'text'})\ndef t(mark): pass": "have one of the types float64, int64, bool, str",
    "@observer('runs', columns=['a'])\ndef t(mark): pass": "The table 'runs' of the observer 'runs' is there already",
    "@observer('9t', columns=['a'])\ndef t(mark): pass": "small letters, digits and _; the observer '9t' has '9t'",
    "@observer('rank')\ndef t(mark): pass": "no columns are declared",
    OWN_CLASS.format({}): "writes no table",
    OWN_CLASS.format({"rank": {"a": "str"}}): "The table 'rank' of the observer 't' is there already",
    OWN_CLASS.format({"t": {"run_id": "str"}}): "none is called run_id or observer; got 'run_id'",
    OWN_CLASS.format([1]): "are not {table: {column: type}}",
    OWN_CLASS.format({"t": {"a": "str"}}) + "\n    name = 'other'": "is called 'other' in its class, and 't'",
    "@observer('t')\nclass T(Observer): pass": "needs a default for each of its settings",
}


@pytest.mark.parametrize("code", BAD_FORMS)
def test_another_form_is_refused_with_a_sentence_and_leaves_nothing(plugged, code):
    before = dict(PROBES), dict(OBSERVERS)
    with pytest.raises(ValueError, match=re.escape(BAD_FORMS[code])):
        plugins.load(plugged(HEAD + code))
    assert (dict(PROBES), dict(OBSERVERS)) == before


GIVES = {
    "1 / 0": "got: ZeroDivisionError: division by zero",
    "7": "int, which has no component, frequency, target_amplitude, measure",
    "([1.0], [[1.0]])": "must give frequencies (R,) and finite weightings",
    "([1.0], np.full((1, len(inputs)), np.nan))": "finite weightings",
    "([1.0], np.zeros((1, len(inputs))))": "has nothing of what 't' watches",
    "(1, 2, 3)": "the probe 't' cannot be made",
}


@pytest.mark.parametrize("answer", GIVES)
def test_a_probe_that_gives_something_else_ends_in_a_sentence(plugged, capsys, answer):
    path = str(plugged(f"{HEAD}@probe('t')\ndef t(inputs, targets):\n    return {answer}\n"))
    words = ["run", "--problem", "sin135", "--optimizer", "gd", "--budget", "60", "--probe", "t", "--plugin", path]
    assert main([*words, "--out", path.replace(".py", "-out")]) != 0
    printed = capsys.readouterr()
    assert GIVES[answer].lower() in (printed.out + printed.err).lower()


def test_a_probe_or_an_observer_that_fails_later_is_a_failed_row(plugged):
    plugins.load(plugged())
    path = plugged(
        HEAD
        + "class P:\n    name, component, frequency, target_amplitude = 't', [0], [1.0], [1.0]\n"
        + "    def __init__(self, inputs, targets): self.targets = targets\n"
        + "    def measure(self, outputs):\n"
        + "        return (np.ones(1), np.zeros(1 + (outputs != self.targets).any()))\n"
        + "probe('t-late')(P)\n"
        + "@observer('t-none', columns=['a'])\ndef none(mark): return {'b': 1}\n"
        + "@observer('t-begins')\nclass B(Observer):\n    tables = {'t_b': {'a': 'str'}}\n"
        + "    def begin(self, subject, evaluator): raise ArithmeticError('not today')\n",
        "late.py",
    )
    plugins.load(path)
    late = run(replace(SPEC, probes="t-late"))["runs"].iloc[0]
    assert late["status"] == "failed"
    assert "must measure amplitudes and errors (1,); got (1,) and (2,)" in late["reason"]
    none = run(replace(SPEC, observers=read_observers("t-none")))["runs"].iloc[0]
    assert none["status"] == "failed"
    assert "Observer 't-none': ValueError: Table 't_none': missing columns ['a']" in none["reason"]
    begins = run(replace(SPEC, observers=read_observers("t-begins")))["runs"].iloc[0]
    assert (begins["status"], begins["reason"]) == ("failed", "ArithmeticError: not today")


CONSTANT = """
@probe("t")
class P:
    component, frequency, target_amplitude = [0], [1.0], [1.0]

    def __init__(self, inputs, targets):
        pass

    def measure(self, outputs):
        return np.ones(1), np.ones(1)
"""


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        (
            CONSTANT,
            "the error is 0 where predictions are the targets; it is 1",
        ),
        (
            "@observer('t', columns=['a'])\ndef t(mark):\n    return {'b': 1}\n",
            "a run on 'sin135' ends as without it; got: Observer 't': ValueError",
        ),
    ],
)
def test_check_says_what_to_change(plugged, capsys, code, complaint):
    assert main(["check", str(plugged(HEAD + code))]) == 1
    assert complaint in capsys.readouterr().out


def test_modules_beside_a_plugin_are_kept_with_a_study(plugged, tmp_path):
    plugged("POWER = 3\n", "t_power.py")
    code = "from t_power import POWER\n" + HEAD
    path = plugged(f"{code}@probe('t-p')\ndef p(inputs, targets):\n    return [1.0], inputs[:, 0][None] ** POWER\n")
    words = f"run --problem sin135 --optimizer gd --budget 60 --probe t-p --plugin {path} --out {tmp_path / 'out'}"
    assert main(words.split()) == 0
    assert (tmp_path / "out" / "plugins" / "t_power.py").read_text() == "POWER = 3\n"

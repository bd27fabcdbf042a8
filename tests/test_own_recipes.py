"""A problem of the user's own class, with a loss of its own: whatever it builds wrongly is told before any run."""

from dataclasses import replace

import numpy as np
import pytest

from harness import plugins
from harness.plugins.probes import adapt
from harness.run.build import build
from harness.run.spec import RunSpec
from optimizers import OPTIMIZERS
from problems import PROBLEMS
from problems.user_built import check_built

CODE = """
from dataclasses import dataclass
import numpy as np
from harness import problem
from problems.base import Problem, Recipe
from problems.networks.mlp import fully_connected
from problems.losses.regression import MSE
from problems.probes.sines import SineProbe

@dataclass(frozen=True)
class Squares:
    name: str = "squares"

    def value(self, o, t):
        return ((o - t) ** 2).mean(axis=(1, 2))

    def value_and_cotangent(self, o, t):
        return self.value(o, t), 2 * (o - t) / o[0].size

@problem("t-own")
@dataclass(frozen=True, kw_only=True)
class Own(Recipe):
    network: str = "1-4-1"
    loss: str = "squares"

    def build(self, rng):
        x = np.linspace(0, 1, 33)
        u = np.sin(np.pi * x) + np.sin(3 * np.pi * x)
        net = fully_connected(self.network, (1, 1), self.activation, self.init, self.dtype)
        probe = SineProbe(u[1:-1], np.array([1, 3]), 1.0)
        return Problem(x[:, None], u[:, None], net, Squares(), (probe,))
"""
BUILT = "Problem(x[:, None], u[:, None], net, Squares(), (probe,))"
WRONG = {
    "nothing": (BUILT, "None", r"returns a problems\.base\.Problem; it returned NoneType"),
    "inputs of one axis": (BUILT, BUILT.replace("x[:, None]", "x"), r"inputs are .*got the shape \(33,\)"),
    "targets of one axis": (BUILT, BUILT.replace("u[:, None]", "u"), r"targets are .*written as x\[:, None\]"),
    "lists": (BUILT, BUILT.replace("x[:, None]", "[[1.0]]"), "inputs are .* got a list"),
    "too few targets": (BUILT, BUILT.replace("u[", "u[1:]["), "as many targets as inputs; got 32 for 33"),
    "no numbers": (BUILT, BUILT.replace("u[", "np.where(u > 1, np.nan, u)["), "all finite; [0-9]+ of 33 are not"),
    "complex numbers": (BUILT, BUILT.replace("u[", "1j * u["), "real numbers, .*got an array of complex128"),
    "a network's name": (BUILT, BUILT.replace("net", "'1-4-1'"), "network has .*'1-4-1' has no name, layout"),
    "a loss's name": (BUILT, BUILT.replace("Squares()", "'mse'"), "loss has .*'mse' has no name, value"),
    "a loss's class": (BUILT, BUILT.replace("Squares()", "Squares"), r"got the class Squares: write it with \(\)"),
    "a probe alone": (BUILT, BUILT.replace("(probe,)", "probe"), r"are a tuple, .* got a SineProbe"),
    "no probe": (BUILT, BUILT.replace("(probe,)", "()"), "watches nothing: give it probes, or name one with --probe"),
    "a function as probe": (BUILT, BUILT.replace("(probe,)", "(len,)"), "probe has .* has no name|has no component"),
    "two outputs": (
        BUILT,
        BUILT.replace("Squares()", "MSE()").replace("u[:, None]", "np.stack([u, u], 1)"),
        r"the network 1-4-1 gives 1 for a sample, of 2 target\(s\)",
    ),
    "one number for all lanes": (".mean(axis=(1, 2))", ".mean()", r"`value` gives \(\), .*\.mean\(axis=\(1, 2\)\)"),
    "no derivative": ("value_and_cotangent", "slope", "a Squares has no value_and_cotangent"),
    "a loss that fails": ("(o - t) ** 2", "o[2] - t", r"fails: IndexError: index 2 .*"),
    "the derivative alone": ("return self.value(o, t), 2", "return 2", r"`value_and_cotangent` \(6, 1\) and"),
    "undeclared draws": ("np.linspace(0, 1, 33)", "np.sort(rng.random(33))", "draws from `rng`, .*random_data = True"),
}


@pytest.fixture
def taken(tmp_path):
    def load(code):
        path = tmp_path / "mine.py"
        path.write_text(code)
        plugins.load(path)
        return PROBLEMS["t-own"]

    yield load
    for name in ("t-own", "t-module", "t-equation"):
        PROBLEMS.pop(name, None)


def test_a_problem_with_a_loss_of_its_own_is_built_and_keeps_the_rules(taken):
    recipe = taken(CODE)
    assert build(RunSpec("t-own", recipe, "gd", OPTIMIZERS["gd"], seed=0, budget=10)).n_samples == 33
    assert recipe.network == "1-4-1"


@pytest.mark.parametrize("case", WRONG)
def test_what_is_built_wrongly_is_told_before_any_run(taken, case):
    old, new, said = WRONG[case]
    assert old in CODE
    recipe = taken(CODE.replace(old, new))
    with pytest.raises(ValueError, match=rf"(?s)The problem 't-own' of '.*mine\.py' .*{said}"):
        build(RunSpec("t-own", recipe, "gd", OPTIMIZERS["gd"], seed=0, budget=10))


DECORATED = "@dataclass(frozen=True, kw_only=True)\nclass Own"
SETTINGS = {
    "no dataclass": (DECORATED, "class Own"),
    "the decorators in turn": (
        f'@problem("t-own")\n{DECORATED}',
        f"{DECORATED}".replace("\n", '\n@problem("t-own")\n'),
    ),
    "no type": ('network: str = "1-4-1"', 'network = "1-4-1"'),
    "a new setting without dataclass": (
        f'{DECORATED}(Recipe):\n    network: str = "1-4-1"',
        "class Own(Recipe):\n    k: int = 3",
    ),
}


@pytest.mark.parametrize("case", SETTINGS)
def test_a_setting_that_would_be_passed_over_is_told(taken, case):
    old, new = SETTINGS[case]
    assert old in CODE
    with pytest.raises(ValueError, match=r"of the class Own is no setting of it\. Write @dataclass"):
        taken(CODE.replace(old, new))


@pytest.mark.parametrize(
    "name", ["sin15", "image", "poisson", "poisson-grid", "heat", "control-slope", "parity", "digits"]
)
def test_problems_of_the_house_keep_the_contracts_that_those_of_users_are_held_to(name):
    check_built(PROBLEMS[name].build(np.random.default_rng(0)))


MODULE = """
from torch import nn

@problem("t-module", like={like})
def module():
    return nn.Sequential(nn.LazyLinear(4), nn.Tanh(), nn.LazyLinear({outputs}))
"""


@pytest.mark.parametrize(
    ("like", "loss"),
    [("helmholtz", "residual"), ("poisson", "ritz"), ("control-gradient-loss", ""), ("sin15", "mse+gradient")],
)
def test_a_module_takes_no_place_where_the_loss_takes_derivatives_of_the_network(taken, like, loss):
    taken(CODE + MODULE.format(like=f"'{like}'", outputs=2))
    recipe = replace(PROBLEMS["t-module"], **({"loss": loss} if loss else {}))
    with pytest.raises(ValueError, match="takes derivatives of the network in its inputs, which a module in the place"):
        build(RunSpec("t-module", recipe, "gd", OPTIMIZERS["gd"], seed=0, budget=10))


def test_a_module_gives_what_a_loss_of_ones_own_takes_and_not_what_targets_weigh(taken):
    weighed = CODE.replace("u[:, None], net", "np.stack([u, 1 + x], 1), net")
    weighed = weighed.replace("((o - t) ** 2)", "(t[..., 1:] * (o - t[..., :1]) ** 2)")
    weighed = weighed.replace("2 * (o - t) / o[0].size", "2 * t[..., 1:] * (o - t[..., :1]) / o[0].size")
    taken(weighed + MODULE.format(like="Own()", outputs=1))
    spec = RunSpec("t-module", PROBLEMS["t-module"], "gd", OPTIMIZERS["gd"], seed=0, budget=10)
    assert build(spec).network.name == "module"


OPERATOR = """
from problems.equations.residuals import Equation

class Operator:
    def value(self, jet):
        return jet[2] - jet[0]

    def slopes(self, jet):
        return np.stack([-1 + 0 * jet[0], 0 * jet[0], 1 + 0 * jet[0]])

@problem("t-equation")
@dataclass(frozen=True, kw_only=True)
class Mine(Equation):
    network: str = "1-4-1"

    def points(self):
        return [[i / 8] for i in range(9)], [i in (0, 8) for i in range(9)]

    def solution(self, x):
        return np.sin(np.pi * x[:, 0])

    def source(self, x):
        return -(np.pi**2 + 1) * self.solution(x)

    def operator(self):
        return Operator()

    def probe(self, x, edge):
        return SineProbe(self.solution(x)[~edge], np.array([1]), 1.0)
"""
OPERATORS = {
    "no slopes": ("def slopes", "def slope", "Operator fails: AttributeError: .* no attribute 'slopes'"),
    "one number": ("return jet[2] - jet[0]", "return jet[2].mean()", r"gives \(\) and \(3, 2, 3\)"),
    "too few slopes": ("0 * jet[0], 1", "1", r"gives \(2, 3\) and \(2, 2, 3\)"),
    "a derivative too far": ("jet[2] - jet[0]", "jet[3] - jet[0]", "fails: IndexError"),
}


def test_an_equation_of_ones_own_takes_points_in_lists(taken):
    taken(CODE + OPERATOR)
    spec = RunSpec("t-equation", PROBLEMS["t-equation"], "gd", OPTIMIZERS["gd"], seed=0, budget=10)
    assert build(spec).n_samples == 9


@pytest.mark.parametrize("case", OPERATORS)
def test_an_operator_of_another_form_is_told(taken, case):
    old, new, said = OPERATORS[case]
    assert old in OPERATOR
    taken(CODE + OPERATOR.replace(old, new))
    with pytest.raises(ValueError, match=rf"(?s)An equation's operator has value\(jet\), .*{said}"):
        build(RunSpec("t-equation", PROBLEMS["t-equation"], "gd", OPTIMIZERS["gd"], seed=0, budget=10))


def test_a_probe_that_fails_within_a_run_is_named():
    class Once:
        component, frequency, target_amplitude = np.array([0]), np.array([1.0]), np.array([1.0])

        def measure(self, predictions):
            return predictions[:1, 0], predictions[:1, 0]

    made = adapt("t-once", lambda inputs, targets: Once())(np.zeros((2, 1)), np.ones((2, 1)))
    with pytest.raises(ValueError, match="The probe 't-once' cannot measure: IndexError"):
        made.measure(np.ones(2))

"""Loops of somebody else's, watched: the rows of a run, from predictions alone."""

import re
import warnings

import numpy as np
import pytest
import torch

import harness
from harness.cli import main
from harness.run.runner import run
from harness.run.spec import RunSpec, find_optimizer, find_problem, stream
from harness.study.comparison import conclude
from harness.study.store import Store
from harness.watch.watched import understand

BUDGET = 600


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def wave(n=64, k=3):
    x = np.arange(n) / n
    return x, np.sin(2 * np.pi * k * x)


def watch_descent(watch, target, steps=60, rate=0.1, begin=True):
    """Predictions that move towards the target, by a tenth of the way each step."""
    seen = np.zeros_like(target)
    if begin:
        watch.start(lambda: seen)
    for step in range(steps):
        seen = seen + rate * (target - seen)
        watch(step, lambda seen=seen: seen)
    watch.close()


def layers(theta, problem):
    return [theta[s.offset : s.offset + int(np.prod(s.shape))].view(s.shape) for s in problem.network.layout]


def test_a_watch_around_the_method_of_the_harness_gives_its_rows():
    recipe = find_problem("sin135")
    problem = recipe.build(stream(0, "data"))
    spec = RunSpec("sin135", recipe, "adam", find_optimizer("adam"), 0, BUDGET, engine="numpy")
    ours = run(spec)

    x, y = torch.from_numpy(problem.inputs), torch.from_numpy(problem.targets)
    theta = torch.from_numpy(problem.network.theta0(stream(0, "weights"))).requires_grad_()

    def model():
        weight, bias, outer, last = layers(theta, problem)
        return torch.tanh(x @ weight.T + bias) @ outer.T + last

    stepper = torch.optim.Adam([theta], lr=3e-3)
    with harness.Watch(
        "exact", optimizer="mine", problem="sin135", unit="passes", cost=3.0, budget=BUDGET, marks=100
    ) as watch:
        watch.start(model)
        for step in range(BUDGET // 3):
            stepper.zero_grad()
            ((model() - y) ** 2).mean().backward()
            watch(step, model)  # before the step: a run stands for the last point it has evaluated
            stepper.step()
    theirs = harness.load("results/exact")
    for table, columns in {"curves": ["cost", "loss_last"], "spectra": ["cost", "frequency", "error_last"]}.items():
        assert np.allclose(getattr(theirs, table)[columns], ours[table][columns], rtol=1e-8, atol=1e-12)
    assert theirs.runs["problem_settings"].item() == ours["runs"]["problem_settings"].item()


def test_several_watches_and_runs_of_the_harness_make_one_comparison(capsys):
    for seed in (0, 1):
        watch = harness.Watch("mixed", optimizer="mine", problem="sin135", seed=seed, unit="passes", cost=3.0)
        watch_descent(watch, watch.targets)
    found = harness.compare("sin135", ["gd"], [0, 1], budget=90, out="results/mixed")
    assert sorted(found.runs["optimizer"]) == ["gd", "gd", "mine", "mine"]
    assert set(found.order["optimizer"]) == {"gd", "mine"}
    assert (found.folder / "heatmap.png").exists()
    assert main(["order", str(found.folder), "--against", "gd"]) == 0
    assert "such as network='1-40-1'" in capsys.readouterr().out


def test_a_watch_of_the_same_name_and_seed_takes_the_place_of_the_first():
    for rate in (0.1, 0.2):
        watch_descent(harness.Watch("again", *wave(), optimizer="mine"), wave()[1][:, None], rate=rate)
    runs = harness.load("results/again").runs
    assert len(runs) == 1
    assert runs["last_loss"].item() == pytest.approx(0.5 * 0.8**120)


def test_marks_are_log_spaced_and_measuring_is_stated():
    watch_descent(harness.Watch("marks", *wave(), optimizer="mine"), wave()[1], steps=1000)
    found = harness.load("results/marks")
    costs = found.curves["cost"].to_numpy()
    assert costs[:5].tolist() == [0, 1, 2, 3, 4]
    assert costs[-1] == 1000
    assert 35 < len(costs) < 50
    assert np.all(costs[12:-1] / costs[11:-2] < 1.25)
    row = found.runs.iloc[0]
    assert row["seconds_measuring"] > 0
    assert re.fullmatch(r"A loop .* cost in steps\. Measuring took .* % of the loop's .* s\.", row["reason"])
    assert (row["status"], row["cost"], row["seed"]) == ("watched", 1000, 0)
    assert '"cost_unit":"steps"' in row["problem_settings"]


def test_a_model_is_evaluated_at_marks_alone():
    x, y = wave()
    calls = []
    watch = harness.Watch("calls", x, y, optimizer="mine")
    for step in range(1000):
        watch(step, lambda: calls.append(1) or y)
    watch.close()
    watch.close()
    assert len(calls) == len(harness.load("results/calls").curves) < 70


@pytest.mark.parametrize(("unit", "cost"), [("samples", 32.0), ("passes", 0.25)])
def test_cost_is_what_the_user_says(unit, cost):
    watch_descent(harness.Watch("costs", *wave(), optimizer="mine", unit=unit, cost=cost), wave()[1], steps=40)
    costs = harness.load("results/costs").curves["cost"]
    assert (costs.iloc[1], costs.iloc[-1]) == (cost, 40 * cost)


def test_cost_may_be_told_at_every_call_and_be_seconds():
    watch = harness.Watch("told", *wave(), optimizer="mine")
    watch(0, lambda: wave()[1], cost=17.5)
    watch.close()
    clocked = harness.Watch("clock", *wave(), optimizer="mine", unit="seconds", cost=1e-9)
    watch_descent(clocked, wave()[1], steps=20)
    assert harness.load("results/told").curves["cost"].tolist() == [17.5]
    found = harness.load("results/clock").curves
    assert np.allclose(found["cost"], found["seconds"], atol=5e-3)


def test_units_are_not_mixed_in_a_study():
    watch_descent(harness.Watch("units", *wave(), optimizer="mine"), wave()[1])
    with pytest.raises(ValueError, match="counts the cost of this problem in steps, and this watch in samples"):
        harness.Watch("units", *wave(), optimizer="mine", unit="samples")


def test_a_loop_that_fails_leaves_what_was_measured():
    def loop():
        with harness.Watch("fails", *wave(), optimizer="mine") as watch:
            watch.start(lambda: wave()[1])
            raise ZeroDivisionError("division by zero")

    with pytest.raises(ZeroDivisionError):
        loop()
    row = harness.load("results/fails").runs.iloc[0]
    assert (row["status"], row["reason"]) == ("failed", "ZeroDivisionError: division by zero")


def test_a_loop_that_diverges_is_watched_to_its_end():
    watch = harness.Watch("diverges", *wave(), optimizer="mine")
    watch.start(lambda: wave()[1] * 0)
    watch(0, lambda: wave()[1] * np.nan)
    watch.close()
    assert harness.load("results/diverges").runs["status"].item() == "diverged"


def test_predictions_that_never_were_finite_are_a_divergence():
    with harness.Watch("never", *wave(), optimizer="mine") as watch:
        watch.start(lambda: wave()[1] * np.nan)
        watch(0, lambda: wave()[1] * np.nan)
    row = harness.load("results/never").runs.iloc[0]
    assert (row["status"], row["reason"]) == ("diverged", "The predictions are not finite.")


def test_nothing_of_the_loop_is_touched():
    x, y = (torch.from_numpy(part).float()[:, None] for part in wave())
    layers = torch.nn.Linear(1, 8), torch.nn.BatchNorm1d(8), torch.nn.Dropout(), torch.nn.Linear(8, 1)
    model = torch.nn.Sequential(*layers)
    watch = harness.Watch("quiet", x, y, optimizer="mine", model=model)
    before = {name: part.clone() for name, part in model.state_dict().items()}
    state = torch.random.get_rng_state()
    watch.start(lambda: model(x))
    assert all(torch.equal(before[name], part) for name, part in model.state_dict().items())
    assert torch.equal(state, torch.random.get_rng_state())
    assert model.training
    watch(0, lambda: model(x) + 0 * torch.rand(1))
    assert torch.equal(state, torch.random.get_rng_state())
    watch.close()
    assert harness.load("results/quiet").runs["dim"].item() == sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_tensors_of_any_precision_are_taken(dtype):
    x, y = wave()
    watch = harness.Watch("precise", x, y, optimizer="mine")
    watch.start(lambda: torch.from_numpy(y).to(dtype).requires_grad_())
    watch(0, lambda: torch.from_numpy(y).to(dtype))
    watch.close()
    run = harness.load("results/precise").runs.iloc[0]
    assert run["best_loss"] < 1e-4
    assert run["dtype"] == str(dtype).removeprefix("torch.")


@pytest.mark.parametrize(
    ("own", "lowered", "dtype"),
    [
        (torch.float32, torch.bfloat16, "bfloat16"),
        (torch.float32, torch.float16, "float16"),
        (torch.float32, None, "float32"),
        (torch.float64, torch.bfloat16, "float64"),  # which autocast leaves alone
        (torch.float64, None, "float64"),
    ],
)
def test_the_precision_is_that_of_the_arithmetic_where_outputs_are_widened(own, lowered, dtype):
    x, y = wave()
    inputs = torch.from_numpy(x).to(own)[:, None]
    model = torch.nn.Sequential(torch.nn.Linear(1, 4), torch.nn.Linear(4, 1)).to(own)
    watch = harness.Watch("widened", x, y, optimizer="mine")
    with torch.autocast("cpu", lowered, enabled=lowered is not None):
        watch.start(lambda: model(inputs).to(own))
    watch.close("watched")
    assert harness.load("results/widened").runs["dtype"].item() == dtype


def test_arrays_of_jax_are_taken():
    jax = pytest.importorskip("jax")
    x, y = wave()
    watch = harness.Watch("jax", jax.numpy.asarray(x), jax.numpy.asarray(y), optimizer="mine")
    watch(0, lambda: jax.numpy.asarray(y))
    watch.close()
    assert harness.load("results/jax").runs["best_loss"].item() < 1e-10


def grid(*sizes):
    return np.stack(np.meshgrid(*[np.linspace(0, 1, n, endpoint=False) for n in sizes], indexing="ij"), -1)


def test_a_line_is_watched_at_its_peaks_in_any_order_of_samples():
    x, y = wave(64, 3)
    shuffled = np.random.default_rng(0).permutation(64)
    both = np.stack([y, np.cos(2 * np.pi * 5 * x)], axis=1)[shuffled]
    data = understand(x[shuffled], both, None)
    probe = data.probes[0]
    assert probe.frequency.tolist() == pytest.approx([3.0, 5.0])
    assert probe.component.tolist() == [0, 1]
    assert np.allclose(probe.measure(both[data.order])[1], 0)
    assert np.allclose(probe.measure(0 * both)[1], 1)


def test_a_picture_is_watched_in_rings():
    points = grid(16, 24)
    picture = np.sin(2 * np.pi * 3 * points[..., :1]) + np.array([0, 0.5, 1])
    for inputs, targets in ((points, picture), (points.reshape(-1, 2)[::-1], picture.reshape(-1, 3)[::-1])):
        data = understand(inputs, targets, None)
        probe = data.probes[0]
        assert probe.name == "rings"
        near = np.isclose(probe.target_amplitude, np.sqrt(2) / 2)
        assert near.sum() == 3
        assert np.all((probe.frequency[near] > 2.5) & (probe.frequency[near] < 4.5))


def test_points_in_space_are_watched_in_shells():
    points = np.random.default_rng(0).uniform(size=(512, 3))
    data = understand(points, np.sin(2 * np.pi * points[:, 0]), None)
    assert data.probes[0].name == "shells"


def test_points_of_many_dimensions_are_watched_along_a_direction():
    rng = np.random.default_rng(0)
    points = rng.uniform(size=(400, 5)) * [10, 1, 1, 1, 1]
    data = understand(points, np.sin(2 * np.pi * points[:, 0] * 0.4), "mse")
    probe = data.probes[0]
    assert probe.frequency[probe.target_amplitude.argmax()] == pytest.approx(0.4, rel=0.1)


def test_classes_are_watched_along_a_direction_with_their_accuracy():
    rng = np.random.default_rng(0)
    pictures = rng.uniform(size=(300, 1, 4, 4))
    labels = (pictures.reshape(300, -1).sum(1) > 8).astype(int)
    pictures = pictures + labels[:, None, None, None]
    data = understand(pictures, labels, None)
    assert data.loss.name == "cross-entropy"
    assert [probe.name for probe in data.probes] == ["fourier", "accuracy"]
    assert data.targets.shape == (300, 2)
    assert understand(pictures, np.eye(2)[labels], "cross-entropy").fingerprint == data.fingerprint


X, Y = np.arange(32) / 32, np.sin(2 * np.pi * np.arange(32) / 32)
WRONG = {
    "complex": ((X, Y * 1j), {}, "The targets must be real numbers; got complex128"),
    "words": ((["a"] * 32, Y), {}, "The inputs must be real numbers"),
    "holes": ((X, np.where(X == 0.5, np.nan, Y)), {}, "The targets must be finite; at [16] stands nan"),
    "masked": ((X, np.ma.masked_less(Y, 0)), {}, "are masked in 15 places"),
    "lengths": ((X[:-1], Y), {}, "one target for each input; got inputs (31,) and targets (32,)"),
    "constant": ((X, 0 * Y), {}, "target"),
    "twice": ((X * 0, Y), {}, "at least three different numbers; got 32, 0 twice. Average its targets"),
    "shares below 0": ((X, np.c_[Y, -Y]), {"loss": "cross-entropy"}, "none below 0; these are 2, the least -1"),
    "a mapping": ((X, {"y": Y}), {}, "The targets must be real numbers; got a dict"),
    "numbers without a square": ((X, 1e200 * Y), {}, "Numbers must lie below 1e+150"),
    "numbers whose squares vanish": ((X, 1e-200 * Y), {}, "Numbers must reach 1e-150"),
    "nothing": ((None, None), {"problem": "mine"}, "got neither (no problem is called 'mine')"),
    "unknown": ((X, Y), {"units": "steps"}, "Unknown option of a watch 'units'. Did you mean 'unit'?"),
    "unit": ((X, Y), {"unit": "epochs"}, "unit is one of steps, samples, passes, seconds; got 'epochs'"),
    "cost": ((X, Y), {"cost": 0.0}, "cost of one step must be positive"),
    "seed": ((X, Y), {"seed": -1}, "seed must be a whole number from 0"),
    "large seed": ((X, Y), {"seed": 2**70}, "seed must be a whole number from 0 below two to the 63rd; got 1180"),
    "half a seed": ((X, Y), {"seed": 1.5}, "seed must be a whole number from 0 below two to the 63rd; got 1.5"),
    "no seed": ((X, Y), {"seed": None}, "seed must be a whole number from 0 below two to the 63rd; got None"),
    "a seed in words": ((X, Y), {"seed": "a"}, "seed must be a whole number from 0 below two to the 63rd; got 'a'"),
    "a cost in words": ((X, Y), {"cost": "3"}, "The cost must be real numbers; got <U1"),
    "a budget in words": ((X, Y), {"budget": "100"}, "The budget must be real numbers; got <U3"),
    "marks": ((X, Y), {"marks": 3.5}, "marks must be a whole number of at least 1; got 3.5"),
    "parameters": ((X, Y), {"dim": 3.5}, "dim must be a whole number of at least 0; got 3.5"),
    "a model for a network": ((X, Y), {"network": np.tanh}, "The network is told as text; got <ufunc 'tanh'>"),
    "a model that is none": ((X, Y), {"model": 3}, "is a torch module, made, whose parameters are counted; got int"),
    "a class for a model": ((X, Y), {"model": torch.nn.Linear}, "got the class Linear"),
    "several models": ((X, Y), {"model": [torch.nn.Linear(1, 1)]}, "got list. Several make one in torch.nn.ModuleList"),
    "an optimizer of torch": (
        (X, Y),
        {"optimizer": torch.optim.SGD([torch.ones(1)])},
        "The optimizer is told as text; got SGD.",
    ),
    "no optimizer": ((X, Y), {"optimizer": None}, "The optimizer is told as text; got None."),
    "settings": ((X, Y), {"settings": [1]}, "settings are names with values, such as {'lr': 0.1}; got [1]"),
    "a thing in settings": ((X, Y), {"settings": {"f": np.tanh}}, "'f' is ufunc. Name it in words"),
    "a direction of a line": (
        (X, Y),
        {"direction": "foo"},
        "no line, picture or cloud in space; here what is watched is",
    ),
    "a direction of a problem": (
        (None, None),
        {"problem": "sin135", "direction": "pc2"},
        "'sin135' has its own direction",
    ),
    "a loss of a problem": ((None, None), {"problem": "sin135", "loss": "huber"}, "'sin135' has its own loss"),
    "a direction of columns": (
        (np.eye(5)[[0, 1, 2, 3, 4, 0]], np.arange(6.0)),
        {"direction": "foo"},
        "A direction is pc1",
    ),
    "classes below 0": ((np.eye(5), np.arange(5) - 1), {}, "whole numbers from 0 below 65,536, or shares"),
    "huge classes": ((np.eye(5), np.arange(5) * 10**15), {}, "whole numbers from 0 below 65,536, or shares"),
    "watch in words": ((X, Y), {"watch": "one"}, "Frequencies to watch are numbers from 0"),
    "watch below 0": ((X, Y), {"watch": [-1]}, "Frequencies to watch are numbers from 0"),
    "watch a thing": ((X, Y), {"watch": ["a"]}, "The frequencies to watch must be real numbers"),
    "a folder that is a file": ((X, Y), {"out": "/dev/null/a"}, "must be writable; Not a directory"),
    "a folder with a long name": ((X, Y), {"out": "a" * 999}, "must be writable; File name too long"),
    "name": ((X, Y), {"optimizer": "all"}, "The name 'all' is reserved"),
    "other data": ((X, Y), {"problem": "sin135"}, "are not those of the problem 'sin135'"),
    "labels": ((X, np.array([0.5, 1] * 16)), {"loss": "cross-entropy"}, "Classes are whole numbers from 0"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_watched_is_refused_with_a_sentence(case):
    data, options, words = WRONG[case]
    with pytest.raises(ValueError, match=re.escape(words)):
        harness.Watch("wrong", *data, **{"optimizer": "mine", **options})


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (None, "got None."),
        ({"loss": 1.0, "logits": Y}, "got dict of loss, logits. Give alone what is compared with the targets"),
        ((torch.as_tensor(Y), None), "got tuple. Give alone what is compared"),
    ],
)
def test_an_answer_with_more_than_predictions_says_where_they_are_taken_from(answer, told):
    watch = harness.Watch("more", X, Y, optimizer="mine")
    with pytest.raises(ValueError, match=re.escape(told)):
        watch.start(lambda: answer)


def test_a_folder_of_something_else_is_refused_before_the_loop(tmp_path):
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(ValueError, match="holds something else"):
        harness.Watch("wrong", X, Y, optimizer="mine", out=tmp_path)
    harness.Watch("right", X, Y, optimizer="mine", out=tmp_path / "new" / "right")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("named", [np.array([1, 7]), [7, 7, 1], "1,7", (1.0, 7), torch.tensor([7, 1])])
def test_frequencies_are_named_in_any_form_and_each_once(named):
    x = np.arange(64) / 64
    target = np.sin(2 * np.pi * x) + np.cos(14 * np.pi * x)
    watch = harness.Watch("named", x, target, optimizer="mine", watch=named)
    watch_descent(watch, target, steps=2)
    assert harness.load("results/named").spectra["frequency"].tolist() == [1, 7] * 3
    one = harness.Watch("one", x, target, optimizer="mine", watch=7)
    watch_descent(one, target, steps=2)
    assert harness.load("results/one").spectra["frequency"].tolist() == [7] * 3


@pytest.mark.parametrize("scale", [1, -1, 10**15])
def test_whole_numbers_on_a_line_and_of_pixels_are_values(scale):
    x = np.arange(200) / 200
    picture = grid(16, 24).reshape(-1, 2)
    for inputs in (x, x[:, None], picture):
        data = understand(inputs, scale * np.floor(4 * inputs.reshape(len(inputs), -1)[:, 0]).astype(int), None)
        assert data.loss.name == "mse"
        assert data.targets.shape == (len(inputs), 1)
    scattered = np.random.default_rng(0).normal(size=(200, 2)) + 4 * (np.arange(200) % 2)[:, None]
    assert understand(scattered, np.arange(200) % 2, None).loss.name == "cross-entropy"
    assert understand(x, (np.arange(200) > 99).astype(int), "cross-entropy").targets.shape == (200, 2)


def test_frequencies_are_named_where_nothing_stands_above_the_noise():
    rng = np.random.default_rng(0)
    for columns in (5, 2):
        points = rng.normal(size=(200, columns))
        noise = rng.normal(size=200)
        with pytest.raises(ValueError, match="stands above the noise floor"):
            harness.Watch("loud", points, noise, optimizer="mine")
        watch = harness.Watch("quiet", points, noise, optimizer="mine", watch=[0.5, 1])
        watch_descent(watch, noise, steps=2)
        assert harness.load("results/quiet").spectra["frequency"].unique().tolist() == [0.5, 1]
    shares = harness.Watch("shares", points, (noise > 0).astype(int), optimizer="mine", watch=[0.5])
    watch_descent(shares, np.zeros((200, 2)), steps=2)
    rows = harness.load("results/shares").spectra
    assert rows[rows["probe"] == "fourier"]["frequency"].unique().tolist() == [0.5]


def test_the_mean_alone_may_be_watched():
    watch = harness.Watch("mean", X, Y + 1, optimizer="mine", watch=0)
    watch_descent(watch, Y + 1, steps=2)
    rows = harness.load("results/mean").spectra
    assert rows["frequency"].unique().tolist() == [0]
    assert rows["target_amplitude"].iloc[0] == pytest.approx(1)


def test_numbers_of_other_libraries_are_taken_in_settings():
    given = {"lr": torch.tensor(0.5), "betas": np.array([0.5, 1]), "steps": np.int64(3)}
    watch = harness.Watch("set", X, Y, optimizer="mine", seed=np.int64(3), cost=np.float32(2), settings=given)
    watch(0, lambda: Y)
    watch.close()
    row = harness.load("results/set").runs.iloc[0]
    assert (row["settings"], row["seed"]) == ('{"betas":[0.5,1],"lr":0.5,"steps":3}', 3)


def test_a_loop_that_never_calls_its_watch_has_failed():
    harness.Watch("never", X, Y, optimizer="mine").close()
    row = harness.load("results/never").runs.iloc[0]
    assert (row["status"], row["reason"]) == ("failed", "The loop has never called its watch: nothing was measured.")


@pytest.mark.parametrize("name", ["", "a/b", "../up", "a b"])
def test_a_study_has_a_name_that_a_folder_can_have(name):
    with pytest.raises(ValueError, match="is made of letters"):
        harness.Watch(name, X, Y, optimizer="mine")


def test_predictions_of_another_shape_are_refused():
    watch = harness.Watch("shapes", X, Y, optimizer="mine")
    with pytest.raises(ValueError, match=r"all 32 samples, 1 numbers each; got an array of shape \(16,\)"):
        watch.start(lambda: Y[:16])
    watch.start(lambda: Y)
    watch.close()
    with pytest.raises(ValueError, match="is closed"):
        watch.start(lambda: Y)


SHAPED = {
    "columns": (np.arange(100) / 100, np.sin(np.arange(200).reshape(100, 2)), [(100, 2)]),
    "line": (np.arange(100) / 100, np.sin(np.arange(100) / 5), [(100,), (100, 1)]),
    "picture": (
        grid(16, 24),
        np.random.default_rng(0).normal(size=(16, 24)),
        [(16, 24), (16, 24, 1), (384,), (384, 1)],
    ),
    "classes": (np.eye(4)[np.arange(100) % 4], np.arange(100) % 2, [(100, 2)]),
}
MISSHAPED = [(2, 100), (10, 10), (24, 16), (1, 100), (100, 1, 1), (50, 2), (200,), ()]


@pytest.mark.parametrize("kind", SHAPED)
def test_predictions_have_the_shape_of_the_targets_and_no_other(kind):
    inputs, targets, fitting = SHAPED[kind]
    for shape in {*MISSHAPED, *fitting}:
        watch = harness.Watch("shaped", inputs, targets, optimizer="mine")
        if shape in fitting:
            watch.start(lambda shape=shape: np.zeros(shape))
            continue
        with pytest.raises(ValueError, match="samples come first"):
            watch.start(lambda shape=shape: np.zeros(shape))


def test_steps_that_begin_again_are_refused():
    watch = harness.Watch("epochs", X, Y, optimizer="mine")
    for step in range(5):
        watch(step, lambda: Y)
    with pytest.raises(ValueError, match=r"number the steps through all epochs; got step 0 after a cost of 5 steps\."):
        watch(0, lambda: Y)
    watch(4, lambda: Y)  # batches between two steps of an optimizer


@pytest.mark.parametrize(
    ("step", "cost", "words"),
    [
        (0, np.nan, "finite number of at least 0; got nan"),
        (0, -1.0, "at least 0; got -1"),
        (0, "3", "The cost must be real numbers"),
        (0, [1, 2], "The cost must be one number"),
        (9, 2.0, "`cost` is all that was spent so far; got 2 after a cost of 3 steps"),
        (-1, None, "Steps are whole numbers from 0; got -1"),
        (2.5, None, "Steps are whole numbers from 0; got 2.5"),
        ("a", None, "Steps are whole numbers from 0; got 'a'"),
    ],
)
def test_a_cost_that_falls_or_is_none_is_refused(step, cost, words):
    watch = harness.Watch("falls", X, Y, optimizer="mine")
    watch(0, lambda: Y, cost=3)
    with pytest.raises(ValueError, match=re.escape(words)):
        watch(step, lambda: Y, cost=cost)


def test_the_beginning_is_measured_first_and_once():
    watch = harness.Watch("late", X, Y, optimizer="mine")
    watch.start(lambda: Y)
    with pytest.raises(ValueError, match="before the first step, once"):
        watch.start(lambda: Y)
    late = harness.Watch("late", X, Y, optimizer="mine")
    late(0, lambda: Y)
    with pytest.raises(ValueError, match="before the first step, once"):
        late.start(lambda: Y)


def test_predictions_are_asked_for_by_a_function():
    watch = harness.Watch("array", X, Y, optimizer="mine")
    for give in (watch.start, lambda array: watch(0, array)):
        with pytest.raises(ValueError, match=r"lambda: model\(inputs\)`; got ndarray"):
            give(Y)


def test_figures_and_tables_are_drawn_from_a_watched_study():
    for seed in range(2):
        watch_descent(
            harness.Watch("drawn", X, Y + np.cos(8 * np.pi * X), optimizer="mine", seed=seed),
            (Y + np.cos(8 * np.pi * X)),
        )
    found = conclude(Store(harness.load("results/drawn").folder), "csv")
    assert (found.folder / "heatmap.png").exists()
    assert len(found.order) > 0
    assert set(found.spectra["frequency"]) == {1.0, 4.0}


def test_a_loop_that_is_killed_leaves_the_marks_it_has_reached(monkeypatch):
    x, target = wave()
    watch = harness.Watch("killed", x, target, optimizer="mine")
    monkeypatch.setattr("harness.watch.watch.SAVE_SECONDS", 0.0)
    watch.start(lambda: 0 * target)
    for step in range(20):
        watch(step, lambda: 0.5 * target)
    (row,) = harness.load("results/killed").runs.itertuples()  # nobody has closed it
    assert (row.status, row.cost) == ("failed", 18)
    assert "goes on, or was killed" in row.reason
    assert harness.load("results/killed").curves["cost"].iloc[-1] == 18
    watch.close()
    (row,) = harness.load("results/killed").runs.itertuples()
    assert (row.status, row.cost) == ("watched", 20)


def test_frequencies_to_watch_may_be_named():
    x = np.arange(64) / 64
    target = np.sin(2 * np.pi * 3 * x) + 1e-3 * np.sin(2 * np.pi * 20 * x)
    named = harness.Watch("named", x, target, optimizer="mine", watch=[20, 3])
    watch_descent(named, target)
    rows = harness.load("results/named").spectra
    assert sorted(rows["frequency"].unique()) == [3, 20]
    assert rows.groupby("frequency")["target_amplitude"].first().tolist() == pytest.approx([0.5, 0.5e-3])
    with pytest.raises(ValueError, match="The target has nothing at k = 7"):
        harness.Watch("named", x, target, optimizer="mine", watch=[7])


def test_rings_to_watch_may_be_named():
    axis = np.linspace(0, 1, 16, endpoint=False)
    inputs = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1)
    target = np.sin(2 * np.pi * 2 * inputs[..., 0]) + np.sin(2 * np.pi * 5 * inputs[..., 1])
    watch = harness.Watch("rings", inputs, target, optimizer="mine", watch=[2, 5])
    watch_descent(watch, target)
    frequencies = sorted(harness.load("results/rings").spectra["frequency"].unique())
    assert frequencies == pytest.approx([2, 5], abs=0.5)  # the mean length of the vectors within each ring


def test_a_grid_in_space_is_a_period_in_any_order_of_its_points():
    axis = np.arange(8) / 8
    inputs = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    target = np.sin(2 * np.pi * 2 * inputs[:, 1])
    order = np.random.default_rng(0).permutation(len(inputs))
    watch = harness.Watch("grid", inputs[order], target[order], optimizer="mine", watch=[2])
    watch_descent(watch, target[order])
    rows = harness.load("results/grid").spectra
    # one wave on the grid of its period: all of it is in its shell
    assert rows["target_amplitude"].iloc[0] == pytest.approx(np.linalg.norm([0.5]), rel=1e-6)


def test_a_model_that_is_told_later_is_a_module():
    watch = harness.Watch("later", X, Y, optimizer="mine")
    with pytest.raises(ValueError, match="is a torch module, made"):
        watch.model = 3
    watch.model = torch.nn.Linear(1, 1)
    watch.model = None


def test_a_module_without_data_may_be_called_beside_the_one_that_predicts():
    x, y = wave()
    inputs, drawn = torch.from_numpy(x).float()[:, None], torch.nn.Linear(1, 1, device="meta")
    model = torch.nn.Linear(1, 1)

    def predict():
        drawn(inputs.to("meta"))
        return model(inputs)

    watch = harness.Watch("beside", x, y, optimizer="mine")
    watch.start(predict)
    watch.close("watched")
    assert harness.load("results/beside").runs[["status", "dtype"]].to_numpy().tolist() == [["watched", "float32"]]


def test_a_run_that_fails_before_its_first_mark_has_the_precision_of_its_model_or_none():
    for name, model, precision in (("half", torch.nn.Linear(1, 1).half(), "float16"), ("unknown", None, "")):
        harness.Watch(name, X, Y, optimizer="mine", model=model).fail(ZeroDivisionError("division by zero"))
        row = harness.load(f"results/{name}").runs.iloc[0]
        assert (row["status"], row["dtype"]) == ("failed", precision)


def test_a_lazy_model_is_counted_as_far_as_it_is_made():
    model = torch.nn.Sequential(torch.nn.LazyLinear(4), torch.nn.Linear(4, 1))
    watch = harness.Watch("lazy", X, Y, optimizer="mine", model=model)
    watch.save()
    assert harness.load("results/lazy").runs["dim"].item() == 5
    x = torch.from_numpy(X).float()[:, None]
    watch(0, lambda: model(x))
    watch.close()
    assert harness.load("results/lazy").runs["dim"].item() == 13


class Listed(torch.nn.Module):
    """Layers in a plain list, of which torch knows nothing."""

    def __init__(self, trained=True):
        super().__init__()
        self.blocks = [torch.nn.Linear(1, 8), torch.nn.Linear(8, 8)]
        self.outer = torch.nn.Linear(8, 1)
        for block in self.blocks:
            block.requires_grad_(trained)

    def forward(self, x):
        for block in self.blocks:
            x = torch.tanh(block(x))
        return self.outer(x)


@pytest.mark.parametrize("told", [True, False])
def test_layers_that_nothing_trains_are_warned_of_once(told):
    model, x = Listed(), torch.from_numpy(X).float()[:, None]

    def loop():
        with harness.Watch("listed", X, Y, optimizer="mine", model=model if told else None) as watch:
            for step in range(3):
                watch(step, lambda: model(x))

    with pytest.warns(UserWarning, match="holds 88 parameters in 'blocks' that are not registered") as warned:
        loop()
    assert len(warned) == 1
    assert warned[0].filename == __file__
    assert "'blocks' that are not registered" in harness.load("results/listed").runs["reason"].item()


def test_layers_in_a_list_that_ask_for_no_gradient_are_meant_as_constants():
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        harness.Watch("frozen", X, Y, optimizer="mine", model=Listed(trained=False))
    assert [str(one.message) for one in warned] == []

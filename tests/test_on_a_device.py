"""A run whose parameters stay on one device of torch: the numbers of the host's path, and copies at marks alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from harness.run.drive import drive
from harness.run.marks.record import Recorder
from harness.run.metering import tensors
from harness.run.metering.account import Terms
from harness.run.metering.lanes import LaneMeter
from harness.run.metering.meter import Meter
from harness.run.metering.tensors import TensorMeter, kept_on_device
from harness.run.runner import make_lanes
from harness.run.spec import RunSpec, stream
from optimizers import OPTIMIZERS
from optimizers.base import Optimizer
from optimizers.user.guard import run_guarded
from problems import PROBLEMS
from problems.base import stack
from problems.engines.numpy_evaluator import NumpyEvaluator
from problems.engines.torch_evaluator import TorchEvaluator
from problems.networks.torch.module import ModuleNetwork

ON_TENSORS = sorted(name for name, method in OPTIMIZERS.items() if method.tensors)
PER_MARK = 8
"""Copies from and to the host at a mark: losses and ends, two points, and each of them evaluated."""


def make():
    return nn.Sequential(nn.Linear(1, 6), nn.Tanh(), nn.Linear(6, 1))


def problem(precision="float64", recipe=PROBLEMS["sin135"]):
    waves = replace(recipe, samples=24).build(stream(0, "data"))
    return replace(waves, network=ModuleNetwork("mine", make, (1,), "own", precision))


def starts(of, lanes=3):
    return np.array([of.network.theta0(stream(seed, "weights")) for seed in range(lanes)])


def moved(meter, method, theta0):
    seen = []
    lanes = len(theta0)
    meter._observe = lambda lanes, snapshot, last, best: seen.append((lanes, snapshot[:-1], last, best))
    ended = drive(method, meter, theta0, [stream(seed, "optimizer") for seed in range(lanes)])
    return ended, seen


def both(of, method, terms, theta0):
    """The way over the host, and the way on the device."""
    evaluator = TorchEvaluator(of)
    host, device = (kind(evaluator, terms, len(theta0)) for kind in (LaneMeter, TensorMeter))
    return (host, *moved(host, method, theta0)), (device, *moved(device, method, evaluator.placed(theta0)))


def assert_alike(one, other, tolerance=1e-12):
    (host, *by_host), (device, *by_device) = one, other
    assert by_host[0] == by_device[0]

    def in_order(seen):
        """A row for each lane and mark: a lane that has ended is told of at the next mark."""
        rows = [
            (lane, cost, last[place], best[place])
            for lanes, cost, last, best in seen
            for place, lane in enumerate(lanes)
        ]
        return sorted(rows, key=lambda row: row[:2])

    for ours, theirs in zip(in_order(by_device[1]), in_order(by_host[1]), strict=True):
        assert ours[:2] == theirs[:2]
        np.testing.assert_allclose(ours[2:], theirs[2:], rtol=tolerance, atol=tolerance)
    for lane in range(len(host.last)):
        ours, theirs = device.outcome(lane), host.outcome(lane)
        assert (ours.counts, str(ours.stop)) == (theirs.counts, str(theirs.stop))
        np.testing.assert_allclose(ours[1:3], theirs[1:3], rtol=tolerance)


@pytest.mark.parametrize("name", ON_TENSORS)
def test_the_same_points_marks_and_losses_come_of_both_ways(name):
    of = problem()
    assert_alike(*both(of, OPTIMIZERS[name], Terms(40, marks=(0.0, 3.0, 12.0, 39.0)), starts(of)))


class Scaled(nn.Module):
    """A parameter of no dimension, one of three, and one number that is shared by all units."""

    def __init__(self):
        super().__init__()
        self.inner, self.bend, self.outer = nn.Linear(1, 5), nn.PReLU(), nn.Linear(5, 1)
        self.scale, self.shift = nn.Parameter(torch.tensor(1.5)), nn.Parameter(torch.zeros(1, 1, 1))

    def forward(self, x):
        return self.scale * self.outer(self.bend(self.inner(x))) + self.shift.reshape(())


@pytest.mark.parametrize("init", ["own", "normal", "kaiming", "pytorch-uniform"])
def test_parameters_of_no_dimension_are_learned_alike(init):
    of = replace(problem(), network=ModuleNetwork("scaled", Scaled, (1,), init))
    assert sum(np.prod(slot.shape, dtype=int) for slot in of.network.layout) == of.dim == 18 + 1
    for name in ("gd", "adam", "lion"):
        assert_alike(*both(of, OPTIMIZERS[name], Terms(20, marks=(0.0, 3.0)), starts(of)))


@pytest.mark.parametrize("name", ["gd", "adam-minibatch"])
def test_lanes_with_targets_of_their_own_too(name):
    of = stack([problem(recipe=replace(PROBLEMS["sin135"], amplitudes=(1.0, a, 1.0))) for a in (1.0, 2.0, 3.0)])
    assert_alike(*both(of, OPTIMIZERS[name], Terms(40, marks=(0.0, 12.0)), starts(of)))


def test_a_lane_that_diverges_ends_at_the_evaluation_at_which_it_would_on_the_host():
    of = problem()
    theta0 = starts(of)
    theta0[1] *= np.nan
    ways = both(of, OPTIMIZERS["gd"], Terms(900, marks=(0.0, 30.0, 300.0, 600.0)), theta0)
    assert_alike(*ways)
    assert ways[1][0].outcome(1).counts.gradients == 50
    assert ways[1][0].outcome(1).stop.status == "diverged"
    assert ways[1][0].outcome(0).stop is None


def test_lanes_that_reach_the_target_end_there_and_the_run_with_the_last_of_them():
    of = problem()
    method = replace(OPTIMIZERS["adam"], lr=0.02)
    losses = both(of, method, Terms(600), starts(of))[0][0].best_loss
    ways = both(of, method, Terms(3000, marks=(0.0, 30.0, 2900.0), target_loss=float(losses.max())), starts(of))
    assert_alike(*ways)
    assert ways[1][1][0] == "target"
    assert len({ways[1][0].outcome(lane).counts.gradients for lane in range(3)}) > 1


def test_single_precision_stays_so_and_near_the_path_in_double():
    single, double = (
        both(of, OPTIMIZERS["adam"], Terms(60), starts(of))[1][0] for of in (problem("float32"), problem())
    )
    assert (single.state_dtype, double.state_dtype) == ("float32", "float64")
    np.testing.assert_allclose(single.last, double.last, atol=1e-4)


class Items(TorchDispatchMode):
    """Counts numbers that are asked for by themselves."""

    def __init__(self, counts):
        super().__init__()
        self.counts = counts

    def __torch_dispatch__(self, function, types, arguments=(), settings=None):
        # torch.optim counts its steps in tensors without a dimension, which it keeps on the host
        if function is torch.ops.aten._local_scalar_dense.default and arguments[0].dim():
            self.counts.append("item")
        return function(*arguments, **(settings or {}))


@pytest.fixture
def copies(monkeypatch):
    """Names of calls that copy between a device and the host, or would if this device were none."""
    counts = []

    def counted(owner, name, is_copy):
        plain = getattr(owner, name)

        def call(*arguments, **settings):
            if is_copy(arguments[0]):
                counts.append(name)
            return plain(*arguments, **settings)

        monkeypatch.setattr(owner, name, call)

    for name in ("cpu", "tolist", "__array__", "__bool__", "__float__"):
        counted(torch.Tensor, name, lambda _: True)
    for name in ("from_numpy", "as_tensor", "asarray", "tensor"):
        counted(torch, name, lambda first: isinstance(first, np.ndarray))
    # the CPU passes for a device: of a tensor that is on a CPU a look is free
    monkeypatch.setattr(TorchEvaluator, "device", "cuda:0")
    with Items(counts):
        yield counts


def copies_of(copies, name, gradients, marks):
    of = problem()
    evaluator = TorchEvaluator(of)
    recorder = Recorder(evaluator, [of] * 3)
    theta0 = evaluator.placed(starts(of))
    meter = TensorMeter(evaluator, Terms(3 * gradients, marks=marks), 3, recorder.observe)
    copies.clear()
    drive(OPTIMIZERS[name], meter, theta0, [stream(seed, "optimizer") for seed in range(3)])
    assert meter.account.counts.gradients == pytest.approx(gradients)
    return len(copies)


@pytest.mark.parametrize("name", [name for name in ON_TENSORS if OPTIMIZERS[name].needs == {"gradient"}])
def test_steps_copy_nothing_and_a_mark_a_fixed_number(copies, name):
    # three marks, the end among them
    assert 3 <= copies_of(copies, name, 60, (0.0, 15.0)) <= 3 * PER_MARK


def test_minibatches_copy_the_order_of_an_epoch_and_no_more(copies, monkeypatch):
    monkeypatch.setitem(OPTIMIZERS, "adam-minibatch", replace(OPTIMIZERS["adam-minibatch"], batch=5))
    few, many = (copies_of(copies, "adam-minibatch", epochs, (0.0,)) for epochs in (2, 6))
    assert many - few == 4


def test_the_count_sees_a_copy(copies):
    evaluator = TorchEvaluator(problem())
    meter = LaneMeter(evaluator, Terms(30), 3)
    copies.clear()
    drive(OPTIMIZERS["adam"], meter, starts(evaluator.problem), [stream(seed, "optimizer") for seed in range(3)])
    assert len(copies) >= 10


def test_lanes_with_samples_of_their_own_are_those_one_by_one():
    of = problem()
    evaluator = TorchEvaluator(of)
    theta, rows = evaluator.placed(starts(of)), torch.tensor([[0, 3, 5], [1, 1, 2], [20, 7, 9]])
    losses, grads = evaluator.tensor_batches(theta, rows)
    assert evaluator._network.maps
    at_once = evaluator._differentiate(theta, evaluator._samples[rows], evaluator._targets[rows], own=True)
    torch.testing.assert_close(at_once[0], losses, rtol=1e-12, atol=0)
    torch.testing.assert_close(at_once[1], grads, rtol=1e-10, atol=1e-14)


def test_what_is_no_gradient_is_refused_by_name():
    meter = TensorMeter(TorchEvaluator(problem()), Terms(30), 3)
    theta = torch.zeros(3, 1)
    for ask in (meter.value, meter.values, meter.values_and_grads, meter.residuals_and_jacobian):
        with pytest.raises(TypeError, match="gradients alone are offered"):
            ask(theta)
    with pytest.raises(TypeError, match="gradients alone are offered"):
        meter.hvp(theta, theta)


def test_small_networks_of_a_cpu_go_over_the_host_and_all_others_stay(monkeypatch):
    evaluator = TorchEvaluator(problem())
    assert kept_on_device(OPTIMIZERS["adam"], evaluator) is None
    monkeypatch.setattr(tensors, "LARGE", 10)
    assert kept_on_device(OPTIMIZERS["adam"], evaluator) is evaluator
    assert kept_on_device(OPTIMIZERS["lbfgs"], evaluator) is None
    assert kept_on_device(OPTIMIZERS["adam"], NumpyEvaluator(evaluator.problem)) is None
    monkeypatch.setattr(tensors, "LARGE", 50_000)
    monkeypatch.setattr(TorchEvaluator, "device", "cuda:0")
    assert kept_on_device(OPTIMIZERS["adam"], evaluator) is evaluator


def test_a_study_has_the_same_rows_of_both_ways(monkeypatch):
    recipe = replace(PROBLEMS["digits"], network="64-12-10", n_train=60, n_test=20)
    monkeypatch.setattr(
        type(recipe), "make_network", lambda *_: ModuleNetwork("mine", lambda: nn.Linear(64, 10), (64,))
    )
    spec = RunSpec("digits", recipe, "adam", OPTIMIZERS["adam"], seed=0, budget=90)
    host = make_lanes([spec, replace(spec, seed=1)])
    monkeypatch.setattr(tensors, "LARGE", 10)
    monkeypatch.setattr(LaneMeter, "start", lambda *_: pytest.fail("went over the host"))
    monkeypatch.setattr(Meter, "start", lambda *_: pytest.fail("went over the host"))
    device = make_lanes([spec, replace(spec, seed=1)])
    for one, other in zip(host, device, strict=True):
        assert one["runs"].frame()["status"].tolist() == other["runs"].frame()["status"].tolist() == ["budget"]
        for table, columns in (
            ("curves", ["cost", "loss", "test_loss_last"]),
            ("spectra", ["amplitude", "error_last"]),
        ):
            np.testing.assert_allclose(
                one[table].frame()[columns], other[table].frame()[columns], rtol=1e-9, atol=1e-12
            )


class Guarded(Optimizer):
    """One of ours as if a plugin had brought it."""

    def __init__(self, inner):
        self.inner = inner

    def minimize(self, objective, theta0, rng):
        run_guarded(self.inner.minimize, objective, theta0, rng)


@pytest.mark.parametrize("name", ON_TENSORS)
@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_a_method_of_ones_own_is_kept_on_the_device_too_in_its_precision(name, precision):
    of = problem(precision)
    evaluator, runs = TorchEvaluator(of), []
    for method in (OPTIMIZERS[name], Guarded(OPTIMIZERS[name])):
        for kind, theta0 in ((TensorMeter, evaluator.placed(starts(of))), (LaneMeter, starts(of).astype(precision))):
            meter = kind(evaluator, Terms(30), 3)
            runs.append((moved(meter, method, theta0)[0], meter.state_dtype, meter.account.counts, meter.last))
    for ours, theirs in zip(runs[:2], runs[2:], strict=True):
        assert ours[:3] == theirs[:3]
        assert ours[1] == precision
        np.testing.assert_array_equal(ours[3], theirs[3])


def test_a_point_that_is_no_tensor_of_the_start_is_refused_where_tensors_are():
    of = problem()
    meter = TensorMeter(TorchEvaluator(of), Terms(30), 3)
    for wrong in (lambda x: x.float(), lambda x: x.numpy()):

        def minimize(objective, theta0, rng, wrong=wrong):
            objective.value_and_grad(wrong(theta0))

        with pytest.raises(ValueError, match=r"A point is what the start is, a Tensor of torch\.float64; got"):
            run_guarded(minimize, meter, TorchEvaluator(of).placed(starts(of)), [])

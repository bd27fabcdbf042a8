"""Torch modules on the flat vector, against the network in numpy, differences, and torch itself."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from harness.run.runner import run
from harness.run.spec import RunSpec, stream  # the harness comes last, as the one who knows both
from optimizers.first_order.minibatch import MinibatchAdam
from problems import PROBLEMS
from problems.base import HessianNetwork, InputGradientNetwork
from problems.datasets.base import DataAbsent
from problems.datasets.fetch import OFFLINE
from problems.engines.numpy_evaluator import NumpyEvaluator
from problems.losses.regression import make_loss
from problems.networks.by_name import Choice, image_network, image_shape
from problems.networks.mlp import MLP
from problems.networks.registered import unregistered
from problems.networks.torch import architectures
from problems.networks.torch.module import ModuleNetwork
from problems.user_modules import module_problem

WIDTHS = (5, 7, 3)


def rng(seed=0):
    return np.random.default_rng(seed)


def twin(**changes):
    settings = {"init": "pytorch-uniform", **changes}
    return ModuleNetwork("5-7-3", architectures.widths(WIDTHS, "tanh"), (5,), **settings)


def tiny(activation="tanh", **changes):
    """Two convolutions on pictures of 4 x 4, 83 parameters."""
    make = lambda: architectures.build((1, 4, 4), ((2,), (2,)), (5, 3), activation)  # noqa: E731
    return ModuleNetwork("tiny", make, (1, 4, 4), **changes)


def data(network, samples=6, lanes=2):
    inputs = rng(1).standard_normal((samples, int(np.prod(network.shape))))
    thetas = np.stack([network.theta0(rng(seed)) for seed in range(lanes)])
    return thetas, inputs.astype(network.dtype)


def central(function, point, move, step=1e-6):
    return (function(point + step * move) - function(point - step * move)) / (2 * step)


# against the network in numpy


def test_a_module_of_widths_equals_the_network_in_numpy():
    own, numpy = twin(), MLP(WIDTHS)
    thetas, inputs = data(own, lanes=3)
    cotangent = rng(2).standard_normal((3, 6, 3))
    np.testing.assert_allclose(own.forward(thetas, inputs), numpy.forward(thetas, inputs), rtol=0, atol=1e-12)
    (outputs, pull), (expected, numpy_pull) = own.vjp(thetas, inputs), numpy.vjp(thetas, inputs)
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(pull(cotangent), numpy_pull(cotangent), rtol=0, atol=1e-10)
    np.testing.assert_allclose(own.jacobian(thetas[0], inputs), numpy.jacobian(thetas[0], inputs), rtol=0, atol=1e-12)
    np.testing.assert_allclose(
        own.input_gradient(thetas[0], inputs, cotangent[0]),
        numpy.input_gradient(thetas[0], inputs, cotangent[0]),
        rtol=0,
        atol=1e-12,
    )


@pytest.mark.parametrize("loss", ["mse", "cross-entropy", "l4"])
def test_hessian_vector_products_of_a_module_equal_those_in_numpy(loss):
    own, numpy, loss = twin(), MLP(WIDTHS), make_loss(loss)
    thetas, inputs = data(own)
    vector, targets = rng(3).standard_normal(own.dim), np.eye(3)[rng(4).integers(3, size=6)]
    found = own.hvp(thetas[0], vector, inputs, targets, loss)
    np.testing.assert_allclose(found, numpy.hvp(thetas[0], vector, inputs, targets, loss), rtol=0, atol=1e-12)


def test_a_module_of_widths_starts_where_the_network_in_numpy_does():
    np.testing.assert_array_equal(twin().theta0(rng(7)), MLP(WIDTHS).theta0(rng(7)))


# convolutions


@pytest.mark.parametrize("activation", ["tanh", "gelu"])
def test_gradients_of_a_small_convolutional_network_are_differences_of_its_outputs(activation):
    network = tiny(activation)
    thetas, inputs = data(network)
    cotangent = rng(2).standard_normal((2, 6, 3))
    gradients = network.vjp(thetas, inputs)[1](cotangent)
    for lane in range(2):
        for parameter in range(network.dim):

            def score(theta, lane=lane):
                return float((cotangent[lane] * network.forward(theta[None], inputs)[0]).sum())

            expected = central(score, thetas[lane], np.eye(network.dim)[parameter])
            assert gradients[lane, parameter] == pytest.approx(expected, abs=1e-8)


def test_the_gradient_in_the_inputs_is_a_difference_of_outputs():
    network = tiny()
    thetas, inputs = data(network)
    cotangent = rng(2).standard_normal((6, 3))
    found = network.input_gradient(thetas[0], inputs, cotangent)
    for pixel in range(16):
        expected = central(lambda x: network.forward(thetas[:1], x)[0], inputs, np.eye(16)[pixel])
        np.testing.assert_allclose(found[:, pixel], (cotangent * expected).sum(axis=1), rtol=0, atol=1e-8)


def test_second_derivatives_of_a_convolutional_network_are_differences_of_its_gradients():
    network, loss = tiny(), make_loss("cross-entropy")
    thetas, inputs = data(network)
    vector, targets = rng(3).standard_normal(network.dim), np.eye(3)[rng(4).integers(3, size=6)]

    def gradient(theta):
        outputs, pull = network.vjp(theta[None], inputs)
        return pull(loss.value_and_cotangent(outputs, targets)[1])[0]

    found = network.hvp(thetas[0], vector, inputs, targets, loss)
    np.testing.assert_allclose(found, central(gradient, thetas[0], vector), rtol=0, atol=1e-8)
    assert isinstance(network, HessianNetwork)
    assert isinstance(network, InputGradientNetwork)
    assert isinstance(MLP(WIDTHS), InputGradientNetwork)


def test_outputs_are_those_of_the_module_with_these_parameters():
    network = tiny()
    thetas, inputs = data(network)
    module = network.make().double()
    torch.nn.utils.vector_to_parameters(torch.from_numpy(thetas[1]), module.parameters())
    expected = module(torch.from_numpy(inputs).reshape(6, 1, 4, 4)).detach().numpy()
    np.testing.assert_allclose(network.forward(thetas, inputs)[1], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_lanes_equal_runs_alone(precision):
    network = tiny(precision=precision)
    thetas, inputs = data(network, lanes=3)
    cotangent = rng(2).standard_normal((3, 6, 3)).astype(precision)
    outputs, pull = network.vjp(thetas, inputs)
    gradients, tolerance = pull(cotangent), {"float32": 1e-5, "float64": 1e-12}[precision]
    assert (outputs.dtype, gradients.dtype) == (np.dtype(precision), np.float64)
    for lane in range(3):
        alone, own = network.vjp(thetas[lane : lane + 1], inputs)
        np.testing.assert_allclose(outputs[lane], alone[0], rtol=0, atol=tolerance)
        np.testing.assert_allclose(gradients[lane], own(cotangent[lane : lane + 1])[0], rtol=0, atol=tolerance)


class Deciding(nn.Linear):
    """It looks at a value, which torch cannot batch over parameters."""

    def forward(self, x):
        return super().forward(x) * (2.0 if self.weight.sum() > 0 else 1.0)


def test_a_module_that_cannot_be_batched_is_looped_over():
    network = ModuleNetwork("deciding", lambda: Deciding(5, 3), (5,))
    assert not network.maps
    assert tiny().maps
    thetas, inputs = data(network, lanes=4)
    for theta, outputs in zip(thetas, network.forward(thetas, inputs), strict=True):
        np.testing.assert_array_equal(outputs, network.forward(theta[None], inputs)[0])


# what a module must be


def behind(layer, width=4):
    """A network of one linear layer and another; refused or not."""
    return ModuleNetwork("mine", lambda: nn.Sequential(nn.Linear(5, width), layer()), (5,))


class Functional(nn.Linear):
    """It drops units by a function, so that no layer says so."""

    def forward(self, x):
        return F.dropout(super().forward(x), 0.5, self.training)


class Remembering(nn.Linear):
    """Its output depends on how often it was called."""

    def __init__(self, fan_in, fan_out):
        super().__init__(fan_in, fan_out)
        self.register_buffer("calls", torch.zeros(1))

    def forward(self, x):
        self.calls += 1
        return super().forward(x) * self.calls


class Foreign(nn.Linear):
    """It draws from a generator that torch does not know."""

    rng = np.random.default_rng(0)

    def forward(self, x):
        return super().forward(x) + float(self.rng.standard_normal())


class Centring(nn.Linear):
    """Batch statistics by hand."""

    def forward(self, x):
        y = super().forward(x)
        return y - y.mean(0)


class Placed(nn.Linear):
    """What it gives depends on the place in the batch."""

    def forward(self, x):
        return super().forward(x) * torch.arange(len(x), device=x.device)[:, None]


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (lambda: nn.BatchNorm1d(4), "layer '1', a BatchNorm1d, mixes the samples of a batch"),
        (lambda: nn.BatchNorm1d(4, track_running_stats=False), "'1', a BatchNorm1d, mixes"),
        (lambda: nn.Dropout(0.5), "layer '1', a Dropout, draws random numbers at every call, by dropout"),
        (nn.RReLU, "'1', a RReLU, draws random numbers"),
        (
            lambda: nn.TransformerEncoderLayer(4, 2, 8, dropout=0.1),
            "draws random numbers.*by dropout|mixes the samples",
        ),
        (lambda: Functional(4, 3), "'1', a Functional, draws random numbers at every call, by dropout"),
        (lambda: Remembering(4, 3), "'1', a Remembering, keeps something from one call to the next: '1.calls' changes"),
        (lambda: Foreign(4, 3), "'1', a Foreign, keeps something.*or it draws from a generator of its own"),
        (lambda: Centring(4, 3), "'1', a Centring, mixes the samples of a batch"),
        (lambda: Placed(4, 3), "'1', a Placed, mixes the samples of a batch"),
        (lambda: nn.utils.spectral_norm(nn.Linear(4, 3)), "keeps something|statistics"),
    ],
    ids=[
        "batch",
        "untracked",
        "dropout",
        "rrelu",
        "attention",
        "function",
        "state",
        "own",
        "centred",
        "place",
        "spectral",
    ],
)
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_what_a_module_does_beyond_parameters_and_sample_is_named(layer, words):
    with pytest.raises(ValueError, match=f"same output for the same parameters and sample.*{words}"):
        behind(layer)


class Logarithmic(nn.Linear):
    """Of negative numbers it has no values."""

    def forward(self, x):
        return torch.log(super().forward(x))


class Overwriting(nn.Linear):
    """It scales what it is given, where it lies."""

    def forward(self, x):
        return super().forward(x.mul_(0.5))


class Waves(nn.Module):
    """Its frequencies come from numpy's global generator, as do its weights."""

    def __init__(self):
        super().__init__()
        self.register_buffer("waves", torch.from_numpy(np.random.standard_normal((5, 4))))  # noqa: NPY002
        self.weights = nn.Parameter(torch.from_numpy(np.random.standard_normal((4, 1))))  # noqa: NPY002

    def forward(self, x):
        return torch.sin(x @ self.waves) @ self.weights


def test_what_a_module_draws_from_numpy_is_the_same_in_every_process():
    one, other = (ModuleNetwork("mine", Waves, (5,)) for _ in range(2))
    theta = one.theta0(rng(1))
    np.testing.assert_array_equal(theta, other.theta0(rng(1)))
    assert not np.array_equal(theta, one.theta0(rng(2)))
    inputs = rng(3).standard_normal((6, 5))
    np.testing.assert_array_equal(one.forward(theta[None], inputs), other.forward(theta[None], inputs))


def test_a_module_that_is_another_under_the_same_seed_is_refused():
    def unseeded():
        module = nn.Linear(1, 1)
        module.register_buffer("waves", torch.tensor(np.random.default_rng().standard_normal(4)))
        return module

    problem = module_problem("mine", unseeded, PROBLEMS["sin15"], "Mine")
    with pytest.raises(ValueError, match="same when it is made again under the same seed; 'waves' is another"):
        problem.build(rng(0))


class OverwritingBefore(nn.Module):
    """It scales what it is given before its layer sees it, which is not to blame."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(5, 1)

    def forward(self, x):
        x.mul_(0.5)
        return self.layer(x)


@pytest.mark.parametrize(
    ("foreign", "told"),
    [
        (nn.Sequential(nn.Linear(1, 4), nn.Tanh(), nn.Linear(4, 1)), "from the weights of the given instance"),
        (lambda: nn.utils.skip_init(nn.Linear, 1, 1).requires_grad_().apply(halves), "from the same weights"),
        (nn.Sequential(nn.LazyLinear(4), nn.Tanh(), nn.LazyLinear(1)), ""),
        (lambda: nn.Linear(1, 1), ""),
    ],
    ids=["instance", "of a file", "lazy instance", "drawn"],
)
def test_it_is_told_before_the_runs_whether_they_start_from_the_same_weights(foreign, told):
    problem = module_problem("mine", foreign, PROBLEMS["sin135"], "").build(rng())
    first, second = (problem.network.theta0(rng(seed)) for seed in (1, 2))
    assert np.array_equal(first, second) == bool(told)
    notes = " ".join(problem.notes)
    assert ("Every run starts" in notes) == bool(told)
    assert told in notes


def halves(layer):
    for parameter in layer.parameters():
        nn.init.constant_(parameter, 0.5)


def test_weights_that_are_not_finite_are_told_as_such_and_not_as_their_layers_doing():
    def lost():
        module = nn.Sequential(nn.Linear(5, 3), nn.Linear(3, 1))
        nn.init.constant_(module[1].bias, float("nan"))
        return module

    with pytest.raises(ValueError, match=r"finite numbers\. The parameter '1\.bias' holds .* before it diverged"):
        ModuleNetwork("mine", lost, (5,))


def test_numbers_that_are_not_finite_and_inputs_that_change_are_told_as_such():
    with pytest.raises(ValueError, match=r"finite numbers\. The layer '1', a Logarithmic, gives numbers that are not"):
        behind(lambda: Logarithmic(4, 3))
    for first in (Overwriting(5, 3), nn.Sequential(nn.ReLU(inplace=True), nn.Linear(5, 3))):
        with pytest.raises(ValueError, match=r"samples as they are\. .*, a (Over|ReLU).*, changes them in place"):
            ModuleNetwork("mine", lambda first=first: nn.Sequential(first, nn.Linear(3, 1)), (5,))
    with pytest.raises(ValueError, match=r"The forward of Overwriting itself changes them in place"):
        ModuleNetwork("mine", lambda: Overwriting(5, 3), (5,))
    with pytest.raises(ValueError, match=r"The forward of OverwritingBefore itself changes them in place"):
        ModuleNetwork("mine", OverwritingBefore, (5,))
    behind(lambda: nn.Sequential(nn.ReLU(inplace=True), nn.Linear(4, 1)))


def test_statistics_that_are_only_kept_are_refused_as_well():
    def make():
        return nn.Sequential(nn.Conv1d(1, 3, 2), nn.InstanceNorm1d(3, track_running_stats=True), nn.Flatten())

    with pytest.raises(ValueError, match="'1', a InstanceNorm1d, keeps statistics beside the parameters"):
        ModuleNetwork("mine", make, (1, 5))


class Attending(nn.Module):
    """Tokens of a sample attend to each other."""

    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)

    def forward(self, x):
        tokens = x.view(len(x), -1, 4)
        return self.attention(tokens, tokens, tokens)[0].flatten(1)


@pytest.mark.parametrize(
    "make",
    [
        lambda: nn.Sequential(nn.Linear(8, 8), nn.GroupNorm(2, 8), nn.LayerNorm(8), nn.Linear(8, 2)),
        lambda: nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4), nn.Dropout(0.5)).eval(),
        lambda: nn.Sequential(nn.utils.parametrizations.spectral_norm(nn.Linear(8, 4)), nn.Tanh()).eval(),
        lambda: nn.Sequential(nn.Linear(8, 4), nn.Dropout(0.0)),
        lambda: nn.Sequential(nn.LazyLinear(4), nn.Tanh(), nn.LazyLinear(2)),
        lambda: nn.Sequential(*[nn.Linear(8, 8)] * 3),
        Attending,
    ],
    ids=["norms", "evaluated", "spectral", "no dropout", "lazy", "shared", "attention"],
)
def test_what_is_a_function_of_parameters_and_sample_is_taken(make):
    network = ModuleNetwork("good", make, (8,))
    thetas, inputs = data(network)
    outputs, pull = network.vjp(thetas, inputs)
    move = rng(3).standard_normal(network.dim)
    slope = central(lambda theta: network.forward(theta[None], inputs)[0].sum(), thetas[0], move)
    assert pull(np.ones_like(outputs))[0] @ move == pytest.approx(slope, rel=1e-6, abs=1e-8)


def test_shared_weights_are_counted_once_and_frozen_ones_not_at_all():
    shared = nn.Linear(5, 5)
    assert ModuleNetwork("shared", lambda: nn.Sequential(shared, nn.Tanh(), shared), (5,)).dim == 30

    def frozen():
        module = nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 3))
        module[0].requires_grad_(False)
        return module

    network = ModuleNetwork("frozen", frozen, (5,))
    assert network.dim == 15
    assert [slot.name for slot in network.layout] == ["2.weight", "2.bias"]
    assert "24 parameters are frozen" in network.notes[0]


def test_a_module_without_anything_to_train_is_refused():
    with pytest.raises(ValueError, match="this module has none"):
        ModuleNetwork("bad", nn.Identity, (5,))
    with pytest.raises(ValueError, match="none \\(18 are frozen\\)"):
        ModuleNetwork("bad", lambda: nn.Linear(5, 3).requires_grad_(False), (5,))


class Beside(nn.Module):
    """Parts in plain lists and dictionaries, beside one that is registered."""

    def __init__(self, held):
        super().__init__()
        self.held = held
        self.outer = nn.Linear(5, 3)

    def forward(self, x):
        return self.outer(x)


BESIDE = {
    "a list": (lambda: [nn.Linear(5, 5), nn.Linear(5, 5)], "Beside holds 60 parameters in 'held'"),
    "a list within": (lambda: {"a": [(nn.Linear(5, 5), 3)]}, "Beside holds 30 parameters in 'held'"),
    "parameters": (lambda: [nn.Parameter(torch.ones(4))], "Beside holds 4 parameters in 'held'"),
    "a tensor": (lambda: torch.ones(4, requires_grad=True), "Beside holds 4 parameters in 'held'"),
}


@pytest.mark.parametrize("kind", BESIDE)
def test_layers_that_are_not_registered_are_refused(kind):
    make, words = BESIDE[kind]
    with pytest.raises(ValueError, match=f"The module {words} that are not registered: .*torch.nn.ModuleList"):
        ModuleNetwork("bad", lambda: Beside(make()), (5,))
    with pytest.raises(ValueError, match=r"Sequential holds .* in '0\.held' that"):
        ModuleNetwork("bad", lambda: nn.Sequential(Beside(make()), nn.Linear(3, 3)), (5,))


@pytest.mark.parametrize("held", [[nn.Linear(5, 5).requires_grad_(False)], [torch.ones(3)], ["a"] * 5000, {"a": None}])
def test_constants_and_data_in_lists_are_no_layers(held):
    assert ModuleNetwork("good", lambda: Beside(held), (5,), precision="float32").dim == 18


def test_layers_that_are_registered_as_well_are_none_beside():
    def make():
        module = Beside([])
        module.held.append(module.outer)
        return module

    assert ModuleNetwork("good", make, (5,)).dim == 18
    recurrent = nn.LSTM(5, 3)
    assert unregistered(nn.utils.parametrizations.weight_norm(recurrent, "weight_hh_l0")) == ""


class Constants(nn.Module):
    """Constants in a buffer, in an attribute and in a list, all in single precision."""

    def __init__(self):
        super().__init__()
        self.register_buffer("B", torch.arange(5.0))
        self.shift = torch.tensor(0.5)
        self.scales = [torch.tensor(2.0), torch.tensor(3.0)]
        self.out = nn.Linear(5, 1)

    def forward(self, x):
        return self.out(self.scales[0] * (x * self.B + self.shift)).squeeze(-1)


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_constants_follow_the_precision_and_one_output_may_lack_its_axis(precision):
    network = ModuleNetwork("constants", Constants, (5,), precision=precision, outputs=1)
    thetas, inputs = data(network)
    wanted = (2 * (inputs * np.arange(5) + 0.5)) @ thetas[0, :5] + thetas[0, 5]
    found = network.forward(thetas, inputs)[0]
    assert found.dtype == precision
    np.testing.assert_allclose(found[:, 0], wanted, rtol=1e-4 if precision == "float32" else 1e-12)
    assert "Buffers are constants, the same in every run: B." in network.notes


class ComplexNet(nn.Module):
    """Complex weights; the real part comes out."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(5, 4, dtype=torch.cfloat)
        self.outer = nn.Linear(4, 1, dtype=torch.cfloat)

    def forward(self, x):
        return self.outer(torch.sin(self.inner(x.to(self.inner.weight.dtype)))).real


def test_complex_parameters_are_pairs_of_real_ones():
    network = ModuleNetwork("complex", ComplexNet, (5,))
    assert network.dim == 2 * (5 * 4 + 4 + 4 + 1)
    assert network.layout[0].shape == (4, 5, 2)
    thetas, inputs = data(network)
    pairs = thetas[0].reshape(-1, 2)
    weights = pairs[:, 0] + 1j * pairs[:, 1]
    hidden = np.sin(inputs @ weights[:20].reshape(4, 5).T + weights[20:24])
    np.testing.assert_allclose(network.forward(thetas, inputs)[0, :, 0], (hidden @ weights[24:28] + weights[28]).real)
    outputs, pull = network.vjp(thetas, inputs)
    gradient = pull(np.ones_like(outputs))[0]
    for parameter in range(0, network.dim, 7):
        move = np.eye(network.dim)[parameter]
        slope = central(lambda theta: network.forward(theta[None], inputs)[0].sum(), thetas[0], move)
        assert gradient[parameter] == pytest.approx(slope, abs=1e-7)


def failing(kind):
    class Failing(nn.Linear):
        def forward(self, x):
            return kind(super().forward(x))

    return lambda: Failing(5, 3)


def burst(_):
    raise KeyError("no such thing")


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (failing(burst), "'mine' fails on samples of shape \\(5,\\): KeyError: 'no such thing'.*TRACEBACK"),
        (lambda: 1 / 0, "cannot be made for samples.*ZeroDivisionError"),
        (lambda: nn.Linear(4, 3), "fails on samples of shape.*RuntimeError: .*shapes cannot be multiplied"),
        (lambda: "text", "is a torch.nn.Module; got str"),
        (
            lambda: torch.jit.trace(nn.Linear(5, 3), torch.ones(2, 5)),
            "TopLevelTracedModule.* Python module that it was",
        ),
        (lambda: nn.DataParallel(nn.Linear(5, 3)), "DataParallel.* the module within it, its attribute module"),
        (lambda: torch.compile(nn.Linear(5, 3)), "OptimizedModule.* the module within it, its attribute _orig_mod"),
        (failing(lambda y: y.detach().requires_grad_(False)), "an output without a gradient"),
        (failing(lambda y: y[:, :2]), r"output of shape \(6, 2\); this problem needs \(6, 3\)"),
        (failing(lambda y: y.sum()), r"output of shape \(\) for 6 samples"),
        (failing(lambda y: y + 1j), "gives complex numbers; let it return their real part"),
        (failing(lambda y: None), "returns a tensor of outputs.*got NoneType"),
    ],
    ids=[
        "raises",
        "no module",
        "fits not",
        "text",
        "traced",
        "parallel",
        "compiled",
        "detached",
        "narrow",
        "number",
        "complex",
        "nothing",
    ],
)
def test_whatever_a_module_does_wrong_is_one_sentence(make, sentence):
    with pytest.raises(ValueError, match=sentence) as refusal:
        ModuleNetwork("mine", make, (5,), outputs=3)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("wrap", [lambda y: (y, None), lambda y: {"coords": None, "model_out": y}])
def test_of_several_outputs_the_first_or_the_named_one_is_taken(wrap):
    network, plain = ModuleNetwork("mine", failing(wrap), (5,)), ModuleNetwork("plain", lambda: nn.Linear(5, 3), (5,))
    thetas, inputs = data(network)
    np.testing.assert_array_equal(network.forward(thetas, inputs), plain.forward(thetas, inputs))


def test_layers_without_a_state_are_taken():
    make = lambda: nn.Sequential(nn.Linear(6, 6), nn.GroupNorm(2, 6), nn.LayerNorm(6), nn.Linear(6, 2))  # noqa: E731
    network = ModuleNetwork("good", make, (6,))
    assert network.forward(*data(network)).shape == (2, 6, 2)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_gpu_that_is_not_there_is_a_sentence():
    with pytest.raises(ValueError, match=r"--device cuda needs a GPU.*Leave the option out"):
        tiny(device="cuda")
    with pytest.raises(ValueError, match="cpu or cuda; got 'tpu'"):
        tiny(device="tpu")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")
def test_a_gpu_gives_the_same_numbers():
    here, there = tiny(), tiny(device="cuda")
    thetas, inputs = data(here)
    cotangent = rng(2).standard_normal((2, 6, 3))
    np.testing.assert_allclose(there.vjp(thetas, inputs)[0], here.vjp(thetas, inputs)[0], rtol=0, atol=1e-12)
    np.testing.assert_allclose(
        there.vjp(thetas, inputs)[1](cotangent), here.vjp(thetas, inputs)[1](cotangent), rtol=0, atol=1e-10
    )


# initial weights


@pytest.mark.parametrize("init", ["own", "pytorch-uniform", "kaiming", "normal(0.3)"])
def test_initial_weights_depend_on_their_generator_alone(init):
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    network = tiny(init=init)
    first = network.theta0(rng(3))
    torch.rand(7)
    np.testing.assert_array_equal(network.theta0(rng(3)), first)
    assert (network.theta0(rng(4)) != first).any()
    torch.random.set_rng_state(before)
    tiny(init=init).theta0(rng(3))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_its_own_initial_weights_are_those_of_torch():
    drawn = int(rng(3).integers(1 << 63))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(drawn)
        module = tiny().make()
    expected = torch.cat([parameter.detach().ravel() for parameter in module.parameters()]).double().numpy()
    np.testing.assert_array_equal(tiny().theta0(rng(3)), expected)


def test_laws_of_initial_weights_know_the_fans_of_a_convolution():
    network = ModuleNetwork("wide", lambda: nn.Conv2d(16, 64, 3), (16, 4, 4), "kaiming")
    theta = network.theta0(rng())
    weights = theta[: 64 * 16 * 9]
    assert weights.std() == pytest.approx((2 / (16 * 9)) ** 0.5, rel=0.03)
    np.testing.assert_array_equal(theta[64 * 16 * 9 :], 0)
    uniform = replace(network, init="pytorch-uniform").theta0(rng())
    own = replace(network, init="own").theta0(rng())
    assert np.abs(uniform).max() == pytest.approx((16 * 9) ** -0.5, rel=0.01)
    assert np.abs(own).max() == pytest.approx((16 * 9) ** -0.5, rel=0.01)


class _Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(2, 5),
            nn.LayerNorm(5),
            nn.PReLU(),
            nn.Linear(5, 6),
            nn.GroupNorm(2, 6),
            nn.Tanh(),
            nn.Linear(6, 1),
        )
        self.scale = nn.Parameter(torch.tensor(3.0))

    def forward(self, x):
        return self.scale * self.layers(x)


@pytest.mark.parametrize("init", ["pytorch-uniform", "kaiming", "normal(0.3)"])
def test_laws_of_weights_leave_scales_as_the_module_has_them(init):
    """A norm whose scale is drawn as a bias is 0 by kaiming: no weight before it would have a slope."""
    network = ModuleNetwork("scaled", _Scaled, (2,), init)
    theta = network.theta0(rng(3))
    drawn = {slot.name: theta[slot.offset : slot.offset + int(np.prod(slot.shape))] for slot in network.layout}
    kept = {"scale": 3.0, "layers.2.weight": 0.25}
    kept |= {f"layers.{layer}.{name}": at for layer in (1, 4) for name, at in (("weight", 1.0), ("bias", 0.0))}
    for name, at in kept.items():
        np.testing.assert_array_equal(drawn[name], at)
    assert all((drawn[f"layers.{layer}.weight"] != own).all() for layer in (0, 3, 6) for own in (0.0, 1.0))


@pytest.mark.filterwarnings("ignore:.*weight_norm.*:FutureWarning")
@pytest.mark.parametrize("norm", [nn.utils.parametrizations.weight_norm, nn.utils.weight_norm])
def test_laws_of_weights_are_those_of_the_weights_that_a_weight_norm_gives(norm):
    """The length of each row is that of the drawn row, so that the layer has the weights of one without a norm."""

    def normed():
        return nn.Sequential(norm(nn.Conv2d(2, 30, 3)), nn.Flatten(), norm(nn.Linear(30, 8)), nn.Linear(8, 1))

    inputs = rng(1).standard_normal((4, 18))
    network = ModuleNetwork("normed", normed, (2, 3, 3), "kaiming")
    theta = network.theta0(rng(3))
    own = {
        slot.name: theta[slot.offset : slot.offset + int(np.prod(slot.shape))].reshape(slot.shape[0], -1)
        for slot in network.layout
    }
    lengths = [rows for name, rows in own.items() if name.endswith(("original0", "_g"))]
    vectors = [rows for name, rows in own.items() if name.endswith(("original1", "_v"))]
    assert [rows.shape for rows in vectors] == [(30, 18), (8, 30)]
    for length, rows in zip(lengths, vectors, strict=True):
        np.testing.assert_allclose(length[:, 0], np.linalg.norm(rows, axis=1))
        assert rows.std() == pytest.approx((2 / rows.shape[1]) ** 0.5, rel=0.15)
    assert np.isfinite(network.forward(theta[None], inputs)).all()


def test_laws_that_hold_for_full_layers_alone_are_refused():
    with pytest.raises(ValueError, match=r"Unknown init of a torch network 'ntk'. Choose from: kaiming, normal, own"):
        tiny(init="ntk")
    with pytest.raises(ValueError, match="float32 or float64; got 'float16'"):
        tiny(precision="float16")


# architectures


@pytest.mark.parametrize(
    ("name", "dim"),
    [
        ("cnn", 1792 + 73856 + 8192 * 800 + 800 + 800 * 400 + 400 + 2 * (400 * 400 + 400) + 4010),
        ("cnn-small", 896 + 18496 + 4096 * 400 + 400 + 4010),
        ("dnn", 3072 * 400 + 400 + 400 * 200 + 200 + 2010),
        ("vgg16", 14_714_688 + 512 * 1024 + 1024 + 10250),
    ],
)
def test_architectures_have_the_published_numbers_of_parameters(name, dim):
    """14,714,688 is what the thirteen convolutions of VGG16 have in every library."""
    network = image_network(Choice(name, "relu", "kaiming", "float32", "cpu"), 3072, 10)
    assert network.dim == dim
    assert network.name == name


@pytest.mark.parametrize(("pixels", "shape"), [(3072, (3, 32, 32)), (784, (1, 28, 28)), (64, (1, 8, 8))])
def test_images_have_the_shape_of_their_pixels(pixels, shape):
    assert image_shape(pixels) == shape


@pytest.mark.parametrize(
    ("choice", "pixels", "words"),
    [
        (("vgg", "relu"), 3072, "Unknown network 'vgg'. Did you mean 'vgg16'"),
        (("vgg16", "relu"), 784, "at least 32 x 32 pixels; these have 28 x 28"),
        (("cnn", "ricker"), 784, "Unknown activation of a torch network 'ricker'"),
        (("cnn", "relu"), 50, "square images, grey or in three colours; these inputs have 50"),
        (("784-4-9", "relu"), 784, "starts with 784 and ends with 10"),
    ],
    ids=["name", "small", "activation", "square", "widths"],
)
def test_networks_that_do_not_fit_are_a_sentence(choice, pixels, words):
    with pytest.raises(ValueError, match=words):
        image_network(Choice(*choice, "pytorch-uniform", "float32", "cpu"), pixels, 10)


def test_a_network_says_how_many_samples_fit_into_memory_at_once():
    network = tiny()
    layers = (2 * 16) * 2 + 2 * 4 + (2 * 4) * 2 + 2 + 2 + 5 * 2 + 3
    assert network.activations == layers
    assert network.chunk == (1 << 29) // (8 * layers)


# on images


@pytest.fixture
def _offline(monkeypatch):
    monkeypatch.setenv(OFFLINE, "1")


def epoch(name, samples, epochs=1, lr=1e-3, **changes):
    """So many epochs of minibatch Adam; the losses before and after, and how the run has ended."""
    recipe = replace(PROBLEMS[name], n_train=samples, n_test=0, filters=(), watch="grid", k_count=2, **changes)
    method = MinibatchAdam(lr=lr, batch=max(8, samples // 10))
    spec = RunSpec(name, recipe, "adam-minibatch", method, 0, 3 * epochs, marks=1)
    tables = run(spec)
    row = tables["runs"].iloc[0]
    if row["reason"].startswith(DataAbsent.__name__):
        pytest.skip(row["reason"])
    return row["status"], tables["curves"]["loss"].tolist()


@pytest.mark.slow
def test_digits_are_learned_by_a_convolutional_network():
    status, losses = epoch("digits", 100, 6, network="cnn-small", activation="relu", dtype="float32")
    assert status == "budget"
    assert losses[-1] < 0.5 * losses[0]


@pytest.mark.slow
@pytest.mark.usefixtures("_offline")
@pytest.mark.parametrize(
    ("name", "samples", "lr"),
    [("cifar10-cnn-small", 160, 1e-3), ("cifar10-cnn", 80, 1e-3), ("cifar10-vgg16", 40, 1e-4)],
)
def test_an_epoch_on_photographs_runs_on_the_cpu(name, samples, lr):
    status, losses = epoch(name, samples, lr=lr)
    assert status == "budget"
    assert np.isfinite(losses).all()
    assert len(losses) >= 2
    assert losses[-1] < losses[0]


def test_chunks_of_samples_add_up_to_the_whole():
    recipe = replace(PROBLEMS["digits"], n_train=50, n_test=0, network="cnn-small")
    problem = recipe.build(rng())
    theta = problem.network.theta0(stream(0, "weights"))[None]
    losses, gradients = NumpyEvaluator(replace(problem, chunk=7)).values_and_grads(theta)
    expected_losses, expected = NumpyEvaluator(problem).values_and_grads(theta)
    np.testing.assert_allclose(losses, expected_losses, rtol=1e-12)
    np.testing.assert_allclose(gradients, expected, rtol=0, atol=1e-12)

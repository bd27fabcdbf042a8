"""One tone on the circle: the network against torch, its kernel against the published eigenvalues."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from harness.analysis.hits import find_hits
from harness.run.runner import run_lanes
from harness.run.spec import RunSpec
from optimizers import OPTIMIZERS
from problems import PROBLEMS
from problems.engines.numpy_evaluator import NumpyEvaluator
from problems.line.circle_tone import Tone
from problems.networks.fixed_head import FixedHead


def build(recipe):
    return recipe.build(np.random.default_rng(0))


@pytest.mark.parametrize("bias", [True, False])
def test_outputs_and_gradients_are_those_of_torch(bias):
    network = FixedHead(6, bias, 1.0, "paired", "float64")
    rng = np.random.default_rng(0)
    thetas, inputs, cotangent = (rng.standard_normal(shape) for shape in ((3, network.dim), (9, 2), (3, 9, 1)))
    outputs, pullback = network.vjp(thetas, inputs)
    grads = pullback(cotangent)
    for lane, theta in enumerate(thetas):
        leaf = torch.tensor(theta, requires_grad=True)
        z = torch.tensor(inputs) @ leaf[:12].reshape(6, 2).T + (leaf[12:] if bias else 0.0)
        signs = torch.tensor([1.0, 1.0, 1.0, -1.0, -1.0, -1.0], dtype=torch.float64)
        found = torch.relu(z) @ signs / 6**0.5
        found.backward(torch.tensor(cotangent[lane, :, 0]))
        np.testing.assert_allclose(outputs[lane, :, 0], found.detach().numpy(), rtol=1e-13, atol=1e-14)
        np.testing.assert_allclose(grads[lane], leaf.grad.numpy(), rtol=1e-12, atol=1e-14)


def kernel(network, init, bias):
    """The tangent kernel at the start, by gradients of single outputs."""
    problem = build(Tone(network=network, init=init, samples=64, dtype="float64", bias=bias))
    theta = problem.network.theta0(np.random.default_rng(0))[None]
    _, pullback = problem.network.vjp(theta, problem.inputs)
    jacobian = np.concatenate([pullback(row[None, :, None]) for row in np.eye(64)])
    return jacobian @ jacobian.T


@pytest.mark.parametrize(("network", "init", "tolerance"), [("2-20000-1", "paired", 0.01), ("2-512-1", "even", 3e-4)])
@pytest.mark.parametrize("bias", [True, False])
def test_the_kernel_has_the_published_eigenvalues(network, init, tolerance, bias):
    """Means of (cos t [+ 1]) (pi - t) / (2 pi) times cos kt, by quadrature and by the closed form for k from 2."""
    angles = 2 * np.pi * np.arange(20_000) / 20_000
    arc = np.minimum(angles, 2 * np.pi - angles)
    limit = (np.cos(angles) + bias) * (np.pi - arc) / (2 * np.pi)
    grid = 2 * np.pi * np.arange(64) / 64
    found = kernel(network, init, bias)
    for k in (1, 2, 3, 4, 6, 8):
        wave = np.cos(k * grid)
        eigenvalue = wave @ found @ wave / (wave @ wave) / 64
        wanted = (limit * np.cos(k * angles)).mean()
        assert eigenvalue == pytest.approx(wanted, abs=tolerance * limit[0])
        published = (k * k + 1) / (np.pi * (k * k - 1)) ** 2 if k % 2 == 0 else bias / (np.pi * k) ** 2
        assert k == 1 or wanted == pytest.approx(published, abs=1e-6)


def test_without_a_bias_odd_frequencies_cannot_be_expressed():
    """f(x) - f(-x) is linear in x, whatever the weights."""
    problem = build(Tone(bias=False, dtype="float64", samples=64))
    thetas = np.random.default_rng(1).standard_normal((5, problem.dim))
    outputs = NumpyEvaluator(problem).predict(thetas)[..., 0]
    spectrum = np.abs(np.fft.rfft(outputs, axis=1)) / 64
    assert spectrum[:, 3::2].max() < 1e-14
    assert spectrum[:, [1, 2, 4]].min() > 1e-4


def test_the_network_starts_at_zero_and_its_signs_are_balanced():
    problem = build(Tone())
    theta = problem.network.theta0(np.random.default_rng(0))
    assert np.abs(NumpyEvaluator(problem).predict(theta[None])).max() < 1e-3  # float32, weights of size 1000
    assert np.hypot(*theta[:1024].reshape(-1, 2).T) == pytest.approx(1000)
    assert (theta[1024:] == 0).all()
    other = problem.network.theta0(np.random.default_rng(1))
    assert (theta[:1024] != other[:1024]).all()


def test_paired_weights_are_normal():
    theta = build(Tone(init="paired", std=3.0)).network.theta0(np.random.default_rng(0))
    assert theta[:512].std() == pytest.approx(3, rel=0.1)
    assert np.array_equal(theta[:512], theta[512:1024])


@pytest.mark.parametrize("k", [1, 7, 30])
def test_one_frequency_is_watched_and_it_is_k(k):
    (probe,) = build(Tone(k=k)).probes
    assert probe.frequency.tolist() == [k]
    assert probe.target_amplitude == pytest.approx([0.5])


def test_the_published_size_is_a_preset():
    problem = build(PROBLEMS["tone-published"])
    assert (problem.network.name, problem.n_samples) == ("2-4000-1", 1001)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"k": 0}, "k is at least 1"),
        ({"k": 100}, "samples exceed 2 k; got k = 100, samples = 200"),
        ({"network": "2-5-1"}, "one hidden layer of even width, such as 2-512-1; got '2-5-1'"),
        ({"network": "2-6-6-1"}, "one hidden layer"),
        ({"network": "1-6-1"}, r"2 input\(s\)"),
        ({"activation": "tanh"}, "The activation of a tone is 'relu', and nothing else; got 'tanh'"),
        ({"init": "xavier"}, "The init of a tone is one of even, paired; got 'xavier'"),
        ({"std": 0.0}, "std must be above 0"),
        ({"dtype": "float16"}, "float32 or float64; got 'float16'"),
    ],
)
def test_settings_that_make_no_problem_are_refused_with_the_rule(changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        build(replace(Tone(), **changes))


def gradient_steps(bias, tones):
    """Of each tone, the gradient steps after which its error stays below 0.3, NaN if it never does; its last error."""
    method = replace(OPTIMIZERS["gd"], lr=1.0)
    recipes = [Tone(network="2-256-1", samples=64, bias=bias, k=k) for k in tones]
    steps, errors = [], []
    for tables in run_lanes([RunSpec("tone", recipe, "gd", method, 0, 900, marks=400) for recipe in recipes]):
        (hit,) = find_hits(tables["runs"], tables["curves"], tables["spectra"], [0.3]).to_dict("records")
        steps.append(np.nan if hit["censored"] else hit["cost"] / 3)
        errors.append(tables["spectra"]["error"].iloc[-1])
    return np.array(steps), np.array(errors)


def test_time_to_learn_is_that_of_the_wide_limit():
    """ln(1 / 0.3) / (2 lr lambda_k), a step more or less; lambda_1 = 1/8 + 1/pi^2, the others in closed form."""
    k = np.arange(1, 7)
    even, odd = (k**2 + 1) / (np.pi * np.maximum(k**2 - 1, 1)) ** 2, 1 / (np.pi * k) ** 2
    eigenvalue = np.where(k == 1, 1 / 8 + 1 / np.pi**2, np.where(k % 2 == 0, even, odd))
    wanted = np.log(1 / 0.3) / (2 * eigenvalue)
    np.testing.assert_allclose(gradient_steps(True, k)[0], wanted, rtol=0.05, atol=1)


def test_without_a_bias_odd_tones_are_never_learned_and_even_ones_are():
    steps, errors = gradient_steps(False, range(1, 7))
    assert np.isnan(steps).tolist() == [False, False, True, False, True, False]
    assert errors[[2, 4]] == pytest.approx([1, 1], abs=1e-3)

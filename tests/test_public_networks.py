"""Networks as the public implementations of their papers write them, run unchanged from a file.

SIREN (Sitzmann 2020), WIRE (Saragadam 2023), FINER (Liu 2024), Fourier features (Tancik 2020), weight normalisation (as
in implicit surfaces), a multiresolution hash grid (Mueller 2022), convolutions and recurrence.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness import plugins
from harness.cli import main
from harness.run.spec import override
from harness.study.comparison import load
from problems import PROBLEMS

NETWORKS = r'''
import numpy as np, torch, math
from torch import nn
import torch.nn.functional as F
from harness import problem

# SIREN, as the authors' notebook writes it
class SineLayer(nn.Module):
    def __init__(self, in_features, out_features, bias=True, is_first=False, omega_0=30):
        super().__init__()
        self.omega_0 = omega_0
        self.is_first = is_first
        self.in_features = in_features
        self.linear = nn.Linear(in_features, out_features, bias=bias)
        self.init_weights()
    def init_weights(self):
        with torch.no_grad():
            if self.is_first:
                self.linear.weight.uniform_(-1 / self.in_features, 1 / self.in_features)
            else:
                bound = np.sqrt(6 / self.in_features) / self.omega_0
                self.linear.weight.uniform_(-bound, bound)
    def forward(self, input):
        return torch.sin(self.omega_0 * self.linear(input))

@problem("n-siren", like="image")
class Siren(nn.Module):
    """SIREN."""
    def __init__(self, in_features, hidden_features, hidden_layers, out_features, outermost_linear=False,
                 first_omega_0=30, hidden_omega_0=30.):
        super().__init__()
        self.net = [SineLayer(in_features, hidden_features, is_first=True, omega_0=first_omega_0)]
        for i in range(hidden_layers):
            self.net.append(SineLayer(hidden_features, hidden_features, is_first=False, omega_0=hidden_omega_0))
        if outermost_linear:
            final_linear = nn.Linear(hidden_features, out_features)
            with torch.no_grad():
                bound = np.sqrt(6 / hidden_features) / hidden_omega_0
                final_linear.weight.uniform_(-bound, bound)
            self.net.append(final_linear)
        else:
            self.net.append(SineLayer(hidden_features, out_features, is_first=False, omega_0=hidden_omega_0))
        self.net = nn.Sequential(*self.net)
    def forward(self, coords):
        coords = coords.clone().detach().requires_grad_(True)
        output = self.net(coords)
        return output, coords

class ComplexGaborLayer(nn.Module):
    def __init__(self, in_features, out_features, bias=True, is_first=False, omega0=10.0, sigma0=40.0, trainable=False):
        super().__init__()
        self.is_first = is_first
        self.in_features = in_features
        dtype = torch.float if self.is_first else torch.cfloat
        self.omega_0 = nn.Parameter(omega0*torch.ones(1), trainable)
        self.scale_0 = nn.Parameter(sigma0*torch.ones(1), trainable)
        self.linear = nn.Linear(in_features, out_features, bias=bias, dtype=dtype)
    def forward(self, input):
        lin = self.linear(input)
        omega = self.omega_0 * lin
        scale = self.scale_0 * lin
        return torch.exp(1j*omega - scale.abs().square())

@problem("n-wire", like="image")
class Wire(nn.Module):
    def __init__(self, in_features: int = 2, hidden_features: int = 16, hidden_layers: int = 1, out_features: int = 1):
        super().__init__()
        hidden_features = int(hidden_features/np.sqrt(2))
        self.complex = True
        net = [ComplexGaborLayer(in_features, hidden_features, omega0=10., sigma0=10., is_first=True)]
        for i in range(hidden_layers):
            net.append(ComplexGaborLayer(hidden_features, hidden_features, omega0=10., sigma0=10.))
        net.append(nn.Linear(hidden_features, out_features, dtype=torch.cfloat))
        self.net = nn.Sequential(*net)
    def forward(self, coords):
        output = self.net(coords)
        return output.real

class FinerLayer(nn.Module):
    def __init__(self, i, o, is_first=False, omega_0=30, scale_req_grad=False):
        super().__init__()
        self.omega_0 = omega_0; self.scale_req_grad = scale_req_grad
        self.linear = nn.Linear(i, o)
        with torch.no_grad():
            self.linear.bias.uniform_(-1, 1)
    def generate_scale(self, x):
        if self.scale_req_grad:
            scale = torch.abs(x) + 1
        else:
            with torch.no_grad():
                scale = torch.abs(x) + 1
        return scale
    def forward(self, x):
        x = self.linear(x)
        return torch.sin(self.omega_0 * self.generate_scale(x) * x)

@problem("n-finer", like="image")
def finer(width: int = 16):
    """FINER."""
    return nn.Sequential(FinerLayer(2, width, True), FinerLayer(width, width), nn.Linear(width, 1))

@problem("n-fourier", like="solid")
class FourierNet(nn.Module):
    def __init__(self, mapping: int = 8, scale: float = 2.):
        super().__init__()
        self.register_buffer("B", torch.randn(3, mapping) * scale)
        self.two_pi = torch.tensor(2 * math.pi)
        self.net = nn.Sequential(nn.Linear(2 * mapping, 16), nn.ReLU(), nn.Linear(16, 1))
    def forward(self, x):
        v = self.two_pi * x @ self.B
        return self.net(torch.cat([v.sin(), v.cos()], -1)).squeeze(-1)

@problem("n-weightnorm", like="target")
def sdf():
    """Weight norm, both ways."""
    norm = nn.utils.parametrizations.weight_norm
    return nn.Sequential(norm(nn.Linear(1, 16)), nn.Softplus(beta=100), norm(nn.Linear(16, 1)))

@problem("n-hash", like="image")
class HashGrid(nn.Module):
    def __init__(self, levels: int = 3, size: int = 256, features: int = 2):
        super().__init__()
        self.size = size
        self.tables = nn.ModuleList([nn.Embedding(size, features) for _ in range(levels)])
        for t in self.tables: nn.init.uniform_(t.weight, -1e-4, 1e-4)
        self.register_buffer("primes", torch.tensor([1, 2654435761]))
        self.register_buffer("corners", torch.tensor([[i, j] for i in (0, 1) for j in (0, 1)]))
        self.net = nn.Sequential(nn.Linear(levels * features, 16), nn.ReLU(), nn.Linear(16, 1))
    def forward(self, x):
        out = []
        for level, table in enumerate(self.tables):
            p = (x + 1) / 2 * 2 ** (level + 2)
            low = p.floor()
            w = p - low
            cells = low.long()[:, None] + self.corners
            index = (cells * self.primes)
            index = torch.bitwise_xor(index[..., 0], index[..., 1]) % self.size
            c = torch.where(self.corners.bool(), w[:, None], 1 - w[:, None]).prod(-1, keepdim=True)
            out.append((table(index) * c).sum(1))
        return self.net(torch.cat(out, -1))

@problem("n-cnn", like="digits")
class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.LazyConv2d(4, 3)
        self.out = nn.LazyLinear(10)
    def forward(self, x):
        return self.out(F.relu(self.conv(x)).flatten(1))

@problem("n-lstm", like="digits")
class Rows(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(8, 12, batch_first=True)
        self.out = nn.Linear(12, 10)
    def forward(self, x):
        h, _ = self.lstm(x.view(len(x), 8, 8))
        return self.out(h[:, -1])

frozen = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1))
frozen[0].requires_grad_(False)
problem("n-frozen", like="image")(frozen)
'''
SIREN = {"in_features": 2, "hidden_features": 16, "hidden_layers": 1, "out_features": 1, "outermost_linear": "true"}
SMALL = {"size": "16x16"}
CHANGES = {
    "n-siren": SIREN | SMALL,
    "n-wire": SMALL,
    "n-finer": SMALL | {"width": 12},
    "n-fourier": {"cells": 6},
    "n-weightnorm": {},
    "n-hash": SMALL,
    "n-cnn": {"n_train": 200},
    "n-lstm": {"n_train": 200},
    "n-frozen": SMALL,
}
DIMS = {"n-siren": 48 + 272 + 17, "n-wire": 33 + 2 * 132 + 2 * 12, "n-finer": 36 + 156 + 13, "n-frozen": 17}
BY_DESIGN = ("n-finer",)
"""FINER does not differentiate its scale, so that its gradient is not that of its output."""


@pytest.fixture
def _plugged(tmp_path):
    path = tmp_path / "nets.py"
    path.write_text(NETWORKS)
    plugins.load(path)


@pytest.mark.usefixtures("_plugged")
@pytest.mark.parametrize("name", CHANGES)
def test_a_public_network_runs_unchanged_and_its_gradient_is_the_slope_of_its_output(name):
    problem = override(name, PROBLEMS[name], CHANGES[name]).build(np.random.default_rng(0))
    network, inputs = problem.network, problem.inputs[:40]
    assert network.dim == DIMS.get(name, network.dim)
    theta = network.theta0(np.random.default_rng(1)).astype(network.dtype)
    outputs, pull = network.vjp(theta[None], inputs)
    assert outputs.shape == (1, len(inputs), problem.targets.shape[1])
    move = np.random.default_rng(2).standard_normal(network.dim)
    move /= np.linalg.norm(move)
    ends = [network.forward((theta + step * move)[None], inputs).sum() for step in (1e-6, -1e-6)]
    if name not in BY_DESIGN:
        assert pull(np.ones_like(outputs))[0] @ move == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-5, abs=1e-8)
    assert network.jacobian(theta, inputs[:2]).shape == (2, problem.targets.shape[1], network.dim)


@pytest.mark.usefixtures("_plugged")
def test_what_a_constructor_needs_is_asked_for_and_checked():
    with pytest.raises(
        ValueError, match=r"cannot be made without in_features, hidden_features, .*--set problem.in_feat"
    ):
        PROBLEMS["n-siren"].build(np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"n-wire\.hidden_features' takes a whole number; got 'many'"):
        override("n-wire", PROBLEMS["n-wire"], {"hidden_features": "many"})
    with pytest.raises(ValueError, match=r"Unknown setting of n-wire 'hiden_features'.*'hidden_features'"):
        override("n-wire", PROBLEMS["n-wire"], {"hiden_features": 4})
    wrong = override("n-wire", PROBLEMS["n-wire"], SMALL | {"in_features": 3})
    with pytest.raises(ValueError, match="'Wire' fails on samples of shape"):
        wrong.build(np.random.default_rng(0))


@pytest.mark.usefixtures("_plugged")
def test_an_instance_keeps_its_weights_and_says_so():
    problem = replace(PROBLEMS["n-frozen"], size="16x16").build(np.random.default_rng(0))
    first, second = (problem.network.theta0(np.random.default_rng(seed)) for seed in (0, 1))
    np.testing.assert_array_equal(first, second)
    notes = " ".join(problem.notes)
    assert "starts from the weights of the given instance" in notes
    assert "48 parameters are frozen" in notes
    drawn = replace(PROBLEMS["n-frozen"], size="16x16", init="kaiming").build(np.random.default_rng(0))
    assert "starts from the weights" not in " ".join(drawn.notes)


def test_a_network_from_a_file_learns_a_picture_and_its_pictures_are_drawn(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("nets.py").write_text(NETWORKS)
    settings = [word for name, value in SIREN.items() for word in ("--set", f"problem.{name}={value}")]
    words = [
        "--size",
        "16x12",
        "--optimizers",
        "adam",
        "--seeds",
        "1",
        "--budget",
        "30",
        "--jobs",
        "1",
        "--out",
        "here",
    ]
    code = main(["compare", "--problem", "n-siren", "--plugin", "nets.py", "--image", "china", *settings, *words])
    said = capsys.readouterr()
    assert code == 0, said.err
    assert "china.jpg" in said.err or "'china' has 640 x 427 pixels of mode RGB" in said.err
    assert Path("here/pictures.png").is_file()
    assert "The network Siren has 337 parameters to train" in Path("here/understood.txt").read_text()
    assert load("here").runs["dim"].tolist() == [337]

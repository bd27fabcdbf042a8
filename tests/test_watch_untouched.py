"""A loop that is watched takes the path that it would take alone, whatever its layers keep."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

import harness

X = torch.arange(32)[:, None] / 32
Y = torch.sin(2 * torch.pi * X)


class Noisy(nn.Module):
    """Draws and keeps by functions, not layers."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(8))

    def forward(self, x):
        if self.training:
            self.mean = 0.9 * self.mean + 0.1 * x.detach().mean(0)
        return nn.functional.dropout(x - self.mean, 0.2, self.training)


LAYERS = {
    "BatchNorm": lambda: nn.BatchNorm1d(8),
    "dropout": lambda: nn.Dropout(0.3),
    "spectral norm": lambda: nn.utils.parametrizations.spectral_norm(nn.Linear(8, 8)),
    "spectral norm of old": lambda: nn.utils.spectral_norm(nn.Linear(8, 8)),
    "functions": Noisy,
}


class Holder:
    """Something of the user's around a model."""

    def __init__(self, net):
        self.net = net

    def predict(self):
        return self.net(X)

    def __call__(self):
        return self.net(X)


def call(net, x):
    return net(x)


REACHED = {
    "closure": lambda net: lambda: net(X),
    "forward": lambda net: lambda: net.forward(X),
    "bound forward": lambda net: partial(net.forward, X),
    "method": lambda net: Holder(net).predict,
    "object": Holder,
    "partial": lambda net: partial(call, net, X),
    "default": lambda net: lambda net=net: net(X),
    "list": lambda net: lambda nets=[net]: nets[0].forward(X),
    "nested": lambda net: lambda: call(Holder(net).net, X),
}


def train(layer, reach=None, **about):
    """Train for ten steps; the outputs in evaluation mode and all that the model holds at the end."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(1, 8), layer(), nn.Tanh(), nn.Linear(8, 1))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    watch = harness.Watch("path", X, Y, optimizer="mine", **about) if reach else None
    if watch:
        watch.start(reach(net))
    for step in range(10):
        optimizer.zero_grad()
        ((net(X) - Y) ** 2).mean().backward()
        optimizer.step()
        if watch:
            watch(step, reach(net))
    assert net.training
    if watch:
        watch.close()
    held = {name: value.clone() for name, value in net.state_dict().items()}
    return held, net.eval()(X).detach()


@pytest.mark.parametrize("reach", ["closure", "forward"])
@pytest.mark.parametrize("kind", LAYERS)
def test_a_watched_loop_takes_its_own_path(tmp_path, monkeypatch, kind, reach):
    monkeypatch.chdir(tmp_path)
    alone, outputs = train(LAYERS[kind])
    watched, seen = train(LAYERS[kind], REACHED[reach])
    assert alone.keys() == watched.keys()
    assert all(torch.equal(alone[name], watched[name]) for name in alone)
    assert torch.equal(outputs, seen)
    # marks are of evaluation mode: the last is the loss of these outputs
    loss = harness.load("results/path").runs["last_loss"].item()
    assert loss == pytest.approx(float(((outputs - Y) ** 2).mean()), rel=1e-5)


@pytest.mark.parametrize("reach", REACHED)
def test_a_module_is_found_however_it_is_reached(tmp_path, monkeypatch, reach):
    monkeypatch.chdir(tmp_path)
    alone, _ = train(LAYERS["functions"])
    watched, _ = train(LAYERS["functions"], REACHED[reach])
    assert all(torch.equal(alone[name], watched[name]) for name in alone)


def test_parts_that_are_in_evaluation_mode_stay_there_and_an_error_puts_all_back(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    net = nn.Sequential(nn.Linear(1, 4), nn.BatchNorm1d(4), nn.Dropout(), nn.Linear(4, 1))
    net[1].eval()

    def fails():
        net(X)
        assert not net.training
        raise ZeroDivisionError

    watch = harness.Watch("modes", X, Y, optimizer="mine")
    with pytest.raises(ZeroDivisionError):
        watch.start(fails)
    assert [part.training for part in net] == [True, False, True, True]
    assert not torch.nn.modules.module._global_forward_pre_hooks
    assert np.isfinite(net[1].running_mean.numpy()).all()

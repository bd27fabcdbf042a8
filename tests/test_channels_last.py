"""Convolutional networks whose images lie channels last in memory, against the same layers on images as they come."""

from dataclasses import replace

import numpy as np
import pytest
from torch import nn

from harness.run.spec import stream
from problems import PROBLEMS
from problems.engines.torch_evaluator import TorchEvaluator
from problems.networks.torch.architectures import Convolutional


@pytest.mark.parametrize("lanes", [1, 3])
def test_losses_and_gradients_do_not_depend_on_the_order_in_memory(lanes):
    recipe = replace(PROBLEMS["digits"], network="cnn-small", activation="relu", dtype="float64", n_train=40, n_test=2)
    of = recipe.build(stream(0, "data"))
    made = of.network.make
    assert isinstance(made(), Convolutional)
    plain = replace(of.network, make=lambda: nn.Sequential(*made()))
    thetas = np.array([of.network.theta0(stream(seed, "weights")) for seed in range(lanes)])
    ours, theirs = (TorchEvaluator(replace(of, network=one)) for one in (of.network, plain))
    losses, grads = theirs.values_and_grads(thetas)
    np.testing.assert_allclose(ours.values_and_grads(thetas)[0], losses, rtol=1e-13)
    np.testing.assert_allclose(ours.values_and_grads(thetas)[1], grads, rtol=0, atol=1e-13 * np.abs(grads).max())
    np.testing.assert_allclose(ours.values(thetas), losses, rtol=1e-13)
    np.testing.assert_allclose(ours.predict(thetas), theirs.predict(thetas), rtol=1e-12, atol=1e-14)

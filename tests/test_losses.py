"""Every registered loss against torch: value, first and second derivative in the outputs, batched over lanes."""

from typing import Any

import numpy as np
import pytest
import torch

from problems.base import SquaredLoss, TensorLoss
from problems.losses.regression import LOSSES, make_loss

TORCH: dict[str, Any] = {
    "cross-entropy": torch.nn.functional.cross_entropy,
    "l4": lambda outputs, targets: ((outputs - targets) ** 4).mean(),
    "mae": torch.nn.functional.l1_loss,
    "mse": torch.nn.functional.mse_loss,
    "mse+gradient": lambda outputs, targets: ((outputs - targets) ** 2).mean(dim=0).sum(),
}
"""The reference of every registered loss, under the words that a user writes."""

each_loss = pytest.mark.parametrize("text", sorted(TORCH))
each_shape = pytest.mark.parametrize("shape", [(1, 1, 1), (1, 7, 1), (4, 7, 1), (3, 5, 2), (1, 1, 6)])
each_target = pytest.mark.parametrize("shared", [True, False], ids=["shared-targets", "targets-per-lane"])


def draw(shape: tuple[int, int, int], shared: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outputs, a direction and targets; nobody may write into them."""
    rng = np.random.default_rng(0)
    arrays = rng.standard_normal(shape), rng.standard_normal(shape), rng.standard_normal(shape[1:] if shared else shape)
    for array in arrays:
        array.flags.writeable = False
    return arrays


def target(targets: np.ndarray, lane: int) -> np.ndarray:
    return targets if targets.ndim == 2 else targets[lane]


def test_every_loss_has_a_reference():
    assert {text.partition("(")[0] for text in TORCH} == set(LOSSES)


@each_loss
@each_shape
@each_target
def test_values_and_derivatives_are_those_of_torch(text, shape, shared):
    outputs, direction, targets = draw(shape, shared)
    loss = make_loss(text, slopes=True)
    values, cotangent = loss.value_and_cotangent(outputs, targets)
    curvature = loss.curvature(outputs, direction, targets)
    assert values.shape == shape[:1]
    assert cotangent.shape == curvature.shape == shape
    np.testing.assert_array_equal(loss.value(outputs, targets), values)
    for lane in range(shape[0]):
        leaf = torch.tensor(outputs[lane], requires_grad=True)
        value = TORCH[text](leaf, torch.tensor(target(targets, lane)))
        (slope,) = torch.autograd.grad(value, leaf, create_graph=True)
        (product,) = torch.autograd.grad(slope, leaf, torch.tensor(direction[lane]))
        assert values[lane] == pytest.approx(value.item(), rel=1e-13)
        np.testing.assert_allclose(cotangent[lane], slope.detach().numpy(), rtol=1e-12, atol=1e-15)
    if isinstance(loss, TensorLoss):
        leaves = torch.tensor(outputs, requires_grad=True)
        on_tensors = loss.on_tensors(leaves, torch.tensor(targets))
        (slopes,) = torch.autograd.grad(on_tensors.sum(), leaves)
        np.testing.assert_allclose(on_tensors.detach().numpy(), values, rtol=1e-13)
        np.testing.assert_allclose(slopes.numpy(), cotangent, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(curvature[lane], product.numpy(force=True), rtol=1e-12, atol=1e-15)


@each_loss
@each_shape
def test_the_cotangent_is_a_central_difference(text, shape):
    outputs, direction, targets = draw(shape, True)
    loss = make_loss(text, slopes=True)
    rise = loss.value(outputs + 1e-6 * direction, targets) - loss.value(outputs - 1e-6 * direction, targets)
    cotangent = loss.value_and_cotangent(outputs, targets)[1]
    np.testing.assert_allclose((cotangent * direction).sum(axis=(1, 2)), rise / 2e-6, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(
    "text", [text for text in sorted(TORCH) if isinstance(make_loss(text, slopes=True), SquaredLoss)]
)
@each_shape
def test_weighted_residuals_of_a_squared_loss_add_up_to_it(text, shape):
    outputs, _, targets = draw(shape, True)
    loss = make_loss(text, slopes=True)
    residuals = loss.residual_weights(shape[1:]) * (outputs - targets)
    np.testing.assert_allclose((residuals**2).sum(axis=(1, 2)), loss.value(outputs, targets), rtol=1e-13)


@each_loss
def test_float32_stays_float32(text):
    outputs, direction, targets = (array.astype(np.float32) for array in draw((3, 5, 2), True))
    loss = make_loss(text, slopes=True)
    arrays = (*loss.value_and_cotangent(outputs, targets), loss.curvature(outputs, direction, targets))
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}


@each_loss
def test_answers_are_fresh_arrays(text):
    outputs, direction, targets = draw((3, 5, 2), True)
    loss = make_loss(text, slopes=True)
    first = loss.value_and_cotangent(outputs, targets)
    first[1][:] = np.nan
    first[0][:] = np.nan
    assert np.isfinite(loss.value_and_cotangent(outputs, targets)[1]).all()
    assert not np.shares_memory(loss.curvature(outputs, direction, targets), direction)


@each_loss
def test_a_loss_is_called_as_the_user_wrote_it(text):
    assert make_loss(text, slopes=True).name == text


def test_an_unknown_loss_is_answered_with_the_choices():
    with pytest.raises(ValueError, match=r"Unknown loss 'msa'\. Did you mean 'mse'\? Choose from: .*mse"):
        make_loss("msa")


def test_a_loss_of_slopes_is_refused_where_the_target_has_none():
    with pytest.raises(ValueError, match=r"'mse\+gradient' needs the slope of the target, which this problem does not"):
        make_loss("mse+gradient")

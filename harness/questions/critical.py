"""Critical samples: those with another answer within a small box around them (Arpit et al. 2017, arXiv 1706.05394).

Their search (algorithm 1, Langevin adversarial sample search) moves by `step sign(gradient) + noise N(0, 1)` and clips
each input to the box. Here the gradient is that of the margin, the score of the answer less that of the runner-up,
downhill, so that the search aims at the nearest other answer. It finds critical samples and proves none uncritical: the
ratio is a lower bound. The settings are ours.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from problems.base import Array, InputGradientNetwork, Network
from problems.engines.base import Evaluator


@dataclass(frozen=True)
class Search:
    """Half width of the box, length of a step and standard deviation of its noise, in units of the inputs."""

    radius: float = 0.1
    step: float = 0.02
    noise: float = 0.01
    iterations: int = 20


def critical_samples(
    evaluator: Evaluator, theta: Array, inputs: Array, search: Search, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Whether another answer was found within the box around each of `inputs (n, d)`, `(n,)`.

    Raises ValueError for a network that cannot be differentiated in its inputs, or has one output."""
    answers = evaluator.outputs(theta[None], inputs)[0].argmax(axis=1)
    found = np.zeros(len(inputs), bool)
    moved = inputs.astype(np.float64)
    for _ in range(search.iterations):
        left = np.flatnonzero(~found)
        if not len(left):
            break
        downhill = -margin_gradient(evaluator, theta, moved[left], answers[left])
        # where no unit is active the gradient is 0, and noise alone moves the sample
        step = search.step * np.sign(downhill) + search.noise * rng.standard_normal(downhill.shape)
        # the box is that around the original, so that steps do not add up beyond it
        moved[left] = np.clip(moved[left] + step, inputs[left] - search.radius, inputs[left] + search.radius)
        found[left] = evaluator.outputs(theta[None], moved[left])[0].argmax(axis=1) != answers[left]
    return found


def margin_gradient(
    evaluator: Evaluator, theta: Array, inputs: Array, classes: NDArray[np.intp]
) -> NDArray[np.float64]:
    """d (score of `classes (n,)` less the highest other score) / d inputs, `(n, d)`; raises ValueError."""
    network = _differentiable(evaluator.problem.network)
    scores = evaluator.outputs(theta[None], inputs)[0]
    if scores.shape[1] < 2:
        raise ValueError(
            "A margin is the distance of two scores, and this network has one output. Take labels=one-hot."
        )
    rows = np.arange(len(inputs))
    others = scores.copy()
    others[rows, classes] = -np.inf
    # (n, m), the derivative of the margin in the scores: 1 at the answer, -1 at the runner-up
    cotangent = np.zeros_like(scores)
    cotangent[rows, others.argmax(axis=1)] = -1
    cotangent[rows, classes] = 1
    size = evaluator.problem.chunk or max(len(inputs), 1)
    blocks = [slice(start, start + size) for start in range(0, len(inputs), size)]
    parts = [network.input_gradient(theta, inputs[block], cotangent[block]) for block in blocks]
    return np.concatenate(parts).astype(np.float64) if parts else np.zeros(inputs.shape)


def _differentiable(network: Network) -> InputGradientNetwork:
    if isinstance(network, InputGradientNetwork):
        return network
    raise ValueError(
        f"The network '{network.name}' cannot be differentiated in its inputs. Take plain widths and an init such as "
        "pytorch-uniform, or an architecture such as cnn."
    )

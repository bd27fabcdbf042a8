"""Every registered activation as torch has it."""

from math import pi
from typing import Any

import torch


def ricker(z: torch.Tensor) -> torch.Tensor:
    u = z / 0.5
    return pi**0.25 / 7.5 * (1 - u**2) * torch.exp(-(u**2) / 2)


TORCH: dict[str, Any] = {
    "finer(0.5)": lambda z: torch.sin(0.5 * (torch.abs(z) + 1) * z),
    "gabor(2,0.5)": lambda z: torch.real(torch.exp(1j * 2 * z - (0.5 * z) ** 2)),
    "gaussian(2)": lambda z: torch.exp(-((2 * z) ** 2)),
    "gelu": torch.nn.functional.gelu,
    "relu": torch.relu,
    "ricker(0.5)": ricker,
    "sigmoid": torch.sigmoid,
    "sin": torch.sin,
    "sin(3)": lambda z: torch.sin(3 * z),
    "softplus": lambda z: -torch.nn.functional.logsigmoid(-z),
    "srelu": lambda z: torch.relu(z) * torch.relu(1 - z),
    "tanh": torch.tanh,
}
"""The reference of every registered activation, under the words that a user writes."""

"""What a module returns, as outputs `(n, m)`: the forms in which public implementations give them."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from problems.base import Array

NAMES = ("model_out", "output", "outputs", "out", "logits", "rgb", "sdf")
"""Under which a module that returns several things by name keeps its answer."""


class DoesNotFit(ValueError):
    """A module that cannot take these samples, or answers in another form than the targets have."""


def numbers(tensor: Tensor) -> Array:
    """The tensor's numbers, wherever it lies."""
    array: Array = tensor.cpu().numpy()
    return array


def rows(answer: Any, samples: int, outputs: int | None) -> Tensor:
    """The answer as `(samples, m)`; of a tuple the first tensor, of names the one that is an output.

    Raises DoesNotFit."""
    tensor = _tensor(answer)
    if tensor.is_complex():
        raise DoesNotFit("The module gives complex numbers; let it return their real part, or both parts side by side.")
    found = tuple(tensor.shape)
    if not found or found[0] != samples:
        raise DoesNotFit(
            f"The module gives an output of shape {found} for {samples} samples; the first axis is samples."
        )
    flat = tensor.reshape(samples, -1)
    if outputs is not None and flat.shape[1] != outputs:
        wanted = f"({samples}, {outputs})" + (f" or ({samples},)" if outputs == 1 else "")
        raise DoesNotFit(f"The module gives an output of shape {found}; this problem needs {wanted}.")
    return flat


def _tensor(answer: Any) -> Tensor:
    if isinstance(answer, Tensor):
        return answer
    if isinstance(answer, tuple | list) and answer and isinstance(answer[0], Tensor):
        return answer[0]
    if isinstance(answer, Mapping):
        for name in NAMES:
            if isinstance(answer.get(name), Tensor):
                return answer[name]
    raise DoesNotFit(
        f"A module returns a tensor of outputs (or a tuple that begins with it); got {type(answer).__name__}."
    )

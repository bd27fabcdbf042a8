"""Arrays of the user's, from any library and device, as numpy's."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from problems.readers.samples import of_a_library, widened

Numbers: TypeAlias = NDArray[Any]
Predict: TypeAlias = Callable[[], Any]
"""Gives the model's outputs on the inputs that are watched."""


def as_numbers(what: str, thing: Any) -> Numbers:
    """A real array, of floats or whole numbers; raises ValueError, saying what of `what` is wrong."""
    of_torch = callable(getattr(thing, "detach", None))
    thing = of_a_library(what, thing)
    try:
        array = np.ma.asarray(thing) if isinstance(thing, np.ma.MaskedArray) else np.asarray(thing)
    except (TypeError, ValueError) as error:
        raise ValueError(f"The {what} must be an array of numbers; got {type(thing).__name__}: {error}") from None
    if np.ma.is_masked(array):
        masked = int(np.ma.getmaskarray(array).sum())
        raise ValueError(f"The {what} are masked in {masked} places: leave those samples out.")
    array = widened(np.asarray(array))
    if array.dtype.kind not in "fiub":
        got = array.dtype if hasattr(thing, "dtype") or array.dtype.kind != "O" else f"a {type(thing).__name__}"
        raise ValueError(f"The {what} must be real numbers; got {got}.")
    # losses of a loop in single precision are taken in double all the same
    return array.astype(np.float64) if of_torch and array.dtype.kind == "f" else array


def as_predictions(outputs: Any) -> Numbers:
    """The same of a model's outputs; raises ValueError, also for an answer that holds them beside other things."""
    try:
        return as_numbers("predictions", outputs)
    except ValueError:
        if hasattr(outputs, "dtype"):
            raise
        what = "None" if outputs is None else type(outputs).__name__
        held = f" of {', '.join(map(str, outputs))}" if isinstance(outputs, Mapping) else ""
        raise ValueError(
            f"Predictions are one array, of the outputs for all samples; got {what}{held}. Give alone what is compared "
            "with the targets, such as `lambda: model(inputs)[0]`; a callback of Lightning takes it by "
            "forward=, one of transformers by read=."
        ) from None


def precision_of(thing: Any) -> str:
    """The name of the precision of outputs, such as `float32` or `bfloat16`; `float64` of what has none."""
    name = str(getattr(thing, "dtype", "")).rpartition(".")[2]
    return name if "float" in name else "float64"


def finite(what: str, thing: Any) -> Numbers:
    """The same without any that is not a number; raises ValueError with the place of the first."""
    array = as_numbers(what, thing)
    broken = ~np.isfinite(array)
    if broken.any():
        place = ", ".join(map(str, np.argwhere(broken)[0]))
        raise ValueError(f"The {what} must be finite; at [{place}] stands {array[broken][0]}.")
    if array.size == 0:
        raise ValueError(f"The {what} are empty.")
    return array


def number(what: str, thing: Any) -> float:
    """One real number, of any library; raises ValueError for text and whatever else is none."""
    found = as_numbers(what, thing)
    if found.size != 1 or found.dtype.kind == "b":
        raise ValueError(f"The {what} must be one number; got {thing!r}.")
    return float(found.reshape(-1)[0])


def check_tensors(inputs: Any, *, every: bool = False) -> None:
    """Raise ValueError for arrays of numpy where a module takes tensors, alone or by name; or `every` other thing."""
    for each in inputs.values() if isinstance(inputs, Mapping) else [inputs]:
        if isinstance(each, np.ndarray) or (every and not hasattr(each, "to")):
            raise ValueError(
                f"The inputs of a callback are what the module is called with, tensors; got {type(each).__name__}. "
                "Give torch.as_tensor(inputs), in the precision of the module."
            )

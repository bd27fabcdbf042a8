"""Samples of any dimension as arrays: inputs `(n, d)` and targets `(n, m)`, real, finite and complete."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from problems.readers.tables import check_exact, check_squares

LEAST = 3
MOST_CLASSES = 1000


class Samples(NamedTuple):
    """Inputs `(n, d)` and targets `(n, m)` in float64, whether targets are classes one-hot, and what was understood."""

    inputs: NDArray[np.float64]
    targets: NDArray[np.float64]
    classes: bool
    notes: tuple[str, ...]


def read_samples(inputs: Any, targets: Any) -> Samples:
    """What a user's function or file gives: arrays, tensors, frames or lists.

    Whole numbers as targets of two or more inputs are classes, and so are one-hot rows; complex targets are two real
    ones. Raises ValueError for anything else that is not finite real numbers, saying which sample is wrong."""
    x, y = _array("inputs", inputs), _array("targets", targets)
    if len(x) != len(y) or len(x) < LEAST:
        raise ValueError(
            f"Inputs and targets are at least three finite numbers each, one row a sample; got {len(x):,} and "
            f"{len(y):,}."
        )
    notes = [f"Inputs of shape {x.shape} and type {x.dtype}, targets of shape {y.shape} and type {y.dtype}."]
    if x.dtype.kind == "c":
        raise ValueError("Inputs must be real numbers; these are complex. Give real and imaginary part as two inputs.")
    flat = _rows(x)
    found, classes = _classes(y, flat.shape[1], notes)
    if found.dtype.kind == "c":
        wide = _rows(found)
        # (n, 2 m)
        found = np.concatenate([wide.real, wide.imag], axis=1)
        notes.append("Complex targets are learned as their real and their imaginary part.")
    flat, wide = flat.astype(np.float64), _rows(found).astype(np.float64)
    _check_finite("inputs", flat)
    _check_finite("targets", wide)
    check_squares("inputs", flat)
    check_squares("targets", wide)
    size = float(np.abs(flat).max())
    if not 1e-2 <= size <= 1e2:
        notes.append(
            f"Inputs reach {size:.3g}, far from one, and are taken as they are; rescale them if nothing is learned."
        )
    return Samples(flat, wide, classes, (*notes, *contradictions(flat, wide)))


def contradictions(inputs: NDArray[np.float64], targets: NDArray[np.float64]) -> tuple[str, ...]:
    """A note where samples contradict each other: where some of `inputs (n, d)` are alike, and `targets (n, m)` not."""
    bits = np.ascontiguousarray(inputs + 0.0).view(np.uint64)  # 0 for -0 as well
    # sums of whole numbers modulo 2^64 are exact, so that equal rows have equal keys
    weights = np.random.default_rng(0).integers(1, 2**63, bits.shape[1], np.uint64)
    keys = bits @ weights
    order = np.argsort(keys, kind="stable")
    near = np.flatnonzero(keys[order[1:]] == keys[order[:-1]])
    one, other = order[near], order[near + 1]
    alike = (inputs[one] == inputs[other]).all(axis=1) & (targets[one] != targets[other]).any(axis=1)
    if not alike.any():
        return ()
    first, second = sorted((int(one[alike][0]), int(other[alike][0])))
    said = (
        f"{int(alike.sum()):,} of the samples have the inputs of another and not its targets, such as those number "
        f"{first:,} and {second:,} (counted from 0): no network gives both, and the loss stays above 0."
    )
    return (said,)


def _array(what: str, given: Any) -> NDArray[Any]:
    given = of_a_library(what, given)
    if np.ma.isMaskedArray(given):
        hidden = int(np.ma.getmaskarray(given).sum())
        if hidden:
            raise ValueError(
                f"The {what} must be complete; {hidden:,} of these numbers are masked. Leave those samples out."
            )
        given = given.data
    try:
        array = widened(np.asarray(given))
    except (TypeError, ValueError) as error:
        raise ValueError(f"The {what} must be an array of numbers; {error}.") from None
    if array.dtype.kind not in "biufc" or array.ndim == 0:
        raise ValueError(f"The {what} must be an array of numbers, one row a sample; got type {array.dtype}.")
    check_exact(f"the {what}", array)
    return array


def of_a_library(what: str, given: Any) -> Any:
    """A tensor of torch, which is not loaded here, as an array; what is none as it is.

    Types that numpy has not, such as bfloat16, become wider, so that no number changes. Raises ValueError."""
    if not callable(getattr(given, "detach", None)):
        return given
    try:
        tensor = given.detach().cpu()
        tensor = (tensor.to_dense() if tensor.is_sparse else tensor).resolve_conj().resolve_neg()
        if tensor.element_size() < (8 if tensor.is_complex() else 4) and not _is_whole(tensor):
            tensor = tensor.cdouble() if tensor.is_complex() else tensor.double()
        return tensor.numpy()
    except (AttributeError, NotImplementedError, RuntimeError, TypeError) as error:
        raise ValueError(f"The {what} must be an array of numbers; got {type(given).__name__}: {error}") from None


def _is_whole(tensor: Any) -> bool:
    return not (tensor.is_floating_point() or tensor.is_complex() or tensor.is_quantized)


def widened(array: NDArray[Any]) -> NDArray[Any]:
    """Floats of a library beside numpy, such as bfloat16 of JAX, as doubles, which hold them exactly."""
    narrow = array.dtype.kind == "V" and "float" in array.dtype.name
    return array.astype(np.float64) if narrow else array


def _rows(array: NDArray[Any]) -> NDArray[Any]:
    return array.reshape(len(array), -1)


def _check_finite(what: str, values: NDArray[np.float64]) -> None:
    broken = np.flatnonzero(~np.isfinite(values).all(axis=1))
    if len(broken):
        raise ValueError(
            f"All {what} must be finite numbers; {len(broken):,} of {len(values):,} samples have others, the first is "
            f"sample {broken[0]} (counted from 0)."
        )


def _classes(targets: NDArray[Any], width: int, notes: list[str]) -> tuple[NDArray[Any], bool]:
    """Targets, one-hot where they are classes; a function of one variable has none."""
    if width < 2:
        return targets, False
    if targets.ndim == 2 and targets.shape[1] > 1 and _is_one_hot(targets):
        notes.append(f"Targets are one-hot: {targets.shape[1]} classes, learned with cross-entropy.")
        return targets, True
    labels = targets.reshape(-1)
    if targets.dtype.kind not in "biu" or len(labels) != len(targets):
        return targets, False
    names, numbers = np.unique(labels, return_inverse=True)
    # with less than two samples a class on average, whole numbers are counts or values
    if not 2 <= len(names) <= min(MOST_CLASSES, len(labels) // 2):
        if len(names) > 2:
            notes.append(f"Targets are whole numbers, {len(names):,} different ones: too many for classes, so values.")
        return targets, False
    listed = ", ".join(map(str, names[:4])) + (", ..." if len(names) > 4 else "")
    notes.append(
        f"Targets are whole numbers: {len(names)} classes ({listed}), learned with cross-entropy. Give them as "
        "floating-point numbers to learn their values."
    )
    return np.eye(len(names))[numbers], True  # (n, classes)


def _is_one_hot(targets: NDArray[Any]) -> bool:
    if targets.dtype.kind == "c":
        return False
    return bool(((targets == 0) | (targets == 1)).all() and (targets.sum(axis=1) == 1).all())

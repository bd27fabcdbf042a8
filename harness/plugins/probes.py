"""Probes as users write them, each a function of inputs and targets that says what is watched."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from optimizers.user.signatures import shown
from problems.base import Array, Probe

FORM = (
    "a function of inputs (n, d), targets (n, m) and numbers, or a class made of them, that gives a "
    "problems.base.Probe, or a pair: frequencies (R,) and weightings (R, n) of the n samples, whose sums are watched"
)
PARTS = ("component", "frequency", "target_amplitude", "measure")


@dataclass(frozen=True)
class Brought:
    """An entry of `PROBES` that calls the user's function, and checks what it gives."""

    origin: ClassVar[str] = ""
    """What identifies the file or package that brought it."""

    name: str = field(metadata={"fixed": True})
    make: Callable[..., Any] = field(metadata={"fixed": True})

    def __post_init__(self) -> None:
        # read where an own factory, a function, has them: its form in complaints, its first line in lists
        object.__setattr__(self, "__signature__", inspect.signature(self.make))
        object.__setattr__(self, "__doc__", inspect.getdoc(self.make))

    def __call__(self, inputs: Array, targets: Array, *numbers: float) -> Probe:
        """The probe; raises ValueError, naming the form, where the function fails or gives something else."""
        try:
            # copies: a function that sorts in place would change what is learned
            made = self.make(inputs.copy(), targets.copy(), *numbers)
            if not isinstance(made, tuple | list):
                return _checked(self.name, made, targets)
            frequencies, weightings = (np.asarray(part, np.float64) for part in made)
        except Exception as error:
            said = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
            raise ValueError(f"The probe '{self.name}' cannot be made; it must be {FORM}; got: {said}") from error
        wanted = (len(frequencies.ravel()), len(targets))
        if frequencies.ndim != 1 or weightings.shape != wanted or not np.isfinite(weightings).all():
            raise ValueError(
                f"The probe '{self.name}' must give frequencies (R,) and finite weightings {wanted} of the samples; "
                f"got shapes {frequencies.shape} and {weightings.shape}."
            )
        return Weighted(self.name, frequencies, weightings, targets)


@dataclass(frozen=True, eq=False)
class Weighted:
    """Watches weighted sums of the outputs, `s = W f`: the amplitude is `|s|`, the error `|s - s*| / |s*|`."""

    name: str
    frequencies: NDArray[np.float64]
    weightings: NDArray[np.float64]
    targets: Array

    @cached_property
    def _target(self) -> NDArray[np.float64]:
        return self._sums(self.targets)

    @cached_property
    def component(self) -> NDArray[np.int64]:
        return np.arange(self.targets.shape[1]).repeat(len(self.frequencies))

    @cached_property
    def frequency(self) -> NDArray[np.float64]:
        return np.tile(self.frequencies, self.targets.shape[1])

    @cached_property
    def target_amplitude(self) -> NDArray[np.float64]:
        return np.abs(self._target)

    def measure(self, predictions: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        found = self._sums(predictions)
        return np.abs(found), np.abs(found - self._target) / self.target_amplitude

    def _sums(self, outputs: Array) -> NDArray[np.float64]:
        # all rows of the first component, then those of the next
        return np.asarray(self.weightings @ outputs.astype(np.float64), np.float64).T.ravel()


@dataclass(frozen=True, eq=False)
class Checked:
    """A probe of the user's own class, under the name by which it was asked for; its answers are checked every time."""

    name: str
    probe: Any
    component: NDArray[np.int64]
    frequency: NDArray[np.float64]
    target_amplitude: NDArray[np.float64]

    def measure(self, predictions: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        try:
            amplitude, error = (np.asarray(part, np.float64) for part in self.probe.measure(predictions))
        except Exception as wrong:
            # or the method whose run it ends would be blamed
            raise ValueError(f"The probe '{self.name}' cannot measure: {type(wrong).__name__}: {wrong}") from wrong
        if not amplitude.shape == error.shape == self.frequency.shape:
            raise ValueError(
                f"The probe '{self.name}' must measure amplitudes and errors {self.frequency.shape}; "
                f"got {amplitude.shape} and {error.shape}."
            )
        return amplitude, error


def adapt(name: str, foreign: Any) -> Brought:
    """An entry of `PROBES` for `foreign`; raises ValueError, naming the form, if it cannot be called so."""
    try:
        form = inspect.signature(foreign)
    except (TypeError, ValueError):
        raise ValueError(f"The probe '{name}' must be {FORM}; got {shown(foreign)}.") from None
    parameters = list(form.parameters.values())
    by_place = [one for one in parameters if one.kind not in (one.KEYWORD_ONLY, one.VAR_KEYWORD)]
    needed = [one.name for one in parameters if one.kind == one.KEYWORD_ONLY and one.default is one.empty]
    enough = len(by_place) >= 2 or any(one.kind == one.VAR_POSITIONAL for one in by_place)
    if not enough or needed:
        raise ValueError(f"The probe '{name}' must be {FORM}; it takes {form}.")
    return Brought(name, foreign)


def _checked(name: str, made: Any, targets: Array) -> Checked:
    lacking = [part for part in PARTS if not hasattr(made, part)]
    if lacking:
        raise ValueError(f"{type(made).__name__}, which has no {', '.join(lacking)}")
    component = np.asarray(made.component).astype(np.int64)
    frequency, amplitude = (np.asarray(part, np.float64) for part in (made.frequency, made.target_amplitude))
    if component.ndim != 1 or not component.shape == frequency.shape == amplitude.shape:
        raise ValueError(
            f"component, frequency and target_amplitude of shapes {component.shape}, {frequency.shape}, "
            f"{amplitude.shape}, where one length (R,) is wanted"
        )
    probe = Checked(name, made, component, frequency, amplitude)
    # once before the run, as a shape that does not fit would end it at its first mark
    probe.measure(targets)
    return probe

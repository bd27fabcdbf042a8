"""Probes by name, to be watched beside those of a problem: each is made of inputs, targets and numbers alone."""

import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from inspect import signature
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from problems.base import Array, Probe, Problem
from problems.factories import check_sizes, spelled_once
from problems.nearest import unknown
from problems.probes.accuracy import AccuracyProbe, PeakNoiseProbe, are_one_hot, classes
from problems.probes.bands import BandProbe, BiasProbe, half_lattice, into_bands, scattered_transform
from problems.probes.fourier import FourierProbe, check_resolved
from problems.probes.gaussian_filter import FilterProbe
from problems.probes.linear_model import LinearModelProbe, linear_answers
from problems.probes.named import missing, without_absent
from problems.probes.selection import Selection
from problems.probes.sines import SineProbe
from problems.readers.steps import in_equal_steps

Factory: TypeAlias = Callable[..., Probe]
"""Of inputs `(n, d)`, targets `(n, m)` and numbers."""
ASKED = Selection("as asked for")
ITEM = re.compile(r"\s*([^,()\s]+(?:\([^()]*\))?)\s*(?:,|$)")
SHARPEST = 8
"""Length of the longest wave vector of the bands, in cycles per bounding box, unless their edges say otherwise."""


def fourier(inputs: Array, targets: Array, *frequencies: float) -> Probe:
    """Frequencies along the first input, in cycles per its unit: fourier(1,3)."""
    k = _some("fourier", "frequencies", frequencies)
    check_resolved(inputs, k)
    m = targets.shape[1]
    component = np.arange(m).repeat(len(k))
    waves = np.zeros((len(component), inputs.shape[1]))
    # wave vectors (k, 0, ..., 0), those of the first component first
    waves[:, 0] = np.tile(k, m)
    return FourierProbe(inputs, targets, waves, np.tile(k, m), component, selection=ASKED)


def bands(inputs: Array, targets: Array, *edges: float) -> Probe:
    """Bands of |k| in cycles per bounding box, of one to three inputs, between these edges: bands(1,2,4)."""
    ends = _some("bands", "edges, at least two", edges or (1.0, 2.0, 4.0, 8.0), least=2)
    d = inputs.shape[1]
    if d > 3 or ends[-1] > 4 * SHARPEST:
        raise ValueError(
            f"The probe 'bands' is for one to three inputs and |k| up to {4 * SHARPEST}; got {d} and {ends[-1]:g}."
        )
    half = half_lattice(ends[-1], d)
    band = into_bands(half, ends)
    half, band = half[band >= 0], band[band >= 0]
    if not len(band):
        raise ValueError(f"No wave vector lies between the edges {', '.join(map('{:g}'.format, ends))} of 'bands'.")
    # shares of the bounding box, so that k is in cycles per box; an axis without extent stays at 0
    box = (inputs - inputs.min(axis=0)) / np.where(np.ptp(inputs, axis=0) > 0, np.ptp(inputs, axis=0), 1.0)
    # bands without a wave vector are closed up
    band = np.unique(band, return_inverse=True)[1]
    return BandProbe(targets, half, band, scattered_transform(box, half), "bands", ASKED, halved=True)


def sines(inputs: Array, targets: Array, *modes: float) -> Probe:
    """Sine modes of one input on an even grid with both ends, where the target vanishes: sines(1,2,3)."""
    k = _some("sines", "modes", modes)
    if inputs.shape[1] != 1 or not in_equal_steps(inputs[:, 0].astype(np.float64)):
        raise ValueError("The probe 'sines' is for one input on an even, ascending grid.")
    if (k != k.round()).any() or k.min() < 1 or k.max() > len(inputs) - 2:
        raise ValueError(f"Modes of 'sines' are whole numbers from 1 to {len(inputs) - 2} here.")
    # every sine mode is 0 at both ends
    inner = targets[1:-1, 0].astype(np.float64)
    return SineProbe(inner, k.astype(np.int64), float(np.ptp(inputs)), "sines", ASKED)


def filtered(inputs: Array, targets: Array, delta: float) -> Probe:
    """The low and the high part under a Gaussian filter of this variance in the space of inputs: filter(0.1)."""
    if not 0 < delta < np.inf:
        raise ValueError(f"The variance of the probe 'filter' must be positive and finite; got {delta:g}.")
    return FilterProbe(inputs, targets, delta, min(len(inputs), 2000))


def accuracy(inputs: Array, targets: Array) -> Probe:
    """The share of samples whose class is told right."""
    del inputs
    return AccuracyProbe(_of_classes("accuracy", targets))


def psnr(inputs: Array, targets: Array) -> Probe:
    """The peak signal-to-noise ratio in dB, of a picture or a sound."""
    del inputs
    if not np.ptp(targets) > 0:
        raise ValueError("The probe 'psnr' is for targets that vary.")
    return PeakNoiseProbe(targets)


def bias(inputs: Array, targets: Array, cut: float) -> Probe:
    """The spectral bias (E_high - E_low) / (E_high + E_low) on a periodic grid, cut in cycles per grid: bias(2.5)."""
    d = inputs.shape[1]
    if d > 3 or not 0 <= cut <= 4 * SHARPEST:
        raise ValueError(f"The probe 'bias' is for one to three inputs and a cut up to {4 * SHARPEST}; got {cut:g}.")
    share = np.stack([_shares_of_period(column) for column in inputs.T.astype(np.float64)], axis=1)
    half = half_lattice(cut, d)
    half = half[np.linalg.norm(half, axis=1) <= cut]
    return BiasProbe(targets, half, scattered_transform(share, half))


def linear_model(inputs: Array, targets: Array) -> Probe:
    """How much of what the network knows of the classes logistic regression knows as well."""
    labels = classes(_of_classes("linear-model", targets))
    return LinearModelProbe(targets, linear_answers(inputs, labels, inputs))


PROBES: dict[str, Factory] = {
    "accuracy": accuracy,
    "bands": bands,
    "bias": bias,
    "filter": filtered,
    "fourier": fourier,
    "linear-model": linear_model,
    "psnr": psnr,
    "sines": sines,
}


def split_calls(text: str) -> tuple[str, ...]:
    """`fourier(1,3), accuracy` as its two; raises ValueError for another form, or a name that is unknown."""
    found: list[str] = []
    place = 0
    while place < len(text.rstrip()):
        item = ITEM.match(text, place)
        if item is None:
            raise ValueError(f"Probes are written NAME or NAME(NUMBERS), with commas between; got '{text}'.")
        if name_of(item[1]) not in PROBES:
            raise unknown("probe", name_of(item[1]), PROBES)
        found.append(spelled_once(item[1].replace(" ", "")))
        place = item.end()
    return tuple(dict.fromkeys(found))


def name_of(call: str) -> str:
    """`fourier` of `fourier(1,3)`."""
    return call.partition("(")[0]


def watch_also(problem: Problem, text: str) -> Problem:
    """The problem with these probes beside its own, each called as it was typed; raises ValueError."""
    probes = list(problem.probes)
    for call in split_calls(text):
        probe = _made(problem, call)
        if probe.name in {other.name for other in probes}:
            raise ValueError(f"The problem watches '{probe.name}' already; leave it out of --probe.")
        if len(missing(probe, problem.targets)):
            raise ValueError(f"The target has nothing of what '{call}' watches, so that no relative error is defined.")
        probes.append(probe)
    return without_absent(replace(problem, probes=tuple(probes)))


def _made(problem: Problem, call: str) -> Probe:
    name, inside = name_of(call), call.rstrip(")").partition("(")[2]
    make = PROBES[name]
    try:
        numbers = [float(part) for part in inside.split(",") if part]
        bound = signature(make).bind(problem.inputs, problem.targets, *numbers)
    except (TypeError, ValueError):
        form = ", ".join(map(str, list(signature(make).parameters)[2:]))
        raise ValueError(f"The probe '{name}' is written {name}({form}), all numbers; got '{call}'.") from None
    check_sizes("probe", call, numbers)
    probe = make(*bound.args)
    called = is_dataclass(probe) and "name" in {field.name for field in fields(probe)}
    return replace(probe, name=call) if called else probe  # type: ignore[type-var]  # is_dataclass has said so


def _some(name: str, what: str, numbers: tuple[float, ...], least: int = 1) -> NDArray[np.float64]:
    """Each once, ascending, as `--watch` takes them."""
    if len(numbers) < least or not all(0 <= number < np.inf for number in numbers):
        raise ValueError(f"The probe '{name}' takes {what}, numbers from 0: such as {name}(1,3); got {numbers}.")
    return np.unique(np.array(numbers, np.float64))


def _shares_of_period(values: Array) -> Array:
    """Values `(n,)` of an even grid as shares of its period, which ends a step behind the last; raises ValueError."""
    places = np.unique(values)
    if len(places) < 3 or not in_equal_steps(places):
        raise ValueError("The probe 'bias' is for inputs on an even grid along each axis.")
    share: Array = (values - places[0]) / (places[-1] - places[0]) * (1 - 1 / len(places))
    return share


def _of_classes(name: str, targets: Array) -> Array:
    if not (are_one_hot(targets) or (targets == targets.round()).all()):
        raise ValueError(f"The probe '{name}' is for targets that are classes.")
    return targets

"""Response frequency: the spectrum of a trained network's output along directions in the space of inputs.

Through samples x, `p(t) = prediction(x + t d)` is taken at `points` places t of an interval of length `extent` around
0, with |d| = 1 in units of the inputs. Its weighted mean is taken off, and under a Hann window w its coefficients are
`c_k = sum_t w_t p(t) exp(-2 pi i k t) / sum_t w_t` at `k = j / extent`, in cycles per unit of input; power is |c_k|^2,
summed over output components, so that a wave of amplitude a and a frequency of the grid has the power a^2 / 4.
Sources: lecture notes, figures 1.8 and 1.9; Goodfellow et al. 2015, arXiv 1412.6572, for the sign of the gradient,
which is here that of the margin between the right answer and the next.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.questions.critical import margin_gradient
from harness.questions.labelled import complaint_without_classes
from harness.run.marks.observer import Columns, Mark, Observation, Observer, Subject, Types, joined
from harness.run.spec import stream
from problems.base import Array, Problem, fixed
from problems.classes.directions import principal_directions, project
from problems.classes.image_spectra import mean_frequency
from problems.engines.base import Evaluator
from problems.probes.accuracy import classes

Vectors = NDArray[np.float64]
TABLES: dict[str, Types] = {
    "response": {
        "problem": "str",
        "network": "str",
        "optimizer": "str",
        "seed": "int64",
        "direction": "str",
        "frequency": "float64",
        "power": "float64",
        "n_samples": "int64",
        "extent": "float64",
        "response_frequency": "float64",
        "response_low": "float64",
        "response_high": "float64",
        "image_frequency": "float64",
    }
}


@dataclass(frozen=True)
class Response(Observer):
    """The spectrum of the trained network's output along directions in the space of inputs."""

    through: int = 32
    """Samples that are cut through."""
    places: int = 256
    """Points of each cut."""
    extent: float = 0.0
    """Length of a cut in units of input; 0 is that of the data."""
    name: str = fixed("response")

    def __post_init__(self) -> None:
        rules = {
            "through must be at least 1": self.through >= 1,
            "places must be at least 4": self.places >= 4,
            "extent must be positive, or 0 for the extent of the data": 0 <= self.extent < np.inf,
        }
        for rule, kept in rules.items():
            if not kept:
                raise ValueError(f"{rule}; got {getattr(self, rule.split()[0])}.")

    @property
    def tables(self) -> Mapping[str, Types]:
        return TABLES

    def complaint(self, subject: Subject, evaluator: Evaluator) -> str | None:
        return complaint_without_classes(subject, evaluator.problem)

    def begin(self, subject: Subject, evaluator: Evaluator) -> Observation:
        return _AtTheEnd(self, subject, evaluator)


class _AtTheEnd:
    """Keeps the last mark, of which alone the question is asked."""

    def __init__(self, observer: Response, subject: Subject, evaluator: Evaluator) -> None:
        self._observer = observer
        self._subject = subject
        self._evaluator = evaluator
        self._last: NDArray[np.float64] | None = None

    def look(self, mark: Mark) -> None:
        self._last = mark.theta

    def rows(self) -> Mapping[str, Columns]:
        if self._last is None or not np.isfinite(self._last).all():
            return {}
        network = Trained(self._evaluator, self._last)
        found = response(network, self._observer, stream(self._subject.seed, "response"), self._subject.recipe.pictures)
        return {"response": {**self._subject.labels, **found}}


class Trained(NamedTuple):
    """A problem in hand, and the parameters `(P,)` of its network."""

    evaluator: Evaluator
    theta: NDArray[np.float64]

    @property
    def problem(self) -> Problem:
        """What was learned."""
        return self.evaluator.problem


def response(trained: Trained, cut: Response, rng: np.random.Generator, pictures: bool) -> Columns:
    """The columns of `response` beside its labels; with `pictures`, a direction has an image frequency."""
    inputs, targets = trained.problem.test or (trained.problem.inputs, trained.problem.targets)
    chosen = rng.permutation(len(inputs))[: cut.through]
    starts, answers = inputs[chosen].astype(np.float64), classes(targets[chosen])
    principal = principal_directions(trained.problem.inputs, 1)[0]
    # one length for all directions, so that their spectra are on one grid
    extent = cut.extent or float(np.ptp(project(trained.problem.inputs, principal)))
    found = directions(trained, starts, answers, principal, rng)
    rows = []
    for name, along in found.items():
        kept = np.abs(along).sum(axis=1) > 0  # a gradient of zeros points nowhere
        power = powers(trained, starts[kept], along[kept], cut.places, extent)
        image = float(mean_frequency(along[kept]).mean()) if pictures else float("nan")
        rows.append({**_rows(power, extent), "direction": name, "image_frequency": image})
    return joined(rows)


def directions(
    trained: Trained, starts: Vectors, answers: NDArray[np.int64], principal: Vectors, rng: np.random.Generator
) -> dict[str, Vectors]:
    """Unit vectors `(s, d)`, one for each of `starts (s, d)`; one of zeros where there is none."""
    inputs, labels = trained.problem.inputs, classes(trained.problem.targets)
    # on the way to a sample of another class the answer has to change
    others = np.array([rng.choice(np.flatnonzero(labels != answer)) for answer in answers])
    found = {
        "principal": np.tile(principal, (len(starts), 1)),
        "random": rng.standard_normal(starts.shape),
        "class": inputs[others] - starts,
        # of all steps that change no input by more than so much, the one that lowers the margin most, to first order
        "adversarial": -np.sign(margin_gradient(trained.evaluator, trained.theta, starts, answers)),
    }
    # the floor leaves zeros as they are, in place of NaN
    return {name: along / np.maximum(np.linalg.norm(along, axis=1)[:, None], 1e-300) for name, along in found.items()}


def powers(trained: Trained, starts: Vectors, along: Vectors, points: int, extent: float) -> Vectors:
    """Power `(s, points // 2)` at `k = 1 / extent` and its multiples, for each of `starts (s, d)`."""
    # half open, [-extent / 2, extent / 2): the transform takes the cut for a period
    t = extent * (np.arange(points) / points - 0.5)
    profiles = [_profile(trained, start + t[:, None] * line) for start, line in zip(starts, along, strict=True)]
    return spectrum(np.stack(profiles))


def spectrum(profiles: Array) -> Vectors:
    """Power `(s, points // 2)` of `profiles (s, points, m)` on a grid from -extent / 2, by the formula above."""
    points = profiles.shape[1]
    # periodic: with 2 pi t / (N - 1) its two ends would both be in the period
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(points) / points)
    weights = (window / window.sum())[:, None]
    centred = profiles - (weights * profiles).sum(axis=1, keepdims=True)
    # the grid begins at -extent / 2 and not at 0, which turns phases alone: powers have none
    coefficients = np.fft.fft(weights * centred, axis=1)[:, 1 : points // 2 + 1]
    result: Vectors = (np.abs(coefficients) ** 2).sum(axis=2)
    return result


def _profile(trained: Trained, inputs: Vectors) -> Array:
    outputs = trained.evaluator.outputs(trained.theta[None], inputs.astype(trained.problem.inputs.dtype))
    return trained.problem.readout(outputs)[0]


def _rows(power: Vectors, extent: float) -> Columns:
    frequency = np.arange(1, power.shape[1] + 1) / extent
    with np.errstate(invalid="ignore"):
        # sum_k k P(k) / sum_k P(k), one for each sample; NaN for a flat cut
        centres = power @ frequency / power.sum(axis=1)
    low, middle, high = np.nanquantile(centres, (0.25, 0.5, 0.75)) if np.isfinite(centres).any() else [np.nan] * 3
    return {
        "frequency": frequency,
        "power": power.mean(axis=0),
        "n_samples": len(power),
        "extent": extent,
        "response_frequency": middle,
        "response_low": low,
        "response_high": high,
    }

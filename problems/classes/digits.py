"""Classification of real images, whose spectrum is watched along one direction in the space of pixels.

Inputs are pixels divided by their largest value, so from 0 to 1. Projections p.x have the unit of a pixel's whole
range, and frequencies are in cycles per that unit. Sources: Xu, Zhang, Luo, Xiao, Ma, arXiv 1901.06523, section 3, for
one-hot labels, and Xu, Zhang, Xiao, arXiv 1807.01251, for scalar ones.
"""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from problems.base import Array, Loss, Network, Probe, Problem, Recipe
from problems.classes.directions import direction, principal_directions, project
from problems.datasets import DATASETS
from problems.datasets.find import load
from problems.losses.regression import make_loss
from problems.nearest import lookup
from problems.networks.by_name import Choice, image_network
from problems.networks.mlp import fully_connected
from problems.probes.accuracy import AccuracyProbe
from problems.probes.fourier import FourierProbe
from problems.probes.gaussian_filter import FilterProbe
from problems.probes.linear_model import LinearModelProbe, linear_answers
from problems.probes.projection import watch_grid, watch_peaks, watch_steps

CLASSES = 10
CHUNK = 8192
"""Samples at once: a network of 784-400-200-10 in single precision then holds 80 MB of activations."""
LABELS = ("one-hot", "scalar")
WATCH = {"grid": watch_grid, "peaks": watch_peaks, "steps": watch_steps}


class Samples(NamedTuple):
    """Inputs `(n, d)`, float32, with labels `(n,)`."""

    inputs: NDArray[np.float32]
    labels: NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class ImageRecipe(Recipe):
    """What all problems with labelled images have in common."""

    watch_words = tuple(WATCH)
    data: str = "digits"
    n_train: int = 1000
    n_test: int = 500
    labels: str = "one-hot"
    component: str = "0"
    k_max: float = 0.5
    k_count: int = 200
    watch: str = "steps"
    filters: tuple[float, ...] = ()
    filter_rows: int = 500
    linear_model: bool = False
    loss: str = "cross-entropy"

    @abstractmethod
    def inputs(self, train: Samples, test: Samples) -> tuple[Array, Array, NDArray[np.float64]]:
        """Inputs of the network, for training and for testing, and the projections `(n, 1)` of the former."""

    def build(self, rng: np.random.Generator) -> Problem:
        del rng  # the images are the same for every seed
        self._check()
        train, test = samples(self.data, self.n_train, self.n_test)
        inputs, test_inputs, projection = self.inputs(train, test)
        targets, test_targets = (encode(part.labels, self.labels) for part in (train, test))
        network = self.make_network(inputs.shape[1], targets.shape[1])
        # the projections keep float64: phases 2 pi k p.x are taken of them
        inputs, test_inputs, targets, test_targets = (
            array.astype(network.dtype) for array in (inputs, test_inputs, targets, test_targets)
        )
        return Problem(
            inputs,
            targets,
            network,
            self._loss(),
            self._probes(inputs, targets, projection),
            test=(test_inputs, test_targets) if len(test.labels) else None,
            test_probes=self._test_probes(train, test, test_targets) if len(test.labels) else (),
            chunk=min(CHUNK, getattr(network, "chunk", CHUNK)),
            notes=(f"Read {load(self.data, lookup('collection of images', self.data, DATASETS)).about}.",),
        )

    def make_network(self, inputs: int, outputs: int) -> Network:
        """The network from `inputs` to `outputs` numbers that the settings name."""
        return fully_connected(self.network, (inputs, outputs), self.activation, self.init, self.dtype)

    def _probes(self, inputs: Array, targets: Array, projection: NDArray[np.float64]) -> tuple[Probe, ...]:
        k = np.linspace(0.0, self.k_max, self.k_count)
        # what is no word of WATCH are frequencies; they are put in afterwards
        fourier: FourierProbe = WATCH.get(self.watch, watch_grid)(
            projection, targets, k, self._components(targets.shape[1])
        )
        # 0 rows stand for all of them
        rows = min(self.filter_rows, len(inputs)) or len(inputs)
        filters = tuple(FilterProbe(inputs, targets, delta, rows) for delta in self.filters)
        for probe in filters:
            probe.check()
        return fourier, *filters, AccuracyProbe(targets)

    def _test_probes(self, train: Samples, test: Samples, targets: Array) -> tuple[Probe, ...]:
        accuracy = AccuracyProbe(targets, "test-accuracy")
        if not self.linear_model:
            return (accuracy,)
        return accuracy, LinearModelProbe(targets, linear_answers(train.inputs, train.labels, test.inputs))

    def _components(self, outputs: int) -> list[int]:
        if self.component == "all":
            return list(range(outputs))
        parts = [part.strip() for part in self.component.split(",")]
        if not all(part.isdecimal() and int(part) < outputs for part in parts):
            raise ValueError(
                f"component is a number from 0 to {outputs - 1}, several with commas, or all; got '{self.component}'."
            )
        # each once, in the order given
        return [int(part) for part in dict.fromkeys(parts)]

    def _loss(self) -> Loss:
        loss = make_loss(self.loss)
        if self.labels == "scalar" and self.loss == "cross-entropy":
            raise ValueError("Cross-entropy compares shares of classes: with labels=scalar take --loss mse.")
        return loss

    def _check(self) -> None:
        rules = {
            f"labels must be one of {', '.join(LABELS)}": self.labels in LABELS,
            f"watch must be one of {', '.join(WATCH)}, or frequencies": self.watch in WATCH or self.watch[:1].isdigit(),
            "n_train must be at least 2": self.n_train >= 2,
            "n_test must be at least 0": self.n_test >= 0,
            "k_max must be positive and finite": 0 < self.k_max < np.inf,
            "k_count must be at least 2": self.k_count >= 2,
            "filters must be positive and finite": all(0 < delta < np.inf for delta in self.filters),
            "filter_rows must be at least 0, which takes all": self.filter_rows >= 0,
        }
        for rule, kept in rules.items():
            if not kept:
                raise ValueError(f"The setting {rule}; got {getattr(self, rule.split()[0])}.")


@dataclass(frozen=True, kw_only=True)
class Projected(ImageRecipe):
    """Pixels in, watched along `direction`."""

    pictures: ClassVar[bool] = True

    direction: str = "pc1"
    device: str = "cpu"

    def make_network(self, inputs: int, outputs: int) -> Network:
        return image_network(Choice(self.network, self.activation, self.init, self.dtype, self.device), inputs, outputs)

    def inputs(self, train: Samples, test: Samples) -> tuple[Array, Array, NDArray[np.float64]]:
        along = direction(self.direction, train.inputs, train.labels)
        return train.inputs, test.inputs, project(train.inputs, along)


@dataclass(frozen=True, kw_only=True)
class Reduced(ImageRecipe):
    """The first `components` principal components in, watched along the first.

    They are centred and not rescaled: a component's unit is that of a pixel, so k means the same as in `Projected`."""

    components: int = 16

    def inputs(self, train: Samples, test: Samples) -> tuple[Array, Array, NDArray[np.float64]]:
        if not 1 <= self.components <= train.inputs.shape[1]:
            raise ValueError(
                f"components must be from 1 to the number of pixels, {train.inputs.shape[1]}; got {self.components}."
            )
        # test images are centred with the mean of training ones as well: it belongs to the map
        mean = train.inputs.mean(axis=0, dtype=np.float64)
        directions = principal_directions(train.inputs, self.components)
        scores, test_scores = ((part.inputs - mean) @ directions.T for part in (train, test))
        # the first score is the projection on the first direction, but for the mean
        return scores, test_scores, scores[:, :1]


def samples(data: str, n_train: int, n_test: int) -> tuple[Samples, Samples]:
    """The first `n_train` training images and up to `n_test` others; pixels from 0 to 1.

    The others are test images, or where the collection here has none, training images that are left over.
    Raises ValueError for more training images than there are, and where the collection is not here."""
    images = load(data, lookup("collection of images", data, DATASETS))
    if n_train > len(images.train):
        raise ValueError(
            f"n_train must be at most {len(images.train):,}, all there are ({images.about}); got {n_train:,}."
        )
    held_out = images.test, images.test_labels
    # never those that are trained on
    if not len(images.test):
        held_out = images.train[n_train:], images.train_labels[n_train:]
    # in float32, or bytes times a Python float would become float64
    scale = np.float32(1 / images.peak)
    train = Samples(images.train[:n_train] * scale, images.train_labels[:n_train])
    return train, Samples(held_out[0][:n_test] * scale, held_out[1][:n_test])


def encode(labels: NDArray[np.uint8], form: str) -> NDArray[np.float64]:
    """Targets: one-hot `(n, 10)`, or the label itself as a number, `(n, 1)`."""
    return np.eye(CLASSES)[labels] if form == "one-hot" else labels[:, None].astype(np.float64)

"""Functions of one variable: samples of one, and the network, embedding and loss that a recipe asks for around them."""

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from problems.base import Array, Network, Probe, Problem, Recipe
from problems.factories import resolve
from problems.losses.regression import SlopeMSE, make_loss
from problems.networks.by_name import Sight, coordinate_network
from problems.networks.chunks import chunk_of
from problems.networks.embeddings import make_embedding
from problems.networks.inits import INITS
from problems.networks.mlp import MLP, checked_widths
from problems.networks.slopes import SlopedMLP
from problems.probes.line import Line, formula_probe, peaks_probe, tones_probe, waves_probe
from problems.probes.named import read_frequencies
from problems.probes.selection import NAMED, Selection


@dataclass(frozen=True, eq=False)
class Focus:
    """What to watch: `tones`, in the unit of the line, for the reason of `selection`, or else peaks of the spectrum.

    The peaks are local maxima unless `orthogonal`, which only makes sense on a periodic grid. Without noise, as of a
    formula, they are all that is not minute; else they must stand above what chance reaches."""

    tones: tuple[float, ...] = ()
    orthogonal: bool = True
    noisy: bool = True
    selection: Selection = NAMED


@dataclass(frozen=True, eq=False)
class Samples:
    """Inputs and targets `(n, 1)` in an interval, their `slopes (n, 1)` where known, and test samples where wanted."""

    line: Line
    inputs: Array
    targets: Array
    focus: Focus
    slopes: Array | None = None
    test: tuple[Array, Array] | None = None
    notes: tuple[str, ...] = ()
    """What was understood of the user's data."""


@dataclass(frozen=True, kw_only=True)
class Curve(Recipe):
    """A problem whose network is a function of one variable."""

    embedding: str = "none"

    @abstractmethod
    def sample(self, rng: np.random.Generator) -> Samples:
        """The data, in float64."""

    def build(self, rng: np.random.Generator) -> Problem:
        samples = self.sample(rng)
        line, embedding = samples.line, make_embedding(self.embedding)
        sight = Sight((line.start,), (line.length,), embedding)
        loss = make_loss(self.loss, slopes=samples.slopes is not None)
        sloped = isinstance(loss, SlopeMSE)
        network = self._network(sight, sloped=sloped)
        targets = samples.targets
        if sloped:
            assert samples.slopes is not None  # or make_loss has refused
            # (n, 2), value and slope; the probe reads component 0, the value
            targets = np.concatenate([targets, samples.slopes], axis=1)

        def seen(x: Array) -> Array:
            features = sight.of(x)
            if sloped:
                # (n, 2 width): by the chain rule df/dx is the derivative of f along d features / dx
                features = np.concatenate([features, embedding.speed(x, line.start, line.length)], axis=1)
            return features.astype(network.dtype)

        inputs = seen(samples.inputs)
        test = None if samples.test is None else (seen(samples.test[0]), samples.test[1].astype(network.dtype))
        # in float64, before inputs and targets are rounded to the precision of the network
        probe = self._probe(samples, targets)
        targets, chunk = targets.astype(network.dtype), chunk_of(network, len(inputs))
        return Problem(inputs, targets, network, loss, (probe,), test, chunk=chunk, notes=samples.notes)

    def _network(self, sight: Sight, *, sloped: bool) -> Network:
        if not sloped:
            return coordinate_network(self, 1, sight)
        widths = (sight.embedding.width(1), *checked_widths(self.network, (1, 1))[1:])
        net = SlopedMLP(MLP(widths, self.activation, self.init, self.dtype))
        return resolve("init", self.init, INITS).wrap(net)

    def _probe(self, samples: Samples, targets: Array) -> Probe:
        focus, line = samples.focus, samples.line
        if self.watch:
            return tones_probe(samples.inputs, targets, read_frequencies(self.watch), line.unit)
        if focus.tones:
            return waves_probe(samples.inputs, targets, np.array(focus.tones, float), line.unit, focus.selection)
        if not focus.noisy:
            return formula_probe(samples.inputs, targets, line, orthogonal=focus.orthogonal)
        # of data that are drawn anew for each seed, the weaker waves would be others each time
        weaker = not self.random_data
        return peaks_probe(samples.inputs, targets, line, orthogonal=focus.orthogonal, weaker=weaker)

"""Samples of one's own, of any dimension: from an .npz file, or as a function returns them.

Watched are, of one variable, the peaks of each target, in cycles per unit; in two and three dimensions, shells of |k|
in cycles per box (on a grid, per its period); in more, frequencies along the first principal direction, in cycles per
range of the inputs there.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from problems.base import Array, Loss, Probe, Problem, Recipe, fixed
from problems.classes.directions import principal_directions
from problems.line.functions import functions_probe
from problems.losses.regression import make_loss
from problems.networks.chunks import chunk_of
from problems.networks.mlp import fully_connected
from problems.probes.accuracy import AccuracyProbe
from problems.probes.bands import BandProbe, half_lattice, into_bands, scattered_transform
from problems.probes.projection import watch_grid, watch_peaks
from problems.probes.selection import NothingToWatch, Selection
from problems.probes.transforms import lattice
from problems.readers.arrays import load_npz
from problems.readers.sample_columns import read_columns
from problems.readers.samples import Samples, read_samples
from problems.space.images import octaves
from problems.user_files import check_unchanged, content_of, fingerprint, user_path

AUTO = "auto"
KEYS = (("inputs", "targets"), ("x", "y"), ("X", "Y"), ("X", "y"), ("points", "values"), ("coords", "values"))
"""Names under which an .npz may hold inputs and targets."""
HIDDEN = "40-40"
SHARPEST = 8.0
"""Largest |k| watched in two and three dimensions, in cycles per box."""
CYCLES = 16
"""Largest frequency watched along a direction, in cycles per range."""
MOST_WATCHED = 10
"""Output components that are watched."""


def load_samples(path: str, columns: str = "", separator: str = "") -> Samples:
    """The samples in a file: those of the named columns, or of an .npz its inputs and targets.

    Raises ValueError naming what the file holds."""
    content = content_of(path)
    # an .npz is a zip archive; it alone says what are inputs and what are targets
    if columns or separator or not (content.startswith(b"PK\x03\x04") or path.lower().endswith(".npz")):
        return read_columns(path, content, columns, separator)
    arrays = load_npz(path, content)
    for x, y in KEYS:
        if x in arrays and y in arrays:
            samples = read_samples(arrays[x], arrays[y])
            left = ", ".join(name for name in arrays if name not in (x, y))
            said = f"'{path}' gave the arrays {x} and {y}{f'; its others were left out: {left}' if left else ''}."
            return samples._replace(notes=(said, *samples.notes))
    pairs = "; ".join(f"{x} and {y}" for x, y in KEYS[:2])
    found = ", ".join(f"{name} {array.shape}" for name, array in arrays.items()) or "nothing"
    raise ValueError(
        f"An .npz of samples holds two arrays, such as {pairs}; '{path}' holds {found}. Name others with --columns "
        "INPUTS:TARGETS."
    )


@dataclass(frozen=True, kw_only=True)
class OwnData(Recipe):
    """Inputs `(n, d)` to targets `(n, m)`, or to classes, which are learned with cross-entropy.

    `network` and `loss` are chosen to fit unless they are named."""

    network: str = AUTO
    loss: str = AUTO
    budget: int = fixed(6_000)
    data: str = ""
    """An .npz with the arrays inputs and targets, or x and y; or any file of columns."""
    columns: str = ""
    """Inputs and, after a colon, targets, as the file calls them, such as `a,b,c:u,v`."""
    sep: str = ""
    """What stands between the columns of a text file, where that is not to be found out."""
    content: str = field(init=False, default="")
    """sha256 of the file, so that a study with other data is another study."""
    make: Callable[[], tuple[Any, Any]] | None = field(default=None, metadata={"fixed": True})

    def __post_init__(self) -> None:
        if self.data:
            object.__setattr__(self, "content", fingerprint(user_path(self.data), "A file of samples"))

    def build(self, rng: np.random.Generator) -> Problem:
        del rng  # the data are the same for every seed
        samples = _ascending(self._samples())
        n, d = samples.inputs.shape
        m = samples.targets.shape[1]
        name = f"{d}-{HIDDEN}-{m}" if self.network == AUTO else self.network
        network = fully_connected(name, (d, m), self.activation, self.init, self.dtype)
        probes, notes = watched(samples)
        inputs, targets = samples.inputs.astype(network.dtype), samples.targets.astype(network.dtype)
        said = (*samples.notes, *notes)
        return Problem(inputs, targets, network, self._loss(samples), probes, chunk=chunk_of(network, n), notes=said)

    def _samples(self) -> Samples:
        if (self.columns or self.sep) and not self.data:
            raise ValueError("columns and sep are about a file of samples; name it with --data FILE.")
        if self.make is not None:
            return read_samples(*self.make())
        if not self.data:
            raise ValueError(
                "Name a file of samples: --data FILE.npz, with the arrays inputs (n, d) and targets (n, m), or any "
                "file of columns with --columns INPUTS:TARGETS."
            )
        check_unchanged(self.data, user_path(self.data), "A file of samples", self.content)
        return load_samples(self.data, self.columns, self.sep)

    def _loss(self, samples: Samples) -> Loss:
        if self.loss != AUTO:
            return make_loss(self.loss)
        return make_loss("cross-entropy" if samples.classes else "mse")


def watched(samples: Samples) -> tuple[tuple[Probe, ...], tuple[str, ...]]:
    """What is watched of samples, and notes on it. Raises ValueError for targets that do not vary."""
    inputs, targets = samples.inputs, samples.targets
    if not np.ptp(targets, axis=0).max() > 0:
        raise ValueError("Targets must vary, or there is no frequency to watch; these are all the same.")
    if not np.ptp(inputs, axis=0).max() > 0:
        raise ValueError("Inputs must vary; these are all the same.")
    if inputs.shape[1] == 1 and not samples.classes:
        return _of_one_variable(inputs, targets)
    # a box without extent along an axis has no cycles there
    if inputs.shape[1] <= 3 and not samples.classes and np.ptp(inputs, axis=0).min() > 0:
        return (box_probe(inputs, targets),), ()
    along, notes = _along(inputs, targets)
    return (along, *([AccuracyProbe(targets)] if samples.classes else [])), notes


def _ascending(samples: Samples) -> Samples:
    """Samples of one variable from left to right, as functions of it are transformed."""
    if samples.inputs.shape[1] > 1 or samples.classes:
        return samples
    order = np.argsort(samples.inputs[:, 0], kind="stable")
    return samples._replace(inputs=samples.inputs[order], targets=samples.targets[order])


def _of_one_variable(x: NDArray[np.float64], targets: NDArray[np.float64]) -> tuple[tuple[Probe, ...], tuple[str, ...]]:
    """The peaks of each target; where none stands out, or places occur twice, octaves."""
    if not (np.diff(x[:, 0]) > 0).all():
        why = "Inputs occur more than once (with the means of their targets, peaks would be watched)"
    else:
        try:
            return (functions_probe(x, targets),), ()
        except NothingToWatch:
            why = "No frequency stands above chance"
    return (box_probe(x, targets),), (f"{why}: octaves of |k| are watched.",)


def box_probe(inputs: NDArray[np.float64], targets: NDArray[np.float64]) -> BandProbe:
    """Watches shells of |k| for `inputs (n, d)` with d from 1 to 3: in cycles per period of a grid, else per box."""
    # places that occur twice show no finer waves
    n, d = np.unique(inputs, axis=0).shape
    grid = lattice(inputs)
    # as shares of the box or period, so that whole k are whole cycles of it
    shares = (inputs - inputs.min(axis=0)) / np.ptp(inputs, axis=0) if grid is None else grid.in_period()
    # n points in d dimensions are n^(1/d) along an axis, and a wave is to have four of them
    highest = float(np.clip(n ** (1 / d) / 4, 2.5, SHARPEST if d > 1 else 128.0))
    half = half_lattice(highest, d)[1:]
    band = into_bands(half, octaves(highest))
    seen = (band >= 0) & (True if grid is None else grid.resolves(half))
    half, band = half[seen], band[seen]
    band = np.unique(band, return_inverse=True)[1]  # bands without a wave vector are closed up
    rule = Selection("octaves of |k|", (f"what lies beyond |k| = {highest:.3g}, four points a wave",))
    return BandProbe(targets, half, band, scattered_transform(shares, half), "shells", rule, halved=True)


def _along(inputs: Array, targets: Array) -> tuple[Probe, tuple[str, ...]]:
    """Frequencies along the first principal direction; where none stands out, whole cycles over its range."""
    centred = inputs - inputs.mean(axis=0)
    projection = centred @ principal_directions(inputs, 1)[0][:, None]
    span = float(np.ptp(projection))
    components = list(range(min(MOST_WATCHED, targets.shape[1])))
    try:
        # in quarters of a cycle, so that maxima between whole cycles are seen as well
        return watch_peaks(projection, targets, np.arange(0, CYCLES + 0.1, 0.25) / span, components), ()
    except NothingToWatch:
        note = "Along the first principal direction no frequency stands above chance: whole cycles are watched."
        return watch_grid(projection, targets, np.arange(1, 9) / span, components), (note,)

"""What is watched of a user's inputs and targets: by the shape of the inputs, as for the problems of the house.

One number a sample: the peaks of the centred target along the line, by the fast transform on a uniform grid. A picture
on a grid of the plane: rings of |k|. Points in space: shells of |k|. Anything else, classes above all: multiples of one
over the extent along a direction of the inputs.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.watch.arrays import Numbers, finite
from problems.base import Array, Loss, Network, Probe, Problem
from problems.classes.directions import direction, project
from problems.line.functions import functions_probe
from problems.losses.cross_entropy import check_shares
from problems.losses.regression import make_loss
from problems.probes.accuracy import AccuracyProbe
from problems.probes.fourier import FourierProbe
from problems.probes.named import watch_named, without_absent
from problems.probes.projection import watch_grid, watch_steps
from problems.probes.selection import NAMED
from problems.probes.transforms import Lattice, lattice
from problems.readers.tables import check_squares
from problems.space.images import ring_probe
from problems.space.solids import shell_probe

STEPS = 32
"""Multiples of one over the extent that are looked at along a direction."""
FEWEST_PIXELS = 8
"""Of each side of a picture."""
MOST_CLASSES = 65_536
PRINCIPAL = "pc1"
"""The direction unless another is named."""


class Aim(NamedTuple):
    """The direction of a user's, and the frequencies, ascending, that they name."""

    along: str
    named: NDArray[np.float64]


class Data(NamedTuple):
    """Inputs `(n, d)`, targets `(n, m)`, a loss, what is watched, and the identity of the data."""

    inputs: Array
    targets: Array
    loss: Loss
    probes: tuple[Probe, ...]
    order: NDArray[np.intp]
    """Sample i here is the user's sample `order[i]`."""
    fingerprint: str
    shapes: tuple[tuple[int, ...], ...] = ()
    """What predictions of these targets may have for a shape."""
    silent: tuple[str, ...] = ()
    """Components in which nothing is watched, in words."""


def what_is_there(data: Data, network: Network, named: Sequence[float]) -> tuple[Problem, tuple[str, ...]]:
    """The problem that is measured, at the frequencies `named` if any, and in sentences what its target does not have.

    Raises ValueError where that is all."""
    problem = Problem(data.inputs, data.targets, network, data.loss, data.probes)
    if len(named):
        problem = watch_named(problem, ",".join(map(repr, named)))
    found = without_absent(problem)
    # what was left out before has a reason of its own, such as the corners of a picture's spectrum
    known = {line for probe in problem.probes for line in _dropped(probe)}
    gone = [line for probe in found.probes for line in _dropped(probe) if line not in known]
    return found, tuple(f"Not watched: {line}." for line in (*data.silent, *gone))


def _dropped(probe: Probe) -> tuple[str, ...]:
    # no `isinstance(probe, Selective)`, which would compute all that it asks for
    return getattr(probe, "selection", NAMED).dropped


def shapes_of(samples: tuple[int, ...], targets: Array, *given: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """The shapes of targets `(n, m)` of samples that lie as `samples`, `(n,)` or `(h, w)`, and those `given`."""
    n, m = targets.shape
    of_one = [samples, (n,)] if m == 1 else []
    return tuple(dict.fromkeys([*given, *of_one, (*samples, m), (n, m)]))


def understand(
    inputs: Any, targets: Any, loss: str | None, along: str = PRINCIPAL, watch: Sequence[float] = ()
) -> Data:
    """What is there at the frequencies `watch`, if any are named; raises ValueError with what was required."""
    given, wanted = finite("inputs", inputs), finite("targets", targets)
    shape = given.shape[:2] if given.ndim == 3 and given.shape == (*wanted.shape[:2], 2) else given.shape[:1]
    x = given.reshape(int(np.prod(shape)), -1).astype(np.float64)
    whole = loss is None and wanted.dtype.kind in "iub" and wanted.ndim == 1
    # of a curve or a picture whole numbers are values, such as counts or grays
    classes = loss == "cross-entropy" or (whole and x.shape[1] > 1 and _pixels(x) is None)
    y = _one_hot(wanted) if classes else wanted.reshape(int(np.prod(wanted.shape[: len(shape)])), -1).astype(np.float64)
    if len(x) != len(y):
        raise ValueError(f"There is one target for each input; got inputs {given.shape} and targets {wanted.shape}.")
    check_squares("inputs", x)
    check_squares("targets", y)
    aim = Aim(along, np.array(sorted(watch), np.float64))
    order, probes = _classes(x, y, aim) if classes else _values(x, y, aim)
    # of doubles in C order: the same data have one identity, whatever library they came from
    print_of = hashlib.sha256(np.ascontiguousarray(x).tobytes() + np.ascontiguousarray(y).tobytes()).hexdigest()
    loss_of = make_loss(loss or ("cross-entropy" if classes else "mse"))
    if classes:
        check_shares(y)
    shapes = shapes_of(shape, y, *([] if classes else [wanted.shape]))
    return Data(x[order], y[order], loss_of, probes, order, print_of, shapes, tuple(_silent(probes[0], y.shape[1])))


def _silent(probe: Probe, components: int) -> Iterator[str]:
    for component in np.setdiff1d(np.arange(components), probe.component):
        yield f"component {component}, of which no frequency stands above the noise floor"


def _one_hot(labels: Numbers) -> NDArray[np.float64]:
    if labels.ndim == 2 and labels.shape[1] > 1:
        return labels.astype(np.float64)
    flat = labels.ravel()
    if flat.min() < 0 or flat.max() >= MOST_CLASSES or (flat != np.rint(flat)).any():
        raise ValueError(
            f"Classes are whole numbers from 0 below {MOST_CLASSES:,}, or shares (n, classes); got {flat.min():g} to "
            f"{flat.max():g}. Number them so, or give floating-point numbers where they are values and not names."
        )
    shares = np.zeros((len(flat), int(flat.max()) + 1))
    shares[np.arange(len(flat)), flat.astype(np.intp)] = 1.0
    return shares


def _classes(x: NDArray[np.float64], y: NDArray[np.float64], aim: Aim) -> tuple[NDArray[np.intp], tuple[Probe, ...]]:
    return np.arange(len(x)), (_along(x, y, aim, y.argmax(axis=1)), AccuracyProbe(y))


def _values(x: NDArray[np.float64], y: NDArray[np.float64], aim: Aim) -> tuple[NDArray[np.intp], tuple[Probe, ...]]:
    by_columns: dict[int, Callable[[], tuple[NDArray[np.intp], Probe] | None]] = {
        1: lambda: _line(x, y, aim.named),
        2: lambda: _picture(x, y),
        3: lambda: _cloud(x, y),
    }
    found = by_columns.get(x.shape[1], lambda: None)()
    if found is None:
        return np.arange(len(x)), (_along(x, y, aim, np.zeros(len(x), np.intp)),)
    if aim.along != PRINCIPAL:
        raise ValueError(
            f"A direction is taken where inputs are no line, picture or cloud in space; here what is watched is "
            f"'{found[1].name}'. Leave direction='{aim.along}' out."
        )
    return found[0], (found[1],)


def _line(x: NDArray[np.float64], y: NDArray[np.float64], named: NDArray[np.float64]) -> tuple[NDArray[np.intp], Probe]:
    order = np.argsort(x[:, 0], kind="stable")
    ascending, values = x[order], y[order]
    steps = np.diff(ascending[:, 0])
    if len(x) < 3 or not (steps > 0).all():
        twice = ascending[:-1, 0][steps <= 0]
        more = f", {twice[0]:g} twice. Average its targets, or leave one out" if len(twice) else ""
        raise ValueError(f"On a line, inputs are at least three different numbers; got {len(x)}{more}.")
    return order, functions_probe(ascending, values, named)


def _picture(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.intp], Probe] | None:
    """Rings, if the points are the pixels of a picture, in any order and scale: first coordinate downward."""
    pixels = _pixels(x)
    if pixels is None:
        return None
    # row by row, as `ring_probe` wants the pixels
    order = _row_by_row(pixels)
    return order, ring_probe(y[order], (pixels.shape[0], pixels.shape[1]))


def _pixels(x: NDArray[np.float64]) -> Lattice | None:
    grid = lattice(x) if x.shape[1] == 2 else None
    return grid if grid is not None and min(grid.shape) >= FEWEST_PIXELS else None


def _cloud(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.intp], Probe] | None:
    """Shells, in cycles per box, if the points fill a box."""
    low, high = x.min(axis=0), x.max(axis=0)
    if not (high > low).all():
        return None
    # the points of a uniform grid are a period of as many steps; of scattered ones only the box is known
    grid = lattice(x)
    if grid is not None and max(grid.shape) > 2:
        order = _row_by_row(grid)
        return order, shell_probe(x[order], y[order], grid._replace(places=grid.places[order]))
    return np.arange(len(x)), shell_probe(2 * (x - low) / (high - low) - 1, y)


def _row_by_row(grid: Lattice) -> NDArray[np.intp]:
    """The order of the points in which the last coordinate goes fastest."""
    return np.argsort(np.ravel_multi_index(tuple(grid.places.T), grid.shape), kind="stable")


def _along(x: NDArray[np.float64], y: NDArray[np.float64], aim: Aim, labels: NDArray[np.intp]) -> FourierProbe:
    projection = project(x, direction(aim.along, x, labels))
    if not np.ptp(projection) > 0:
        raise ValueError("The inputs are all alike along the direction: take another, such as direction='random(1)'.")
    # nothing need stand above the noise where the user says what is watched
    if len(aim.named):
        return watch_grid(projection, y, aim.named, range(y.shape[1]))
    k = np.arange(STEPS + 1) / float(np.ptp(projection))
    return watch_steps(projection, y, k, range(y.shape[1]))

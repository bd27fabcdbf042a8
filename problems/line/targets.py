"""Targets given as a formula or as a file of points, by a preset or by the user."""

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np

from problems.base import Array
from problems.line.curves import Curve, Focus, Samples
from problems.line.exact_waves import waves_of
from problems.line.expressions import Expression, constant, parse
from problems.line.points import read_points
from problems.line.resolution import watchable
from problems.probes.line import Line, uniform_grid
from problems.probes.selection import check_varies
from problems.readers.curves import is_file
from problems.readers.tables import check_squares
from problems.user_files import check_unchanged, fingerprint, user_path

MOST_SAMPLES = 2_000_000
# how close values must be, as a share of their range, and at which share of the samples
PERIODIC, MOSTLY = 1e-6, 0.99


def read_domain(text: str) -> tuple[float, float]:
    """`"-pi,pi"` as a pair of numbers; raises ValueError."""
    ends = text.split(",")
    if len(ends) != 2:
        raise ValueError(f"A domain is two numbers separated by a comma, such as -pi,pi; got '{text}'.")
    low, high = (constant(end) for end in ends)
    if not low < high:
        raise ValueError(f"A domain ends above its start; got '{text}'.")
    return low, high


def sample_formula(formula: str, domain: str, samples: int, *, local: bool) -> Samples:
    """The formula on a uniform grid of the domain, its end left out.

    Frequencies are in omega. Watched are its waves, if it is a sum of them, and else its
    peaks: every frequency where the domain is a period of it and not `local`, local maxima elsewhere.
    Raises ValueError for a formula, a domain or a number of samples that cannot be taken."""
    if not 3 <= samples <= MOST_SAMPLES:
        raise ValueError(f"samples must be from 3 to {MOST_SAMPLES:,}; got {samples}.")
    expression = parse(formula)
    low, high = read_domain(domain)
    # omega = 2 pi times cycles per unit
    line = Line(low, high - low, 2 * np.pi)
    inputs = uniform_grid(samples, line)
    values, slopes = expression(inputs[:, 0].astype(np.float64))
    check_squares(formula, values)
    # a slope may be infinite where the value is not, as that of sqrt(x) at 0
    known = slopes[:, None] if expression.is_smooth and np.isfinite(slopes).all() else None
    targets = values[:, None]
    return Samples(line, inputs, targets, _focus(expression, line, inputs, targets, local=local), known)


def _focus(expression: Expression, line: Line, inputs: Array, targets: Array, *, local: bool) -> Focus:
    check_varies(targets, _largest_between(expression, inputs))
    waves = waves_of(expression)
    if waves is None:
        return Focus(orthogonal=not local and is_period(expression, inputs, targets, line), noisy=False)
    frequencies, selection = watchable(waves, inputs, targets, line)
    return Focus(tuple(frequencies.tolist()), selection=selection)


def _largest_between(expression: Expression, inputs: Array) -> float:
    """Of the formula, halfway between its samples: cos(n x / 2) is nothing but rounding at n samples of a period."""
    x = inputs[:, 0].astype(np.float64)
    try:
        return float(np.abs(expression((x[:-1] + x[1:]) / 2)[0]).max())
    except ValueError:  # it is not finite there
        return 0.0


def is_period(expression: Expression, inputs: Array, targets: Array, line: Line) -> bool:
    """Whether the formula of `targets (n, 1)` at `inputs (n, 1)` goes on after the line as it began.

    Steps may turn over at one sample of a hundred."""
    try:
        onward = expression(inputs[:, 0].astype(np.float64) + line.length)[0]
    except ValueError:  # it is not finite there
        return False
    same = np.abs(onward - targets[:, 0]) <= PERIODIC * np.ptp(targets)
    return bool(same.mean() >= MOSTLY)


@dataclass(frozen=True, kw_only=True)
class Target(Curve):
    """The user's target: a formula of x on `domain`, or a file of x and y, which has its own domain and samples.

    A uniform grid of points is taken for one period (not so with `local_peaks`), and its discrete Fourier transform is
    watched, in cycles per unit; on other points peaks of the non-uniform transform that survive a window are. Of a
    formula, frequencies are in omega."""

    target: str = "sin(x)+0.5*cos(7*x)"
    domain: str = "-pi,pi"
    samples: int = 201
    local_peaks: bool = False
    columns: str = ""
    """Of a file with several: the names or numbers of x and y, such as t,y; or of y alone."""
    sep: str = ""
    """What stands between the columns of a text file, where that is not to be found out."""
    content: str = field(init=False, default="")
    """sha256 of the file, so that a study with other data is another study."""

    def __post_init__(self) -> None:
        # frozen, but the fingerprint is found from another field
        object.__setattr__(self, "content", fingerprint(user_path(self.target), "A curve") if self._is_file else "")

    @property
    def _is_file(self) -> bool:
        return is_file(self.target)

    def heed(self, asked: Collection[str]) -> None:
        idle = [name for name in ("domain", "samples") if name in asked]
        if self._is_file and idle:
            raise ValueError(
                f"domain and samples are about a formula; the target '{self.target}' is a file, which has its own. "
                f"Leave out {' and '.join(idle)}."
            )

    def sample(self, rng: np.random.Generator) -> Samples:
        del rng  # the target is the same for every seed
        if not self._is_file:
            if self.columns or self.sep:
                raise ValueError(f"columns and sep are about a file; the target '{self.target}' is a formula.")
            return sample_formula(self.target, self.domain, self.samples, local=self.local_peaks)
        points = read_points(self.target, self.columns, self.sep)
        check_unchanged(self.target, user_path(self.target), "A curve", self.content)
        focus = Focus(orthogonal=points.is_uniform and not self.local_peaks)
        # frequencies of a file stay in cycles per unit of its x
        line = Line(float(points.x[0]), points.length)
        return Samples(line, points.x[:, None], points.y[:, None], focus, notes=points.notes)


@dataclass(frozen=True, kw_only=True)
class Noisy(Curve):
    """A formula with normal noise, drawn anew for every seed, and test samples with noise of their own between."""

    random_data = True
    target: str = "0.5*round(sin(x)/0.5)"
    domain: str = "-10,10"
    samples: int = 300
    test_samples: int = 6000
    noise: float = 0.1

    def sample(self, rng: np.random.Generator) -> Samples:
        if self.noise < 0 or self.test_samples < 1:
            raise ValueError(
                f"noise must be at least 0 and test_samples at least 1; got {self.noise:g} and {self.test_samples}."
            )
        train, test = (
            sample_formula(self.target, self.domain, count, local=True) for count in (self.samples, self.test_samples)
        )
        # noise is drawn for training first and for testing second: the order belongs to the seed
        noisy, held_out = (
            part.targets + self.noise * rng.standard_normal(part.targets.shape) for part in (train, test)
        )
        focus = Focus(orthogonal=False)  # a formula with noise is data
        # no slopes: noise has none
        return Samples(train.line, train.inputs, noisy, focus, None, (test.inputs, held_out))

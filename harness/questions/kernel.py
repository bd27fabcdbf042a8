"""How far the tangent kernel has moved from its start, how fast it would learn each watched frequency, and when.

`drift = |K_t - K_0|_F / |K_0|_F` of the kernel `K = J J^T` of the weighted residuals (as in Fort et al. 2020, arXiv
2010.15110). `rate = 2 v^* K v` is how fast gradient flow shrinks the Fourier mode v (Jacot et al. 2018, arXiv
1806.07572). `flow_time` is when gradient flow from the start of the run would bring the frequency's error to the
threshold, had the kernel been that of the mark all along. A drift of a few per cent of the norm, which the largest
eigenvalue makes, may be many times a small eigenvalue; where `flow_time` has moved, the forecast of
`harness.run.theory` is of another network than the one that was trained (`docs/theory.md`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from harness.run.marks.observer import AtFewMarks, Columns, Mark, Observation, Observer, Subject, Types
from harness.run.marks.schedule import log_marks
from harness.run.theory import MOST_ELEMENTS, MOST_RESIDUALS, flow, mode_rates, tangent_kernel
from optimizers.base import Doubles
from problems.base import Array, Probe, Problem, fixed
from problems.engines.base import Evaluator

TIMES = np.geomspace(1e-2, 1e12, 561)
"""Times at which the flow is looked at, 40 a decade, in units of how long the kernel's trace takes to shrink by e."""


@runtime_checkable
class WaveProbe(Probe, Protocol):
    """A probe whose rows are plane waves on inputs."""

    @property
    def inputs(self) -> Array:
        """Where they are sampled, `(n, d)`."""

    @property
    def waves(self) -> Doubles:
        """Wave vectors `(R, d)` in cycles per unit."""


@dataclass(frozen=True)
class Kernel(Observer):
    """The drift of the tangent kernel from its start, and its rate for each watched frequency."""

    marks: int = 12
    """Log-spaced costs at which it is asked, besides the start and the end."""
    threshold: float = 0.1
    """The error that `flow_time` is about."""
    name: str = fixed("kernel")

    @property
    def tables(self) -> Mapping[str, Types]:
        columns = {"drift": "float64", "frequency": "float64", "component": "int64", "rate": "float64"}
        columns["flow_time"] = "float64"
        return {"kernel": {"mark": "int64", "cost": "float64", **columns}}

    def complaint(self, subject: Subject, evaluator: Evaluator) -> str | None:
        problem = evaluator.problem
        if "residuals" not in evaluator.offers or problem.targets.ndim != 2:
            return f"The tangent kernel needs a squared loss and a Jacobian, which '{subject.problem}' does not offer."
        if problem.targets.size > MOST_RESIDUALS or problem.targets.size * problem.dim > MOST_ELEMENTS:
            return (
                f"The tangent kernel is made for at most {MOST_RESIDUALS:,} residuals and {MOST_ELEMENTS:,} elements "
                f"of their Jacobian; '{subject.problem}' has {problem.targets.size:,} and "
                f"{problem.targets.size * problem.dim:,}. Take fewer samples or a smaller network."
            )
        return None

    def begin(self, subject: Subject, evaluator: Evaluator) -> Observation:
        start: list[tuple[Doubles, Doubles]] = []

        def ask(mark: Mark) -> Columns:
            kernel = tangent_kernel(evaluator, mark.theta)
            if not start:  # the first mark is that at cost 0
                start.append((kernel, evaluator.residuals_and_jacobian(mark.theta)[0]))
            first, residuals = start[0]
            drift = float(np.linalg.norm(kernel - first) / np.linalg.norm(first))
            when = flow_times(evaluator.problem, residuals, kernel, self.threshold)
            return {"drift": drift, **rates(evaluator.problem, kernel), "flow_time": when}

        return AtFewMarks("kernel", log_marks(subject.budget, self.marks), ask)


def rates(problem: Problem, kernel: Doubles) -> Columns:
    """The rate of each watched wave under `kernel (n m, n m)`, in its own output component, per unit of flow time.

    One row without a frequency if none is watched."""
    outputs = problem.targets.shape[1]
    rows: list[tuple[float, int, float]] = []
    for probe in problem.probes:
        if isinstance(probe, WaveProbe):
            for frequency, component, wave in zip(probe.frequency, probe.component, probe.waves, strict=True):
                # residuals are numbered sample by sample, components fastest: every m-th belongs to one
                own = kernel[component::outputs, component::outputs]
                rate = mode_rates(own, np.asarray(probe.inputs, np.float64), wave[None])[0][0]
                rows.append((float(frequency), int(component), float(rate)))
    columns = zip(*(rows or [(float("nan"), -1, float("nan"))]), strict=True)
    return {name: np.array(values) for name, values in zip(("frequency", "component", "rate"), columns, strict=True)}


def flow_times(problem: Problem, residuals: Doubles, kernel: Doubles, threshold: float) -> Doubles:
    """When the flow with `kernel (n m, n m)` has brought each watched wave to the threshold, in the order of `rates`.

    It begins with `residuals (n m,)`, and its time is the number of steps of gradient descent times their length. NaN
    where it does not, and where no wave is watched."""
    probes = [probe for probe in problem.probes if isinstance(probe, WaveProbe) and len(probe.frequency)]
    if not probes or not 0 < np.trace(kernel) < np.inf:  # a kernel of nothing moves nothing
        return np.full(max(1, sum(len(probe.frequency) for probe in probes)), np.nan)
    times = TIMES / (2 * np.trace(kernel))
    outputs = flow(problem, residuals, kernel, times)
    errors = [np.array([probe.measure(output)[1] for output in outputs]) for probe in probes]
    return np.concatenate([_first_below(times, of_probe, threshold) for of_probe in errors])


def _first_below(times: Doubles, errors: Doubles, threshold: float) -> Doubles:
    """When each column of `errors (t, R)` first is at the threshold, between times in the logarithms of both."""
    low = errors <= threshold
    after = low.argmax(axis=0)
    before, rows = np.maximum(after - 1, 0), np.arange(errors.shape[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        high, fallen = (np.log(errors[place, rows] / threshold) for place in (before, after))
        # log e taken for linear in log t: s = log(e_before / threshold) / log(e_before / e_after)
        share = np.where((after > 0) & np.isfinite(fallen), high / (high - fallen), 1.0)
    crossed = np.exp((1 - share) * np.log(times[before]) + share * np.log(times[after]))
    found: Doubles = np.where(low.any(axis=0), crossed, np.nan)
    return found

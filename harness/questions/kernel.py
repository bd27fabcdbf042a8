"""How far the tangent kernel has moved from its start, and how fast it would learn each watched frequency.

`drift = |K_t - K_0|_F / |K_0|_F` of the kernel `K = J J^T` of the weighted residuals. Where it stays small, training is
that of a linear model and the forecast of `harness.run.theory` may be believed; where it is not, the forecast is of
another network than the one that was trained. `rate = 2 v^* K v` is how fast gradient flow shrinks the Fourier mode v
(Jacot et al. 2018, arXiv 1806.07572; drift as in Fort et al. 2020, arXiv 2010.15110).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from harness.run.marks.observer import AtFewMarks, Columns, Mark, Observation, Observer, Subject, Types
from harness.run.marks.schedule import log_marks
from harness.run.theory import MOST_ELEMENTS, MOST_RESIDUALS, mode_rates, tangent_kernel
from optimizers.base import Doubles
from problems.base import Array, Probe, Problem, fixed
from problems.engines.base import Evaluator


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
    name: str = fixed("kernel")

    @property
    def tables(self) -> Mapping[str, Types]:
        columns = {"drift": "float64", "frequency": "float64", "component": "int64", "rate": "float64"}
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
        start: list[Doubles] = []

        def ask(mark: Mark) -> Columns:
            kernel = tangent_kernel(evaluator, mark.theta)
            # the first mark is that at cost 0
            start.extend([] if start else [kernel])
            drift = float(np.linalg.norm(kernel - start[0]) / np.linalg.norm(start[0]))
            return {"drift": drift, **rates(evaluator.problem, kernel)}

        return AtFewMarks("kernel", log_marks(subject.budget, self.marks), ask)


def rates(problem: Problem, kernel: Doubles) -> Columns:
    """The rate of each watched wave in its own output component; one row without a frequency if none is watched."""
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

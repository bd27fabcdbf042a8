"""A trained network in hand, for questions that are put to the network and not to its table."""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from harness.run.account import Snapshot, Terms
from harness.run.build import build
from harness.run.drive import drive
from harness.run.fit import check_fit
from harness.run.meter import Meter
from harness.run.schedule import log_marks
from harness.run.spec import RunSpec, stream
from optimizers.base import Doubles
from problems.base import Problem
from problems.classes.digits import ImageRecipe
from problems.engines.base import Evaluator
from problems.engines.choose import make_evaluator

Watch: TypeAlias = Callable[[Evaluator, Snapshot, Doubles], None]
"""Takes the evaluator, a mark, and the incumbent `(P,)`."""


class Trained(NamedTuple):
    """An evaluator of the problem, the incumbent `(P,)` in the end, and how the run has ended."""

    evaluator: Evaluator
    theta: Doubles
    status: str

    @property
    def problem(self) -> Problem:
        """What was learned."""
        return self.evaluator.problem


def check_classes(spec: RunSpec) -> None:
    """Raise ValueError unless the problem asks for classes of images."""
    if isinstance(spec.recipe, ImageRecipe) and spec.recipe.labels == "one-hot":
        return
    raise ValueError(
        f"This is asked of problems with one-hot classes, such as digits, digits-pca or mnist; got '{spec.problem}'."
    )


def train(spec: RunSpec, watch: Watch | None = None) -> Trained:
    """Carry out the run, alone, and let `watch` see every mark."""
    problem = build(spec)
    check_fit(spec.optimizer, spec.method, problem, spec.engine)
    evaluator = make_evaluator(problem, "numpy")
    terms = Terms(
        spec.budget,
        spec.method.incumbent,
        log_marks(spec.budget, spec.marks),
        spec.cost_per_gradient,
        spec.time_limit,
        spec.target_loss,
    )
    observe = None if watch is None else lambda _, snapshot, thetas: watch(evaluator, snapshot, thetas[0])
    meter = Meter(evaluator, terms, observe)
    theta0 = problem.network.theta0(stream(spec.seed, "weights"))
    status, _ = drive(spec.method, meter, theta0, stream(spec.seed, "optimizer"))
    return Trained(evaluator, meter.incumbent.copy(), status)

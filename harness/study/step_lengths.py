"""Step lengths that a scaling of the network asks for, unless the user has chosen one.

In the mean-field scaling an output is the mean over N hidden units, so the gradient of one unit's parameters falls like
1 / N, and the limit of Mei et al. 2018 (arXiv 1804.06561, where the 1 / N of the mean is left out
of the gradient) is that of steps N times as long. Methods that divide by the size of the gradient need none of it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from harness.run.spec import RunSpec
from optimizers.base import Optimizer
from problems.base import Recipe

MEAN_FIELD = "mean-field"


def stepped(method: Optimizer, recipe: Recipe, chosen: Collection[str]) -> Optimizer:
    """`method` with its `lr` times the width of the last hidden layer if that is asked for and `lr` is not `chosen`."""
    width = last_width(recipe)
    if width is None or not method.proportional or "lr" in chosen:
        return method
    lr: float = method.lr  # type: ignore[attr-defined]  # methods whose steps are proportional to gradients have it
    return replace(method, lr=width * lr)  # type: ignore[call-arg]  # the same


def last_width(recipe: Recipe) -> int | None:
    """The units over which a mean-field output is the mean; None where there is no such mean."""
    widths = recipe.network.split("-")
    if recipe.init != MEAN_FIELD or len(widths) < 3 or not all(width.isdigit() for width in widths):
        return None
    return int(widths[-2])


def step_notes(specs: Sequence[RunSpec], chosen: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """A sentence on the methods whose step was made longer, if any; `chosen` are the settings that the user has set."""
    longer = {
        spec.optimizer: width
        for spec in specs
        if spec.method.proportional and "lr" not in chosen[spec.optimizer] and (width := last_width(spec.recipe))
    }
    if not longer:
        return ()
    name, width = next(iter(longer.items()))
    sentence = (
        f"Steps of {', '.join(longer)} are {width} times as long, as the mean-field scaling of the network asks; "
        f"'--set {name}.lr=...' chooses another."
    )
    return (sentence,)

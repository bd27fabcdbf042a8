"""Evaluations that torch's L-BFGS makes twice, remembered, for its compiled loop: each is paid for once."""

from typing import Any, NamedTuple

from optimizers.compiled.calls import evaluate
from optimizers.compiled.compilation import plain
from optimizers.compiled.vectors import copy, dot


class Recall(NamedTuple):
    """The latest evaluation, at `point`, and the lowest: a line search of torch ends at either.

    `known` is whether there is a latest one and a lowest one apart from it, `losses` are theirs; `slope` is the
    gradient at the point asked for last. The other arrays `(P,)` are where a search begins, its direction, and room."""

    address: Any
    context: Any
    point: Any
    gradient: Any
    lowest: Any
    lowest_gradient: Any
    known: Any
    losses: Any
    theta: Any
    direction: Any
    slope: Any
    trial: Any


@plain
def same(first: Any, second: Any) -> Any:
    """Whether two vectors are equal, number by number."""
    i = 0
    while i < len(first) and first[i] == second[i]:
        i += 1
    return i == len(first)


@plain
def recalled(recall: Recall, theta: Any) -> Any:
    """The loss, and the gradient in `slope`; free at the two points known. NaN once the run has ended."""
    if recall.known[0] and same(recall.point, theta):
        copy(recall.gradient, recall.slope)
        return recall.losses[0]
    if recall.known[1] and same(recall.lowest, theta):
        copy(recall.lowest_gradient, recall.slope)
        return recall.losses[1]
    if recall.known[0] and not recall.known[1]:
        copy(recall.point, recall.lowest)
        copy(recall.gradient, recall.lowest_gradient)
        recall.known[1], recall.losses[1] = True, recall.losses[0]
    copy(theta, recall.point)
    loss = evaluate(recall.address, recall.context, recall.point, recall.gradient)
    recall.known[0], recall.losses[0] = True, loss
    # of two that are as low the later one is kept
    recall.known[1] = recall.known[1] and not loss <= recall.losses[1]
    copy(recall.gradient, recall.slope)
    return loss


@plain
def forget(recall: Recall, theta: Any) -> None:
    """Keep what is known at `theta` alone: every line search costs an evaluation, and none loops for free."""
    recall.known[0] = recall.known[0] and same(recall.point, theta)
    recall.known[1] = recall.known[1] and same(recall.lowest, theta)


@plain
def ask(recall: Recall, length: Any) -> Any:
    """A trial of a line search: its length, loss and slope."""
    for i in range(len(recall.theta)):
        recall.trial[i] = recall.theta[i] + length * recall.direction[i]
    loss = recalled(recall, recall.trial)
    return length, loss, dot(recall.slope, recall.direction)

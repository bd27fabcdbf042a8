"""What a loop has spent by a step, in the unit of its watch; it never falls."""

from math import inf
from typing import Any

from harness.run.numbers import is_whole
from harness.watch.arrays import number
from harness.watch.identity import Terms


def spent(said: Terms, step: Any, seconds: float, *, is_first: bool) -> float:
    """By the number of the step, from 0, and the `seconds` that were seen; raises ValueError.

    `is_first`: nothing was measured before it."""
    if not is_whole(step) or step < 0:
        raise ValueError(f"Steps are whole numbers from 0; got {step!r}.")
    if said.unit != "seconds":
        return (int(step) + 1) * said.cost
    if step > 0 and is_first:
        raise ValueError(
            f"A loop that is first seen at step {step} has spent seconds that the watch has not seen. If it begins "
            "here, call `start` before it; if it was resumed, tell all seconds so far, as `watch(step, predict, "
            "cost=...)`, or count in another unit, such as unit='steps'."
        )
    return seconds


def told(cost: Any) -> float:
    """The cost so far as the user tells it; raises ValueError for what is no number."""
    return number("cost", cost)


def check_risen(now: float, before: float, unit: str, came: str) -> None:
    """Raise ValueError for a cost that falls behind an earlier one: the curve would be another loop's.

    `came` is what it was told by, such as `step 3`, or empty if it was told itself."""
    if not 0 <= now < inf:
        raise ValueError(f"The cost so far must be a finite number of at least 0; got {now!r}.")
    if now < before:
        what = "number the steps through all epochs" if came else "`cost` is all that was spent so far"
        raise ValueError(
            f"Cost may not fall within a run: {what}; got {came or f'{now:g}'} after a cost of {before:g} {unit}."
        )

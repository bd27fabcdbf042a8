"""Values of a study's file: one, or a list of which each is taken in turn."""

from collections.abc import Iterable
from typing import Any

MOST_SEEDS = 1_000_000


def alternatives(value: Any, present: Any = None) -> list[Any]:
    """The values to take in turn. Where a setting is itself a list, as `present` is, a list of lists is several.

    Raises ValueError for lists in lists, and for tables."""
    if isinstance(present, tuple):
        nested = isinstance(value, list) and bool(value) and all(isinstance(item, list) for item in value)
        return list(map(tuple, value)) if nested else [tuple(value) if isinstance(value, list) else value]
    found = list(value) if isinstance(value, list) else [value]
    if any(isinstance(item, list | dict) for item in found):
        raise ValueError(
            f"A value is a text, a number, or true or false, or a list of those to take in turn; got {value!r}."
        )
    return found


def names(value: Any, what: str) -> dict[str, dict[str, Any]]:
    """Names with their settings: from one name, a list of names, or a table of tables; raises ValueError."""
    if isinstance(value, str):
        return {value: {}}
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return {item: {} for item in value}
    if isinstance(value, dict) and value and all(isinstance(item, dict) for item in value.values()):
        return value
    raise ValueError(
        f"{what} are a name, a list of names, or tables such as [{what}.NAME] with a setting a line; got {value!r}."
    )


def seeds(value: Any) -> list[int]:
    """`5` as 0 to 4, `"5..9"` as 5 to 9, and a list, or words between commas, of such ranges and of single seeds.

    Raises ValueError."""
    # True is an int, and no number of runs
    if isinstance(value, int) and not isinstance(value, bool):
        found = list(range(value)) if value <= MOST_SEEDS else []
    elif isinstance(value, str):
        found = list(_listed(value.split(",")))
    elif isinstance(value, list):
        found = list(_listed(value))
    else:
        found = []
    if not found or len(set(found)) < len(found) or min(found) < 0:
        raise ValueError(_form(value))
    return found


def _listed(items: Iterable[Any]) -> Iterable[int]:
    for item in items:
        first, dots, last = str(item).strip().partition("..")
        if isinstance(item, bool) or not first.isdecimal() or (dots and not last.isdecimal()):
            raise ValueError(_form(item))
        stop = int(last) + 1 if dots else int(first) + 1
        # asked before the range is walked, as one digit too many would fill the memory
        if stop - int(first) > MOST_SEEDS:
            raise ValueError(_form(item))
        yield from range(int(first), stop)


def _form(got: Any) -> str:
    return (
        "Seeds are a number of runs, such as 5 for the seeds 0 to 4; a range such as '5..9', which has both ends; or a "
        f"list of different seeds and ranges, such as '0..4,10'; got {got!r}."
    )

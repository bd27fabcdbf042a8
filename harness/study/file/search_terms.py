"""The key `tuning` of a study's file: how the settings of its optimizers are searched, and on which runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.study.file.values import alternatives, seeds
from problems.nearest import unknown

KEYS = ("trials", "seeds", "draw", "runs", "problem")


@dataclass(frozen=True)
class SearchTerms:
    """As many trials for each optimizer, judged on `seeds` runs each; `runs` are the seeds that the winners get."""

    trials: int = 8
    seeds: int = 3
    draw: int = 0
    runs: tuple[int, ...] | None = None
    """None: the seeds of the part."""
    problem: Mapping[str, tuple[Any, ...]] | None = None
    """Settings of the problem on which is searched, such as targets that the part does not have."""


def read_search(value: Any) -> SearchTerms | None:
    """The terms that a table gives, None for `false`; raises ValueError."""
    if value is None or value is False:
        return None
    if not isinstance(value, Mapping):
        raise ValueError(  # noqa: TRY004  # a mistake in a file, as all others
            f"tuning is a table such as {{trials = 8, seeds = 3, runs = '0..7'}}, or false; got {value!r}."
        )
    for key in value:
        if key not in KEYS:
            raise ValueError(str(unknown("key of tuning", key, KEYS)))
    counts = {name: _count(name, value[name]) for name in ("trials", "seeds", "draw") if name in value}
    runs = tuple(seeds(value["runs"])) if "runs" in value else None
    problem = value.get("problem")
    if problem is not None and not isinstance(problem, Mapping):
        raise ValueError(f"problem of tuning is a table of settings, such as {{target = [24, 25]}}; got {problem!r}.")
    given = {name: tuple(alternatives(one)) for name, one in (problem or {}).items()}
    return SearchTerms(**counts, runs=runs, problem=given or None)


def _count(name: str, value: Any) -> int:
    least = 0 if name == "draw" else 1
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"{name} of tuning is a whole number of at least {least}; got {value!r}.")
    return value

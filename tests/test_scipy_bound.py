"""`optimizers/line_search.py` calls two searches that scipy keeps to itself. This says what to do when they move.

When a newer scipy is wanted: raise its upper bound in pyproject.toml and its pin in constraints.txt, and run this file,
`tests/test_cores_of_methods.py` and `tests/test_trajectories.py`. If the signatures below have changed, adapt
`Line.move`; if the searches are gone, use the compiled ones of `optimizers/compiled/line.py` there as well.
"""

import re
import tomllib
from importlib.metadata import version
from inspect import signature
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ADVICE = f"scipy's private line search has moved: {__doc__}"


def test_scipy_is_bounded_above_by_a_version_that_was_tried() -> None:
    requirements = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    (bound,) = (re.search(r"<(\d+)\.(\d+)$", line) for line in requirements if line.startswith("scipy"))
    assert bound, ADVICE
    installed = tuple(map(int, version("scipy").split(".")[:2]))
    assert installed < tuple(map(int, bound.groups())), ADVICE


@pytest.mark.parametrize(
    ("name", "needed"),
    [
        ("scalar_search_wolfe1", ["phi", "derphi", "phi0", "old_phi0", "derphi0", "c1", "c2"]),
        (
            "scalar_search_wolfe2",
            ["phi", "derphi", "phi0", "old_phi0", "derphi0", "c1", "c2"],
        ),
    ],
)
def test_the_searches_are_where_they_were_and_take_what_they_took(name: str, needed: list[str]) -> None:
    from scipy.optimize import _linesearch  # noqa: PLC0415  # what is tested is whether this works

    search = getattr(_linesearch, name, None)
    assert search is not None, ADVICE
    assert list(signature(search).parameters)[: len(needed)] == needed, ADVICE

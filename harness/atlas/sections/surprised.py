"""What surprised: verdicts that go against what theory or literature let expect, as the registry tells it."""

from collections.abc import Iterator

import pandas as pd

from harness.analysis.statistics.verdicts import DIRECTIONS
from harness.atlas.wording import share_of
from optimizers import OPTIMIZERS

EXPECTED = (*DIRECTIONS, "no order")
"""An expectation that begins with one of these is held against the verdicts."""


def surprised_section(rows: pd.DataFrame) -> Iterator[str]:
    """The section; `rows` is the standing with `method`, `said` and `alone`."""
    yield "## What surprised"
    yield ""
    expected = {name: _expected(method.expected) for name, method in OPTIMIZERS.items()}
    yield (
        "Verdicts beyond what amplitude alone would give, against what is expected of a method (`optimizers/`), where "
        "that is more than that nothing is known:"
    )
    yield ""
    told = rows.assign(expected=rows["optimizer"].map(expected))
    against = told[
        told["expected"].notna() & told["said"].isin(EXPECTED) & ~told["alone"] & (told["said"] != told["expected"])
    ]
    for (block, verdict, foretold), own in against.groupby(["block", "verdict", "expected"], sort=False):
        told_of = (f"`{row['method']}` ({share_of(row)})" for row in own.to_dict("records"))
        yield f"- {block}: {verdict}, where {foretold} was expected (C): {', '.join(told_of)}."
    if against.empty:
        yield "None."
    yield ""


def _expected(text: str) -> str | None:
    return next((name for name in EXPECTED if text.startswith(name)), None)

"""What the cost of runs is counted in: forward passes, unless a loop that was watched says otherwise."""

import json

import pandas as pd

PASSES = "passes"
WATCHED = "watched"
"""What stands for an engine where a loop of the user's was watched."""
WORDS = {PASSES: "forward passes"}


def unit_of(problem_settings: str) -> str:
    """The unit of a run of these settings, as a watch names it; runs of the harness have no such setting."""
    known = json.loads(problem_settings or "{}")
    return str(known.get("cost_unit", PASSES)) if isinstance(known, dict) else PASSES


def cost_unit(runs: pd.DataFrame) -> str:
    """In words, `forward passes` or `steps`; of problems that differ both, as `forward passes or steps`."""
    found = dict.fromkeys(unit_of(text) for text in runs["problem_settings"].unique()) or [PASSES]
    return " or ".join(WORDS.get(unit, unit) for unit in found)

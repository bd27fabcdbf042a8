"""Methods that all but coincide: which of them make nearly the same runs, so that a count counts one thing twice."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pandas as pd

from harness.analysis.asked.standing import block_names, with_blocks
from harness.analysis.order import PRIMARY_THRESHOLD
from harness.tables import Tables

CLOSE = 0.01
"""Costs of a hit that differ by no more than this share are the same."""
SHARE = 0.95
"""Of what two methods learn on a problem, how much is learned at the same cost where their runs are nearly the same."""
FEWEST_HITS = 20
"""With fewer hits on a problem it is not looked at: most methods learn the same nothing there."""
HIT = ["problem_settings", "seed", "probe", "component", "frequency"]


def alike_sentences(tables: Tables, rows: pd.DataFrame) -> Iterator[str]:
    """One line, none where no two methods are alike on half of their problems; `rows` is the standing with `block`."""
    together, alike = _counted(tables, set(rows["block"]))
    pairs = [(pair, alike[pair], count) for pair, count in together.items() if alike[pair] > count / 2]
    if pairs:
        told = "; ".join(
            f"`{one}` and `{other}` on {same} of {count} problems"
            for (one, other), same, count in sorted(pairs, key=lambda each: (-each[1], each[0]))
        )
        yield (
            f"- Counts of methods and of pairs count methods by their names. Nearly the same runs, with {SHARE:.0%} "
            f"of what either learns (at least {FEWEST_HITS} hits) within {CLOSE:.0%} of the other's cost: {told}."
        )


def _counted(tables: Tables, blocks: set[str]) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]:
    """Of each pair of optimizers on how many problems both learn enough, and on how many they are alike."""
    runs, hits = tables["runs"], tables["hits"]
    names = block_names(runs)
    runs = with_blocks(runs, names)
    hits = hits[np.isclose(hits["threshold"], PRIMARY_THRESHOLD)]
    hits = hits.merge(runs[["run_id", "block", "problem_settings"]], on="run_id")
    hits = hits[hits["block"].isin(blocks)]
    # later than every hit, wherever the budget ended
    hits = hits.assign(cost=hits["cost"].where(~hits["censored"], np.inf))
    together: Counter[tuple[str, str]] = Counter()
    alike: Counter[tuple[str, str]] = Counter()
    for _, own in hits.groupby("block", sort=False):
        # a method with several settings is no other method's twin by name alone
        costs = own.pivot_table(index=HIT, columns="optimizer", values="cost", aggfunc="min").sort_index(axis="columns")
        methods, values = list(costs.columns), costs.to_numpy(np.float64)
        learned = np.isfinite(values) & (values > 0)
        enough = learned.sum(axis=0) >= FEWEST_HITS
        for row in np.flatnonzero(enough):
            others = row + 1 + np.flatnonzero(enough[row + 1 :])
            either = learned[:, [row]] | learned[:, others]
            same = either & np.isclose(values[:, [row]], values[:, others], rtol=CLOSE, atol=0)
            close = same.sum(axis=0) >= SHARE * either.sum(axis=0)
            for other, is_close in zip(others, close, strict=True):
                together[methods[row], methods[other]] += 1
                alike[methods[row], methods[other]] += bool(is_close)
    return together, alike

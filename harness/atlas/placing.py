"""A place among others: one more method on the problems of an Atlas, whose own runs are not made again.

The study file of the Atlas is taken with its optimizers replaced, so that problems, seeds, budgets and starting points
are the same, and runs are paired by seed. The unit across problems is the problem (`standing`'s block)."""

import tomllib
from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import tomli_w

from harness.analysis.alike import CLOSE, alike
from harness.analysis.asked.against import against
from harness.analysis.asked.sizes import EITHER, mean_bound, shared_sizes
from harness.analysis.asked.standing import block_names, method_names, standing, with_blocks
from harness.analysis.hits import Flags
from harness.analysis.order import LEVEL, PRIMARY_THRESHOLD, order_table, principal_probes
from harness.analysis.statistics.laws import t_quantile, t_tail
from harness.analysis.statistics.verdicts import ALONE, DIRECTIONS, SAYING, UNDECIDED
from harness.atlas.sections.controls import known_orders
from harness.quantities import AT_LEAST, AT_MOST
from harness.tables import PLACE, Doubles, Tables, of_runs

RUN_LEVEL = ("runs", "curves", "spectra", "hits")
FEWEST = 3
"""Problems from which a ratio over problems has an interval."""
AT = ["seed", "budget", "cost_per_gradient"]
EQUAL = [*PLACE, *AT]
"""What a run shares with those of other methods that it is held against."""


def study_of(file: Path, names: Sequence[str], files: Sequence[Path]) -> str:
    """The text of a study file of the Atlas, with these optimizers in place of its own; raises ValueError."""
    try:
        content: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or error
        raise ValueError(f"The study file of an Atlas is required; '{file}' cannot be read: {why}.") from None
    # tuned settings are those of the methods that go, and a shared ledger is not ours to write into
    content = {key: value for key, value in content.items() if key not in ("settings", "ledger", "tuning")}
    content["parts"] = [
        {key: value for key, value in part.items() if key not in ("optimizers", "tuning")}
        for part in content.get("parts", [{}])
    ]
    content |= {"name": f"place-{names[0]}", "optimizers": list(names)}
    if files:
        # absolute, as the file will be read from another folder than the one where it was named
        content["plugins"] = [str(path.resolve()) for path in files]
    return tomli_w.dumps(content)


def check_equal(kept: pd.DataFrame, planned: pd.DataFrame, file: Path) -> None:
    """Raises ValueError where the Atlas has no runs at the cost and from the start of planned ones.

    Both have the columns of `runs` that are known before a run; `file` is the study that plans them."""
    lacking = planned[~_alike(planned, kept, EQUAL)]
    if lacking.empty:
        return
    problem, there = lacking["problem"].iloc[0], kept[_alike(kept, lacking.iloc[[0]], PLACE)]
    if there.empty:
        raise ValueError(
            f"A place is told on problems of the Atlas; '{file}' has {problem} with settings or a network on which "
            "there are no kept runs. Take those of the Atlas, or leave it out."
        )
    has, wanted = (
        f"seed {row['seed']}, a budget of {row['budget']:g} and {row['cost_per_gradient']:g} for a gradient"
        for row in (there.iloc[-1], lacking.iloc[0])
    )
    raise ValueError(
        f"A place is told at equal cost and from equal starting points; '{file}' has {problem} with {wanted}, and the "
        f"last run that is kept has {has}. Take seeds, budgets and prices of the Atlas, or leave it out."
    )


def together(kept: Tables, new: Tables) -> Tables:
    """The tables of both, with `order` made anew over all of their configurations on the problems of the new runs.

    Of the kept runs those count that have the seeds of new ones: medians over others would be those of other starts."""
    kept = of_runs(kept, kept["runs"][_alike(kept["runs"], new["runs"], EQUAL)]["run_id"])
    # an id is a digest of all that makes a run: equal ids are one run, made on two machines perhaps
    known = set(kept["runs"]["run_id"])
    joined = {
        name: pd.concat([kept[name], new[name][~new[name]["run_id"].isin(known)]], ignore_index=True)
        for name in RUN_LEVEL
    }
    joined = alike(joined)
    # a place is told at the primary endpoint, and no other threshold or probe is judged anew
    hits, principal = joined["hits"], principal_probes(joined["runs"], joined["spectra"])
    at = np.isclose(hits["threshold"], PRIMARY_THRESHOLD) & (hits["probe"] == hits["problem"].map(principal))
    joined["hits"] = hits[at]
    nulls = pd.concat([kept["nulls"], new["nulls"]], ignore_index=True).drop_duplicates(ignore_index=True)
    runs, curves, spectra, hits = (joined[name] for name in RUN_LEVEL)
    # p is corrected over all configurations of a table, so that the two halves cannot be set below each other
    order = order_table(runs, curves, spectra, hits, nulls)
    return {**kept, **joined, "nulls": nulls, "order": order}


def _alike(runs: pd.DataFrame, others: pd.DataFrame, columns: Sequence[str]) -> Flags:
    """Of each run whether some other one has the same in these columns."""
    numbers = {name: np.float64 for name in AT if name in columns}
    own, theirs = (pd.MultiIndex.from_frame(rows[[*columns]].astype(numbers).astype(str)) for rows in (runs, others))
    return np.asarray(own.isin(theirs))


def ranking(tables: Tables, own: Sequence[str]) -> pd.DataFrame:
    """Methods by the geometric mean of their spreads, over the problems on which all of them have one.

    Ranked are the methods `own` and those with a spread on more than half of the problems of `own`, as in the figure:
    no samplers, and on no controls, of which the order is known.
    Columns: rank (1 is the largest spread), method, optimizer, own, spread_bound (the sign of a mean over bounds, which
    count as they stand), spread, low_first and problems (how many; no low_first where none of them has a verdict)."""
    rows = standing(tables)
    rows = rows.assign(method=method_names(rows))
    sizes = shared_sizes(rows, own, known_orders())
    rows = rows[rows["method"].isin(sizes.index) & rows["block"].isin(sizes.columns)]
    verdict = rows["verdict"].str.removesuffix(ALONE)
    # too few runs, hits or targets say nothing, and least of all that low ones are not first
    low = (verdict == DIRECTIONS[0]).astype("boolean").where(verdict.isin((*SAYING, UNDECIDED)))
    grouped = rows.assign(low=low).groupby("method")
    table = grouped.agg(
        optimizer=("optimizer", "first"),
        spread_bound=("spread_bound", mean_bound),
        low_first=("low", partial(pd.Series.sum, min_count=1)),
        problems=("low", "size"),
    )
    # the geometric mean over B problems, exp(sum_b log S_b / B)
    table = table.assign(spread=np.exp(sizes.mean(axis="columns")), own=table["optimizer"].isin(own)).reset_index()
    table = table.sort_values("spread", ascending=False, kind="stable", ignore_index=True)
    table.insert(0, "rank", np.arange(1, len(table) + 1))
    return table[["rank", "method", "optimizer", "own", "spread_bound", "spread", "low_first", "problems"]]


def without(tables: Tables, optimizers: Collection[str]) -> Tables:
    """The tables without what is of these optimizers."""
    runs, order = (rows[~rows["optimizer"].isin(optimizers)] for rows in (tables["runs"], tables["order"]))
    return {**of_runs(tables, runs["run_id"]), "order": order}


def ratios(tables: Tables, own: str) -> pd.DataFrame:
    """The spread of `own` over that of every other method, paired by seed within a problem, over problems.

    Columns: reference, problems, bound, ratio (geometric mean over problems) with low and high (Student's t over
    problems) and p_value. Targets of one problem count as one problem. Where bounds are among the ratios so is their
    mean: `bound` is `>=` or `<=`, the interval is open on that side and there is no p; with both, `?`, on both."""
    parts, optimizers, known = [], tables["runs"]["optimizer"], known_orders()
    for reference in sorted(set(optimizers) - {own}):
        both = tables["runs"][optimizers.isin((own, reference))]
        rows = against(of_runs(tables, both["run_id"]), reference)
        rows = rows[(rows["optimizer"] == own) & (rows["spread_ratio"] > 0)] if len(rows) else rows
        if len(rows):
            # of controls the order is known: as in the ranking they count where there is nothing else
            control = rows["problem"].isin(known)
            rows = rows if control.all() else rows[~control]
            block = with_blocks(rows, block_names(rows))["block"]
            # d_b, a block's mean over its targets of log(S_own / S_reference)
            logs = np.log(rows["spread_ratio"]).groupby(block).mean().to_numpy(np.float64)
            bound = mean_bound(rows["spread_bound"])
            parts.append({"reference": reference, "problems": len(logs), "bound": bound, **_mean(logs, bound)})
    return pd.DataFrame(parts, columns=["reference", "problems", "bound", "ratio", "low", "high", "p_value"])


def _mean(logs: Doubles, bound: str) -> dict[str, float]:
    if len(logs) < FEWEST:
        return {"ratio": float(np.exp(logs.mean())), "low": np.nan, "high": np.nan, "p_value": np.nan}
    # what differs by its last digits is equal, and the spread of such logarithms is that of rounding
    logs = np.where(np.abs(logs) <= CLOSE, 0.0, logs)
    error = logs.std(ddof=1) / np.sqrt(len(logs))
    # mean(d) -+ t s / sqrt(B) with B - 1 degrees of freedom, and back from logarithms in the end
    half = t_quantile((1 + LEVEL) / 2, len(logs) - 1) * error
    ends = np.exp([logs.mean(), logs.mean() - half, logs.mean() + half])
    # equal logarithms leave no error to divide by: all of them are 0, or surely none is
    p = 2 * t_tail(abs(logs.mean()) / error, len(logs) - 1) if error > 0 else float(logs.mean() == 0)
    low = 0.0 if bound in (AT_MOST, EITHER) else ends[1]
    high = np.inf if bound in (AT_LEAST, EITHER) else ends[2]
    return {"ratio": ends[0], "low": low, "high": high, "p_value": np.nan if bound else float(p)}

"""Tuned settings beside the registered ones: the same methods, problems and seeds, and what the search has changed."""

import json
from collections.abc import Hashable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from harness.analysis.asked.standing import KEY, PLACE, block_names, standing
from harness.analysis.order import order_table
from harness.atlas.answer import SAYING
from harness.atlas.wording import number, share_of, spread_of, table
from harness.tables import Tables

HEADS = ("problem", "method", "settings", "loss", "tuned", "spread", "tuned", "C", "tuned", "verdict", "tuned")


def beside(tables: Tables, tuned: Tables) -> pd.DataFrame:
    """A row for each tuned method and problem: the columns of the standing twice, with `_tuned` for the second.

    The first half is judged anew over the seeds and targets of the second alone."""
    found = tuned["runs"]
    places = found[PLACE].drop_duplicates()
    own = _only(tables, found)
    names = block_names(places)
    before, after = standing(own), standing(tuned)
    # a block is named by what tells it apart within a study, and the two studies are not equally wide
    renamed = {name: names[key] for key, name in block_names(own["runs"][PLACE].drop_duplicates()).items()}
    before = before.assign(block=before["block"].map(renamed))
    both = before.merge(after, on=KEY[:2], suffixes=("", "_tuned"))
    # as many methods as problems have winners: a method that was not tuned on a problem has its registered row alone
    return both[both["settings"] != both["settings_tuned"]].reset_index(drop=True)


def tuned_section(tables: Tables, tuned: Tables | None) -> Iterator[str]:
    """The section, which says so where nothing was tuned."""
    yield "## Tuned settings beside the registered ones"
    yield ""
    if tuned is None:
        yield "Not run in this study: `make atlas-core` tunes every method by the loss alone, as the design says."
        yield ""
        return
    rows = beside(tables, tuned)
    said, said_tuned = (rows[name].str.split(",").str[0] for name in ("verdict", "verdict_tuned"))
    able, able_tuned = said.isin(SAYING), said_tuned.isin(SAYING)
    both = able & able_tuned
    # the ratio of two bounds is a bound of nothing
    exact = (rows["spread_bound"] == "") & (rows["spread_bound_tuned"] == "")
    with np.errstate(all="ignore"):
        logs = np.log((rows["spread_tuned"] / rows["spread"])[exact].to_numpy(np.float64))
    logs = logs[np.isfinite(logs)]
    lower = rows["end_loss_tuned"] < rows["end_loss"]
    yield (
        f"{len(rows)} pairs of a method and a problem have another setting than the registered one with a "
        "lower loss on the seeds of the search; on the seeds of the study "
        f"the loss is lower for {int(lower.sum())} of them. Of {int(both.sum())} pairs that allow a statement "
        f"with both settings, {int(((said == said_tuned) & both).sum())} have the same verdict; "
        f"{int((able ^ able_tuned).sum())} allow one with one of them alone. "
        + (
            f"Where both spreads are known and no bounds ({len(logs)} pairs), tuning changes the spread by a factor of "
            f"{number(float(np.exp(np.median(logs))))} in the median, between {number(float(np.exp(logs.min())))} and "
            f"{number(float(np.exp(logs.max())))}."
            if len(logs)
            else ""
        )
    )
    yield ""
    yield (
        f"Tuned were {', '.join(dict.fromkeys(rows['block']))}. Both halves have the same seeds and targets, fewer "
        "than the tables above. Every other method keeps its registered settings."
    )
    yield ""
    yield from table(HEADS, [_line(row) for row in rows.to_dict("records")])


def _only(tables: Tables, found: pd.DataFrame) -> Tables:
    """The runs of methods, problems and seeds that were tuned, with their order made anew."""
    key = [*PLACE, "optimizer", "seed"]
    wanted = pd.MultiIndex.from_frame(found[key].astype(str))
    runs = tables["runs"][pd.MultiIndex.from_frame(tables["runs"][key].astype(str)).isin(wanted)]
    own: Tables = {
        name: rows[rows["run_id"].isin(runs["run_id"])] if "run_id" in rows else rows for name, rows in tables.items()
    }
    made = order_table(own["runs"], own["curves"], own["spectra"], own["hits"], own["nulls"])
    return {**own, "order": made}


def _line(row: dict[Hashable, Any]) -> list[str]:
    before, after = (json.loads(row[name]) for name in ("settings", "settings_tuned"))
    changed = ", ".join(f"{name} {_short(after[name])}" for name in after if after[name] != before.get(name))
    tuned: dict[Hashable, Any] = {
        str(name).removesuffix("_tuned"): value for name, value in row.items() if str(name).endswith("_tuned")
    }
    losses = [number(row["end_loss"]), number(tuned["end_loss"])]
    sizes = [spread_of(row), spread_of(tuned), share_of(row), share_of(tuned), row["verdict"], tuned["verdict"]]
    return [row["block"], f"`{row['optimizer']}`", changed, *losses, *sizes]


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)

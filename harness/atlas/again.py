"""Runs of a kept Atlas made again, anywhere: a random sample, or those of one row; and how far they are from the kept.

Sums of floating point are ordered differently by other processors and libraries, and a method that searches along lines
amplifies the last digit until its later hits are others. So a run is held to a tolerance; what it missed is said."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from harness.analysis.alike import CLOSE
from harness.analysis.asked.standing import block_names, method_names, standing, with_blocks
from harness.analysis.hits import find_hits
from harness.analysis.order import order_table
from harness.atlas.wording import number, share_of, spread_of, table
from harness.run.runner import run
from harness.run.spec import RunSpec
from harness.tables import LABELS, PLACE, Doubles, Tables
from problems.nearest import hint

VERIFIED = "verified.csv"
TOLERANCE = 0.01
"""Of the cost of a hit and of the best loss, relative."""
COMMAND = "python -m harness atlas"
ROW = re.compile(r"(?P<method>.+?)(?P<tuned> tuned)? on (?P<block>.+)")
TUNED = " tuned"
MADE = ("runs", "curves", "spectra")
"""Tables of a run from which all others are made."""
HEADS = (
    "problem",
    "method",
    "seed",
    "hits",
    "the same within 1 %",
    "largest difference of a cost",
    "of the best loss",
    "within tolerance",
)


def verified(specs: Sequence[RunSpec], kept: Tables) -> pd.DataFrame:
    """Make these runs again, each alone; a row for each.

    Columns: problem, optimizer, seed, run_id, hits, same (of them), cost_difference and loss_difference (relative, the
    largest), passed."""
    return pd.DataFrame([_compared(spec, run(spec), kept) for spec in specs])


def is_tuned(row: str) -> bool:
    """Whether a row such as `adam tuned on sin135` is one of tuned settings."""
    found = ROW.fullmatch(row)
    return found is not None and found["tuned"] is not None


def row_again(
    row: str, specs: Sequence[RunSpec], parts: Sequence[Tables], whole: pd.DataFrame
) -> tuple[pd.DataFrame, str, str]:
    """Make the runs of a row such as `adam on sin135 tanh` again: `verified` of them, and the row before and after.

    Its name is that of the page, by the runs of the `whole` Atlas. It is judged among the configurations of its own
    part, as it was. Raises ValueError for a row that is in none."""
    named = rows_by_name(pd.concat([kept["runs"] for kept in parts], ignore_index=True), whole)
    ids = named.get(row.replace(TUNED, "", 1) if is_tuned(row) else row)
    if ids is None:
        tail = TUNED if is_tuned(row) else ""
        known = [name.replace(" on ", f"{tail} on ", 1) for name in named]
        blocks = dict.fromkeys(name.partition(" on ")[2] for name in named)
        raise ValueError(
            f"No row of the Atlas is called '{row}'.{hint(row, known)} It is METHOD on PROBLEM, or METHOD tuned on "
            f"PROBLEM, as the page names them; here the problems are: {', '.join(blocks)}."
        )
    (kept,) = (one for one in parts if one["runs"]["run_id"].isin(ids).any())
    made = {spec.run_id: run(spec) for spec in specs if spec.run_id in ids}
    rows = pd.DataFrame([_compared(spec, made[spec.run_id], kept) for spec in specs if spec.run_id in made])
    new = {name: pd.concat([one[name] for one in made.values()]) for name in MADE}
    # hits of these runs alone: those of the others were read off marks that are not kept
    new["hits"] = find_hits(new["runs"], new["curves"], new["spectra"])
    anew = {name: pd.concat([kept[name][~kept[name]["run_id"].isin(ids)], own]) for name, own in new.items()}
    # in the order of the kept: bootstraps and names go by it
    place = {run_id: index for index, run_id in enumerate(kept["runs"]["run_id"])}
    anew = {
        name: own.sort_values("run_id", key=lambda column: column.map(place), kind="stable", ignore_index=True)
        for name, own in anew.items()
    }
    order = order_table(anew["runs"], anew["curves"], anew["spectra"], anew["hits"], kept["nulls"])
    return rows, _said(kept, ids), _said({**kept, **anew, "order": order}, ids)


def rows_by_name(runs: pd.DataFrame, whole: pd.DataFrame) -> dict[str, set[str]]:
    """The ids of the runs of each row, by its name among the runs of the `whole`."""
    names = block_names(pd.concat([whole[PLACE], runs[PLACE]]))
    runs = with_blocks(runs, names)
    alike = runs[[*LABELS, "block"]].drop_duplicates().reset_index(drop=True)
    alike["row"] = [f"{method} on {block}" for method, block in zip(method_names(alike), alike["block"], strict=True)]
    return {str(row): set(own["run_id"]) for row, own in runs.merge(alike).groupby("row", sort=False)}


def _said(tables: Tables, ids: set[str]) -> str:
    """Spread, C and verdict of the row with these runs."""
    own = tables["runs"][tables["runs"]["run_id"].isin(ids)].iloc[0]
    names = block_names(tables["runs"])
    block = names[tuple(str(own[name]) for name in PLACE)]
    rows = standing(tables)
    found = rows[
        (rows["block"] == block) & (rows["optimizer"] == own["optimizer"]) & (rows["settings"] == own["settings"])
    ]
    if found.empty:
        return "nothing was measured"
    row = found.iloc[0].to_dict()
    return f"spread {spread_of(row)}, C {share_of(row)}, {row['verdict']}"


def verified_section(rows: pd.DataFrame | None) -> Iterator[str]:
    """The section of the page."""
    yield "## Made again"
    yield ""
    if rows is None:
        yield f"No sample of the runs has been made again: `{COMMAND} --verify 12`."
        yield ""
        return
    passed, exact = (
        int(rows["passed"].sum()),
        int((rows[["cost_difference", "loss_difference"]].max(axis=1) <= 1e-8).sum()),
    )
    yield (
        f"`{COMMAND} --verify {len(rows)}` has drawn {len(rows)} of the kept runs and made them again, each alone. "
        f"{passed} agree within {TOLERANCE:.0%} "
        f"in the cost of every hit and in the best loss, {exact} of them to eight digits. "
        f"{int(rows['same'].sum())} of {int(rows['hits'].sum())} hits agree."
    )
    yield ""
    yield from table(HEADS, [_line(row) for _, row in rows.iterrows()])
    yield (
        "Of a row that you doubt, "
        f'`{COMMAND} --row "adam on random-waves"` makes the runs again, and says what the row is then; with '
        f'tuned settings: `{COMMAND} --row "adam tuned on sin135"`.'
    )
    yield ""


def _line(row: "pd.Series[Any]") -> list[str]:
    shown = [number(float(str(row[name]))) for name in ("cost_difference", "loss_difference")]
    method = f"`{row['optimizer']}`{TUNED if row.get('tuned') else ''}"
    names = [str(row["problem"]), method, str(row["seed"]), str(row["hits"]), str(row["same"])]
    return [*names, *shown, "yes" if row["passed"] else "no"]


def _compared(spec: RunSpec, made: Tables, kept: Tables) -> dict[str, object]:
    hits = find_hits(made["runs"], made["curves"], made["spectra"])
    there = kept["hits"][kept["hits"]["run_id"] == spec.run_id]
    # by its place: a frequency along a principal direction differs in its last digit between machines
    key = ["probe", "component", "place", "threshold"]
    both = _placed(hits).merge(_placed(there), on=key, suffixes=("", "_kept"))
    both = both[np.isclose(both["frequency"], both["frequency_kept"], rtol=CLOSE, atol=0)]
    alike = (both["censored"] == both["censored_kept"]).to_numpy()
    apart = _apart(both["cost"].to_numpy(np.float64), both["cost_kept"].to_numpy(np.float64))
    # what neither has learned is no difference of a cost; what one has learned alone is an infinite one
    apart = np.where(alike, np.where(both["censored"], 0.0, apart), np.inf)
    loss = _apart(made["runs"]["best_loss"].to_numpy(np.float64), _loss(kept, spec))
    same = len(both) == len(there) == len(hits)
    worst = float(apart.max(initial=0.0)) if same else np.inf
    return {
        "problem": spec.problem,
        "optimizer": spec.optimizer,
        "seed": spec.seed,
        "run_id": spec.run_id,
        "hits": len(there),
        "same": int((apart <= TOLERANCE).sum()),
        "cost_difference": worst,
        "loss_difference": float(loss[0]),
        "passed": worst <= TOLERANCE and float(loss[0]) <= TOLERANCE,
    }


def _placed(hits: pd.DataFrame) -> pd.DataFrame:
    """With the place of each frequency among those of its series."""
    return hits.assign(place=hits.groupby(["probe", "component", "threshold"])["frequency"].rank(method="dense"))


def _loss(kept: Tables, spec: RunSpec) -> Doubles:
    return kept["runs"][kept["runs"]["run_id"] == spec.run_id]["best_loss"].to_numpy(np.float64)


def _apart(a: Doubles, b: Doubles) -> Doubles:
    """|a - b| / max(|a|, |b|); 0 where both are 0, infinite or not numbers."""
    with np.errstate(all="ignore"):
        ratio = np.abs(a - b) / np.maximum(np.abs(a), np.abs(b))
    return np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, ratio)

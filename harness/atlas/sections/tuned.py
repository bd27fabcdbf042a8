"""Tuned settings beside the registered ones: what the search changed, by method, by problem, pair by pair."""

from collections.abc import Hashable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from harness.analysis.asked.sizes import is_exact
from harness.analysis.statistics.verdicts import DIRECTIONS, SAYING
from harness.atlas.pairs import TUNED, Tuned
from harness.atlas.wording import number, share_of, spread_of, table
from harness.tables import Doubles

COUNTED = ("pairs", "lower loss", "log10 of the loss ratio", "same verdict", "another", "from -> to", "spread ratio")
HEADS = ("problem", "method", "settings", "loss", "tuned", "spread", "tuned", "C", "tuned", "verdict", "tuned")


def tuned_section(tuned: Tuned | None) -> Iterator[str]:
    """The section, which says so where nothing was tuned."""
    yield "## Tuned settings beside the registered ones"
    yield ""
    if tuned is None or tuned.pairs.empty:
        yield "Not run in this study: `make atlas-core` tunes every method by the loss alone, as the design says."
        yield ""
        return
    rows = tuned.pairs
    yield " ".join(_told(rows))
    yield ""
    yield (
        "Both halves of a pair have the same seeds and targets, fewer than the tables above, and every other method "
        "keeps its registered settings. Two verdicts are two tests: that they differ is not tested, and of many pairs "
        "some differ by chance. A verdict counts as the same also where amplitude alone would give it with one of "
        f"them. Each pair, with its settings, intervals and p: [pairs.csv]({tuned.address})."
    )
    yield ""
    yield (
        "*Loss ratio*: tuned over registered, on the seeds of the study, the median over pairs. *Spread ratio*: tuned "
        "over registered, of the pairs whose spreads are both known and no bounds: the median and, of several, the "
        "lowest, the highest and how many."
    )
    yield ""
    for title, name in (("method", "optimizer"), ("problem", "block")):
        yield f"### By {title}"
        yield ""
        groups = rows.groupby(name, sort=name == "optimizer")
        yield from table((title, *COUNTED), [[_code(str(key), name), *_counted(own)] for key, own in groups])
    said, then = _said(rows)
    yield from _changed(rows[said != then])


def tuned_answer(tuned: Tuned | None) -> Iterator[str]:
    """The sentence of the answer: how many verdicts stay, and which are others over drawn targets."""
    if tuned is None or tuned.pairs.empty:
        return
    rows = tuned.pairs
    both, same, turned = (int(own.sum()) for own in _compared(*_said(rows)))
    told = (
        f"With settings tuned by the loss alone ({rows['block'].nunique()} problems), {same} of {both} pairs that "
        "allow a statement with both settings have the same verdict, and "
        f"{turned} {_have(turned)} the opposite direction"
    )
    for block, own in rows[rows["targets"] > 1].groupby("block", sort=False):
        said, then = _said(own)
        others = own.assign(move=said + " -> " + then)[said != then].to_dict("records")
        moved = ", ".join(f"`{row['optimizer']}` {row['move']} (spread {spread_of(_after(row))})" for row in others)
        told += f"; over the targets of `{block}` another is that of {moved}" if others else ""
    yield from (told + ".", "")


def _have(count: int) -> str:
    return "has" if count == 1 else "have"


def _compared(said: "pd.Series[str]", then: "pd.Series[str]") -> "tuple[pd.Series[bool], ...]":
    """Which pairs allow a statement with both settings, which of these say the same, and which the opposite."""
    both = said.isin(SAYING) & then.isin(SAYING)
    return both, both & (said == then), said.isin(DIRECTIONS) & then.isin(DIRECTIONS) & (said != then)


def _told(rows: pd.DataFrame) -> Iterator[str]:
    said, then = _said(rows)
    both, same, turned = _compared(said, then)
    yield (
        f"{len(rows)} pairs of a method and a problem ({rows['optimizer'].nunique()} methods, "
        f"{rows['block'].nunique()} problems) have another setting than the registered one with a lower loss on the "
        f"seeds of the search; on the seeds of the study the loss is lower for {int(_is_lower(rows).sum())} of them."
    )
    yield (
        f"Of {int(both.sum())} pairs that allow a statement with both settings, {int(same.sum())} "
        f"have the same verdict, and {int(turned.sum())} {_have(int(turned.sum()))} the opposite direction; "
        f"{int((said.isin(SAYING) ^ then.isin(SAYING)).sum())} allow one with one of them alone."
    )
    if len(ratios := _ratios(rows)):
        yield (
            f"Where both spreads are known and no bounds ({len(ratios)} pairs), tuning changes the spread by a factor "
            f"of {number(float(np.median(ratios)))} in the median, between {number(float(ratios.min()))} and "
            f"{number(float(ratios.max()))}."
        )


def _said(rows: pd.DataFrame) -> "list[pd.Series[str]]":
    """The verdicts of both halves, without what takes them back."""
    return [rows["verdict" + end].str.split(",").str[0] for end in ("", TUNED)]


def _is_lower(rows: pd.DataFrame) -> "pd.Series[bool]":
    return rows["end_loss" + TUNED] < rows["end_loss"]


def _ratios(rows: pd.DataFrame) -> Doubles:
    """Tuned over registered spreads, in ascending order."""
    after = rows.filter(like=TUNED).rename(columns=lambda name: str(name).removesuffix(TUNED))
    both = rows[is_exact(rows) & is_exact(after)]
    ratios: Doubles = np.sort((both["spread" + TUNED] / both["spread"]).to_numpy(np.float64))
    return ratios


def _counted(own: pd.DataFrame) -> list[str]:
    (said, then), ratios = _said(own), _ratios(own)
    moves = (said + " -> " + then)[said != then].value_counts(sort=False)
    with np.errstate(all="ignore"):
        logs = np.log10((own["end_loss" + TUNED] / own["end_loss"]).to_numpy(np.float64))
    spread = f"{number(float(np.median(ratios)))}" if len(ratios) else "-"
    if len(ratios) > 1:
        spread += f" ({number(ratios[0])} to {number(ratios[-1])}; {len(ratios)})"
    return [
        str(len(own)),
        str(int(_is_lower(own).sum())),
        f"{np.nanmedian(logs):.2f}" if np.isfinite(logs).any() else "-",
        str(int((said == then).sum())),
        str(int((said != then).sum())),
        "; ".join(f"{move}: {count}" for move, count in moves.items()) or "-",
        spread,
    ]


def _changed(rows: pd.DataFrame) -> Iterator[str]:
    yield "### Pairs whose verdict is another"
    yield ""
    if rows.empty:
        yield "None."
        yield ""
        return
    yield from table(HEADS, [_line(row) for row in rows.to_dict("records")])


def _line(row: dict[Hashable, Any]) -> list[str]:
    tuned = _after(row)
    losses = [number(row["end_loss"]), number(tuned["end_loss"])]
    sizes = [spread_of(row), spread_of(tuned), share_of(row), share_of(tuned), row["verdict"], tuned["verdict"]]
    return [row["block"], f"`{row['optimizer']}`", row["changed"], *losses, *sizes]


def _after(row: dict[Hashable, Any]) -> dict[Hashable, Any]:
    """The half with tuned settings, under the names of the other."""
    return {str(name).removesuffix(TUNED): value for name, value in row.items() if str(name).endswith(TUNED)}


def _code(name: str, column: str) -> str:
    return f"`{name}`" if column == "optimizer" else name

"""How much of an order is in the map from parameters to functions, and how much in the method: beside samplers."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from harness.analysis.asked.samplers import SAMPLERS
from harness.analysis.asked.standing import block_names, with_blocks
from harness.analysis.statistics.verdicts import FEWEST_RUNS
from harness.atlas.wording import listed, number, share_of, table
from harness.tables import Tables

P_LIMIT = 0.05
SHOWN = ("sampler", "problem", "C of the sampler", "methods beside it", "down to")
HEADS = (*SHOWN, "leave higher frequencies", "lower ones", "neither", "ratio")


def chance_section(tables: Tables, rows: pd.DataFrame) -> Iterator[str]:
    """The section, empty where nothing stands beside a sampler; `rows` is the standing with `method`."""
    compared = tables.get("samplers")
    # a study of samplers alone has nothing to compare
    if compared is None or compared.empty:
        return
    yield "## How much is in the map, and how much in the method"
    yield ""
    yield (
        "Samplers of the network's initial law follow no gradient: what order they show is in the map from "
        "parameters "
        "to functions. A method that leaves its residual at higher frequencies than a sampler does at the same loss "
        "learns low ones sooner than chance would. Counted are methods that share a loss with the sampler in "
        f"{FEWEST_RUNS} seeds or more, p corrected and at most {P_LIMIT:g}. *Down to*: the lowest such loss, "
        "as a share of the first; below it no "
        "sampler comes, and what order there is cannot be laid to the map. *Ratio*: of frequencies, method "
        "over sampler, from the lowest to the highest."
    )
    yield ""
    names = block_names(tables["runs"])
    compared = with_blocks(compared, names)
    compared = compared[compared["block"].isin(rows["block"])]
    compared = compared[(compared["n_pairs"] >= FEWEST_RUNS) & ~compared["optimizer"].isin(SAMPLERS)]
    lines, sure = [], compared["p_adjusted"] <= P_LIMIT
    for (sampler, block), own in compared.groupby(["sampler", "block"], sort=False):
        ratio, known = own["frequency_ratio"].to_numpy(np.float64), sure[own.index].to_numpy()
        higher, lower = int((known & (ratio > 1)).sum()), int((known & (ratio < 1)).sum())
        shown = f"{ratio.min():.2f} to {ratio.max():.2f}"
        counts = [str(higher), str(lower), str(len(own) - higher - lower)]
        lines.append(
            [
                f"`{sampler}`",
                str(block),
                _own(rows, str(sampler), str(block)),
                str(len(own)),
                number(own["lowest_loss"].min()),
                *counts,
                shown,
            ]
        )
    yield from table(HEADS, lines)
    yield _in_all(compared.assign(side=np.sign(compared["frequency_ratio"] - 1).where(sure, 0)))
    yield ""


def _in_all(compared: pd.DataFrame) -> str:
    """Both sides: nearly every method lies higher somewhere, and to say this alone would be to choose."""
    higher, lower = (int((compared["side"] == side).sum()) for side in (1, -1))
    # of each method the comparisons in which it lies higher, less those in which it lies lower
    surplus = compared.groupby("optimizer")["side"].sum().sort_values(ascending=False, kind="stable")
    more, fewer = surplus.index[surplus > 0], surplus.index[surplus < 0][::-1]
    return (
        f"Of these {len(compared):,} comparisons {higher} lie higher and {lower} lower; of "
        f"{len(compared) - higher - lower:,} no difference is shown. More often higher than lower: {listed(more)}. "
        f"More often lower: {listed(fewer)}."
    )


def _own(rows: pd.DataFrame, sampler: str, block: str) -> str:
    found = rows[(rows["optimizer"] == sampler) & (rows["block"] == block)]
    found = found[found["concordance"].notna()]
    return share_of(found.iloc[0].to_dict()) if len(found) else "-"

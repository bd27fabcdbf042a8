"""The page of the Atlas: every number on it is computed from the kept tables, none is typed."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from harness.analysis.asked.robustness import agreement_of_choices, robustness
from harness.analysis.asked.samplers import SAMPLERS, against_samplers
from harness.analysis.asked.standing import METHOD, method_names, standing
from harness.analysis.statistics.verdicts import DIRECTIONS
from harness.tables import LABELS, Tables
from optimizers import OPTIMIZERS

HEADER = "<!-- Made by `python -m harness atlas` from the tables in {folder}; change code or study, not this page. -->"
SAYING = (*DIRECTIONS, "no order", "mixed")
"""Verdicts that say something."""


def atlas_page(tables: Tables, folder: Path, figure: str) -> str:
    """The page in Markdown; `figure` is the address of the picture."""
    rows = standing(tables)
    rows = rows.assign(method=method_names(rows), said=rows["verdict"].str.split(",").str[0])
    # "low-first, as amplitude alone would give": what follows the comma takes most of the statement back
    rows["alone"] = rows["verdict"].str.contains(",")
    methods = _methods(rows, tables)
    blocks = list(dict.fromkeys(rows["block"]))
    return "\n".join(
        [
            HEADER.format(folder=folder.as_posix()),
            "# The Atlas: which training algorithms learn low frequencies first?",
            "",
            *_answer(rows, methods),
            "",
            f"![Every optimizer on every problem]({figure})",
            "",
            *_table(methods),
            *_problems(rows, blocks),
            *_lost(rows),
            *_map_and_method(tables),
            *_ends(tables),
            "",
        ]
    )


def _methods(rows: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """One row for each method: what holds over targets, on how many problems it is in order, and how robust that is."""
    agreed = agreement_of_choices(robustness(tables))
    # to stay undecided under other choices is no robustness: only what is said counts
    agreed = agreed[agreed["verdict"].str.split(",").str[0].isin(SAYING)]
    shares = agreed.groupby(METHOD)["agreeing"].mean()
    found = []
    for method, own in rows.groupby("method", sort=False):
        optimizer, settings = own["optimizer"].iloc[0], own["settings"].iloc[0]
        # where targets are drawn from a law, the mean over them speaks of the law; of one target there is no such mean
        several = own[own["targets"] > 1]
        counts = {name: int((own["said"] == name).sum()) for name in SAYING}
        found.append(
            {
                "method": method,
                "family": OPTIMIZERS[optimizer].family if optimizer in OPTIMIZERS else "your own",
                "population": several.iloc[0] if len(several) else None,
                # geometric mean, exp(mean log S): a spread of 2 and one of 1/2 are no preference together
                "size": float(np.exp(np.log(own["spread"].where(own["spread"] > 0)).mean())),
                "beyond": int(((own["said"] == DIRECTIONS[0]) & ~own["alone"]).sum()),
                "blocks": len(own),
                "known": int((own["spread"] > 0).sum()),
                "robust": float(shares.get((optimizer, settings), np.nan)),
                **counts,
            }
        )
    return pd.DataFrame(found).sort_values("size", ascending=False, ignore_index=True)


def _answer(rows: pd.DataFrame, methods: pd.DataFrame) -> Iterator[str]:
    saying = rows[rows["said"].isin(SAYING)]
    low, high = (saying[saying["said"] == name] for name in DIRECTIONS)
    beyond = low[~low["alone"]]
    runs = f"{methods['method'].nunique()} methods, {rows['block'].nunique()} problems"
    flat, mixed = (int((saying["said"] == name).sum()) for name in ("no order", "mixed"))
    yield (
        f"Of {len(rows)} pairs of a method and a problem ({runs}), {len(saying)} allow a statement: {len(low)} are "
        f"low-first, {len(beyond)} of them beyond what amplitude alone would give, {len(high)} are high-first, "
        f"{flat} have no order and {mixed} are mixed."
    )
    # samplers are references, and a mean over few problems is no mean over problems
    ranked = methods[(2 * methods["known"] > methods["blocks"]) & ~methods["method"].isin(SAMPLERS)]
    strongest, weakest = (ranked if len(ranked) else methods).iloc[[0, -1]].to_dict("records")
    yield (
        f"The preference is largest for `{strongest['method']}` (the highest watched frequency costs "
        f"{_number(strongest['size'])} times the lowest, geometric mean over problems) and smallest for "
        f"`{weakest['method']}` ({_number(weakest['size'])})."
    )
    reversed_on = sorted(set(high["method"]))
    never = methods[(methods[DIRECTIONS[0]] == 0)]["method"].tolist()
    yield (f"High frequencies first, somewhere: {_listed(reversed_on)}; never low-first: {_listed(never)}.")


def _table(methods: pd.DataFrame) -> Iterator[str]:
    yield "## Methods"
    yield ""
    several = [row for row in methods["population"] if row is not None]
    most = f"at most {max((row['targets'] for row in several), default=0)} targets and "
    most += f"{max((row['n_runs'] for row in several), default=0)} runs"
    yield (
        f"Over targets ({most}; a run counts where it has learned two frequencies): mean over the targets of the "
        "population, with 95 % intervals and p corrected over methods. Then "
        "on how many problems the verdict is so. Robust: the share of other reasonable choices that give the same "
        "verdict, of the problems that allow a statement."
    )
    yield ""
    heads = ["method", "family", "spread over targets", "C over targets", "p", "verdict", DIRECTIONS[0]]
    heads += ["beyond amplitude", DIRECTIONS[1], "no order", "robust"]
    yield f"| {' | '.join(heads)} |"
    yield "|---" * len(heads) + "|"
    for row in methods.to_dict("records"):
        found = row["population"]
        cells = ["-"] * 4
        if found is not None:
            spread = f"{_number(found['spread'])} [{_number(found['spread_low'])}, {_number(found['spread_high'])}]"
            share = f"{found['concordance']:.2f} [{found['low']:.2f}, {found['high']:.2f}]"
            cells = [spread, share, f"{found['p_adjusted']:.2g}", found["verdict"]]
        of = [f"{row[name]} of {row['blocks']}" for name in (DIRECTIONS[0], "beyond", DIRECTIONS[1], "no order")]
        robust = f"{row['robust']:.0%}" if np.isfinite(row["robust"]) else "-"
        yield "| " + " | ".join([f"`{row['method']}`", row["family"], *cells, *of, robust]) + " |"
    yield ""


def _problems(rows: pd.DataFrame, blocks: list[str]) -> Iterator[str]:
    yield "## Problems"
    yield ""
    yield "| problem | methods | low-first | high-first | no order | median spread | what amplitude alone gives |"
    yield "|---|---|---|---|---|---|---|"
    for block in blocks:
        own = rows[rows["block"] == block]
        counts = [str(int((own["said"] == name).sum())) for name in (*DIRECTIONS, "no order")]
        null = f"C {own['null_concordance'].median():.2f}, spread {_number(own['null_spread'].median())}"
        yield f"| {block} | {len(own)} | {' | '.join(counts)} | {_number(own['spread'].median())} | {null} |"
    yield ""


def _lost(rows: pd.DataFrame) -> Iterator[str]:
    yield "## Where the order is lost or reversed"
    yield ""
    lost = rows[rows["said"].isin(("high-first", "no order", "mixed"))]
    for row in lost.to_dict("records"):
        sizes = f"spread {_number(row['spread'])} [{_number(row['spread_low'])}, {_number(row['spread_high'])}]"
        share = f"C {row['concordance']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"
        yield f"- `{row['method']}` on {row['block']}: {row['verdict']}; {sizes}, {share}, p = {row['p_adjusted']:.2g}."
    if lost.empty:
        yield "Nowhere, among the pairs that allow a statement."
    yield ""


def _map_and_method(tables: Tables) -> Iterator[str]:
    held = [name for name in SAMPLERS if name in set(tables["runs"]["optimizer"])]
    if not held:
        return
    yield "## How much is in the map, and how much in the method"
    yield ""
    yield (
        "Samplers of the network's initial law follow no gradient: what order they show is in the map from parameters "
        "to functions. A method that leaves its residual at higher frequencies than a sampler does at the same loss "
        "learns low ones sooner than chance would. Pairs of a method and a problem, p corrected and at most 0.05:"
    )
    yield ""
    yield "| sampler | methods that leave higher frequencies | lower ones | neither |"
    yield "|---|---|---|---|"
    compared = against_samplers(tables)
    for name in held:
        # a ratio above 1: at equal loss the method has left its residual at higher frequencies than chance does
        own = compared[compared["sampler"] == name]
        sure = own["p_adjusted"] <= 0.05
        counts = [int((sure & (own["frequency_ratio"] > 1)).sum()), int((sure & (own["frequency_ratio"] < 1)).sum())]
        yield f"| `{name}` | {counts[0]} | {counts[1]} | {len(own) - sum(counts)} |"
    yield ""


def _ends(tables: Tables) -> Iterator[str]:
    runs = tables["runs"]
    failed = runs[runs["status"].isin(["failed", "crashed", "timeout"])]
    configurations = runs[[*LABELS]].drop_duplicates()
    yield "## Runs"
    yield ""
    yield (
        f"{len(runs):,} runs of {len(configurations)} configurations; {len(failed)} failed, crashed or ran out of "
        "time. `python -m harness verify` makes a sample of them again."
    )
    for (optimizer, problem, reason), own in failed.groupby(["optimizer", "problem", "reason"]):
        yield f"- `{optimizer}` on {problem}, {len(own)} times: {reason}"


def _number(value: float) -> str:
    if not np.isfinite(value):
        return "-" if np.isnan(value) else "∞"
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}"


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) if names else "none"

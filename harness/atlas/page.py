"""The page of the Atlas: every number on it is computed from the kept tables, none is typed."""

from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from harness.analysis.asked.sizes import shared_sizes
from harness.analysis.asked.standing import block_names, method_names, standing, with_blocks
from harness.analysis.statistics.verdicts import DIRECTIONS, SAYING
from harness.atlas.again import verified_section
from harness.atlas.answer import answer, worth_a_mean
from harness.atlas.kept import STANDING, with_found
from harness.atlas.pairs import Tuned
from harness.atlas.sections.by_chance import chance_section
from harness.atlas.sections.chapter import chapter_section
from harness.atlas.sections.controls import controls_section, known_orders
from harness.atlas.sections.factors import factors_section
from harness.atlas.sections.families import families_section
from harness.atlas.sections.foretold import theory_section
from harness.atlas.sections.limits import ends_section, limits_section
from harness.atlas.sections.surprised import surprised_section
from harness.atlas.sections.tuned import tuned_answer, tuned_section
from harness.atlas.wording import listed, number, share_of, spread_among, spread_of, table
from harness.tables import LABELS, METHOD, PLACE, Tables
from optimizers import OPTIMIZERS

HEADER = "<!-- Made by `python -m harness atlas` from the tables in {folder}; change code or study, not this page. -->"


def atlas_page(
    tables: Tables, folder: Path, figure: str, tuned: Tuned | None = None, again: pd.DataFrame | None = None
) -> str:
    """The page in Markdown; `figure` is the address of the picture, `again` the runs that were made again."""
    tables = with_found(tables)
    every, run = _rows(tables), _run(tables)
    # of controls the order is known: they say how far the instrument is to be believed, and nothing of methods
    known = set(known_orders())
    of_known = every["problem"].isin(known)
    rows, controls = every[~of_known], every[of_known]
    run = run[~run["problem"].isin(known)]
    sizes = shared_sizes(rows)
    methods = _methods(rows, tables, sizes)
    blocks = list(dict.fromkeys(rows["block"]))
    return "\n".join(
        [
            HEADER.format(folder=folder.as_posix()),
            "# The Atlas: which training algorithms learn low frequencies first?",
            "",
            _setting(tables["runs"][~tables["runs"]["problem"].isin(known)]),
            "",
            *answer(rows, run, sizes),
            *tuned_answer(tuned),
            f"![Every optimizer on every problem]({figure})",
            "",
            *families_section(methods, rows),
            *_table(methods, sizes),
            *_problems(rows, blocks),
            f"Of each pair sizes, intervals, p and verdict: `{(folder / STANDING).as_posix()}`.",
            "",
            *_lost(rows),
            *factors_section(tables, rows),
            *chance_section(tables, rows),
            *theory_section(tables),
            *tuned_section(tuned),
            *chapter_section(rows, run),
            *surprised_section(rows),
            *controls_section(controls),
            *limits_section(rows, tables, run),
            *ends_section(tables),
            *verified_section(again),
        ]
    )


def _setting(runs: pd.DataFrame) -> str:
    """What all statements are about."""
    smallest, largest = runs["dim"].min(), runs["dim"].max()
    return (
        f"Networks of {smallest:,} to {largest:,} parameters, at equal cost and from equal starting points; every "
        f"method has one setting for all problems. *{DIRECTIONS[0]}*: of two watched frequencies the lower one is "
        "learned at less cost more often than chance would have it. What each verdict means and cannot mean: "
        "`docs/statistics.md`."
    )


def _rows(tables: Tables) -> pd.DataFrame:
    """The standing, with the names of methods and problems, and the verdict without what takes it back."""
    rows = standing(tables)
    names = block_names(tables["runs"])
    problems = {name: key[PLACE.index("problem")] for key, name in names.items()}
    rows = rows.assign(method=method_names(rows), said=rows["verdict"].str.split(",").str[0])
    # "low-first, as amplitude alone would give": what follows the comma takes most of the statement back
    return rows.assign(alone=rows["verdict"].str.contains(","), problem=rows["block"].map(problems))


def _run(tables: Tables) -> pd.DataFrame:
    """`method`, `block` and `problem` of every pair that was run, also of those of which nothing was measured."""
    runs = tables["runs"][[*LABELS]].drop_duplicates()
    names = block_names(runs)
    runs = with_blocks(runs, names)
    return runs.assign(method=method_names(runs))[["method", "block", "problem"]].drop_duplicates(ignore_index=True)


def _methods(rows: pd.DataFrame, tables: Tables, sizes: pd.DataFrame) -> pd.DataFrame:
    """One row for each method: what holds over targets, on how many problems it is in order, and how robust that is."""
    shares = _robust(tables["robustness"], tables, rows)
    means: dict[Hashable, float] = sizes.mean(axis="columns").to_dict() if worth_a_mean(sizes) else {}
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
                "size": means.get(method, np.nan),
                "beyond": int(((own["said"] == DIRECTIONS[0]) & ~own["alone"]).sum()),
                "blocks": len(own),
                "robust": float(shares.get((optimizer, settings), np.nan)),
                **counts,
            }
        )
    columns = ["method", "family", "population", "size", "beyond", "blocks", "robust", *SAYING]
    return pd.DataFrame(found, columns=columns).sort_values("size", ascending=False, ignore_index=True)


def _robust(agreed: pd.DataFrame, tables: Tables, rows: pd.DataFrame) -> "pd.Series[float]":
    """By optimizer and settings the share of other choices that agree: the mean over the problems that are told of."""
    names = block_names(tables["runs"])
    # to stay undecided under other choices is no robustness: only what is said counts
    agreed = agreed[agreed["verdict"].str.split(",").str[0].isin(SAYING)]
    agreed = with_blocks(agreed, names)
    # no controls, and a problem of many targets counts once
    agreed = agreed[agreed["block"].isin(rows["block"])]
    return agreed.groupby([*METHOD, "block"])["agreeing"].mean().groupby(METHOD).mean()


def _table(methods: pd.DataFrame, sizes: pd.DataFrame) -> Iterator[str]:
    yield "## Methods"
    yield ""
    several = [row for row in methods["population"] if row is not None]
    most = f"at most {max((row['targets'] for row in several), default=0)} targets and "
    most += f"{max((row['n_runs'] for row in several), default=0)} runs"
    yield (
        f"Over targets ({most}; a run counts where it has learned one of its frequencies, and a method has a verdict "
        "where half of its targets count): mean over the targets of the "
        "population, with 95 % intervals and p corrected over methods. Then "
        "on how many problems the verdict is so. Robust: the share of other reasonable choices that give the same "
        "verdict, in the mean over the problems that allow a statement."
        + (
            " Rows are sorted by the geometric mean that is told above; the last ones have none."
            if worth_a_mean(sizes)
            else ""
        )
    )
    yield ""
    heads = ["method", "family", "spread over targets", "exponent", "C over targets", "C of the null", "p", "verdict"]
    heads += [DIRECTIONS[0], "beyond amplitude", DIRECTIONS[1], "no order", "robust"]
    yield from table(heads, [_method_line(row) for row in methods.to_dict("records")])


def _method_line(row: dict[Hashable, Any]) -> list[str]:
    found = row["population"]
    cells = ["-"] * 6
    if found is not None:
        exponent = f"{number(found['exponent'])} [{number(found['exponent_low'])}, {number(found['exponent_high'])}]"
        null = f"{found['null_concordance']:.2f}"
        cells = [spread_of(found), exponent, share_of(found), null, f"{found['p_adjusted']:.2g}", found["verdict"]]
    of = [f"{row[name]} of {row['blocks']}" for name in (DIRECTIONS[0], "beyond", DIRECTIONS[1], "no order")]
    robust = f"{row['robust']:.0%}" if np.isfinite(row["robust"]) else "-"
    return [f"`{row['method']}`", row["family"], *cells, *of, robust]


def _problems(rows: pd.DataFrame, blocks: list[str]) -> Iterator[str]:
    yield "## Problems"
    yield ""
    heads = ["problem", "methods", DIRECTIONS[0], "beyond amplitude", DIRECTIONS[1], "beyond amplitude", "no order"]
    heads += ["median spread", "median C", "what amplitude alone gives"]
    yield from table(heads, [_problem_line(block, rows[rows["block"] == block]) for block in blocks])


def _problem_line(block: str, own: pd.DataFrame) -> list[str]:
    said = [own[own["said"] == name] for name in (*DIRECTIONS, "no order")]
    counts = [str(n) for one in said[:2] for n in (len(one), int((~one["alone"]).sum()))] + [str(len(said[2]))]
    null = f"C {own['null_concordance'].median():.2f}, spread by loss {number(own['null_spread'].median())}"
    return [
        block,
        str(len(own)),
        *counts,
        spread_among(own.dropna(subset="spread"), np.median),
        f"{own['concordance'].median():.2f}",
        null,
    ]


def _lost(rows: pd.DataFrame) -> Iterator[str]:
    yield "## Where the order is lost or reversed"
    yield ""
    lost = rows[rows["said"].isin(("high-first", "no order", "mixed"))]
    reversed_by = lost[(lost["said"] == DIRECTIONS[1]) & ~lost["alone"]]["method"]
    never = [str(name) for name, own in rows.groupby("method", sort=False) if not (own["said"] == DIRECTIONS[0]).any()]
    yield (
        f"High-first beyond what amplitude alone would give, on some problem: {listed(sorted(set(reversed_by)))}. "
        f"Never low-first: {listed(never)}. p is corrected; how, is told under *What it cannot say*."
    )
    yield ""
    beyond = (lost["said"] == DIRECTIONS[1]) & ~lost["alone"]
    for row in lost[beyond].to_dict("records"):
        yield (
            f"- `{row['method']}` on {row['block']}: {row['verdict']}; spread {spread_of(row)}, C "
            f"{share_of(row)}, p = {row['p_adjusted']:.2g}."
        )
    # sizes of the others stand in the table of the standing
    for (block, verdict), own in lost[~beyond].groupby(["block", "verdict"], sort=False):
        shares = (f"`{row['method']}` ({row['concordance']:.2f})" for row in own.to_dict("records"))
        yield f"- {block}: {verdict} (C): {', '.join(shares)}."
    if lost.empty:
        yield "Nowhere, among the pairs that allow a statement."
    yield ""

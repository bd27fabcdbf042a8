"""The page of claims, from `claims/claims.toml` and the tables that their studies have left beside them."""

import csv
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.quantities import AT_LEAST, AT_MOST, few_digits, held
from harness.tables import LABELS

HEAD = """# Claims, and what came out

<!-- Made by `python -m harness docs claims` from claims/claims.toml and the tables beside the studies. -->

Papers of the last years contradict each other on the frequency bias. Each claim here is a study, made again by one
command. What was claimed is told as far as we have read it, mostly in abstracts; sizes and settings that the papers do
not give are our own, and are said to be. Small sizes are for two cores and minutes: they refute no claim about large
ones.

C is the share of pairs in order from low to high; the spread is how many times later the highest frequency is learned
than the lowest; both with their 95 % intervals, and behind them what a residual without preference gives (null: of C
by cost, of the spread by loss). The column `highest` says in how many runs the highest frequency is learned: where it
is in too few, a spread is a bound. Each method has two rows: with its registered settings, or those that are named,
and with the best of eight trials of three seeds each, by the loss alone and on seeds that the study does not have
(`python -m harness tune claims/NAME/SMALL.toml`). Where no trial was better, or there is nothing to set, it has one.
The number of trials is the same for all, and nothing was searched after a table was seen, but in (f), which says why.
Tuning by the loss is no tuning for the order: where the two rows of a method disagree, the order is one of settings
and not of the method.

The second table of each claim compares with a reference, seed by seed: the median of the ratios with its 95 % interval
(of eight runs from the least to the most), and p of the signs, corrected over the table (Benjamini and Hochberg).
Registered settings are compared with registered ones, and the best of all trials with the best (`tuned`), where either
of the two is another. A dash is a ratio of two bounds, which may be anything.

Each **verdict** is written by hand from the tables that are kept here. A claim that is made again has new tables and
the old words; the command says which rows are judged otherwise than before.
"""
COLUMNS = ("optimizer", "with", "settings", "highest", "C (null)", "spread (null)", "end loss")
MORE = {
    "error": "largest error of a mode",
    "psnr": "PSNR, dB",
    "rank": "stable rank, from to",
    "lowest": "passes to the lowest",
    "share": "budget to Adam's loss",
}
"""Columns of `ends.csv` that a claim may ask for, and their heads."""
PAIRED = {
    "spread": "spread, times",
    "loss": "end loss, times",
    "error": "largest error, times",
    "psnr": "PSNR, dB more",
}
"""Columns of `pairs.csv`; the last two where a claim asks for them."""
PRIMARY = {"threshold": "0.1", "matched_by": "cost"}
NOT_MADE = "not run: no GPU at hand"
NOT_RUN = "The small size has not been run yet.\n"
Row = Mapping[str, str]


def listed(folder: Path) -> list[dict[str, Any]]:
    """The claims in the folder `claims`; raises ValueError if their list cannot be read."""
    try:
        found: list[dict[str, Any]] = tomllib.loads((folder / "claims.toml").read_text(encoding="utf-8"))["claims"]
    except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
        raise ValueError(
            f"The page of claims is made from '{folder / 'claims.toml'}', a list [[claims]]; {error}."
        ) from None
    return found


def claims_page(folder: Path) -> str:
    """The page for the folder `claims`; raises ValueError if its list cannot be read."""
    return HEAD + "".join(_section(folder, claim) for claim in listed(folder))


def rows_of(folder: Path) -> list[dict[str, str]]:
    """The primary rows of a claim's order, each with its name, what tells it from others, and how it ended."""
    rows = [row for row in _read(folder / "order.csv") if all(row[key] == value for key, value in PRIMARY.items())]
    # the problem's own probe comes first; of others, the verdicts are in the table
    rows = [row for row in rows if row["probe"] == rows[0]["probe"]]
    ends = {_labels(row): row for row in _read(folder / "ends.csv")}
    found = []
    for row in rows:
        place = _place(row, rows)
        name = " ".join(
            filter(None, (row["optimizer"], place, row["fixed"], "tuned" * (row["settings_are"] == "tuned")))
        )
        found.append({**ends[_labels(row)], **row, "place": place, "name": name})
    return found


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _section(folder: Path, claim: Mapping[str, Any]) -> str:
    name, letter = claim["folder"], claim["letter"]
    own = folder / name
    commands = f"    make claim-{letter}        # both studies, tables and figure: {claim['minutes']}\n"
    commands += f"    python -m harness sweep claims/{name}/SMALL.toml\n"
    commands += f"    python -m harness sweep claims/{name}/SMALL-tuned.toml\n"
    if (own / "PUBLISHED.toml").is_file():
        commands += f"    python -m harness sweep claims/{name}/PUBLISHED.toml   # {NOT_MADE}\n"
    outcome = NOT_RUN
    if (own / "order.csv").is_file():
        rows = rows_of(own)
        outcome = "".join(_table(rows, claim.get("columns", ())))
        outcome += f"\n![{claim['title']}: order, spread and end of every method](figures/claim-{letter}.png)\n"
        outcome += "".join(_paired(own, rows, claim))
    return (
        f"\n## ({letter}) {claim['title']}\n\n**Claimed.** {claim['claimed'].strip()}\n\n"
        f"**Would be seen.** {claim['foretold'].strip()}\n\n"
        f"**Here.** {claim['here'].strip()}\n\n**Published size.** {claim['published'].strip()}\n\n"
        f"{commands}\n{outcome}\n**Verdict.** {claim['verdict'].strip()}\n"
    )


def _paired(own: Path, rows: Sequence[Row], claim: Mapping[str, Any]) -> Iterator[str]:
    if not (own / "pairs.csv").is_file():
        return
    names = ["spread", "loss", *(name for name in ("error", "psnr") if name in claim.get("columns", ()))]
    heads = ("optimizer", "with", "settings", "compared", *(PAIRED[name] for name in names), "p of the spread")
    yield f"\nAgainst {claim['against']}, seed by seed:\n\n"
    yield f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}\n"
    known = {_labels(row): row for row in rows}
    for row in _read(own / "pairs.csv"):
        shown = known[_labels(row)]
        ratios = (_ratio(row, name) for name in names)
        p = _number(row["spread_p_adjusted"]) if row["spread_ratio"] else "-"
        yield f"| {' | '.join((shown['optimizer'], shown['place'], _settings(shown), row['compared'], *ratios, p))} |\n"


def _ratio(row: Row, name: str) -> str:
    middle, low, high = (row[f"{name}_{part}"] for part in ("ratio", "low", "high"))
    bound = row["spread_bound"] if name == "spread" else ""
    return f"{bound}{_number(middle, bound)} {_ends(low, high, bound)}" if middle else "-"


def _labels(row: Row) -> tuple[str, ...]:
    return tuple(row[label] for label in LABELS)


def _settings(row: Row) -> str:
    return f"{row['settings_are']}: {row['shown']}" if row["shown"] else row["settings_are"]


def _table(rows: Sequence[Row], more: Sequence[str]) -> Iterator[str]:
    heads = (*COLUMNS, *(MORE[name] for name in more), "verdict")
    yield f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}\n"
    yield from (f"| {' | '.join(_cells(row, more))} |\n" for row in rows)


def _cells(row: Row, more: Sequence[str]) -> tuple[str, ...]:
    spread = _interval(row, "spread", "spread_low", "spread_high", row["spread_bound"])
    return (
        row["optimizer"],
        row["place"],
        _settings(row),
        f"{row['learned']} of {row['n_runs']}",
        _interval(row, "concordance", "low", "high"),
        spread,
        _number(row["loss_end"]),
        *(_more(row, name) for name in more),
        row["verdict"],
    )


def _interval(row: Row, name: str, low: str, high: str, bound: str = "") -> str:
    value, ends = _number(row[name], bound), _ends(row[low], row[high], bound)
    return f"{bound}{value} {ends} ({_number(row[f'null_{name}'])})"


def _ends(low: str, high: str, bound: str) -> str:
    below, above = (AT_LEAST, AT_MOST) if bound else ("", "")
    return f"[{_number(low, below)}, {_number(high, above)}]"


def _more(row: Row, name: str) -> str:
    if name == "rank":
        return f"{_number(row['rank_start'])} to {_number(row['rank'])}"
    if name == "psnr":
        return f"{float(row['psnr']):.1f}"
    if name == "share":
        return f"{_share(row[name])} [{_share(row['share_low'])}, {_share(row['share_high'])}]"
    return _number(row[name])


def _share(text: str) -> str:
    return "never" if text == "inf" else _number(text)


def _place(row: Row, rows: Sequence[Row]) -> str:
    """Whatever of problem, network and embedding differs between rows."""
    labels = ("problem", "network", "activation")
    shown = [row[name] for name in labels if len({other[name] for other in rows}) > 1]
    if len({other["problem_settings"] for other in rows if other["problem"] == row["problem"]}) > 1:
        # read from the text of the JSON: of the settings of problems it is the embedding that claims are about
        shown.append(row["problem_settings"].partition('"embedding":"')[2].partition('"')[0])
    return ", ".join(part for part in shown if part)


def _number(text: str, bound: str = "") -> str:
    # nothing between two commas is NaN
    return few_digits(held(float(text), bound)) if text else "-"

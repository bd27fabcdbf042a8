"""The page of claims, from `claims/claims.toml` and the tables of order that their studies have left beside them."""

import csv
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

HEAD = """# Claims, and what came out

<!-- Made by `python -m harness docs claims` from claims/claims.toml and the tables beside the studies. -->

Papers of the last years contradict each other on the frequency bias. Each claim here is a study, made again by one
command. What was claimed is told as far as we have read it, mostly in abstracts; sizes and settings that the papers do
not give are our own, and are said to be. Small sizes are for two cores and minutes: they refute no claim about large
ones.

C is the share of pairs in order from low to high, beside what a residual without preference gives (null); the spread is
how many times later the highest frequency is learned than the lowest, with its 95 % interval. Settings are defaults
unless they are named: no method was tuned here, and a verdict is on these settings alone.
"""
COLUMNS = ("optimizer", "with", "runs", "C", "null", "spread", "verdict")
PRIMARY = {"threshold": "0.1", "matched_by": "cost"}
NOT_RUN = "The small size has not been run yet.\n"


def claims_page(folder: Path) -> str:
    """The page for the folder `claims`; raises ValueError if its list cannot be read."""
    try:
        listed = tomllib.loads((folder / "claims.toml").read_text(encoding="utf-8"))["claims"]
    except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
        raise ValueError(
            f"The page of claims is made from '{folder / 'claims.toml'}', a list [[claims]]; {error}."
        ) from None
    return HEAD + "".join(_section(folder, claim) for claim in listed)


def _section(folder: Path, claim: Mapping[str, Any]) -> str:
    name = claim["folder"]
    commands = f"    python -m harness sweep claims/{name}/SMALL.toml\n"
    if (folder / name / "PUBLISHED.toml").is_file():
        commands += f"    python -m harness sweep claims/{name}/PUBLISHED.toml   # {claim['published']}\n"
    table = folder / name / "order.csv"
    outcome = "".join(_table(table)) if table.is_file() else NOT_RUN
    return (
        f"\n## ({claim['letter']}) {claim['title']}\n\n**Claimed.** {claim['claimed'].strip()}\n\n"
        f"**Here.** {claim['here'].strip()}\n\n{commands}\n{outcome}\n**Verdict.** {claim['verdict'].strip()}\n"
    )


def _table(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if all(row[key] == value for key, value in PRIMARY.items())]
    # the problem's own probe comes first; of others, the verdicts are in the table
    first = [row for row in rows if row["probe"] == rows[0]["probe"]]
    yield f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}\n"
    yield from (f"| {' | '.join(_cells(row, first))} |\n" for row in first)


def _cells(row: Mapping[str, str], rows: list[dict[str, str]]) -> tuple[str, ...]:
    low, high = _number(row["spread_low"]), _number(row["spread_high"])
    return (
        row["optimizer"],
        _settings(row, rows),
        row["n_runs"],
        _number(row["concordance"]),
        _number(row["null_concordance"]),
        f"{row['spread_bound']}{_number(row['spread'])} ({low} to {high})",
        row["verdict"],
    )


def _settings(row: Mapping[str, str], rows: list[dict[str, str]]) -> str:
    """Whatever of problem, network and settings differs between rows."""
    labels = ("problem", "network", "activation", "init")
    shown = [row[name] for name in labels if len({other[name] for other in rows}) > 1]
    if len({other["problem_settings"] for other in rows if other["problem"] == row["problem"]}) > 1:
        # read from the text of the JSON: of the settings of problems it is the embedding that claims are about
        shown.append(row["problem_settings"].partition('"embedding":"')[2].partition('"')[0])
    if len({other["settings"] for other in rows if other["optimizer"] == row["optimizer"]}) > 1:
        shown.append(row["settings"].replace('"', "").strip("{}").replace(",", ", "))
    return ", ".join(part for part in shown if part)


def _number(text: str) -> str:
    # nothing between two commas is NaN
    return f"{float(text):.2g}" if text else "-"

"""How a study stands: what is finished and how it ended, what is missing, and who works on it."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

import pandas as pd

from harness.study.foretelling.left import seconds_left
from harness.study.ledger.part import State, unpack
from harness.study.roll import label_of
from harness.study.store import AGAIN, MOST_ATTEMPTS, Store
from harness.tables import empty

MISSING = "missing"
MOST_READ = 400
"""Finished runs that say what the missing ones will take: each is a file."""


@dataclass(frozen=True)
class Status:
    """The counts of a study; `counts` has a row for each problem and optimizer, and a column for each status."""

    counts: pd.DataFrame
    runs: int
    finished: int
    owners: tuple[str, ...]
    damaged: dict[str, str]
    leftovers: int
    seconds_left: float = 0.0
    """Of the processor, for the missing runs, by what finished ones took; NaN where none is finished."""


def status_of(folder: Path) -> Status:
    """Read a study's folder, and write nothing; raises FileNotFoundError."""
    store = Store(folder)
    roll = store.roll()
    states = store.ledger.states()
    labels = label_of(roll)
    found: Counter[tuple[str, str, str]] = Counter()
    for run_id in roll["runs"]:
        label = labels[run_id]
        end = states[run_id].status if run_id in states else MISSING
        found[str(label.get("problem", "")), str(label.get("optimizer", "")), end] += 1
    rows = [(problem, name, end, count) for (problem, name, end), count in found.items()]
    counts = pd.DataFrame(rows, columns=["problem", "optimizer", "status", "runs"])
    finished = sum(count for (_, _, end), count in found.items() if end != MISSING)
    missing = [labels[run_id] for run_id in roll["runs"] if run_id not in states]
    left = seconds_left(
        _some_finished(store, [run_id for run_id in roll["runs"] if run_id in states] if missing else []),
        [(str(one.get("problem", "")), str(one.get("optimizer", ""))) for one in missing],
    )
    # never entered: who only looks makes no claim, and leaves no file
    owners = tuple(sorted(store.ledger.leases().others()))
    return Status(
        counts,
        len(roll["runs"]),
        finished,
        owners,
        dict(store.ledger.damaged),
        # while somebody works, files that are not whole are theirs
        0 if owners else len(store.ledger.leftovers()),
        left,
    )


def _some_finished(store: Store, finished: list[str]) -> pd.DataFrame:
    """The table `runs` of finished runs, of very many those that lie evenly in the order of the study."""
    rows = store.ledger.rows(finished[:: max(1, len(finished) // MOST_READ)], ["runs"]) if finished else None
    return empty("runs") if rows is None else unpack(rows, ["runs"])["runs"]


def closing_sentences(before: dict[str, State], after: dict[str, State], folder: Path) -> list[str]:
    """What became of runs that had failed or crashed, and what becomes of those that still have."""
    again = [key for key, state in after.items() if key in before and state.attempt > before[key].attempt]
    failed = [state for state in after.values() if state.status in AGAIN]
    lost = sum(after[key].status in AGAIN for key in again)
    sentences = []
    if again:
        sentences.append(f"{_runs(len(again))} made again after a bad end; {lost} failed once more")
    due = sum(state.attempt < MOST_ATTEMPTS for state in failed)
    if due:
        sentences.append(f"{_runs(due)} ended by a failure or crash: the next start tries again, twice at most")
    if len(failed) > due:
        sentences.append(
            f"{_runs(len(failed) - due)} begun {MOST_ATTEMPTS} times, and failed each time; once more with: "
            f"harness retry {quote(str(folder))}"
        )
    return sentences


def _runs(count: int) -> str:
    return "1 run was" if count == 1 else f"{count:,} runs were"

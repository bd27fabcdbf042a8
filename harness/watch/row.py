"""The tables of a watched run, from what was seen of its loop."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.quantities import few_digits
from harness.run.machine import machine
from harness.run.marks.record import Recorder
from harness.tables import SCHEMA, AnyRows, Tables, no_rows, rows_of
from harness.watch.earlier import joined
from harness.watch.entry import Entry
from harness.watch.identity import Terms

UNFINISHED = (
    "The loop has not closed its watch: it goes on, or was killed, and what it had reached is here. Start the loop "
    "again to make the whole run, which takes this one's place, or go on from a checkpoint."
)


@dataclass(frozen=True)
class Seen:
    """Cost and seconds of a loop so far, seconds of measuring, precision, and numbers of parameters and samples."""

    cost: float
    seconds: float
    measuring: float
    precision: str
    dim: int
    samples: int
    before: Tables | None = None
    """Of the same loop, until it was resumed."""

    @property
    def overhead(self) -> float:
        """Seconds spent in measuring, as a share of those of the loop."""
        return self.measuring / max(self.seconds, 1e-9)


def summary(said: Terms, recorder: Recorder, seen: Seen) -> str:
    """What the row says of a loop that was watched to its end."""
    first = recorder.first_cost(0)
    since = ""
    if seen.before is not None:
        since = (
            f" It was resumed at cost {first:g}, and goes on from {len(seen.before['curves'])} marks that were there."
        )
    elif first > said.cost:
        since = f" It was first seen at cost {first:g}: what it had learned by then, it learned earlier."
    return (
        f"A loop of the user's, watched until it was closed; cost in {said.unit}.{since} Measuring took "
        f"{seen.measuring:.3g} s, {few_digits(100 * seen.overhead)} % of the loop's {seen.seconds:.3g} s."
    )


def tables(entry: Entry, said: Terms, recorder: Recorder, seen: Seen, ended: dict[str, str]) -> Mapping[str, AnyRows]:
    """All of them; `ended` has the `status` and the `reason`."""
    row: dict[str, Any] = {
        **{name: "" if kind == "str" else 0 for name, kind in SCHEMA["runs"].items()},
        **entry.labels,
        **ended,
        "run_id": entry.run_id,
        "dtype": seen.precision,
        "seed": said.seed,
        "dim": seen.dim,
        "n_samples": seen.samples,
        "budget": said.budget or seen.cost,
        "cost_per_gradient": 1.0,
        "values": seen.cost,
        "cost": seen.cost,
        "seconds_objective": seen.seconds,
        "seconds_measuring": seen.measuring,
        "lanes": 1,
        "engine": "watched",
        "state_dtype": "",
        "first_loss": recorder.first_loss(0),
        "last_loss": recorder.last_loss(0),
        "best_loss": recorder.best_loss(0),
        "machine_id": machine()["machine_id"],
    }
    made = {
        "runs": rows_of("runs", row),
        "curves": recorder.curves(0, entry.run_id),
        "spectra": recorder.spectra(0, entry.run_id),
        "predictions": no_rows("predictions"),
    }
    return made if seen.before is None else joined(seen.before, made)

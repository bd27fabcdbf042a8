"""What finished runs of a study say of those that are missing."""

from collections.abc import Sequence

from harness.run.spec import RunSpec
from harness.study.execution.jobs import configuration
from harness.study.store import STUDY, Store

SECONDS = ["seconds_objective", "seconds_optimizer", "seconds_measuring"]
"""Of `runs`: all that a run has taken."""


def seconds_of_finished(store: Store, specs: Sequence[RunSpec]) -> dict[RunSpec, float]:
    """Mean seconds of a finished run, a lane's share where runs are lanes, by configuration; empty without any."""
    states = store.ledger.states()
    ids = [spec.run_id for spec in specs if spec.run_id in states]
    # a ledger that several studies share may have runs of ours in it before our folder is there
    if not ids or not (store.folder / STUDY).is_file():
        return {}
    runs = store.read(["runs"])["runs"].set_index("run_id")
    seconds = runs[SECONDS].sum(axis=1)
    found: dict[RunSpec, list[float]] = {}
    for spec in specs:
        if spec.run_id in seconds.index and runs.at[spec.run_id, "status"] not in ("failed", "crashed"):
            found.setdefault(configuration(spec), []).append(float(seconds[spec.run_id]))
    return {key: sum(own) / len(own) for key, own in found.items()}

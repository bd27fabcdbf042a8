"""Studies in one: the runs of all of them, none twice."""

import shutil
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from harness.questions.reading import joined_text
from harness.study.file.study_file import Study
from harness.study.ledger import part
from harness.study.ledger.ledger import PARTS
from harness.study.ledger.part import State, unpack
from harness.study.ledger.provenance import MACHINES
from harness.study.nulls import keep_nulls
from harness.study.roll import roll_of
from harness.study.sharing.papers import FILE, keep_file, stored
from harness.study.store import AGAIN, Store
from harness.tables import Tables
from harness.whole_files import replace_file

FACTS = ("run_id", "attempt", "status", "observers")


def merge(sources: Sequence[Path], target: Path) -> Store:
    """Let the study in `target` hold the runs of all `sources`; raises ValueError, FileNotFoundError.

    Of two versions of a run the one is kept that has not failed, and else the one that was begun more often; with it
    what observers have seen of the other, as they change no run. What is damaged in a source, and nowhere whole, is
    among the damaged of the ledger."""
    stores = [Store(source) for source in sources]
    rolls = [store.roll() for store in stores]
    # all that is read, before anything is written: a source that cannot be merged leaves no folder begun
    studies = [_readable(store, roll) for store, roll in zip(stores, rolls, strict=True)]
    merged = Store(target)
    if (target / FILE).exists():
        stored(target)
    for roll in rolls:
        # the list before the runs: after a kill, one that is listed is made or merged again, and none is forgotten
        merged.open({key: value for key, value in roll.items() if key != "ledger"})
    for store in stores:
        if store.ledger.folder.resolve() != merged.ledger.folder.resolve():
            # before the copy, which overwrites what is left out
            seen = _seen_elsewhere(store, merged)
            _copy(store, merged)
            _join(seen, store, merged)
    for study in studies:
        if study is not None:
            _keep_file(study, merged)
    have = {f"{run_id}.parquet" for run_id in merged.ledger.states()}
    for store in stores:
        merged.ledger.damaged |= {name: why for name, why in store.ledger.damaged.items() if name not in have}
    return merged


def _readable(store: Store, roll: Mapping[str, Any]) -> Study | None:
    """The file of the study, if it has one, whose runs can be read; raises ValueError."""
    if roll.get("purpose"):
        raise ValueError(f"The folder '{store.folder}' holds a search, which is no study to merge.")
    store.states()
    return stored(store.folder) if (store.folder / FILE).exists() else None


def _copy(source: Store, target: Store) -> None:
    have = target.ledger.states()
    wanted = [key for key, state in source.states().items() if _is_better(state, have.get(key))]
    folder = target.ledger.folder / PARTS
    folder.mkdir(parents=True, exist_ok=True)
    rows = source.ledger.rows(wanted)
    if rows is None:
        return
    for row in (rows.slice(index, 1) for index in range(rows.num_rows)):
        facts = {"observers": ""} | row.select([name for name in FACTS if name in row.column_names]).to_pylist()[0]
        # the facts stand in the footer too, where states are read from without reading rows
        whole = row.replace_schema_metadata(part.facts_of(**facts))
        replace_file(folder / f"{facts['run_id']}.parquet", partial(part.write_rows, rows=whole))
    for path in (source.ledger.folder / MACHINES).glob("[!.]*.json"):
        (target.ledger.folder / MACHINES).mkdir(exist_ok=True)
        shutil.copyfile(path, target.ledger.folder / MACHINES / path.name)


def _seen_elsewhere(source: Store, target: Store) -> dict[str, Tables]:
    """Finished runs that both have, watched by others here than there: the tables of the one that will not be kept."""
    have = target.ledger.states()
    found: dict[str, Tables] = {}
    for key, state in source.states().items():
        other = have.get(key)
        if other is None or other.observers == state.observers or {state.status, other.status} & {*AGAIN}:
            continue
        left_out = target if _is_better(state, other) else source
        if (rows := left_out.ledger.rows([key])) is not None:  # its footer was whole, and its pages need not be
            found[key] = unpack(rows)
    return found


def _join(seen: Mapping[str, Tables], source: Store, target: Store) -> None:
    machines = source.ledger.machines()
    for key, others in seen.items():
        rows = target.ledger.rows([key])
        if rows is None:
            continue
        own = unpack(rows)
        watched = others["runs"]["observers"].iloc[0]
        observers = joined_text(own["runs"]["observers"].iloc[0], watched)
        own["runs"] = own["runs"].assign(observers=observers)
        machine = machines[machines["machine_id"] == own["runs"]["machine_id"].iloc[0]]
        # on the right the run's own tables: of those that both have, the kept run's stand
        target.write(key, others | own, dict(machine.iloc[0]), rows["attempt"][0].as_py())


def _is_better(state: State, other: State | None) -> bool:
    # pairs in order: a failure is the worse, and among equals the fewer attempts
    return other is None or (other.status in AGAIN, -other.attempt) > (state.status in AGAIN, -state.attempt)


def _keep_file(study: Study, target: Store) -> None:
    if not (target.folder / FILE).exists() and set(roll_of(study.plan.specs)["runs"]) == set(target.roll()["runs"]):
        keep_file(target, study.plan.specs, study.text)
    else:
        keep_file(target, study.plan.specs)
    keep_nulls(target.folder, study.plan.specs)

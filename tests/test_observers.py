"""Observers: they never change a run, their tables lie in its store, and what is missing is made."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from support.toys import Act, Bowl, Descent, Swarmlet, run_spec

from harness.questions import OBSERVERS
from harness.questions.reading import observed_schemas, read_observers
from harness.questions.samples import Samples
from harness.run.machine import machine
from harness.run.marks.observer import AtFewMarks, Columns, Observation, Observer
from harness.run.rows import unfinished
from harness.run.runner import run, run_lanes
from harness.study.execution.execute import execute
from harness.study.store import Store
from harness.tables import SCHEMA
from problems.base import fixed


@dataclass(frozen=True)
class Lengths(Observer):
    """The length of the parameters at few marks; fails where it is told to."""

    name: str = fixed("lengths")
    table: str = fixed("lengths")
    scale: float = 1.0
    fails: str = ""

    @property
    def tables(self) -> Mapping[str, dict[str, str]]:
        return {self.table: {"mark": "int64", "cost": "float64", "length": "float64"}}

    def begin(self, subject, evaluator) -> Observation:
        def ask(mark) -> Columns:
            if mark.snapshot.cost and self.fails:
                raise ArithmeticError("no more")
            length = float(np.linalg.norm(mark.theta))
            mark.theta[:] = np.nan  # what it is shown is a copy
            return {"length": self.scale * length}

        return AtFewMarks(self.table, (10.0, 30.0), ask)


@pytest.fixture(autouse=True)
def _registered(monkeypatch):
    monkeypatch.setitem(OBSERVERS, "lengths", Lengths())


@pytest.mark.parametrize("method", [Descent(), Swarmlet()])
def test_a_run_is_the_same_and_has_the_same_identity_whether_or_not_it_is_observed(method):
    plain, watched = run_spec(method), replace(run_spec(method), observers=(Lengths(),))
    assert plain.run_id == watched.run_id
    one, two = run(plain), run(watched)
    for table in ("curves", "spectra", "predictions"):
        seconds = [name for name in one[table] if name == "seconds"]
        pd.testing.assert_frame_equal(one[table].drop(columns=seconds), two[table].drop(columns=seconds))
    rows = two["lengths"]
    assert (rows["run_id"] == plain.run_id).all()
    assert (rows["observer"] == "lengths(1.0,)").all()
    assert rows["cost"].iloc[0] == 0
    assert rows["cost"].iloc[-1] == 60
    assert rows["length"].iloc[0] == pytest.approx(2 * one["curves"]["loss"].iloc[0] ** 0.5, rel=1e-12)


def test_lanes_are_observed_one_by_one():
    specs = [replace(run_spec(Descent(), seed), observers=(Lengths(),)) for seed in range(3)]
    for spec, together in zip(specs, run_lanes(specs), strict=True):
        pd.testing.assert_frame_equal(together["lengths"], run(spec)["lengths"], rtol=1e-10)


def test_an_observer_that_fails_is_a_failed_row_with_the_curve_before_it():
    tables = run(replace(run_spec(), observers=(Lengths(fails="yes"),)))
    row = tables["runs"].iloc[0]
    assert (row["status"], row["reason"]) == ("failed", "ArithmeticError: no more")
    assert len(tables["curves"]) > 1
    assert tables["lengths"]["cost"].tolist() == [0]


def test_an_observer_that_fails_at_the_end_is_a_failed_row_too():
    tables = run(
        replace(
            run_spec(Act(act=lambda objective, theta0, rng: objective.value(theta0))), observers=(Lengths(fails="yes"),)
        )
    )
    row = tables["runs"].iloc[0]
    assert (row["status"], row["reason"]) == ("failed", "Observer 'lengths': ArithmeticError: no more")
    assert len(tables["curves"]) == 2
    assert len(tables["lengths"]) == 0


def test_what_cannot_be_asked_of_a_problem_is_refused_before_the_run():
    row = run(replace(run_spec(), observers=(Samples(),)))["runs"].iloc[0]
    assert row["status"] == "failed"
    assert "one-hot classes, such as digits" in row["reason"]


def test_a_run_that_was_never_made_has_the_tables_of_its_observers_without_rows():
    tables = unfinished(replace(run_spec(), observers=(Lengths(),)), "crashed", "It died.")
    assert len(tables["lengths"]) == 0
    assert list(tables["lengths"].columns) == ["run_id", "observer", "mark", "cost", "length"]


# the store


def test_what_an_observer_has_not_seen_is_made_and_nothing_else(tmp_path):
    specs = [run_spec(seed=seed) for seed in range(3)]
    store = Store(tmp_path)
    store.open({"study_id": "x", "runs": [spec.run_id for spec in specs]})
    execute(specs, store)
    watched = [replace(spec, observers=(Lengths(),)) for spec in specs]
    assert store.states().keys() == {spec.run_id for spec in specs}
    assert store.states((Lengths(),)).keys() == set()
    execute(watched[:2], store)
    assert store.states((Lengths(),)).keys() == {spec.run_id for spec in specs[:2]}
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    execute([*watched[:2], specs[2]], store)
    execute(specs, store)
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    assert set(store.read()["lengths"]["run_id"]) == {spec.run_id for spec in specs[:2]}


def test_an_observer_with_other_settings_has_not_seen_it_and_replaces_what_the_first_wrote(tmp_path):
    spec = replace(run_spec(), observers=(Lengths(),))
    store = Store(tmp_path)
    store.open({"study_id": "x", "runs": [spec.run_id]})
    execute([spec], store)
    assert not store.states((Lengths(scale=2.0),))
    execute([replace(spec, observers=(Lengths(scale=2.0),))], store)
    assert store.states((Lengths(scale=2.0),))
    rows = store.read()["lengths"]
    assert rows["length"].iloc[0] == pytest.approx(2 * run(spec)["lengths"]["length"].iloc[0])
    assert rows["observer"].unique().tolist() == ["lengths(2.0,)"]


def test_making_a_run_again_for_one_observer_keeps_what_another_has_written(tmp_path, monkeypatch):
    monkeypatch.setitem(OBSERVERS, "sizes", Lengths(name="sizes", table="sizes"))
    spec = replace(run_spec(), observers=(Lengths(),))
    store = Store(tmp_path)
    store.open({"study_id": "x", "runs": [spec.run_id]})
    execute([spec], store)
    execute([replace(spec, observers=(OBSERVERS["sizes"],))], store)
    tables = store.read()
    assert len(tables["lengths"]) == len(tables["sizes"]) == 4
    assert tables["runs"]["observers"].item() == "sizes(1.0,),lengths(1.0,)"


def test_tables_that_no_observer_has_written_read_as_empty(tmp_path):
    spec = run_spec(recipe=Bowl())
    store = Store(tmp_path)
    store.open({"study_id": "x", "runs": [spec.run_id]})
    store.write(spec.run_id, run(spec), machine())
    for table, schema in observed_schemas().items():
        assert dict(store.read()[table].dtypes.astype(str)) == schema
        assert len(store.read()[table]) == 0


# names


@pytest.mark.parametrize("name", sorted(OBSERVERS))
def test_a_registered_observer_has_its_name_tables_of_its_own_and_a_sentence(name):
    observer = OBSERVERS[name]
    assert observer.name == name
    assert observer.__doc__.partition("\n")[0].endswith(".")
    for table, columns in observer.tables.items():
        assert table not in SCHEMA
        assert [other for other in OBSERVERS.values() if table in other.tables] == [observer]
        assert {"run_id", "observer"}.isdisjoint(columns)
    assert read_observers(str(observer)) == (observer,)


def test_observers_are_read_with_their_settings_by_place_or_by_name():
    found = read_observers("response, samples(50, radius=0.2)")
    assert found == (OBSERVERS["response"], Samples(search=50, radius=0.2))
    assert read_observers([]) == read_observers("") == ()
    assert read_observers([Samples(3), "response"]) == (Samples(3), OBSERVERS["response"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sample", "Unknown observer 'sample'. Did you mean 'samples'?"),
        ("samples(depth=3)", "Unknown setting of samples 'depth'"),
        ("samples(many)", "Setting 'samples.search' takes a whole number; got 'many'"),
        ("samples(1,2,3)", "The observer 'samples' takes search, radius; got 'samples(1,2,3)'"),
        ("samples(0)", "search takes a number of samples of at least 1"),
        ("samples,samples(3)", "Each observer is named once; got samples more than once"),
        ("samples(3", "Observers are written NAME or NAME(SETTING=VALUE,...)"),
    ],
)
def test_what_a_user_gets_wrong_is_a_sentence(text, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        read_observers(text)

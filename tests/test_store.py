"""The folder of a study: whatever kills it, nothing finished is lost and nothing half-written counts."""

import io
import json
import os
import pickle
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.odd_tables import MACHINE, STUDY, some, tables
from support.walkers import walks

from harness.study.comparison import plan
from harness.study.ledger import part
from harness.study.ledger.checksum import BEFORE
from harness.study.ledger.datasets import Dataset
from harness.study.ledger.leases import Leases
from harness.study.ledger.ledger import Ledger
from harness.study.ledger.part import MAGIC, declared
from harness.study.ledger.whole_tables import read_whole
from harness.study.roll import roll_of
from harness.study.sharing.papers import open_study, stored
from harness.study.store import RUN_TABLES, OccupiedError, Store, read_exported
from harness.tables import SCHEMA, empty, frame, rows_of


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "out")
    made.open(STUDY)
    return made


def identical(one, two):
    """Assert that two tables are equal in names, types, order and every bit."""
    pd.testing.assert_frame_equal(one, two, check_exact=True)
    for name in one.select_dtypes("float64"):
        assert one[name].to_numpy().tobytes() == two[name].to_numpy().tobytes(), name
    for name in one.select_dtypes("str"):
        assert one[name].tolist() == two[name].tolist(), name


def whole(folder):
    """Every file below `folder` and its contents."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# opening


def test_a_new_folder_is_made_with_its_parents(tmp_path):
    Store(tmp_path / "deep" / "er").open(STUDY)
    kept = json.loads((tmp_path / "deep" / "er" / "study.json").read_text())
    assert kept == {**STUDY, "begun": os.path.relpath(Path.cwd(), tmp_path / "deep" / "er")}


def test_a_folder_behind_a_link_finds_where_it_was_begun_and_its_ledger(tmp_path, monkeypatch):
    for folder in ("home", "disk/of/results"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "home")
    Path("results").symlink_to(tmp_path / "disk/of/results")
    Store(Path("results/study"), Path("runs")).open(STUDY)
    again = Store(Path("results/study"))
    assert again.begun == tmp_path / "home"
    assert again.ledger.folder.resolve() == tmp_path / "home" / "runs"


def test_an_empty_folder_will_do(tmp_path):
    Store(tmp_path).open(STUDY)
    assert [path.name for path in tmp_path.iterdir()] == ["study.json"]


def test_the_same_study_opens_its_folder_again_and_touches_nothing(store):
    store.write("a", tables("a"), MACHINE)
    before = whole(store.folder)
    store.open(dict(reversed(STUDY.items())))
    assert whole(store.folder) == before


@pytest.mark.parametrize("content", ["", "{", "[]", '"s"', '{"study_id": "other"}', '{"runs": 3}', "\udcff"])
def test_a_folder_with_a_list_that_is_none_is_occupied_and_left_alone(tmp_path, content):
    (tmp_path / "study.json").write_bytes(content.encode(errors="surrogateescape"))
    before = whole(tmp_path)
    with pytest.raises(OccupiedError) as error:
        Store(tmp_path).open(STUDY)
    assert str(error.value) == (
        f"The output folder '{tmp_path}' holds something else. Choose another --out, or remove that folder."
    )
    assert whole(tmp_path) == before


@pytest.mark.parametrize(
    "content",
    [
        None,
        "",
        '{"runs": [',
        "[]",
        '{"runs": [1]}',
        '{"runs": ["a"], "version": "x"}',
        '{"runs": ["a"], "configurations": [7], "seeds": [0], "labels": [{"id": "b"}]}',
        '{"runs": ["a"], "configurations": ["c"], "seeds": [0], "labels": [{"id": "b"}]}',
        '{"runs": ["a"], "configurations": [0], "seeds": [0], "labels": [null]}',
    ],
)
def test_finished_runs_outlive_the_list_of_them(store, content):
    """Whoever starts the study again has them: nothing that is finished is lost, whatever became of one file."""
    store.write("a", tables("a"), MACHINE)
    (store.folder / "README.md").write_text("of the study")
    before = store.read()
    listed = store.folder / "study.json"
    listed.unlink() if content is None else listed.write_text(content)
    again = Store(store.folder)
    with pytest.raises(ValueError, match=r"study.json, is damaged or gone. Start the study once more .* is kept"):
        again.roll()
    again.open(STUDY)
    assert set(again.states()) == {"a"}
    for name, rows in again.read().items():
        identical(rows, before[name])


def test_a_folder_with_anything_else_is_occupied(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(OccupiedError):
        Store(tmp_path).open(STUDY)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_file_in_place_of_the_folder_is_occupied(tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(OccupiedError):
        Store(tmp_path / "out").open(STUDY)
    assert (tmp_path / "out").read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_answered_with_the_reason(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match=r"must be writable; Not a directory\. Choose another --out\.") as error:
        Store(tmp_path / "file" / "out").open(STUDY)
    assert not isinstance(error.value, OccupiedError)


def test_what_an_interrupted_opening_has_left_does_not_occupy_a_folder(tmp_path):
    (tmp_path / ".study.json.123.456.tmp").write_text('{"study')
    Store(tmp_path).open(STUDY)
    Store(tmp_path).open(STUDY)
    assert json.loads((tmp_path / "study.json").read_text())["runs"] == STUDY["runs"]


# parts


def test_what_is_written_is_read_in_the_order_of_the_study(store):
    for run_id in ("c", "a", "b"):
        store.write(run_id, tables(run_id), MACHINE)
    assert store.done() == {"a", "b", "c"}
    read = store.read()
    for table in RUN_TABLES:
        expected = pd.concat([tables(run_id)[table] for run_id in ("a", "b", "c")], ignore_index=True)
        identical(read[table], expected)
    identical(read["machines"], frame("machines", MACHINE))


def test_what_is_written_by_columns_is_what_is_written_as_data_frames(store):
    given = tables("a") | {"predictions": empty("predictions")}
    columns = {name: rows_of(name, {key: table[key].tolist() for key in table}) for name, table in given.items()}
    store.write("a", columns, MACHINE)
    store.write("b", {name: table.assign(run_id="b") for name, table in given.items()}, MACHINE)
    one, two = (part.unpack(store.ledger.rows([run_id])) for run_id in "ab")
    assert one.keys() == two.keys() == {"runs", "curves", "spectra"}
    for name, table in given.items():
        identical(columns[name].frame(), table)
        if len(table):
            identical(one[name], table)
            identical(two[name], table.assign(run_id="b"))


def test_a_new_store_has_nothing_done_and_reads_empty_tables(store):
    assert store.done() == set()
    for name, table in store.read().items():
        identical(table, empty(name, declared()[name]))


def test_a_run_without_a_curve_is_done_too(store):
    store.write("a", tables("a") | {"curves": empty("curves"), "spectra": empty("spectra")}, MACHINE)
    assert store.done() == {"a"}
    read = store.read()
    assert (len(read["runs"]), len(read["curves"])) == (1, 0)
    store.write("b", tables("b"), MACHINE)
    identical(store.read()["curves"], tables("b")["curves"])


def test_runs_of_no_concern_to_the_study_are_not_read(store):
    for run_id in ("a", "stranger"):
        store.write(run_id, tables(run_id), MACHINE)
    assert set(store.read()["runs"]["run_id"]) == {"a"}


def test_a_study_grows_and_holds_the_runs_of_both_lists(store):
    store.write("a", tables("a"), MACHINE)
    store.open({"study_id": "t", "runs": ["e", "a"]})
    store.write("e", tables("e"), MACHINE)
    assert store.read()["runs"]["run_id"].tolist() == ["a", "e"]
    assert store.roll()["runs"] == ["a", "b", "c", "d", "e"]


def test_studies_that_grow_one_list_at_once_wait_for_each_other_and_no_run_is_forgotten(tmp_path):
    def enter(seed):
        Store(tmp_path / "out").open(roll_of(walks(seed + 1)[seed:]))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(enter, range(24)))
    assert sorted(Store(tmp_path / "out").roll()["seeds"]) == list(range(24))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["study.json"]


def test_a_list_that_another_writes_while_the_folder_is_looked_at_is_read(tmp_path, monkeypatch):
    roll, vacant = roll_of(walks(2)[1:]), Store._is_vacant

    def begun_by_another(store):
        if not (store.folder / "study.json").exists():
            monkeypatch.setattr(Store, "_is_vacant", vacant)
            Store(store.folder).open(roll_of(walks(1)))
        return vacant(store)

    (tmp_path / "out").mkdir()
    monkeypatch.setattr(Store, "_is_vacant", begun_by_another)
    Store(tmp_path / "out").open(roll)
    assert sorted(Store(tmp_path / "out").roll()["seeds"]) == [0, 1]


def test_two_that_grow_one_study_at_once_leave_one_file_of_all_its_runs(tmp_path):
    def enter(seed):
        planned = plan("control-low", ["gd"], [seed], budget=9)
        open_study(Store(tmp_path / "out"), planned.study, planned.specs)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(enter, range(8)))
    ids = [spec.run_id for spec in stored(tmp_path / "out").plan.specs]
    assert sorted(ids) == sorted(Store(tmp_path / "out").roll()["runs"])
    assert len(ids) == 8


def test_a_newcomer_whose_folder_of_claims_the_last_one_removes_makes_it_again(tmp_path, monkeypatch):
    leases = Leases(tmp_path / "leases")
    beat = leases._beat

    def removed_once(count):
        monkeypatch.setattr(leases, "_beat", beat)
        leases.folder.rmdir()
        beat(count)

    monkeypatch.setattr(leases, "_beat", removed_once)
    with leases:
        assert leases.claim("a")


def test_a_search_is_joined_by_no_comparison_and_a_comparison_by_no_search(store, tmp_path):
    search = {"study_id": "s", "purpose": "tuning", "runs": []}
    with pytest.raises(OccupiedError, match="another search"):
        store.open(search)
    Store(tmp_path / "search").open(search)
    Store(tmp_path / "search").open(search)
    with pytest.raises(OccupiedError, match="another search"):
        Store(tmp_path / "search").open(search | {"study_id": "other"})


def test_studies_may_share_one_ledger(tmp_path):
    first, second = (Store(tmp_path / name, tmp_path / "ledger") for name in ("first", "second"))
    first.open(STUDY)
    second.open({"study_id": "t", "runs": ["b"]})
    for run_id in ("a", "b"):
        first.write(run_id, tables(run_id), MACHINE)
    again = Store(tmp_path / "second")
    assert again.states().keys() == {"b"}
    assert again.read()["runs"]["run_id"].tolist() == ["b"]


def test_writing_again_replaces_a_part_as_a_whole_and_never_overwrites_it(store):
    store.write("a", tables("a") | {"curves": empty("curves")}, MACHINE)
    path = store.folder / "parts" / "a.parquet"
    content = path.read_bytes()
    (store.folder / "reader").hardlink_to(path)  # as a reader has it open
    store.write("a", tables("a"), MACHINE, attempt=2)
    assert (store.folder / "reader").read_bytes() == content
    identical(store.read()["curves"], tables("a")["curves"])
    assert store.states()["a"].attempt == 2


def test_every_declared_table_of_a_run_is_kept(store):
    more = {name: some(name, "a") for name in SCHEMA if "run_id" in SCHEMA[name] and name not in RUN_TABLES}
    store.write("a", tables("a") | more, MACHINE)
    store.write("b", tables("b"), MACHINE)
    rows = store.ledger.rows(["a", "b"])
    for name, table in part.unpack(rows, more).items():
        identical(table, more[name])


def test_no_temporary_file_is_left_whether_writing_succeeds_or_not(store):
    store.write("a", tables("a"), MACHINE)
    broken = tables("b")
    broken["runs"] = broken["runs"].assign(dim=["many"])
    with pytest.raises(ValueError, match="many"):
        store.write("b", broken, MACHINE)
    assert not [path for path in store.folder.rglob("*") if "tmp" in path.name]
    assert store.done() == {"a"}


def bomb():
    """A small file of which one column claims ten million rows."""
    row = part.pack("a", tables("a"))
    nothing = pa.array(np.zeros(10_000_000, np.int8))
    row = row.append_column("bomb", pa.ListArray.from_arrays(pa.array([0, len(nothing)], pa.int32()), nothing))
    target = io.BytesIO()
    part.write_rows(target, row)
    return target.getvalue()


def hostile(content):
    """What may lie among the parts under the name of a run."""
    flipped = bytearray(content)
    rows = pq.ParquetFile(io.BytesIO(content)).metadata.row_group(0)
    largest = max((rows.column(place) for place in range(rows.num_columns)), key=lambda one: one.total_compressed_size)
    flipped[largest.data_page_offset + largest.total_compressed_size // 2] ^= 255
    other = io.BytesIO()
    part.write_rows(other, part.pack("../../b", tables("../../b")))
    foreign = io.BytesIO()
    pd.DataFrame({"x": [1]}).to_parquet(foreign)
    return {
        "it is empty": b"",
        "it is no Parquet file": pickle.dumps({"a": 1}) + b"." * 100,
        "it is cut off": content[:-1],
        "it was not written by this harness": foreign.getvalue(),
        "it holds another run than its name says": other.getvalue(),
        "it claims 10,000,000 rows in a column": bomb(),
        "it is cut off, with a footer of 2 GB": MAGIC + b"x" * 50 + (2**31).to_bytes(4, "little") + MAGIC,
        "(?i)thrift": MAGIC + b"x" * 50 + (40).to_bytes(4, "little") + MAGIC,
        "(?i)crc|corrupt|checksum|compress|zstd|thrift": bytes(flipped),
    }


@pytest.mark.parametrize("kind", range(9))
def test_a_damaged_or_hostile_part_is_reported_put_aside_and_made_again(store, kind):
    for run_id in ("a", "b"):
        store.write(run_id, tables(run_id), MACHINE)
    path = store.folder / "parts" / "a.parquet"
    reason, content = list(hostile(path.read_bytes()).items())[kind]
    path.write_bytes(content)
    assert store.read()["runs"]["run_id"].tolist() == ["b"]
    found = store.ledger.check()
    assert found.keys() == {"a.parquet"}
    assert re.search(reason.partition(", with")[0], found["a.parquet"]), found
    assert store.done() == {"b"}
    assert (store.folder / "refused" / "a.parquet").read_bytes() == content
    store.write("a", tables("a"), MACHINE)
    assert store.ledger.check() == {}
    identical(store.read()["curves"], pd.concat([tables(key)["curves"] for key in "ab"], ignore_index=True))


@pytest.mark.parametrize("left", ["0", "8", "half", "-1"])
def test_a_truncated_part_is_not_done_and_is_not_read(store, left):
    store.write("a", tables("a"), MACHINE)
    path = store.folder / "parts" / "a.parquet"
    content = path.read_bytes()
    assert content[:4] == content[-4:] == MAGIC
    path.write_bytes(content[: len(content) // 2 if left == "half" else int(left)])
    assert store.done() == set()
    assert len(store.read()["runs"]) == 0


def test_leftover_temporaries_and_foreign_files_are_ignored(store):
    store.write("a", tables("a"), MACHINE)
    content = (store.folder / "parts" / "a.parquet").read_bytes()
    for name in (".b.parquet.99.1.tmp", ".b.parquet", "b.csv", ".DS_Store", "b c.parquet", "..%2f.parquet"):
        (store.folder / "parts" / name).write_bytes(content)
    (store.folder / "parts" / "c.parquet").mkdir()
    assert store.done() == {"a"}
    identical(store.read()["runs"], tables("a")["runs"])


def test_a_part_of_a_later_version_is_refused_in_a_sentence(store, monkeypatch):
    monkeypatch.setattr(part, "VERSION", part.VERSION + 1)
    store.write("a", tables("a"), MACHINE)
    monkeypatch.undo()
    with pytest.raises(ValueError, match="written by a later version of the harness"):
        store.done()


def test_an_older_part_without_a_column_of_text_or_numbers_reads_and_one_without_a_count_is_refused(store, monkeypatch):
    for lacking, kind in (("error_last", "float64"), ("probe", "str"), ("mark", "int64"), ("component", "int64")):
        schema = {name: column for name, column in SCHEMA["spectra"].items() if name != lacking}
        monkeypatch.setitem(SCHEMA, "spectra", schema)
        store.write("a", tables("a"), MACHINE)
        monkeypatch.undo()
        if lacking == "component":
            assert set(store.read()["spectra"][lacking]) == {0}
            assert store.read()["spectra"][lacking].dtype == kind
        elif kind == "int64":
            with pytest.raises(ValueError, match="have no column mark in the table 'spectra'"):
                store.read()
        else:
            column = store.read()["spectra"][lacking]
            assert (column.isna() if kind == "float64" else column.eq("")).all()


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_whole_tables_of_an_older_version_read_with_what_every_run_had_then(tmp_path, kind):
    older = tables("a")["runs"].drop(columns=["lanes", "state_dtype"])
    path = tmp_path / f"runs.{kind}"
    older.to_csv(path, index=False) if kind == "csv" else older.to_parquet(path)
    found = read_whole("runs", path)
    assert found["lanes"].tolist() == [1]
    assert found["state_dtype"].tolist() == [""]
    pd.testing.assert_frame_equal(found[older.columns], older)
    older.drop(columns="seed").to_parquet(tmp_path / "runs.parquet")
    with pytest.raises(ValueError, match="have no column seed in the table 'runs', and it cannot be made up"):
        read_whole("runs", tmp_path / "runs.parquet")


def test_a_ledger_of_the_first_layout_is_read(tmp_path):
    for name, table in (tables("a") | {"machines": frame("machines", MACHINE)}).items():
        folder = tmp_path / "parts" / name
        folder.mkdir(parents=True)
        table.to_parquet(folder / ("m.parquet" if name == "machines" else "a.parquet"), index=False)
    (tmp_path / "study.json").write_text(json.dumps(STUDY))
    store = Store(tmp_path)
    assert store.done() == {"a"}
    store.write("b", tables("b"), MACHINE)
    read = store.read()
    for name in RUN_TABLES:
        identical(read[name], pd.concat([tables(key)[name] for key in "ab"], ignore_index=True))
    identical(read["machines"], frame("machines", MACHINE))


def test_merged_parts_read_as_loose_ones_and_a_run_made_again_goes_before_them(store):
    for run_id in "abc":
        store.write(run_id, tables(run_id), MACHINE)
    before = store.read()
    assert store.ledger.compact() == 3
    assert not list((store.folder / "parts").iterdir())
    for name, table in store.read().items():
        identical(table, before[name])
    store.write("b", tables("b") | {"curves": empty("curves")}, MACHINE, attempt=2)
    for _ in range(2):
        assert store.read()["curves"]["run_id"].unique().tolist() == ["a", "c"]
        assert {key: state.attempt for key, state in store.states().items()} == {"a": 1, "b": 2, "c": 1}
        store.ledger.compact()


def test_merging_parts_puts_aside_one_whose_page_is_damaged(store):
    for run_id in "abc":
        store.write(run_id, tables(run_id), MACHINE)
    path = store.folder / "parts" / "b.parquet"
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)
    damaged = path.read_bytes()
    assert store.ledger.compact() == 2
    assert store.done() == {"a", "c"}
    assert (store.folder / "refused" / "b.parquet").read_bytes() == damaged
    assert "checksum" in store.ledger.put_aside["b.parquet"]
    assert not (store.folder / "merging").exists()
    store.write("b", tables("b"), MACHINE)
    assert store.done() == {"a", "b", "c"}


def test_any_changed_byte_of_merged_parts_is_noticed(store):
    for run_id in "ab":
        store.write(run_id, tables(run_id), MACHINE)
    store.ledger.compact()
    (path,) = (store.folder / "dataset").iterdir()
    whole = path.read_bytes()
    of_sum = range(whole.rindex(BEFORE), whole.rindex(BEFORE) + len(BEFORE))  # a file that has none is older
    for place in set(range(4, len(whole), len(whole) // 40)) - set(of_sum):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        with pytest.raises(part.Unreadable, match=r"cannot be read: .*move it away and start the study again"):
            Store(store.folder).read()
    path.write_bytes(whole)
    assert len(Store(store.folder).read()["runs"]) == 2


KILLED = """
import sys
from pathlib import Path
from support.odd_tables import MACHINE, STUDY, tables
from harness.study.store import Store

store = Store(Path(sys.argv[1]))
store.open(STUDY)
store.write("a", tables("a"), MACHINE)
print("begun", flush=True)
for number in range(100_000):
    store.write(str(number), tables(str(number)), MACHINE)
"""

STUCK = """
from harness.study.ledger import part
whole = part.write_rows
def half(target, rows):
    whole(target, rows)
    target.truncate(target.tell() - 10)
    target.flush()
    print("half", flush=True)
    import time
    time.sleep(60)
part.write_rows = half
store.write("b", tables("b"), MACHINE)
"""


def killed(code, *arguments, word, wait=0.0):
    """Run `code` until it says `word`, and kill it."""
    tests = Path(__file__).parent
    environment = {"PYTHONPATH": f"{tests.parent}:{tests}", "OMP_NUM_THREADS": "1"}
    child = subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert any(line.strip() == word for line in child.stdout)
    time.sleep(wait)
    child.kill()
    child.wait()
    child.stdout.close()


def test_a_process_killed_in_the_middle_of_a_part_leaves_that_run_undone_and_the_others_whole(tmp_path):
    code = KILLED.replace("100_000", "0") + STUCK
    killed(code, str(tmp_path / "out"), word="half")
    store = Store(tmp_path / "out")
    assert len(list(store.folder.rglob("*.tmp"))) == 1
    assert store.done() == {"a"}
    store.open(STUDY)
    for name in RUN_TABLES:
        identical(store.read()[name], tables("a")[name])
    store.write("b", tables("b"), MACHINE)
    assert store.done() == {"a", "b"}


def test_a_process_killed_at_any_time_leaves_every_finished_run_readable(tmp_path):
    killed(KILLED, str(tmp_path / "out"), word="begun", wait=0.1)
    store = Store(tmp_path / "out")
    done = store.done()
    assert "a" in done
    assert store.ledger.check() == {}
    for run_id in done:
        for name, table in part.unpack(part.read(store.folder / "parts" / f"{run_id}.parquet"), RUN_TABLES).items():
            identical(table, tables(run_id)[name])


def test_threads_may_write_the_same_part_at_the_same_time(store):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: store.write("a", tables("a"), MACHINE), range(40)))
    assert store.ledger.check() == {}
    identical(store.read()["curves"], tables("a")["curves"])
    identical(store.read()["machines"], frame("machines", MACHINE))


# exported tables


@pytest.mark.parametrize("rows", [30, 1, 0])
def test_parquet_and_csv_give_the_very_tables_that_were_exported(tmp_path, rows):
    written = {name: some(name, rows=rows) for name in SCHEMA}
    for file_format in ("parquet", "csv"):
        store = Store(tmp_path / file_format)
        store.open(STUDY)
        paths = store.export(written, file_format)
        assert sorted(path.name for path in paths) == sorted(f"{name}.{file_format}" for name in SCHEMA)
        read = read_exported(store.folder)
        assert read.keys() == declared().keys()
        for name in SCHEMA:
            identical(read[name], written[name])


def test_a_csv_is_plain_text_with_the_columns_of_the_schema(store):
    store.export({name: some(name) for name in SCHEMA}, "csv")
    lines = (store.folder / "curves.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == ",".join(SCHEMA["curves"])
    assert "0.30000000000000004" in "".join(lines)


def test_exporting_twice_replaces_and_leaves_nothing_behind(store):
    for rows in (30, 3):
        store.export({name: some(name, rows=rows) for name in SCHEMA}, "csv")
    assert len(read_exported(store.folder)["curves"]) == 3
    assert not list(store.folder.glob(".*"))


def test_a_folder_without_results_is_answered_with_what_was_looked_for(tmp_path):
    with pytest.raises(FileNotFoundError) as error:
        read_exported(tmp_path)
    assert str(error.value) == f"No results in '{tmp_path}': it needs study.json or runs.parquet or runs.csv."


@pytest.mark.parametrize("file_format", ["parquet", "csv"])
def test_an_exported_table_with_a_column_that_nobody_declared_is_refused_by_name(store, file_format):
    store.export({name: some(name) for name in SCHEMA}, file_format)
    table = some("curves").drop(columns="loss").assign(colour="red")
    path = store.folder / f"curves.{file_format}"
    table.to_parquet(path) if file_format == "parquet" else table.to_csv(path, index=False)
    with pytest.raises(ValueError, match=r"Table 'curves': missing columns \[\], unknown columns \['colour'\]"):
        read_exported(store.folder)


def packed(run_id, status, attempt=1):
    rows = tables(run_id)
    return part.pack(run_id, rows | {"runs": rows["runs"].assign(status=status)}, attempt)


def test_of_merged_files_that_have_one_run_the_latest_counts_whatever_the_folder_lists_first(tmp_path):
    """A crash while files are merged leaves a run in two of them, with one number of attempts."""
    dataset = Dataset(tmp_path / "dataset")
    for number in range(12):  # beyond nine, as text 10 comes before 9
        dataset.add([packed("a", str(number)), packed(f"b{number}", "budget")])
    assert [int(path.name.split("-")[0]) for path in dataset.paths()] == list(range(1, 13))
    assert dataset.states()["a"].status == "11"
    (row,) = (rows for rows in dataset.rows({"a": dataset.states()["a"]}) if len(rows))
    assert row["status"].to_pylist() == ["11"]
    assert part.unpack(row)["runs"]["status"].tolist() == ["11"]


def test_of_merged_files_an_earlier_attempt_never_goes_before_a_later_one(tmp_path):
    dataset = Dataset(tmp_path / "dataset")
    dataset.add([packed("a", "later", attempt=2)])
    dataset.add([packed("a", "earlier", attempt=1)])
    assert dataset.states()["a"].status == "later"
    (row,) = (rows for rows in dataset.rows({"a": dataset.states()["a"]}) if len(rows))
    assert row["status"].to_pylist() == ["later"]


def test_a_part_goes_before_one_that_a_merge_has_moved_aside_and_both_before_what_is_merged(tmp_path):
    ledger = Ledger(tmp_path)
    for status, attempt in (("merged", 1), ("aside", 2), ("loose", 3)):
        ledger.write("a", tables("a") | {"runs": tables("a")["runs"].assign(status=status)}, MACHINE, attempt)
        assert ledger.states()["a"].status == status
        assert ledger.rows(["a"])["status"].to_pylist() == [status]
        if status == "merged":
            ledger.compact()
        if status == "aside":
            (tmp_path / "merging").mkdir()
            (tmp_path / "parts" / "a.parquet").rename(tmp_path / "merging" / "a.parquet")
            assert ledger.states()["a"].status == "aside"

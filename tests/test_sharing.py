"""A study beyond its folder: it grows, merges, is made again, exported and published; and the words that do so."""

import hashlib
import json
import os
import re
import shlex
import shutil
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from threading import Event, Timer

import iohinspector
import pandas as pd
import pytest

from harness.cli import main
from harness.commands.folders import quiet
from harness.questions.reading import read_observers, unseen
from harness.study.comparison import load
from harness.study.file.study_file import read_study
from harness.study.ledger import part
from harness.study.ledger.leases import Leases
from harness.study.ledger.ledger import Ledger
from harness.study.making import compare, make, sweep
from harness.study.sharing.ioh import write_ioh
from harness.study.sharing.licences import license_address
from harness.study.sharing.merge import merge
from harness.study.sharing.papers import open_study, stored
from harness.study.sharing.publish import publish
from harness.study.sharing.verify import difference, sample, verify
from harness.study.store import RUN_TABLES, Store
from harness.tables import SCHEMA

OWN_TO_A_RUN = ["seconds", "seconds_objective", "seconds_optimizer", "seconds_measuring", "lanes"]
TEN = ["gd", "powell", "bfgs", "lbfgs", "cg", "pso", "nelder-mead", "momentum", "rprop", "de"]


def file(folder, optimizers, seeds, **more):
    path = folder / "STUDY.toml"
    lines = {"problems": ["control-low"], "optimizers": optimizers, "seeds": seeds, "budget": 60, "marks": 12, **more}
    path.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in lines.items()))
    return path


def made(path, out, seeds=None):
    """The tables of what `sweep` makes, without its figures and papers."""
    study = read_study(path, seeds)
    make(study.plan, Store(out, study.ledger), 1, study.text)
    return load(out)


def same(one, two):
    """Assert that all tables are equal, but for the time that runs took, and the last digits of lanes."""
    for name in one.tables.keys() - {"machines"}:
        left, right = (made.tables[name].drop(columns=OWN_TO_A_RUN, errors="ignore") for made in (one, two))
        pd.testing.assert_frame_equal(left, right, rtol=1e-8, atol=1e-12)


@pytest.fixture
def inside(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
def test_a_study_of_ten_optimizers_extended_by_one_and_two_seeds_equals_the_study_made_at_once(tmp_path):
    made(file(tmp_path, TEN, 2), tmp_path / "grown")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "grown" / "parts").iterdir()}
    assert len(before) == 20
    bigger = file(tmp_path, [*TEN[:5], "adam", *TEN[5:]], 4)
    grown = sweep(bigger, out=tmp_path / "grown")
    assert len(list((tmp_path / "grown" / "parts").iterdir())) == 44
    assert {path: path.stat().st_mtime_ns for path in before} == before
    same(grown, made(bigger, tmp_path / "once"))


@pytest.mark.parametrize("key", ["plugins", "settings", "ledger"])
def test_a_study_whose_file_names_files_beside_it_is_read_from_its_own_folder(inside, key):
    (inside / "written").mkdir()
    (inside / "written" / "own.py").write_text(
        f'from harness import optimizer\n@optimizer("beside-{key}")\ndef minimize(fun, x0, lr=0.1):\n    return x0\n'
    )
    (inside / "written" / "own.toml").write_text("[gd]\nlr = 0.25\n")
    named = {"plugins": "own.py", "settings": "own.toml", "ledger": "runs"}[key]
    method = "beside-plugins" if key == "plugins" else "gd"
    study = read_study(file(inside / "written", [method], 2, **{key: named}))
    store = Store(inside / "out" / "study", study.ledger)
    open_study(store, study.plan.study, study.plan.specs, study.text)
    again = stored(store.folder)
    assert again.plan.specs == study.plan.specs
    assert Store(store.folder, again.ledger).ledger.folder.resolve() == store.ledger.folder.resolve()
    # begun once more, and gone on with: the file stays as it is
    for one in (study, again):
        before = (store.folder / "STUDY.toml").read_text()
        open_study(store, one.plan.study, one.plan.specs, one.text)
        assert (store.folder / "STUDY.toml").read_text() == before


def test_seeds_that_are_added_later_stand_where_they_would_have_stood(tmp_path):
    path = file(tmp_path, ["powell", "gd"], 5)
    sweep(path, "0..1", out=tmp_path / "grown")
    grown = sweep(path, "2..4", out=tmp_path / "grown")
    same(grown, made(path, tmp_path / "once"))
    again = read_study(tmp_path / "grown" / "STUDY.toml").plan.specs
    assert {spec.run_id for spec in again} == {spec.run_id for spec in read_study(path).plan.specs}


def test_a_comparison_is_a_study_of_one_problem_and_leaves_its_file(tmp_path):
    made = compare("control-low", ["gd", "powell"], 2, budget=60, marks=12, out=tmp_path / "one")
    path = tmp_path / "one" / "STUDY.toml"
    same(made, sweep(path, out=tmp_path / "two"))
    readme = (tmp_path / "one" / "README.md").read_text()
    assert "4 runs of frequency-harness" in readme
    assert "| control-low | powell | 2 | 2 |" in readme
    assert "numpy==" in (tmp_path / "one" / "environment.txt").read_text()
    # which index would have the package is not known
    assert "pip install SOURCE -c environment.txt" in readme
    assert "pip install frequency-harness" not in readme


def test_studies_merge_into_the_study_of_both(tmp_path):
    path = file(tmp_path, ["powell", "gd"], 3)
    made(path, tmp_path / "a", "0")
    made(path, tmp_path / "b", "0..1")
    Store(tmp_path / "b").ledger.compact()
    made(path, tmp_path / "c", "2")
    merge([tmp_path / name for name in "abc"], tmp_path / "all")
    once = made(path, tmp_path / "once")
    same(load(tmp_path / "all"), once)
    assert Store(tmp_path / "all").ledger.check() == {}
    merge([tmp_path / "c"], tmp_path / "a")
    assert len(load(tmp_path / "a").runs) == 4


@pytest.mark.parametrize("order", ["ab", "ba"])
@pytest.mark.parametrize("bad", ["search", "not TOML", "gone"])
def test_a_study_that_cannot_be_merged_leaves_nothing_begun(tmp_path, order, bad):
    path = file(tmp_path, ["gd"], 1)
    for name in "ab":
        store = Store(tmp_path / name)
        open_study(store, (plan := read_study(path).plan).study, plan.specs)
    if bad == "search":
        (tmp_path / "b" / "study.json").write_text('{"purpose":"tuning","runs":[]}')
    else:
        text = "[[" if bad == "not TOML" else 'problems = {target = {target = "gone.csv"}}'
        (tmp_path / "b" / "STUDY.toml").write_text(text)
    with pytest.raises(ValueError, match=r"holds a search|is not TOML|gone\.csv"):
        merge([tmp_path / name for name in order], tmp_path / "both")
    assert not (tmp_path / "both").exists()


def test_of_two_versions_of_a_run_the_one_is_merged_that_has_not_failed(tmp_path):
    path = file(tmp_path, ["gd"], 1)
    good = made(path, tmp_path / "good")
    made(path, tmp_path / "bad")
    run_id = good.runs["run_id"].iloc[0]
    store = Store(tmp_path / "bad")
    tables = part.unpack(store.ledger.rows([run_id]), RUN_TABLES)
    tables["runs"] = tables["runs"].assign(status="failed")
    store.write(run_id, tables, good.machines.iloc[0].to_dict(), attempt=2)
    for order in (["good", "bad"], ["bad", "good"]):
        merged = merge([tmp_path / name for name in order], tmp_path / "-".join(order))
        assert merged.states()[run_id].status == "budget"


def test_what_observers_saw_of_a_run_in_either_study_is_in_the_merged_one(tmp_path):
    def seen(name, **observe):
        more = {"problems": ["sin15"], "network": "1-8-1", **observe}
        return made(file(tmp_path, ["gd"], 2, **more), tmp_path / name)

    seen("plain")
    seen("ranked", observe="rank")
    seen("sharp", observe="sharpness")
    both = seen("both", observe="rank,sharpness")
    for order in (["plain", "ranked", "sharp"], ["sharp", "plain", "ranked"]):
        merge([tmp_path / name for name in order], tmp_path / "-".join(order))
        merged = load(tmp_path / "-".join(order))
        for name in ("rank", "sharpness"):
            pd.testing.assert_frame_equal(merged.observed[name], both.observed[name])
        names = {"rank(12)", "sharpness(12,0.0001)"}
        assert {*re.findall(r"\w+\([^)]*\)", merged.runs["observers"].iloc[0])} == names
        pd.testing.assert_frame_equal(merged.curves.drop(columns="seconds"), both.curves.drop(columns="seconds"))
    assert not unseen(read_observers("rank,sharpness"), merged.runs["observers"].iloc[0])


def test_a_shared_ledger_makes_a_run_of_two_studies_once(tmp_path):
    first = sweep(file(tmp_path, ["gd"], 2, ledger="all", name="first"), out=tmp_path / "first")
    parts = {path: path.stat().st_mtime_ns for path in (tmp_path / "all" / "parts").iterdir()}
    second = sweep(file(tmp_path, ["gd", "powell"], 2, ledger="all", name="second"), out=tmp_path / "second")
    assert {path: path.stat().st_mtime_ns for path in parts} == parts
    assert not (tmp_path / "second" / "parts").exists()
    assert (len(first.runs), len(second.runs), len(load(tmp_path / "first").runs)) == (2, 4, 2)


def test_a_sample_is_made_again_and_a_changed_row_is_found(tmp_path):
    path = file(tmp_path, ["powell", "gd"], 3)
    kept = made(path, tmp_path / "out")
    store = Store(tmp_path / "out")
    chosen = sample(store, read_study(path).plan.specs, 4)
    assert len(chosen) == 4
    assert all(verdict.passed for verdict in verify(store, chosen))
    run_id = chosen[0].run_id
    tables = part.unpack(store.ledger.rows([run_id]), RUN_TABLES)
    tables["curves"]["loss"] *= 1.001
    store.write(run_id, tables, kept.machines.iloc[0].to_dict())
    verdicts = verify(store, chosen)
    assert [verdict.passed for verdict in verdicts] == [False, True, True, True]
    assert verdicts[0].difference == pytest.approx(0.001, rel=0.01)


def test_rounding_is_no_difference_and_a_missing_row_is_one():
    table = pd.DataFrame({"loss": [1.0, 1e-17, float("nan")], "seconds": [1.0, 2.0, 3.0], "probe": ["a", "b", "c"]})
    other = table.assign(loss=[1.0 + 1e-15, 3e-17, float("nan")], seconds=0.0)
    assert 0 < difference(table, other) < 1e-9
    assert difference(table, table.assign(probe="a")) == float("inf")
    assert difference(table, table.iloc[:2]) == float("inf")
    assert difference(None, table) == float("inf")
    # the kept rows are of a version that had no such column
    assert difference(table.assign(probe=[None] * 3), table) == 0


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A small study, not to be changed."""
    folder = tmp_path_factory.mktemp("finished") / "study"
    return compare("control-low", ["gd", "powell"], 2, budget=60, out=folder, vary={"gd": {"lr": [0.5, 1.0]}})


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_exported_tables_are_those_of_the_study(finished, tmp_path, form, capsys):
    assert main(["export", form, "--from", str(finished.folder), "--out", str(tmp_path)]) == 0
    assert sorted(capsys.readouterr().out.split()) == sorted(map(str, tmp_path.iterdir()))
    read = load(tmp_path)
    for name, table in finished.tables.items():
        pd.testing.assert_frame_equal(read.tables[name], table)


def test_a_database_holds_every_table(finished, tmp_path):
    duckdb = pytest.importorskip("duckdb")
    assert main(["export", "duckdb", "--from", str(finished.folder), "--out", str(tmp_path)]) == 0
    with duckdb.connect(str(tmp_path / "study.duckdb"), read_only=True) as database:
        for name, table in finished.tables.items():
            assert database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] == len(table)
        best = database.execute("SELECT min(best_loss) FROM runs").fetchone()[0]
    assert best == finished.runs["best_loss"].min()


def test_the_folders_of_iohexperimenter_hold_every_run(finished, tmp_path):
    (folder,) = write_ioh(finished.tables, tmp_path)
    runs = 0
    for path in folder.glob("*/*.json"):
        content = json.loads(path.read_text())
        assert content["maximization"] is False
        for scenario in content["scenarios"]:
            text = (path.parent / scenario["path"]).read_text()
            rows = [line.split() for line in text.splitlines()]
            begins = [index for index, row in enumerate(rows) if row[0] == "evaluations"]
            assert rows[0] == content["attributes"]
            assert len(begins) == len(scenario["runs"])
            for begin, end, run in zip(begins, [*begins[1:], len(rows)], scenario["runs"], strict=True):
                evaluations = [int(row[0]) for row in rows[begin + 1 : end]]
                assert evaluations[0] == 1
                assert evaluations == sorted(set(evaluations))
                assert evaluations[-1] == run["evals"] <= 60
                runs += 1
    assert runs == len(finished.runs)


def test_iohinspector_opens_them(finished, tmp_path):
    write_ioh(finished.tables, tmp_path)
    manager = iohinspector.DataManager()
    manager.add_folder(str(tmp_path))
    assert len(manager.overview) == len(finished.runs)
    assert set(manager.overview["function_name"]) == {"control-low"}
    assert min(manager.overview["best_y"]) == pytest.approx(finished.curves["loss"].min())


def test_an_archive_has_checksums_and_describes_every_table(finished, tmp_path, capsys):
    target = tmp_path / "mine.zip"
    assert (
        main(["publish", str(finished.folder), "--out", str(target), "--creator", "A. Author", "--license", "cc0-1.0"])
        == 0
    )
    assert "mine.zip" in capsys.readouterr().out
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        files = {name: archive.read(name) for name in archive.namelist()}
    sums = dict(reversed(line.split("  ")) for line in files.pop("SHA256SUMS").decode().splitlines())
    assert sums == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    assert {"STUDY.toml", "README.md", "environment.txt", "runs.parquet", "heatmap.png"} <= files.keys()
    described = json.loads(files["croissant.json"])
    assert (described["creator"]["name"], described["license"]) == (
        "A. Author",
        "https://spdx.org/licenses/CC0-1.0.html",
    )
    listed = {one["@id"]: one["sha256"] for one in described["distribution"]}
    assert listed == {name: sums[name] for name in listed}
    tables = {one["@id"]: [field["name"] for field in one["field"]] for one in described["recordSet"]}
    assert tables == {name: list(SCHEMA[name]) for name in SCHEMA}


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://example.org/terms", "https://example.org/terms"),
        ("mit", "https://spdx.org/licenses/MIT.html"),
        ("ODbL-1.0", "https://spdx.org/licenses/ODbL-1.0.html"),
    ],
)
def test_a_licence_is_an_address_or_an_identifier_of_spdx(text, address):
    assert license_address(text) == address


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("CC0", "CC0-1.0"),
        ("cc by 4.0", "CC-BY-4.0"),
        ("Apache2", "Apache-2.0"),
        ("odbl", "ODbL-1.0"),
        ("mine", ""),
        ("", ""),
        ("LicenseRef-mine", ""),
        ("MIT OR Apache-2.0", "Apache-2.0"),
        ("http://", ""),
        ("ftp://example.org", ""),
    ],
)
def test_any_other_word_is_no_licence_and_a_near_one_is_named(text, meant):
    with pytest.raises(ValueError, match=rf"such as CC-BY-4\.0, CC0-1\.0.*got '{text}'\.") as error:
        license_address(text)
    assert str(error.value).endswith(f" Did you mean '{meant}'?" if meant else f"got '{text}'.")


def test_an_archive_is_the_same_to_the_byte_and_unpacked_it_is_the_study(finished, inside, capsys):
    day = date(2026, 1, 31)
    for name in ("one.zip", "two.zip"):
        publish(finished.folder, finished.tables, inside / name, day=day)
    assert (inside / "one.zip").read_bytes() == (inside / "two.zip").read_bytes()
    with zipfile.ZipFile("one.zip") as archive:
        archive.extractall("un")
    assert json.loads(Path("un/croissant.json").read_text())["datePublished"] == "2026-01-31"
    for name, table in load("un").tables.items():
        pd.testing.assert_frame_equal(table, finished.tables[name])
    assert main(["verify", "un", "--sample", "2"]) == 0
    assert "2 of 2 runs came out the same" in capsys.readouterr().out
    assert main(["publish", "un", "--date", "31.1.2026"]) == 2
    assert "2026-01-31" in capsys.readouterr().err


def test_the_archive_of_a_study_with_a_shared_ledger_holds_its_own_runs_alone(inside):
    for name, optimizers in {"first": ["gd"], "second": ["powell"]}.items():
        made = sweep(file(inside, optimizers, 1, ledger="all", name=name), out=inside / name)
    publish(made.folder, made.tables, inside / "second.zip")
    with zipfile.ZipFile("second.zip") as archive:
        archive.extractall("elsewhere")
    assert "ledger" not in json.loads(Path("elsewhere/study.json").read_text())
    assert Store(Path("elsewhere")).done() == set(made.runs["run_id"])


def test_the_words_of_a_study_from_its_file_to_its_end(inside, capsys):
    file(inside, ["gd", "powell"], 2, name="mine")
    assert main(["plan", "STUDY.toml", "--jobs", "1"]) == 0
    assert "4 runs in 3 jobs on 1 processes" in capsys.readouterr().out
    assert main(["sweep", "STUDY.toml", "--jobs", "1"]) == 0
    assert main(["status", "results/mine"]) == 0
    assert "4 of 4 runs are finished" in capsys.readouterr().out
    assert main(["sweep", "STUDY.toml", "--seeds", "2..3", "--jobs", "1"]) == 0
    next((Path("results") / "mine" / "parts").iterdir()).write_bytes(b"")
    assert main(["status", "results/mine"]) == 1
    out = capsys.readouterr().out
    assert "7 of 8 runs are finished" in out
    assert "damaged" in out
    assert "go on with: harness resume results/mine" in out
    assert main(["resume", "results/mine", "--jobs", "1"]) == 0
    assert "damaged, and made again" in capsys.readouterr().err
    assert main(["clean", "results/mine"]) == 0
    assert "removed 1 leftovers" in capsys.readouterr().out
    assert main(["compact", "results/mine"]) == 0
    assert main(["retry", "results/mine", "--jobs", "1", "--only", "crashed", "--format", "csv"]) == 0
    assert (Path("results") / "mine" / "runs.csv").exists()
    assert main(["verify", "results/mine", "--sample", "2", "--draw", "3"]) == 0
    assert "2 of 2 runs came out the same" in capsys.readouterr().out
    assert main(["merge", "results/mine", "--out", "results/twin", "--format", "csv"]) == 0
    assert len(load("results/twin").runs) == 8
    # one number counts runs, as it does for plan and compare
    assert main(["sweep", "STUDY.toml", "--jobs", "1", "--seeds", "1", "--out", "other", "--format", "csv"]) == 0
    assert pd.read_csv("other/runs.csv")["seed"].tolist() == [0, 0]
    assert main(["sweep", "STUDY.toml", "--seeds", "0"]) == 2


@pytest.mark.parametrize("word", ["status", "resume", "retry", "clean", "compact", "verify", "publish"])
def test_a_folder_without_a_study_is_told(inside, capsys, word):
    assert main([word, "nowhere"]) == 2
    assert "'nowhere'" in capsys.readouterr().err
    assert list(inside.iterdir()) == []


def test_nobody_merges_parts_or_cleans_while_somebody_works(inside, capsys):
    sweep(file(inside, ["gd"], 1), out="here")
    with Store(Path("here")).ledger.leases() as other:
        other.claim("a")
        for word in ("compact", "clean"):
            assert main([word, "here"]) == 2
            assert "Somebody works on this study" in capsys.readouterr().err


def test_commands_in_messages_name_a_folder_with_spaces_as_a_shell_takes_it(inside, capsys):
    sweep(file(inside, ["gd"], 2), out="läuft hier")
    first, _ = sorted(Path("läuft hier/parts").iterdir())
    first.write_bytes(b"")
    assert main(["status", "läuft hier"]) == 1
    assert main(["figure", "order", "läuft hier"]) == 0
    assert main(["merge", "läuft hier", "--out", "eins und zwei"]) == 0
    assert main(["compact", "läuft hier"]) == 0
    shutil.rmtree("läuft hier/dataset")
    assert main(["figure", "order", "läuft hier"]) == 2
    said = capsys.readouterr()
    named = [*re.findall(r"harness (?:resume|clean) .*", said.out), *re.findall(r"harness resume .*", said.err)]
    assert len(named) >= 5
    assert [line for line in named if shlex.split(line)[2] not in ("läuft hier", "eins und zwei")] == []


def test_a_merge_says_which_runs_are_damaged_in_a_source_and_what_makes_them(inside, capsys):
    sweep(file(inside, ["gd"], 3), out="one")
    first, second, _ = sorted(Path("one/parts").iterdir())
    first.write_bytes(b"")
    content = bytearray(second.read_bytes())
    content[40] ^= 255
    second.write_bytes(content)
    assert main(["merge", "one", "--out", "all"]) == 0
    said = capsys.readouterr()
    assert f"damaged, and left out: {first.name}: it is empty" in said.err
    assert f"damaged, and left out: {second.name}: it has changed" in said.err
    assert said.out == "1 of 3 runs are in all\ngo on with: harness resume all\n"


def test_runs_watched_by_others_merge_also_where_one_of_them_is_damaged(inside, capsys):
    words = ["compare", "--problem", "control-low", "--optimizers", "gd", "--seeds", "2", "--budget", "60"]
    assert main([*words, "--jobs", "1", "--out", "one"]) == 0
    assert main([*words, "--jobs", "1", "--out", "two", "--observe", "sharpness"]) == 0
    part, *_ = sorted(Path("two/parts").iterdir())
    content = bytearray(part.read_bytes())
    content[40] ^= 255
    part.write_bytes(content)
    assert main(["merge", "one", "two", "--out", "all"]) == 0
    assert "2 of 2 runs are in all" in capsys.readouterr().out


def test_nobody_merges_into_a_study_that_is_worked_on(inside, capsys):
    sweep(file(inside, ["gd"], 1), out="here")
    with Store(Path("here")).ledger.leases():
        assert main(["merge", "here", "--out", "here"]) == 2
    assert "Somebody works on this study" in capsys.readouterr().err


def test_of_two_that_merge_parts_at_once_neither_overlooks_the_other(tmp_path):
    ledger = Ledger(tmp_path)
    with (
        quiet(ledger),
        pytest.raises(ValueError, match="Somebody works on this study"),
        quiet(ledger),
    ):
        pass


def test_a_machine_that_went_down_is_told_and_its_leftovers_are_cleaned(inside, capsys, monkeypatch):
    sweep(file(inside, ["gd"], 1), out="here")
    monkeypatch.setattr("harness.study.ledger.ledger.Ledger.leases", lambda self: Leases(self.folder / "leases", 0.3))
    leases = Path("here/leases")
    leases.mkdir()
    for ending, text in ((".owner", "3"), (".name", "gone~1~2~x")):
        (leases / f"gone~1~2~x{ending}").write_text(text)
    (leases / "a.000001.claim").write_text("gone~1~2~x")
    assert main(["status", "here"]) == 0
    said = capsys.readouterr().out
    assert "worked on by gone, process 1, unless that machine has gone down since: harness resume" in said
    assert main(["clean", "here"]) == 0
    assert "waiting at most a minute" in capsys.readouterr().err
    assert not leases.exists()
    assert main(["status", "here"]) == 0
    assert "worked on" not in capsys.readouterr().out


def test_a_machine_that_beats_is_left_to_its_work(inside, capsys):
    sweep(file(inside, ["gd"], 1), out="here")
    elsewhere = Leases(Path("here/leases"))
    elsewhere.folder.mkdir()
    owner = elsewhere.folder / "elsewhere~1~2~x.owner"
    owner.write_text("1")
    beat = Timer(1.0, owner.write_text, ("2",))
    beat.start()
    assert main(["compact", "here"]) == 2
    beat.join()
    assert "Somebody works on this study: elsewhere, process 1" in capsys.readouterr().err


def test_every_run_is_seen_at_any_moment_of_a_merge_of_parts(inside):
    sweep(file(inside, ["gd"], 12), out="here")
    ledger, ids = Ledger(Path("here")), Store(Path("here")).roll()["runs"]
    begun = Event()

    def merge_parts():
        begun.wait()
        ledger.compact()

    with ThreadPoolExecutor(1) as other:
        merging = other.submit(merge_parts)
        begun.set()
        while True:
            over, look = merging.done(), Ledger(Path("here"))
            assert set(look.states()) == set(ids)
            assert look.rows(ids).num_rows == len(ids)
            assert look.damaged == {}
            if over:
                break
    merging.result()


def test_data_of_the_users_own_are_said_to_be_missing_from_an_archive(inside, capsys):
    Path("mine.csv").write_text("x,y\n" + "".join(f"{x / 8},{(x % 8) / 8}\n" for x in range(32)))
    words = ["compare", "--target", "mine.csv", "--optimizers", "gd", "--seeds", "1", "--budget", "30"]
    assert main([*words, "--network", "1-4-1", "--jobs", "1", "--out", "made"]) == 0
    assert main(["publish", "made"]) == 0
    assert "Data of your own are not in it: mine.csv." in capsys.readouterr().out
    digest = hashlib.sha256(Path("mine.csv").read_bytes()).hexdigest()
    assert f"- `mine.csv` (sha256 {digest})" in Path("made/README.md").read_text()


def test_what_a_living_process_writes_is_no_leftover(finished, capsys):
    folder = finished.folder
    alive, gone = (folder / f".hits.parquet.{number}.1.tmp" for number in (os.getpid(), 2**22 + 1))
    for path in (alive, gone):
        path.write_bytes(b"half")
    try:
        assert main(["status", str(folder)]) == 0
        assert "1 leftovers" in capsys.readouterr().out
        assert main(["clean", str(folder)]) == 0
        assert (alive.exists(), gone.exists()) == (True, False)
    finally:
        alive.unlink(missing_ok=True)
        gone.unlink(missing_ok=True)


def test_a_run_whose_pages_are_damaged_is_said_to_be_left_out_and_is_no_traceback(finished, tmp_path, capsys):
    folder = Path(shutil.copytree(finished.folder, tmp_path / "damaged"))
    path = min((folder / "parts").glob("*.parquet"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    assert list(load(folder).damaged) == [path.name]
    assert main(["export", "csv", "--from", str(folder), "--out", str(tmp_path / "csv")]) == 0
    assert f"damaged, and left out: {path.name}" in capsys.readouterr().err
    assert main(["verify", str(folder), "--sample", "99"]) == 1
    out = capsys.readouterr().out
    assert "its checksum does not fit" in out
    assert f"{len(finished.runs) - 1} of {len(finished.runs)} runs came out the same" in out
    assert main(["compact", str(folder)]) == 0
    assert f"damaged, and put aside: {path.name}" in capsys.readouterr().err

"""Studies survive what kills them: processes and workers that die, methods that hang, full disks, and each other."""

import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.walkers import Deaf, walks

from harness.run.runner import run
from harness.study.execution.execute import execute
from harness.study.execution.policy import Policy
from harness.study.roll import roll_of
from harness.study.store import RUN_TABLES, Store
from harness.study.workers.channel import tell
from harness.study.workers.pool import Overdue, Workers
from harness.study.workers.process import WorkerDied

OWN_TO_A_RUN = ["seconds", "seconds_objective", "seconds_optimizer", "seconds_measuring"]
TESTS = Path(__file__).parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{TESTS.parent}:{TESTS}"}

STUDY = """
import signal
import sys
from pathlib import Path
from support.walkers import walks
from harness.study.execution.execute import execute
from harness.study.roll import roll_of
from harness.study.store import Store

if __name__ == "__main__":
    # tests that run in a shell's background inherit deafness to Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)
    specs = walks(int(sys.argv[2]), seconds=float(sys.argv[4]))
    store = Store(Path(sys.argv[1]))
    store.open(roll_of(specs))
    print("open", flush=True)
    execute(specs, store, int(sys.argv[3]))
    print("done", flush=True)
"""


def opened(folder, specs):
    store = Store(folder)
    store.open(roll_of(specs))
    return store


def rows(store):
    """The tables of a study without what no two runs share."""
    found = store.read(RUN_TABLES)
    return {name: table.drop(columns=OWN_TO_A_RUN, errors="ignore") for name, table in found.items()}


def same(one, two):
    for name in RUN_TABLES:
        pd.testing.assert_frame_equal(one[name], two[name], check_exact=True)


def begin(folder, count, jobs=1, seconds=0.0, script=None):
    """A process of its own that makes a study of walks."""
    path = folder.parent / "study_script.py"
    path.write_text(script or STUDY)
    words = [sys.executable, str(path), str(folder), str(count), str(jobs), str(seconds)]
    return subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT, start_new_session=True
    )


def count_parts(folder):
    return len(list((folder / "parts").glob("[!.]*.parquet")))


def of_group(group):
    """The living processes of a process group."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, member = path.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(member) == group and state != "Z":
            found.append(int(path.parent.name))
    return found


def await_end_of(group, seconds=15):
    end = time.monotonic() + seconds
    while of_group(group) and time.monotonic() < end:
        time.sleep(0.05)
    return of_group(group)


FORKED = """
import os, random, signal, sys, time
from pathlib import Path
from support.walkers import walks
from harness.study.execution.execute import execute
from harness.study.roll import roll_of
from harness.study.store import Store

def finished():
    return sum(not name.startswith(".") for name in os.listdir(store.folder / "parts"))

specs = walks(int(sys.argv[2]), seconds=float(sys.argv[4]))
store = Store(Path(sys.argv[1]))
store.open(roll_of(specs))
execute(specs[:1], store)
rng = random.Random(7)
kills = 0
for _ in range(50):
    before = finished()
    child = os.fork()  # loading the libraries fifty times would take most of the test
    if child == 0:
        execute(specs, Store(store.folder), 1)
        os._exit(0)
    new = rng.randint(0, 2)
    while finished() < before + new and os.waitpid(child, os.WNOHANG) == (0, 0):
        time.sleep(0.001)
    time.sleep(rng.uniform(0.0, 0.02))
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert finished() >= before + new
    kills += os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
print(kills, finished(), flush=True)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that fork")
def test_a_study_killed_at_fifty_random_moments_ends_with_the_tables_of_one_that_was_not(tmp_path):
    specs = walks(200, seconds=0.01)  # so that fifty times two runs, and what goes on meanwhile, do not end it
    whole = opened(tmp_path / "whole", specs)
    execute(specs, whole)
    script = begin(tmp_path / "killed", 200, seconds=0.01, script=FORKED)
    out, error = script.communicate(timeout=120)
    assert script.returncode == 0, error
    kills, finished = map(int, out.split())
    assert kills == 50
    assert finished < 200
    store = Store(tmp_path / "killed")
    made = {path: path.stat().st_mtime_ns for path in (store.folder / "parts").glob("[!.]*.parquet")}
    execute(specs, store)
    assert {path: path.stat().st_mtime_ns for path in made} == made
    assert store.ledger.put_aside == {}
    assert sorted(store.read()["runs"]["run_id"]) == sorted(spec.run_id for spec in specs)
    same(rows(store), rows(whole))
    assert not (store.folder / "leases").exists()


@pytest.mark.slow
def test_workers_killed_ten_times_cost_no_run(tmp_path):
    specs = walks(60, seconds=0.1)
    store = opened(tmp_path / "out", specs)
    whole = opened(tmp_path / "whole", specs)
    child = begin(store.folder, 60, jobs=2, seconds=0.1)
    rng = random.Random(3)
    kills = 0
    while kills < 10 and child.poll() is None:
        finished = count_parts(store.folder)
        while count_parts(store.folder) < finished + 2 and child.poll() is None:
            time.sleep(0.01)
        time.sleep(rng.uniform(0.0, 0.1))
        workers = [pid for pid in of_group(child.pid) if _is_worker(pid)]
        if workers:
            os.kill(rng.choice(workers), signal.SIGKILL)
            kills += 1
    _, error = child.communicate(timeout=120)
    assert child.returncode == 0, error
    assert kills == 10
    execute(specs, whole)
    execute(specs, store)  # a run that was hit twice has crashed, and is made again
    assert set(store.read()["runs"]["status"]) == {"budget"}
    same(rows(store), rows(whole))


def _is_worker(pid):
    """Whether it is a fork of the nursery, whose command it has."""
    return "forkserver" in _command(pid) and "forkserver" in _command(_parent(pid))


def _command(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def _parent(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]
    except OSError:
        return 0


@pytest.mark.parametrize("behaviour", ["sleep", "loop"])
def test_a_method_that_does_not_come_back_is_ended_and_keeps_its_partial_curve(tmp_path, behaviour):
    hanging = walks(1, "hanging", behaviour=behaviour, time_limit=0.5)
    specs = [*hanging, *walks(4, time_limit=0.5)]
    store = opened(tmp_path / "out", specs)
    execute(specs, store, 1, policy=Policy(grace=2.0))
    read = store.read()
    ends = read["runs"].set_index("optimizer")["status"]
    assert ends["hanging"] == "timeout"
    assert set(ends["walk"]) == {"budget"}
    own = read["curves"][read["curves"]["run_id"] == hanging[0].run_id]
    whole = run(replace(hanging[0], method=specs[1].method, budget=10.0))
    assert own["cost"].max() == 10
    assert own["loss"].iloc[-1] == whole["curves"]["loss"].iloc[-1]
    assert not list((store.folder / "partial").iterdir())


@pytest.mark.parametrize("limit", [None, 1e6])
def test_a_method_that_no_exception_ends_has_its_run_whole(tmp_path, limit):
    hearing = walks(3, time_limit=limit)
    deaf = [replace(spec, optimizer="deaf", method=Deaf()) for spec in hearing]
    store = opened(tmp_path / "out", [*deaf, *hearing])
    execute([*deaf, *hearing], store, 2)
    read = store.read()
    assert set(read["runs"]["status"]) == {"budget"}
    assert read["runs"].groupby("optimizer")["reason"].first()["deaf"].endswith("no `except` may swallow the end.")
    for pair in zip(deaf, hearing, strict=True):
        one, two = (read["spectra"][read["spectra"]["run_id"] == spec.run_id] for spec in pair)
        np.testing.assert_array_equal(one[["cost", "error_last"]], two[["cost", "error_last"]])
    assert not (store.folder / "partial").exists() or not list((store.folder / "partial").iterdir())


def test_the_time_that_measuring_takes_is_not_the_methods(tmp_path):
    with Workers(1) as pool:
        assert pool.submit(_pausing).result() == "kept its promise"
        with pytest.raises(Overdue):
            pool.submit(_overdue).result()
        assert pool.submit(os.getpid).result()


def _pausing():
    tell("limit", 0.3)
    tell("pause")
    time.sleep(0.8)
    tell("resume")
    return "kept its promise"


def _overdue():
    tell("limit", 0.2)
    time.sleep(100)


def test_a_dead_worker_costs_its_own_task_and_no_other(tmp_path):
    with Workers(2) as pool:
        futures = [pool.submit(os.kill, os.getpid() if number < 0 else 0, 0) for number in range(4)]
        dying = pool.submit(_die)
        with pytest.raises(WorkerDied):
            dying.result()
        assert all(future.result() is None for future in futures)
        assert pool.submit(os.getpid).result() != os.getpid()


def _die():
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_run_that_kills_its_process_is_tried_again_and_crashes_after_two_deaths(tmp_path):
    specs = [
        *walks(1, "unlucky", behaviour="die-at-first", marker=str(tmp_path / "begun")),
        *walks(1, "mortal", behaviour="die"),
        *walks(3),
    ]
    store = opened(tmp_path / "out", specs)
    execute(specs, store, 2)
    ends = store.read()["runs"].groupby("optimizer")["status"].unique().map(list).to_dict()
    assert ends == {"unlucky": ["budget"], "mortal": ["crashed"], "walk": ["budget"]}


def test_runs_that_failed_are_made_again_twice_at_most_unless_asked(tmp_path):
    lucky = walks(1, "lucky", behaviour="fail-at-first", marker=str(tmp_path / "begun"))
    specs = [*lucky, *walks(1, "hopeless", behaviour="fail")]
    store = opened(tmp_path / "out", specs)
    seen = []
    for _ in range(5):
        execute(specs, store)
        seen.append([(state.status, state.attempt) for state in store.states().values()])
    assert seen[0] == [("failed", 1), ("failed", 1)]
    assert seen[1] == [("budget", 2), ("failed", 2)]
    assert seen[2:] == [[("budget", 2), ("failed", 3)]] * 3
    execute(specs, store, policy=Policy(again=("failed",), attempts=np.inf))
    assert store.states()[specs[1].run_id].attempt == 4


@pytest.mark.slow
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_is_left_and_what_is_finished_stays(tmp_path, sign):
    child = begin(tmp_path / "out", 500, jobs=2, seconds=0.05)
    while count_parts(tmp_path / "out") < 3 and child.poll() is None:
        time.sleep(0.05)
    os.kill(child.pid, sign)  # its workers are not told
    child.communicate(timeout=30)
    assert await_end_of(child.pid) == []
    store = Store(tmp_path / "out")
    assert store.ledger.check() == {}
    assert 3 <= len(store.done()) < 500


@pytest.mark.slow
def test_two_processes_share_a_study_and_make_no_run_twice(tmp_path):
    specs = walks(60, seconds=0.05)
    children = [begin(tmp_path / "out", 60, jobs=1, seconds=0.05) for _ in range(2)]
    answers = [child.communicate(timeout=120) for child in children]
    assert [child.returncode for child in children] == [0, 0], answers
    store = Store(tmp_path / "out")
    assert store.read()["runs"]["run_id"].tolist() == [spec.run_id for spec in specs]
    assert {state.attempt for state in store.states().values()} == {1}
    assert not (store.folder / "leases").exists()


def test_a_run_that_another_process_makes_is_waited_for_and_taken_over_if_that_is_gone(tmp_path):
    specs = walks(3)
    store = opened(tmp_path / "out", specs)
    with store.ledger.leases() as other:
        assert other.claim(specs[0].run_id)
        with ThreadPoolExecutor(1) as thread:
            waiting = thread.submit(execute, specs, store)
            while count_parts(store.folder) < 2:
                time.sleep(0.02)
            assert not waiting.done()
            assert specs[0].run_id not in store.done()
            other.release([specs[0].run_id])
            waiting.result(timeout=20)
    assert len(store.done()) == 3


def test_the_claim_of_a_process_that_is_gone_is_outbid_at_once_and_one_elsewhere_after_a_silence(tmp_path):
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    leases = Store(tmp_path).ledger.leases(patience=0.5)
    with leases:
        here = leases.owner.partition("~")[0]
        (leases.folder / "a.000001.claim").write_text(f"{here}~{child.pid}~12345~x")
        (leases.folder / "b.000001.claim").write_text("elsewhere~1~12345~x")
        (leases.folder / "elsewhere~1~12345~x.owner").write_text("3")
        (leases.folder / "c.000001.claim").write_text("")
        assert leases.claim("a")
        assert not leases.claim("b")
        (leases.folder / "elsewhere~1~12345~x.owner").write_text("2")  # whatever its clock says, it lives
        assert not leases.claim("b")
        time.sleep(0.6)
        assert leases.claim("b")
        leases.claim("c")
        time.sleep(0.6)
        assert leases.claim("c")


def test_only_one_of_many_wins_a_claim(tmp_path):
    ledger = Store(tmp_path).ledger
    everybody = [ledger.leases() for _ in range(8)]
    for one in everybody:
        one.__enter__()
    with ThreadPoolExecutor(8) as pool:
        for run in range(20):
            won = list(pool.map(lambda one, run=run: one.claim(f"run{run}"), everybody))
            assert sum(won) == 1
    for one in everybody:
        one.__exit__(None, None, None)
    assert not (tmp_path / "leases").exists()


def test_a_claim_has_its_owner_from_the_first_moment_with_links_and_without(tmp_path, monkeypatch):
    with Store(tmp_path).ledger.leases() as leases:
        monkeypatch.setattr(Path, "open", lambda *_: pytest.fail("a kill before the writing leaves an empty claim"))
        assert leases.claim("a")
        monkeypatch.undo()
        monkeypatch.setattr(os, "link", _no_links)
        assert leases.claim("b")
        assert {path.read_text() for path in leases.folder.glob("*.claim")} == {leases.owner}
    assert not leases.folder.exists()


def _no_links(*_, **__):
    raise PermissionError


def test_a_full_disk_is_told_in_a_sentence_and_nothing_is_lost(tmp_path):
    code = STUDY.replace(
        "    execute(specs",
        "    import resource\n    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))\n    execute(specs",
    )
    specs = walks(5)
    store = opened(tmp_path / "out", specs)
    execute(specs[:2], store)
    before = rows(store)
    child = begin(tmp_path / "out", 5, script=code)
    _, error = child.communicate(timeout=60)
    assert child.returncode == 1
    assert "could not be written" in error.splitlines()[-1]
    assert "Every finished run is kept; start the same command again when that is mended." in error
    assert store.ledger.check() == {}
    assert len(store.done()) == 2
    same(rows(store), before)
    execute(specs, store)
    assert len(store.done()) == 5


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_a_full_file_system_is_told_by_workers_too_and_the_study_goes_on_when_there_is_space(tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    script = tmp_path / "study_script.py"
    script.write_text(STUDY)
    study = f"{sys.executable} {script} {small}/out 40 2 0"
    words = f"""
mount -t tmpfs -o size=200k none {small} || exit 77
{study}; echo first $?
ls {small}/out/parts | wc -l
mount -o remount,size=20m {small}
{study}; echo second $?
cp -r {small}/out {tmp_path}/kept
"""
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", words], capture_output=True, text=True, env=ENVIRONMENT, check=False
    )
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("this system lets nobody mount")
    assert "first 1" in done.stdout, done
    assert "No space left on device. Every finished run is kept" in done.stderr
    assert "second 0" in done.stdout
    store = Store(tmp_path / "kept")
    assert store.ledger.check() == {}
    assert len(store.done()) == 40


def test_a_study_that_may_not_be_written_reads_and_says_so_when_it_is_to_grow(tmp_path):
    # who may write everywhere becomes somebody else, who cannot reach the folder of this test
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        child = begin(Path(folder) / "out", 3, script=READ_ONLY)
        out, error = child.communicate(timeout=60)
        _forbid(Path(folder), 0o755)
    assert child.returncode == 0, error
    assert out.splitlines()[:2] == ["open", "damaged 1, read 1"]
    assert re.search("(written|writable)", out.splitlines()[2])


def _forbid(folder, mode=0o555):
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir():
            path.chmod(mode)


READ_ONLY = (
    STUDY[: STUDY.index("    execute(")]
    + """
    execute(specs[:2], store)
    Store(store.folder).read()  # all libraries are loaded: others may not be allowed to
    (store.folder / "parts" / f"{specs[1].run_id}.parquet").write_bytes(b"PAR1")
    for path in [*store.folder.rglob("*"), store.folder]:
        if path.is_dir():
            path.chmod(0o555)
    if os.geteuid() == 0:
        os.setgid(65534)  # nobody
        os.setuid(65534)
    assert not os.access(store.folder, os.W_OK)
    reader = Store(store.folder)
    assert reader.ledger.check().keys() == {f"{specs[1].run_id}.parquet"}
    print("damaged 1, read", len(reader.read()["runs"]), flush=True)
    try:
        execute(specs, reader)
    except (Unwritable, ValueError) as error:
        print(error)
"""
).replace("import sys\n", "import os, sys\nfrom harness.study.ledger.ledger import Unwritable\n")


def test_clocks_that_jump_change_nothing(tmp_path, monkeypatch):
    specs = walks(4)
    store = opened(tmp_path / "out", specs)
    ticks = iter(range(10**9, 0, -1000))
    monkeypatch.setattr(time, "time", lambda: float(next(ticks)))
    execute(specs[:2], store)
    for path in store.folder.rglob("*"):
        os.utime(path, (2e9, 2e9))  # from a future that is not to be
    execute(specs, store)
    monkeypatch.undo()
    whole = opened(tmp_path / "whole", specs)
    execute(specs, whole)
    same(rows(store), rows(whole))


UNGUARDED = """
from support.walkers import walks
from harness.study.execution.execute import execute
from harness.study.roll import roll_of
from harness.study.store import Store
from pathlib import Path
import sys
specs = walks(3)
store = Store(Path(sys.argv[1]))
store.open(roll_of(specs))
execute(specs, store, 2)
"""


def test_a_script_without_a_guard_and_one_from_standard_input_are_told_what_to_do(tmp_path):
    child = begin(tmp_path / "out", 3, script=UNGUARDED)
    _, error = child.communicate(timeout=60)
    assert child.returncode == 1
    assert error.count("Traceback") == 1
    assert 'put the call below a line `if __name__ == "__main__":`' in error.splitlines()[-1]
    assert count_parts(tmp_path / "out") == 0
    piped = subprocess.run(
        [sys.executable, "-", str(tmp_path / "piped")],
        input=UNGUARDED,
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
        check=False,
    )
    assert piped.returncode == 1
    assert "comes from '<stdin>', which workers cannot read" in piped.stderr


def test_workers_end_nobody_elses_children(tmp_path):
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        specs = walks(3, behaviour="sleep")
        store = opened(tmp_path / "out", specs)
        with pytest.raises(KeyboardInterrupt):
            execute(specs, store, 2, watch=_interrupt)
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def _interrupt(jobs, shares):
    raise KeyboardInterrupt


def test_where_nobody_has_left_a_claim_no_part_is_read_to_tidy_up(tmp_path):
    with Store(tmp_path).ledger.leases() as leases:
        leases.tidy(lambda: pytest.fail("a thousand footers are read for nothing"))
        (leases.folder / "a.000001.claim").write_text("gone~1~2~3")
        asked = []
        leases.tidy(lambda: asked.append(1) or {"a"})
        assert asked == [1]

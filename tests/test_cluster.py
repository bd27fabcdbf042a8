"""A study on executors that are not ours: Dask on loopback, where a worker dies and a method hangs."""

import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import psutil
import pytest
from support.walkers import walks

from harness.cli import main
from harness.study.execution.execute import execute
from harness.study.execution.policy import Policy
from harness.study.roll import roll_of
from harness.study.store import RUN_TABLES, Store
from harness.study.workers.dask import dask_executor

distributed = pytest.importorskip("distributed")

OWN_TO_A_RUN = ["seconds", "seconds_objective", "seconds_optimizer", "seconds_measuring"]
RUNS = int(os.environ.get("CLUSTER_RUNS", "60"))
"""500 in the full measurement."""


def opened(folder, specs):
    store = Store(folder)
    store.open(roll_of(specs))
    return store


def rows(store):
    found = store.read(RUN_TABLES)
    return {name: table.drop(columns=OWN_TO_A_RUN, errors="ignore") for name, table in found.items()}


def listening():
    """The addresses at which this process and its descendants await connections."""
    mine = [psutil.Process(), *psutil.Process().children(recursive=True)]
    found = [one for process in mine for one in process.net_connections("inet") if one.status == psutil.CONN_LISTEN]
    return {one.laddr.ip for one in found}


class Killer:
    """Kills a worker of the cluster as soon as a tenth of the runs are there."""

    def __init__(self, store):
        self.store, self.killed = store, None

    def __call__(self, jobs, shares):
        if self.killed is None and sum(shares) >= len(jobs) / 10:
            workers = distributed.default_client().run(os.getpid)
            assert len(workers) == 2
            assert all(socket.gethostbyname(address.split("//")[1].split(":")[0]) == "127.0.0.1" for address in workers)
            self.killed = next(iter(workers.values()))
            os.kill(self.killed, signal.SIGKILL)


@pytest.mark.slow
def test_a_cluster_loses_a_worker_and_no_run_and_its_tables_are_those_of_one_process(tmp_path):
    specs = walks(RUNS)
    store, whole = opened(tmp_path / "cluster", specs), opened(tmp_path / "here", specs)
    killer = Killer(store)
    with dask_executor("local", 2) as executor:
        execute(specs, store, executor, watch=killer, policy=Policy(expendable=True))
        assert listening() == {"127.0.0.1"}
        hanging = walks(1, "hanging", behaviour="sleep", time_limit=0.5)
        execute(hanging, store, executor, policy=Policy(expendable=True, grace=1.0))
    assert killer.killed is not None
    execute(specs, whole)
    one, two = rows(store), rows(whole)
    for name in RUN_TABLES:
        pd.testing.assert_frame_equal(one[name], two[name], check_exact=True)
    assert {state.attempt for state in store.states().values()} == {1}
    assert store.ledger.state(hanging[0].run_id).status == "timeout"


def test_an_address_that_is_none_is_told_in_a_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "STUDY.toml").write_text("problems = 'control-low'\noptimizers = 'gd'\nseeds = 1\nbudget = 30\n")
    assert main(["sweep", "STUDY.toml", "--dask", "localhost"]) == 2
    assert "--dask takes 'local', or the address of a scheduler" in capsys.readouterr().err


@pytest.mark.parametrize(
    "address", ["tls://127.0.0.1:1", "tcp://127.0.0.1:1", "tcp://127.0.0.1:99999", "ucx://127.0.0.1:1"]
)
def test_a_scheduler_that_cannot_be_reached_is_told_with_what_to_do(address):
    with (
        pytest.raises(ValueError, match=rf"There is no Dask scheduler at '{address}': .*Start one with"),
        dask_executor(address, 1, timeout="1s"),
    ):
        pass


@pytest.mark.slow
def test_a_study_is_made_on_a_cluster_by_a_word(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "STUDY.toml").write_text("problems = 'control-low'\noptimizers = 'gd'\nseeds = 3\nbudget = 30\n")
    assert main(["sweep", "STUDY.toml", "--dask", "local", "--jobs", "1", "--out", "here"]) == 0
    assert len(Store(tmp_path / "here").done()) == 3
    (tmp_path / "S.toml").write_text(
        "problems = 'control-low'\noptimizers = 'gd'\nseeds = 1\nbudget = 30\ntuning = {trials = 2, seeds = 2}\n"
    )
    words = ["tune", "S.toml", "--dask", "local", "--jobs", "1", "--out", "searched", "--write", "won.toml"]
    assert main(words) == 0
    assert len(Store(tmp_path / "searched").done()) == 4


def test_any_executor_will_do(tmp_path):
    specs = walks(4)
    store = opened(tmp_path / "out", specs)
    with ThreadPoolExecutor(2) as executor:
        execute(specs, store, executor)
    assert len(store.done()) == 4

"""What `harness plan` foretells: the arithmetic with a clock of our own, and real jobs without looking at any clock."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from harness.cli import main
from harness.commands.plan.around import Kept, concluding
from harness.quantities import duration
from harness.run.build import build
from harness.run.fit import OBJECTS, state_bytes
from harness.run.marks.schedule import log_marks
from harness.study.comparison import plan
from harness.study.execution.execute import execute
from harness.study.execution.jobs import configuration, group
from harness.study.foretelling import kinds
from harness.study.foretelling.estimate import estimate, makespan, seconds_of
from harness.study.foretelling.finished import seconds_of_finished
from harness.study.foretelling.kinds import chosen, foretold, kind_of, method_of, problem_of
from harness.study.foretelling.left import seconds_left
from harness.study.foretelling.probing import ENDED, Probed, marks_of, probe
from harness.study.store import Store
from optimizers import OPTIMIZERS

FULL = 60_000


class Machine:
    """Makes runs that take `each` seconds a forward pass and lane, `marking` a mark and `starting` altogether.

    Of `power` 2 the k-th pass takes about k times as long as the first."""

    def __init__(self, each, marking=0.0, starting=0.0, status="budget", ends_at=float("inf"), power=1.0):
        self.now = 0.0
        self.budgets = []
        self.each, self.marking, self.starting, self.status, self.ends_at = each, marking, starting, status, ends_at
        self.power = power

    def clock(self):
        return self.now

    def make(self, specs):
        budget = specs[0].budget
        cost = min(budget, self.ends_at)
        ended = cost >= self.ends_at
        self.budgets.append(budget)
        work = self.each * cost**self.power
        self.now += len(specs) * work + self.marking * (len(log_marks(budget, specs[0].marks)) + 1) + self.starting
        row = {"seconds_objective": 0.75 * work, "seconds_optimizer": 0.25 * work, "cost": cost}
        status = self.status if ended or self.status == "budget" else "budget"
        return [{"runs": pd.DataFrame([row | {"status": status}])} for _ in specs]

    def truth(self, specs):
        before, self.now = self.now, 0.0
        self.make(specs)
        taken, self.now = self.now, before
        return taken


def jobs_of(*optimizers, seeds=8, **options):
    return group(plan("sin135", optimizers, seeds, **options).specs)


@pytest.mark.parametrize("each", [1e-7, 1e-5, 1e-3])
@pytest.mark.parametrize("optimizer", ["adam", "bfgs"])
def test_work_in_proportion_to_cost_is_foretold_to_a_twentieth(optimizer, each):
    machine, jobs = Machine(each, marking=1e-4), jobs_of(optimizer)
    (one,) = estimate(jobs, machine.clock, machine.make)
    assert one.seconds == pytest.approx(machine.truth(jobs[0]), rel=0.05)


def test_building_and_marks_are_not_taken_for_work():
    machine, jobs = Machine(1e-6, marking=1e-3, starting=0.05), jobs_of("adam")
    (one,) = estimate(jobs, machine.clock, machine.make)
    truth = machine.truth(jobs[0])
    assert truth / 2 < one.seconds < 2 * truth


def test_the_first_probe_is_not_believed_as_it_loads_and_compiles():
    machine, jobs = Machine(1e-5), jobs_of("adam")
    slow_first = iter([30.0])
    make = machine.make

    def loading(specs):
        machine.now += next(slow_first, 0.0)
        return make(specs)

    (one,) = estimate(jobs, machine.clock, loading)
    assert one.seconds == pytest.approx(machine.truth(jobs[0]), rel=0.05)


@pytest.mark.parametrize("status", ENDED)
def test_a_probe_that_ends_early_is_the_whole_run(status):
    machine, jobs = Machine(1e-4, status=status, ends_at=50.0), jobs_of("bfgs", seeds=1)
    (one,) = estimate(jobs, machine.clock, machine.make)
    assert one.seconds == pytest.approx(50 * 1e-4)
    assert max(machine.budgets) < FULL


def test_probes_stay_within_their_allowance_but_for_the_last():
    machine, (job,) = Machine(1e-4), jobs_of("bfgs", seeds=1)
    probed = probe(job, 0.1, machine.clock, machine.make)
    assert machine.budgets[-1] * 1e-4 < 5 * 0.1
    assert probed.working >= 0.1


def test_a_job_shorter_than_its_probe_is_made_in_full():
    machine, (job,) = Machine(1e-9), jobs_of("bfgs", seeds=1, budget=500)
    probed = probe(job, 0.1, machine.clock, machine.make)
    assert machine.budgets[-1] == 500
    assert seconds_of(probed, job[0]) == pytest.approx(500e-9)


def test_a_time_limit_bounds_the_work():
    spec = replace(plan("sin135", ["adam"], 1).specs[0], time_limit=2.0)
    probed = Probed(cost=100, marks=10, objective=0.7, optimizer=0.3, around=0.0, ended=False)
    assert seconds_of(probed, spec) == 2.0


@pytest.mark.parametrize(("power", "bound"), [(1.0, False), (0.5, False), (1.2, False), (1.3, True), (2.0, True)])
def test_seconds_are_the_least_where_passes_take_longer_the_more_there_are(power, bound):
    machine, jobs = Machine(1e-5, power=power), jobs_of("bfgs", seeds=1)
    (one,) = estimate(jobs, machine.clock, machine.make)
    assert one.at_least is bound
    if bound:
        assert one.seconds < machine.truth(jobs[0])


def test_a_beginning_with_shorter_passes_is_not_taken_for_growth():
    machine, (job,) = Machine(1e-4), jobs_of("bfgs", seeds=1)

    def make(specs):
        # the first 100 passes are as those of a simplex that is not whole yet: less long
        cost = specs[0].budget
        machine.each = 1e-4 * (1.0 - 0.6 * min(cost, 100.0) / cost)
        return Machine.make(machine, specs)

    probed = probe(job, 0.0133, machine.clock, make)
    before, last = machine.budgets[-2:]
    assert last == 2 * before
    assert not probed.growing
    assert probed.working / probed.cost == pytest.approx(1e-4, rel=0.2)


def test_a_growth_that_has_cost_many_times_the_allowance_is_believed():
    machine, (job,) = Machine(1e-3 / 30**3, power=3.0), jobs_of("bfgs", seeds=1)
    probed = probe(job, 0.1, machine.clock, machine.make)
    assert probed.growing
    assert machine.budgets == [30, 30, 30 * 64]


@pytest.mark.parametrize("how", [{"status": "converged", "ends_at": 50.0}, {"marking": 0.0}])
def test_seconds_of_what_a_probe_made_in_full_are_no_bound(how):
    machine, jobs = Machine(1e-7, power=2.0, **how), jobs_of("bfgs", seeds=1, budget=500)
    (one,) = estimate(jobs, machine.clock, machine.make)
    assert one.seconds == pytest.approx(machine.truth(jobs[0]))
    assert not one.at_least


def test_seconds_of_finished_runs_are_no_bound():
    machine, jobs = Machine(1e-5, power=2.0), jobs_of("bfgs", seeds=1)
    (one,) = estimate(jobs, machine.clock, machine.make, finished={configuration(jobs[0][0]): 7.0})
    assert (one.seconds, one.at_least) == (7.0, False)


def test_jobs_that_differ_in_seed_alone_are_probed_once():
    machine, jobs = Machine(1e-5), jobs_of("adam", "bfgs", "powell", seeds=3)
    estimates = estimate(jobs, machine.clock, machine.make)
    assert [(one.optimizer, one.lanes, one.jobs) for one in estimates] == [
        ("adam", 3, 1),
        ("bfgs", 1, 3),
        ("powell", 1, 3),
    ]


def test_the_state_of_a_job_is_what_the_optimizer_says_for_each_lane():
    machine, jobs = Machine(1e-5), jobs_of("adam", seeds=4)
    (one,) = estimate(jobs, machine.clock, machine.make)
    assert one.state_bytes == 4 * (jobs[0][0].method.memory(121) + OBJECTS)


def test_a_state_of_float32_takes_half_where_the_method_allows_it():
    method, problem = OPTIMIZERS["adam"], build(jobs_of("adam")[0][0])
    assert state_bytes(method, problem, single=True) - OBJECTS == method.memory(121) / 2
    assert state_bytes(OPTIMIZERS["muon"], problem, single=True) == state_bytes(OPTIMIZERS["muon"], problem)


def many():
    """Jobs of three methods on twelve problems, and rates that are a factor of each."""
    jobs = [
        job
        for k in range(12)
        for job in jobs_of("gd", "adam", "bfgs", seeds=1, settings={"problem": {"samples": 51 + k}})
    ]
    methods, problems = {}, {}
    probed = {}
    for job in jobs:
        rate = 1e-6 * 3.0 ** methods.setdefault(method_of(job), len(methods))
        rate *= 1.5 ** problems.setdefault(problem_of(job), len(problems))
        probed[kind_of(job)] = Probed(100, 10, 100 * rate, 50 * rate, 10 * rate, ended=False, numbers=1000)
    return {kind_of(job): job for job in jobs}, probed


def test_of_very_many_kinds_some_of_each_method_and_problem_are_probed(monkeypatch):
    firsts, probed = many()
    assert chosen(firsts, {}) == list(firsts)
    monkeypatch.setattr(kinds, "MOST_PROBED", 20)
    monkeypatch.setattr(kinds, "EACH", 2)
    picked = chosen(firsts, {})
    assert len(picked) < len(firsts)
    for what, count in ((method_of, 3), (problem_of, 12)):
        met = [what(firsts[kind]) for kind in picked]
        assert len(set(met)) == count
        assert min(met.count(one) for one in met) >= 2
    # and none again of what is known already
    assert chosen(firsts, probed) == []


def test_what_is_not_probed_is_the_factor_of_its_method_times_that_of_its_problem(monkeypatch):
    monkeypatch.setattr(kinds, "MOST_PROBED", 20)
    firsts, probed = many()
    known = {kind: probed[kind] for kind in chosen(firsts, {})}
    full = foretold(firsts, known)
    for kind, job in firsts.items():
        spec = job[0]
        whole = probed[kind].objective * spec.budget / 100
        assert full[kind].objective * spec.budget / full[kind].cost == pytest.approx(whole, rel=0.02)
        around = probed[kind].around * marks_of(spec) / 10
        assert full[kind].around * marks_of(spec) / full[kind].marks == pytest.approx(around, rel=0.02)


def test_what_is_not_probed_is_bounded_where_a_probe_of_its_method_is(monkeypatch):
    monkeypatch.setattr(kinds, "MOST_PROBED", 20)
    monkeypatch.setattr(kinds, "EACH", 2)
    firsts, probed = many()
    known = {kind: probed[kind] for kind in chosen(firsts, {})}
    first = next(kind for kind in known if firsts[kind][0].optimizer == "adam")
    full = foretold(firsts, known | {first: known[first]._replace(growing=True)})
    rest = firsts.keys() - known.keys()
    assert {firsts[kind][0].optimizer for kind in rest if full[kind].growing} == {"adam"}
    assert all(full[kind].growing for kind in rest if firsts[kind][0].optimizer == "adam")


def test_finished_runs_say_what_the_others_of_their_configuration_take(tmp_path):
    made, store = plan("sin135", ["adam"], 2, budget=60), Store(tmp_path / "a")
    specs = plan("sin135", ["adam", "gd"], 4, budget=60).specs
    assert seconds_of_finished(store, specs) == {}
    store.open(made.study)
    execute(made.specs, store)
    finished = seconds_of_finished(store, specs)
    runs = store.read(["runs"])["runs"]
    own = runs[["seconds_objective", "seconds_optimizer", "seconds_measuring"]].sum(axis=1).mean()
    assert finished == {configuration(specs[0]): pytest.approx(own)}
    machine = Machine(1e-5)
    adam, gd = estimate(group(specs), machine.clock, machine.make, finished={configuration(specs[0]): 7.0})
    assert adam.seconds == 4 * 7.0
    assert gd.seconds < 1


@pytest.mark.parametrize(
    ("seconds", "processes", "expected"),
    [([3, 1, 1, 1], 2, 3), ([1, 1, 3], 2, 4), ([2, 2, 2], 1, 6), ([5], 8, 5), ([], 2, 0)],
)
def test_each_job_goes_to_the_process_that_is_free_first(seconds, processes, expected):
    assert makespan(seconds, processes) == expected


def test_what_follows_the_runs_is_measured_on_the_last_probe_of_every_configuration():
    jobs, kept = jobs_of("adam", "bfgs", seeds=2, budget=40), Kept()
    for budget in (20, 40):
        for job in jobs:
            kept([replace(spec, budget=budget) for spec in job])
    assert {*kept.tables["runs"]["optimizer"]} == {"adam", "bfgs"}
    assert {*kept.tables["runs"]["budget"]} == {40.0}
    assert concluding(kept.tables, jobs) > 0
    assert concluding(Kept().tables, []) == 0


def test_a_problem_whose_nulls_cannot_be_made_is_foretold_all_the_same(monkeypatch):
    def broken(problem, spec):
        raise IndexError(problem, spec)

    monkeypatch.setattr("harness.commands.plan.around.null_table", broken)
    jobs, kept = jobs_of("adam", seeds=1, budget=20), Kept()
    kept(jobs[0])
    assert concluding(kept.tables, jobs) > 0


def test_plan_says_what_would_be_made_and_writes_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = [
        "plan",
        "--problem",
        "sin135",
        "--optimizers",
        "adam,bfgs",
        "--seeds",
        "3",
        "--budget",
        "120",
        "--jobs",
        "2",
    ]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "6 runs in 4 jobs on 2 processes" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("lines", [200, 0])
def test_plan_says_where_its_seconds_are_the_least(lines, monkeypatch, capsys):
    # whatever is probed takes longer from probe to probe
    monkeypatch.setattr("harness.study.foretelling.probing.GROWING", -10.0)
    monkeypatch.setattr("harness.commands.plan.work.MOST_LINES", lines)
    monkeypatch.setattr("harness.study.foretelling.estimate.LONGEST", 0.05)
    words = "plan --problem control-low --optimizers gd,adam --seeds 1 --budget 1e9 --jobs 1"
    assert main(words.split()) == 0
    said = capsys.readouterr().out
    rows = [line for line in said.splitlines() if line.startswith("│")]
    assert rows
    assert all("≥ " in row for row in rows if "gd" in row or "adam" in row)
    assert "processes: at least " in said
    assert "at least: forward passes of gd, adam took longer" in said


def test_plan_leaves_out_what_is_done_already(tmp_path, capsys):
    words = [
        "--problem",
        "sin135",
        "--optimizers",
        "adam",
        "--budget",
        "60",
        "--jobs",
        "1",
        "--out",
        str(tmp_path / "a"),
    ]
    assert main(["compare", "--seeds", "1", *words]) == 0
    assert main(["plan", "--seeds", "1", *words]) == 0
    assert "0 runs in 0 jobs" in capsys.readouterr().out


def test_a_plan_tells_apart_what_differs_in_its_settings_alone(capsys):
    words = "plan --problem control-low --optimizers momentum,gd --vary momentum.lr=0.01,0.1 --seeds 1 --budget 30"
    assert main(words.split()) == 0
    lines = capsys.readouterr().out.splitlines()
    assert sorted(line.split("│")[1].strip() for line in lines if line.startswith("│")) == [
        "gd",
        "momentum lr=0.01",
        "momentum lr=0.1",
    ]


def test_a_plan_of_several_problems_names_the_problem_of_each_line(tmp_path, capsys):
    path = tmp_path / "two.toml"
    path.write_text('problems = ["control-low", "control-high"]\noptimizers = ["gd"]\nbudget = 30\nseeds = 1\n')
    assert main(["plan", str(path), "--jobs", "1"]) == 0
    said = capsys.readouterr().out
    assert [line.split("│")[1].strip() for line in said.splitlines() if "gd" in line] == ["control-low", "control-high"]


def test_missing_runs_take_what_finished_ones_of_their_problem_and_optimizer_took():
    columns = dict.fromkeys(("seconds_optimizer", "seconds_measuring"), 1.0)
    labels = {"problem": ["a", "a", "b"], "optimizer": ["gd", "adam", "gd"], "seconds_objective": [0.0, 2.0, 6.0]}
    runs = pd.DataFrame(labels).assign(**columns)
    assert seconds_left(runs, [("a", "gd"), ("b", "gd")]) == 2 + 8
    assert seconds_left(runs, [("c", "gd")]) == 5  # of the optimizer
    assert seconds_left(runs, [("c", "bfgs")]) == pytest.approx((2 + 4 + 8) / 3)  # of all
    assert seconds_left(runs, []) == 0
    assert np.isnan(seconds_left(runs.iloc[:0], [("a", "gd")]))


def test_status_says_what_is_left_by_what_is_finished(tmp_path, capsys):
    store, both = Store(tmp_path / "a"), plan("sin135", ["gd"], 4, budget=60)
    store.open(both.study)
    assert main(["status", str(store.folder)]) == 1
    assert "left:" not in capsys.readouterr().out
    execute(both.specs[:1], store)
    assert main(["status", str(store.folder)]) == 1
    own = store.read(["runs"])["runs"]
    own = float(own[["seconds_objective", "seconds_optimizer", "seconds_measuring"]].sum(axis=1).iloc[0])
    assert f"left: about {duration(3 * own)} of processor" in capsys.readouterr().out


def test_a_method_that_fails_in_its_probe_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.py").write_text(
        "from harness import optimizer\n\n\n"
        "@optimizer('breaks')\ndef minimize(fun, x0):\n    fun(x0)\n    raise RuntimeError('at once')\n"
    )
    words = "--problem sin135 --plugin bad.py --optimizers breaks,gd --seeds 1 --budget 30 --jobs 1"
    assert main(["plan", *words.split()]) == 0
    assert "failed in a probe: breaks on sin135: RuntimeError: at once" in capsys.readouterr().err

"""From a specification to rows: however a run ends, its end is data."""

import json
import os
import subprocess
import sys
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter, sleep

import numpy as np
import pandas as pd
import pytest
from support.toys import Act, Bowl, Descent, Norm, RandomBowl, Resting, Swarmlet, bowl, run_spec
from threadpoolctl import threadpool_info

from harness.run.fit import OBJECTS, Refused, check_fit, state_bytes
from harness.run.machine import machine
from harness.run.marks.schedule import log_marks
from harness.run.metering.account import PATIENCE
from harness.run.rows import unfinished
from harness.run.runner import run, run_lanes
from harness.run.spec import find_optimizer, find_problem, settings_of, stream
from harness.study.store import RUN_TABLES
from harness.tables import SCHEMA
from optimizers.first_order.torch_methods import GD
from problems.engines.numpy_evaluator import NumpyEvaluator

SECONDS = ["seconds_objective", "seconds_optimizer", "seconds_measuring"]


def same(one, two, *, leave=(), atol=0.0):
    """Assert that two runs have the same rows, apart from seconds and the columns to `leave`."""
    for table in RUN_TABLES:
        gone = [name for name in (*SECONDS, "seconds", *leave) if name in one[table]]
        first, second = one[table].drop(columns=gone), two[table].drop(columns=gone)
        pd.testing.assert_frame_equal(first, second, rtol=0, atol=atol, check_exact=not atol)


def only(tables):
    """The one row of `runs`."""
    assert len(tables["runs"]) == 1
    return tables["runs"].iloc[0]


def sane(tables):
    """Assert what holds of every run with a curve, however it has ended."""
    row, curves, spectra = only(tables), tables["curves"], tables["spectra"]
    assert {name: dict(frame.dtypes.astype(str)) for name, frame in tables.items()} == {
        name: SCHEMA[name] for name in RUN_TABLES
    }
    assert curves["mark"].tolist() == list(range(len(curves)))
    assert curves["cost"].iloc[0] == 0
    assert (np.diff(curves["cost"]) > 0).all()
    assert curves["cost"].iloc[-1] == row["cost"] <= row["budget"]
    assert (np.diff(curves["seconds"]) >= 0).all()
    assert (curves[["values", "gradients", "hvps", "jacobians"]].iloc[-1] == row[list(curves.columns[3:7])]).all()
    assert (spectra.groupby("mark")["cost"].first() == curves["cost"]).all()
    assert set(curves["run_id"]) == set(spectra["run_id"]) == {row["run_id"]}
    assert row["first_loss"] == curves["loss"].iloc[0]
    assert np.isfinite(row["best_loss"])
    return row


# rows


@pytest.mark.parametrize("method", [Descent(), Swarmlet(), Swarmlet(size=50)])
def test_a_run_gives_one_row_a_curve_and_spectra(method):
    row = sane(tables := run(run_spec(method)))
    assert row["status"] == "budget"
    assert row["reason"] == "The budget of 60 forward passes is spent."
    assert (row["problem"], row["optimizer"], row["seed"], row["dim"], row["n_samples"]) == ("bowl", "toy", 0, 4, 4)
    assert json.loads(row["settings"]) == settings_of(method)
    assert json.loads(row["problem_settings"]) == {"size": 4, "watch": ""}
    assert (row["network"], row["loss"], row["dtype"]) == ("bowl", "mse", "float64")
    assert row["cost"] == row["values"] + 3 * row["gradients"] == 60
    assert row["machine_id"] == machine()["machine_id"]
    # the order of sums is that of the library and of the processor for which it has chosen its kernels
    chosen = next(one for one in threadpool_info() if "numpy" in one["filepath"])
    assert (
        json.loads(machine()["libraries"])["blas"]
        == f"{chosen['internal_api']} {chosen['version']} for {chosen['architecture']}"
    )
    assert tables["curves"]["cost"].iloc[1:].isin({*log_marks(60), *range(3, 61, 3)}).all()
    assert len(tables["spectra"]) == len(tables["curves"])


def test_the_best_point_so_far_is_measured_and_the_last_one_beside_it():
    def act(objective, theta0, rng):
        for size in (0.75, 0.25, 0.5):
            objective.value(np.full(4, size))

    tables = run(run_spec(Act(act=act)))
    assert tables["curves"]["loss"].iloc[1:].tolist() == [0.5625, 0.0625, 0.0625]
    assert tables["spectra"]["error"].iloc[1:].tolist() == [1.5, 0.5, 0.5]
    assert tables["spectra"]["amplitude"].iloc[1:].tolist() == [3, 1, 1]
    assert tables["curves"]["loss_last"].iloc[1:].tolist() == [0.5625, 0.0625, 0.25]
    assert tables["spectra"]["error_last"].iloc[1:].tolist() == [1.5, 0.5, 1]
    assert tables["spectra"]["amplitude_last"].iloc[1:].tolist() == [3, 1, 2]
    row = only(tables)
    assert (row["last_loss"], row["best_loss"]) == (0.25, 0.0625)


def test_the_best_point_of_a_minibatch_method_is_the_best_of_its_last_points_at_marks():
    def act(objective, theta0, rng):
        for size in (0.75, 0.25, 0.5, 0.125, 1.0):
            objective.batch_value_and_grad(np.full(4, size), np.arange(4))

    curves = run(run_spec(Act(act=act), budget=60))["curves"]
    assert curves["loss_last"].iloc[1:].tolist() == [0.5625, 0.0625, 0.25, 0.015625, 1.0]
    assert curves["loss"].iloc[1:].tolist() == [min(0.5625, curves["loss"][0]), 0.0625, 0.0625, 0.015625, 0.015625]


def test_a_best_point_between_marks_is_that_of_the_meter():
    def act(objective, theta0, rng):
        for size in (0.75, 0.25, 0.5, 0.625):
            objective.value(np.full(4, size))

    tables = run(replace(run_spec(Act(act=act)), marks=1))
    assert tables["curves"]["cost"].tolist() == [0, 1, 4]
    assert tables["curves"][["loss", "loss_last"]].iloc[-1].tolist() == [0.0625, 0.390625]


def test_each_point_is_measured_once_however_often_it_is_the_best(monkeypatch):
    thetas = []

    def act(objective, theta0, rng):
        for size in (0.75, 0.25, 0.5, 0.625, 0.25):
            objective.value(np.full(4, size))

    original = NumpyEvaluator.predict

    def predict(self, given):
        thetas.extend(given[:, 0])
        return original(self, given)

    monkeypatch.setattr(NumpyEvaluator, "predict", predict)
    run(run_spec(Act(act=act)))
    assert thetas[1:] == [0.75, 0.25, 0.5, 0.625, 0.25]


def test_the_same_specification_gives_the_same_rows_and_another_seed_gives_others():
    for method in (Descent(), Swarmlet()):
        first = run(run_spec(method, seed=5))
        same(first, run(run_spec(method, seed=5)))
        assert only(first)["first_loss"] != only(run(run_spec(method, seed=6)))["first_loss"]


def test_every_method_starts_from_the_weights_of_its_seed_and_draws_from_a_stream_of_its_own():
    given = []

    def act(objective, theta0, rng):
        given.append((theta0.copy(), rng.integers(2**60)))

    run(run_spec(Act(act=act), seed=4))
    run(run_spec(Act(act=act), seed=4, budget=99))
    np.testing.assert_array_equal(given[0][0], stream(4, "weights").standard_normal(4))
    np.testing.assert_array_equal(given[0][0], given[1][0])
    assert given[0][1] == given[1][1] == stream(4, "optimizer").integers(2**60)


def test_global_random_state_is_neither_read_nor_moved():
    np.random.seed(0)  # noqa: NPY002
    first = run(run_spec(Swarmlet()))
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    np.testing.assert_array_equal(state, np.random.get_state()[1])  # noqa: NPY002
    np.random.seed(1)  # noqa: NPY002
    same(first, run(run_spec(Swarmlet())))


TWICE = """
import sys
from harness.run.runner import run_lanes
from harness.run.spec import find_problem
from support.toys import Descent, Swarmlet, run_spec

jobs = [[run_spec(Swarmlet(), 3)], [run_spec(Descent(), seed, find_problem("control-low")) for seed in (0, 1)]]
made = [tables for job in jobs for tables in run_lanes(job)]
"""


def test_two_processes_give_the_same_rows_but_for_seconds_and_machine(tmp_path):
    write = (
        "for i, tables in enumerate(made):\n"
        "    for name, rows in tables.items(): rows.to_parquet(f'{sys.argv[1]}/{name}{i}')"
    )
    tests = Path(__file__).parent
    # all else alike: OPENBLAS_CORETYPE, for one, decides in which order sums are taken
    environment = os.environ | {"PYTHONPATH": f"{tests.parent}:{tests}", "PYTHONHASHSEED": "1"}
    subprocess.run([sys.executable, "-c", TWICE + write, str(tmp_path)], env=environment, check=True)
    here = {}
    exec(TWICE, here)
    assert len(here["made"]) == 3
    for index, tables in enumerate(here["made"]):
        there = {name: pd.read_parquet(tmp_path / f"{name}{index}") for name in tables}
        same(tables, there, leave=["machine_id"])


# ends


def test_a_method_that_returns_early_has_converged():
    row = sane(run(run_spec(Act(act=lambda objective, theta0, rng: objective.value(theta0)))))
    assert (row["status"], row["cost"]) == ("converged", 1)


def test_a_method_that_returns_at_once_has_converged_at_cost_0():
    row = sane(run(run_spec(Act(act=lambda objective, theta0, rng: None))))
    assert (row["status"], row["cost"], row["best_loss"]) == ("converged", 0, row["first_loss"])


def test_a_method_that_raises_has_failed_with_its_curve_kept_and_a_sentence_of_one_line():
    def act(objective, theta0, rng):
        objective.values(np.array([theta0] * 4))
        raise LookupError('no such\r\nthing,  "here"')

    tables = run(run_spec(Act(act=act)))
    row = sane(tables)
    assert (row["status"], row["cost"]) == ("failed", 4)
    assert row["reason"] == 'LookupError: no such thing, "here"'
    assert len(tables["curves"]) == 5


def test_an_interrupt_is_no_end_of_a_run():
    def act(objective, theta0, rng):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(run_spec(Act(act=act)))


def test_a_run_that_goes_to_infinity_has_diverged_with_its_last_finite_loss_the_best():
    def act(objective, theta0, rng):
        for power in range(1000):
            objective.value_and_grad(np.full(4, 100.0**power))

    tables = run(run_spec(replace(Act(act=act)), budget=5000))
    row = sane(tables)
    assert row["status"] == "diverged"
    assert row["reason"] == f"The last {PATIENCE} evaluations gave no finite loss."
    assert row["last_loss"] == np.inf
    assert row["best_loss"] == row["first_loss"]
    assert np.isfinite(tables["curves"]["loss"]).all()  # the best is what it stands for


def test_a_diverged_run_is_measured_at_its_last_point_too():
    row = sane(tables := run(run_spec(Descent(lr=100), budget=5000)))
    assert row["status"] == "diverged"
    assert not np.isfinite(tables["curves"]["loss_last"].iloc[-1])
    assert not np.isfinite(tables["spectra"]["error_last"].iloc[-1])
    assert np.isfinite(tables["curves"]["loss"]).all()
    assert row["last_loss"] == np.inf
    assert row["best_loss"] == row["first_loss"]


def test_the_target_and_the_time_limit_end_a_run():
    row = sane(run(run_spec(target_loss=0.5, budget=5000)))
    assert row["status"] == "target"
    assert row["best_loss"] <= 0.5 < only(run(run_spec(budget=row["cost"] - 3)))["best_loss"]

    def act(objective, theta0, rng):
        while True:
            sleep(0.01)
            objective.value(theta0)

    begun = perf_counter()
    row = sane(run(run_spec(Act(act=act), budget=1e6, time_limit=0.05)))
    assert row["status"] == "timeout"
    assert 0.05 <= row["seconds_objective"] + row["seconds_optimizer"] < perf_counter() - begun < 2


def test_floating_point_warnings_of_a_run_are_silenced_and_those_after_it_are_not():
    def act(objective, theta0, rng):
        np.log(np.zeros(1))
        warnings.warn("library chatter", stacklevel=1)
        objective.value(theta0 * np.float64(1e308) * 10)

    assert only(run(run_spec(Act(act=act))))["status"] == "diverged"
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        np.log(np.zeros(1))


def test_losses_told_of_a_minibatch_method_are_those_of_all_samples():
    @dataclass(frozen=True)
    class Stochastic(Descent):
        lanes = False

        def minimize(self, objective, theta0, rng):
            theta = theta0.copy()
            while True:
                theta -= 0.1 * objective.batch_value_and_grad(theta, rng.integers(4, size=1))[1]

    row = sane(tables := run(run_spec(Stochastic(), budget=30)))
    assert row["last_loss"] == tables["curves"]["loss_last"].iloc[-1]
    assert row["best_loss"] == tables["curves"]["loss"].min()
    assert row["gradients"] == row["cost"] / 3 == 10


def test_full_losses_are_the_same_in_the_curve_and_in_the_row():
    for method in (Descent(), Swarmlet()):
        row = sane(tables := run(run_spec(method)))
        assert row["best_loss"] == tables["curves"]["loss"].min()


# runs that cannot be made


@dataclass(frozen=True, kw_only=True)
class Broken(Bowl):
    """Fails where it is told to."""

    where: str = "build"

    def build(self, rng):
        if self.where == "build":
            raise FileNotFoundError("data.csv is not there")
        if self.where == "probe":
            return bowl(probes=(Snapping(),))
        return bowl(before=self.fail)

    def fail(self):
        raise MemoryError("too large")


@dataclass(frozen=True, eq=False)
class Snapping(Norm):
    """Measures three times and then no more."""

    left = [3]  # noqa: RUF012  # shared on purpose

    def measure(self, predictions):
        self.left[0] -= 1
        if self.left[0] < 0:
            raise ArithmeticError("snapped")
        return super().measure(predictions)


@pytest.mark.parametrize("specs", [1, 3])
def test_a_problem_that_cannot_be_built_is_a_failed_row_without_a_curve(specs):
    made = run_lanes([run_spec(recipe=Broken(), seed=seed) for seed in range(specs)])
    assert len(made) == specs
    for seed, tables in enumerate(made):
        row = only(tables)
        assert (row["status"], row["seed"], row["cost"]) == ("failed", seed, 0)
        assert row["reason"] == "FileNotFoundError: data.csv is not there"
        assert np.isnan([row["first_loss"], row["last_loss"], row["best_loss"]]).all()
        assert len(tables["curves"]) == len(tables["spectra"]) == 0
        assert dict(tables["spectra"].dtypes.astype(str)) == SCHEMA["spectra"]


def test_a_problem_that_fails_at_its_first_measurement_is_a_failed_row():
    row = only(tables := run(run_spec(recipe=Broken(where="forward"))))
    assert (row["status"], row["reason"]) == ("failed", "MemoryError: too large")
    assert len(tables["curves"]) == len(tables["spectra"]) == 0


def test_a_probe_that_fails_leaves_the_marks_before_whole():
    Snapping.left[0] = 3
    tables = run(run_spec(recipe=Broken(where="probe")))
    assert only(tables)["status"] == "failed"
    assert only(tables)["reason"] == "ArithmeticError: snapped"
    assert len(tables["curves"]) == len(tables["spectra"]) == 3


def test_a_problem_that_watches_nothing_has_no_spectra():
    tables = run(run_spec(recipe=Bowl(probes=())))
    assert only(tables)["status"] == "budget"
    assert len(tables["spectra"]) == 0
    assert len(tables["curves"]) > 3


def test_a_problem_may_be_watched_by_several_probes():
    tables = run(run_spec(recipe=Bowl(probes=(Norm(), Norm("again")))))
    assert len(tables["spectra"]) == 2 * len(tables["curves"])
    by_probe = [rows.drop(columns="probe").reset_index(drop=True) for _, rows in tables["spectra"].groupby("probe")]
    pd.testing.assert_frame_equal(*by_probe)


def test_a_method_that_a_problem_cannot_serve_is_refused_with_the_reason():
    class Demanding(Act):
        needs = frozenset({"value", "residuals", "hvp"})

    class Dumb:
        layout = ()
        dim = 4

    problem = replace(bowl(), network=Dumb())
    with pytest.raises(Refused) as error:
        check_fit("newton", Demanding(), problem)
    assert str(error.value) == "Optimizer 'newton' needs hvp, residuals, which this problem does not offer."
    check_fit("newton", Demanding(), bowl())


def test_a_method_that_is_too_small_for_a_network_is_refused_with_its_memory():
    class Square(Act):
        max_dim = 3

        def memory(self, dim):
            return 8 * dim**2

    with pytest.raises(Refused) as error:
        check_fit("bfgs", Square(), bowl())
    sentence = str(error.value)
    assert sentence.startswith(
        "Optimizer 'bfgs' takes at most 3 parameters and 8 GB; this network has 4, for which it would hold"
    )
    assert "(128 bytes)" in sentence
    assert only(run(run_spec(Square())))["reason"] == f"Refused: {sentence.replace('bfgs', 'toy')}"


def test_slopes_of_residuals_beyond_the_memory_allowed_are_refused_with_what_would_fit():
    recipe = replace(find_problem("sin135"), samples=100_001, network="1-100-100-1")
    problem, method = recipe.build(stream(0, "data")), find_optimizer("levenberg-marquardt")
    with pytest.raises(Refused) as error:
        check_fit("levenberg-marquardt", method, problem)
    rows, dim = 100_001, 10_401
    held = 16 * (rows * dim + dim**2)
    assert f"{rows:,} samples with 1 outputs and {dim:,} parameters" in str(error.value)
    assert f"({held:,} bytes)" in str(error.value)
    assert f"About {8_000_000_000 // (16 * dim):,} samples would fit" in str(error.value)
    assert state_bytes(method, problem) == held + OBJECTS
    check_fit("adam", find_optimizer("adam"), problem)


def test_a_run_whose_process_died_is_a_row_too():
    made = unfinished(run_spec(seed=3), "crashed", "It died.")
    tables = {name: rows.frame() for name, rows in made.items()}
    row = only(tables)
    assert (row["status"], row["reason"], row["seed"], row["cost"]) == ("crashed", "It died.", 3, 0)
    assert row["run_id"] == run_spec(seed=3).run_id
    assert len(tables["curves"]) == len(tables["spectra"]) == 0


# lanes


@pytest.mark.parametrize("recipe", [Bowl(), RandomBowl(), find_problem("control-low")])
@pytest.mark.parametrize("method", [Descent(), Swarmlet(), Resting()])
def test_runs_together_have_the_rows_of_runs_alone(method, recipe):
    specs = [run_spec(method, seed, recipe, budget=150) for seed in (3, 1, 4)]
    for spec, together in zip(specs, run_lanes(specs), strict=True):
        alone = run(spec)
        same(together, alone, leave=["lanes"], atol=1e-10)
        sane(together)
        assert (only(together)["lanes"], only(alone)["lanes"]) == (3, 1)


def test_a_lane_that_diverges_has_a_row_of_its_own_and_the_others_are_as_without_it():
    @dataclass(frozen=True)
    class Steep(Descent):
        """Leaves for infinity from one of the starting points."""

        def minimize(self, objective, theta0, rng):
            theta, lr = theta0.copy(), np.where(theta0[:, :1] == theta0[1, 0], 50.0, 0.1)
            while True:
                theta -= lr * objective.value_and_grad(theta)[1]

    specs = [run_spec(Steep(), seed, budget=3000) for seed in range(3)]
    made = run_lanes(specs)
    calm = run_lanes([run_spec(Descent(), seed, budget=3000) for seed in range(3)])
    row = sane(made[1])
    assert row["status"] == "diverged"
    assert row["last_loss"] == np.inf
    assert 3 * PATIENCE < row["cost"] < 3000
    assert row["gradients"] == row["cost"] / 3
    for lane in (0, 2):
        assert sane(made[lane])["status"] == "budget"
        same(made[lane], calm[lane], leave=["run_id"])


def test_when_every_lane_diverges_every_lane_says_so():
    for tables in run_lanes([run_spec(Descent(lr=50), seed, budget=3000) for seed in range(3)]):
        assert sane(tables)["status"] == "diverged"


def test_an_error_in_a_batch_spares_the_lanes_that_have_ended():
    @dataclass(frozen=True)
    class Clumsy(Descent):
        def minimize(self, objective, theta0, rng):
            theta = theta0.copy()
            theta[0] = 0
            objective.value_and_grad(theta)
            raise ValueError("stumbled")

    made = run_lanes([run_spec(Clumsy(), seed, target_loss=1e-9) for seed in range(2)])
    assert [sane(tables)["status"] for tables in made] == ["target", "failed"]


def test_problems_that_cannot_be_stacked_are_run_one_by_one():
    recipe = RandomBowl(ragged=True)
    specs = [run_spec(recipe=recipe, seed=seed) for seed in range(3)]
    made = run_lanes(specs)
    assert {only(tables)["lanes"] for tables in made} == {1}
    assert len({only(tables)["n_samples"] for tables in made}) > 1
    for spec, tables in zip(specs, made, strict=True):
        same(tables, run(spec))


def test_a_method_without_lanes_is_run_one_by_one():
    def act(objective, theta0, rng):
        assert theta0.shape == (4,)
        objective.value(theta0)

    made = run_lanes([run_spec(Act(act=act), seed) for seed in range(3)])
    assert [only(tables)["status"] for tables in made] == ["converged"] * 3
    assert len({only(tables)["first_loss"] for tables in made}) == 3


def test_lanes_differ_in_seed_alone():
    with pytest.raises(AssertionError):
        run_lanes([run_spec(Descent()), run_spec(Descent(lr=0.2), seed=1)])


def test_seconds_of_a_batch_are_shared_evenly_and_no_time_counts_after_the_end():
    @dataclass(frozen=True)
    class Sleepy(Descent):
        def minimize(self, objective, theta0, rng):
            for _ in range(3):
                sleep(0.05)
                objective.value(theta0)

    begun = perf_counter()
    made = run_lanes([run_spec(Sleepy(), seed) for seed in range(6)])
    wall = perf_counter() - begun
    rows = pd.concat([tables["runs"] for tables in made])
    assert rows[SECONDS].nunique().tolist() == [1, 1, 1]
    assert 0.15 <= rows["seconds_optimizer"].sum() < 0.15 + 0.1
    assert rows[SECONDS].to_numpy().sum() <= wall
    for tables in made:
        row = only(tables)
        end = row["seconds_objective"] + row["seconds_optimizer"]
        assert tables["curves"]["seconds"].iloc[0] < 0.01
        assert tables["curves"]["seconds"].iloc[-1] == pytest.approx(end, abs=2e-3)


# progress


@pytest.mark.parametrize("method", [Descent(), Swarmlet(), Act(act=lambda objective, theta0, rng: None)])
def test_progress_rises_from_nothing_and_changes_no_row(method):
    told = []
    same(run(run_spec(method), told.append), run(run_spec(method)))
    assert told[0] == 0
    assert told == sorted(told)
    assert told[-1] == (0 if isinstance(method, Act) else 1)


@pytest.mark.parametrize("name", ["control-flat", "sin135"])
def test_registered_problems_give_rows(name):
    row = sane(tables := run(replace(run_spec(budget=90), problem=name, recipe=find_problem(name))))
    assert row["status"] == "budget"
    assert row["best_loss"] < row["first_loss"]
    assert sorted(set(tables["spectra"]["frequency"])) == [1, 3, 5]
    np.testing.assert_allclose(tables["spectra"]["target_amplitude"], 0.5, rtol=1e-9)


# what is said of gradient descent beforehand


@dataclass(frozen=True)
class PlainGD(GD):
    """The registered method without its library, which takes long to import."""

    minimize = Descent.minimize


@pytest.mark.parametrize("lr", [0.1, 1e9])
def test_a_forecast_of_gradient_descent_that_goes_to_infinity_is_data_too(lr):
    recipe = find_problem("control-low")
    tables = run(run_spec(PlainGD(lr=lr), recipe=recipe, budget=2000))
    row, spectra = sane(tables), tables["spectra"]
    assert row["status"] == ("budget" if lr < 1 else "diverged")
    predicted = spectra["predicted_error"]
    assert np.isfinite(predicted[:30]).all()
    assert np.isfinite(predicted).all() == (lr < 1)


@pytest.mark.parametrize("where", ["forward", "probe"])
def test_a_forecast_that_fails_takes_nothing_else_with_it(where):
    Snapping.left[0] = 3
    tables = run(run_spec(PlainGD(), recipe=Broken(where=where)))
    assert only(tables)["status"] == "failed"
    assert len(tables["spectra"]) == (3 if where == "probe" else 0)
    assert tables["spectra"]["predicted_error"].isna().all()

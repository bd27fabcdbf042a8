"""The benchmarks do what they say: equal work on both sides, arithmetic that is right. No time is asserted."""

import subprocess
import sys
from dataclasses import replace
from itertools import count

import numpy as np
import pandas as pd
import pytest
import torch

from benchmarks import cases, deep, devices, ours, rounds, with_jax, with_numpy, with_scipy, with_torch
from benchmarks.page import COSTS, PAGE, ROOT, TABLE, write
from benchmarks.rates import Rates, limit
from benchmarks.rounds import Timed, interleaved, ratio
from benchmarks.slopes import slopes
from benchmarks.targets import ALLOWED, RATIOS, SECOND, SECONDS, asked
from harness.run.spec import stream
from optimizers import OPTIMIZERS
from problems import PROBLEMS
from problems.engines.choose import make_evaluator
from problems.losses.cross_entropy import CrossEntropy
from problems.networks.torch import architectures
from problems.networks.torch.module import ModuleNetwork


@pytest.fixture(autouse=True)
def _threads_are_kept():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def torch_network_at(problem, theta):
    net = with_torch.network(problem)
    torch.nn.utils.vector_to_parameters(torch.as_tensor(theta), net.parameters())
    return net


def test_torch_numpy_and_we_compute_the_same_loss_and_gradient():
    problem = ours.sin135("1-40-1", "float64")
    theta = ours.start(problem)[0]
    loss, grad = make_evaluator(problem).value_and_grad(theta)
    net, (x, y) = torch_network_at(problem, theta), with_torch.data(problem)
    theirs = torch.nn.MSELoss()(net(x), y)
    theirs.backward()
    flat = torch.cat([parameter.grad.ravel() for parameter in net.parameters()]).numpy()
    np.testing.assert_allclose(loss, theirs.item(), rtol=1e-12)
    np.testing.assert_allclose(grad, flat, rtol=1e-9, atol=1e-12)
    bare, grads = with_numpy.loss_and_gradient(problem)(*with_numpy.arrays(problem))
    np.testing.assert_allclose(bare, loss, rtol=1e-12)
    np.testing.assert_allclose(np.concatenate([g.ravel() for g in grads]), grad, rtol=1e-9, atol=1e-12)


def test_the_objectives_for_scipy_and_pyswarms_are_our_loss():
    problem = ours.sin135("1-40-1", "float64")
    thetas = ours.start(problem, 3)
    expected = make_evaluator(problem).values(thetas)
    np.testing.assert_allclose(with_torch.values(problem)(thetas), expected, rtol=1e-12)
    np.testing.assert_allclose([with_torch.value(problem)(theta) for theta in thetas], expected, rtol=1e-12)


@pytest.mark.slow
def test_jax_takes_the_steps_that_our_adam_takes():
    jax = pytest.importorskip("jax", reason="jax is an optional rival: pip install .[bench]")
    problem, steps = ours.sin135("1-40-1", "float64"), 20
    before = jax.config.jax_enable_x64
    _, losses = with_jax.trained(problem, 2, steps)
    jax.config.update("jax_enable_x64", before)
    for lane in range(2):
        seen = []

        def objective(point, seen=seen):
            if len(seen) == steps:
                raise with_scipy.Enough
            loss, grad = make_evaluator(problem).value_and_grad(point)
            seen.append(loss)
            return grad

        with pytest.raises(with_scipy.Enough):
            OPTIMIZERS["adam"].descend(ours.start(problem, 2)[lane], objective)
        np.testing.assert_allclose(losses[lane], seen, rtol=1e-9)


def test_powell_makes_the_evaluations_asked_for_on_both_sides():
    problem = ours.sin135("1-40-1", "float64")
    assert with_scipy.powell(problem, 37)() == 37


def test_scipys_bfgs_counts_its_gradients():
    problem = ours.sin135("1-10-1", "float64")
    rival = with_scipy.Bfgs(problem, 5)
    assert rival() == 5
    assert rival.gradients > 5


def test_contenders_take_turns_and_each_warms_up_once():
    order = []
    trials = {name: lambda name=name: order.append(name) or 1 for name in "ab"}
    interleaved(trials, 3)
    assert "".join(order) == "ab" + "ab" + "ba" + "ab"


def test_seconds_are_of_one_unit(monkeypatch):
    ticks = count(0.0, 5.0)
    monkeypatch.setattr(rounds, "perf_counter", lambda: next(ticks))
    assert interleaved({"a": lambda: 10}, 2)["a"].median == 0.5


def test_the_ratio_is_the_median_of_the_rounds_quotients():
    theirs, mine = Timed(np.array([10.0, 40.0, 900.0])), Timed(np.array([1.0, 2.0, 30.0]))
    assert ratio(theirs, mine) == (20.0, 15.0, 25.0)


def test_the_limit_counts_products_and_activations():
    rates = Rates(flops=100.0, tanhs=10.0)
    # forward 2 * (1 * 4 + 4 * 1) = 16 operations and 4 activations a sample; backward 16 + 8 more
    assert limit((1, 4, 1), 5, rates, gradient=False) == pytest.approx(5 * (0.16 + 0.4))
    assert limit((1, 4, 1), 5, rates, gradient=True) == pytest.approx(5 * (0.40 + 0.4))


def test_every_target_names_a_case_and_a_rival_that_is_measured():
    wanted = dict(RATIOS)
    for case in cases.CASES:
        rivals = wanted.pop((case.work, case.network, case.dtype), {})
        if case.work != "bfgs":  # whose contenders already run
            missing = set(rivals) - set(case.contenders(0.001)) - (set() if with_jax.AVAILABLE else {"jax"})
            assert not missing
    assert not wanted


LABELS = {"network": "1-40-1", "dtype": "float32", "unit": "step"}


def test_a_row_is_shown_against_what_is_asked_now_whenever_it_was_measured():
    numbers = {"seconds_ours": 12.0, "seconds_theirs": 20.0, "ratio": 20 / 12, "target": 1.0}
    study = LABELS | numbers | {"work": SECOND, "against": ALLOWED}
    step = LABELS | numbers | {"work": "loss and gradient", "against": "torch", "ratio": 25.0, "target": 8.0}
    rows = asked(pd.DataFrame([study, step, step | {"against": "numpy"}, step | {"against": "3% of the time"}]))
    assert rows["seconds_theirs"].tolist() == [SECONDS[SECOND], 20, 20, 20]
    assert rows["ratio"].tolist() == [SECONDS[SECOND] / 12, 25, 25, 25]
    np.testing.assert_array_equal(
        rows["target"], [1, RATIOS["loss and gradient", "1-40-1", "float32"]["torch"], np.nan, 1]
    )


def test_a_slope_is_that_of_the_power_law_and_above_only_beyond_its_error():
    at = np.array([10.0, 30.0, 100.0, 300.0])
    tables = [
        pd.DataFrame({"optimizer": name, "axis": "samples n", "at": at, "seconds": 1e-6 * at**power * around})
        for name, power, around in (("exact", 1.5, 1.0), ("flat", 0.5, 1.0), ("rough", 1.1, [1.0, 0.5, 2.0, 1.0]))
    ]
    found = {one.optimizer: one for one in slopes(pd.concat(tables))}
    assert [found[name].slope for name in ("exact", "flat")] == pytest.approx([1.5, 0.5])
    assert found["rough"].slope == pytest.approx(np.polyfit(np.log(at), np.log(tables[2]["seconds"]), 1)[0])
    assert {name for name, one in found.items() if one.above} == {"exact"}


def test_the_page_is_made_again_from_the_table_alone(tmp_path):
    row = LABELS | {"work": "loss and gradient", "network": "1-40-1", "dtype": "float64", "against": "torch"}
    numbers = {"seconds_ours": 1e-6, "seconds_theirs": 8e-6, "ratio": 8.0, "ratio_low": 7.0, "ratio_high": 9.0}
    rows = [row | numbers | {"ratio": ratio, "seconds_limit": 5e-7} for ratio in (8.0, 7.9)]
    rows.append(rows[0] | {"against": "numpy"})
    (tmp_path / "results/reference").mkdir(parents=True)
    pd.DataFrame(rows).to_csv(tmp_path / TABLE, index=False)
    rates = pd.DataFrame([{"dtype": "float64", "flops": 4e10, "tanhs": 5e8}])
    rates.to_csv(tmp_path / "results/reference/bench_rates.csv", index=False)
    costs = {"optimizer": "bfgs", "axis": "parameters P", "at": [10, 100], "seconds": [1e-6, 1e-3]}
    pd.DataFrame({**costs, "bytes_measured": 8, "bytes_estimated": 8}).to_csv(tmp_path / COSTS, index=False)
    write(tmp_path)
    page = (tmp_path / PAGE).read_text()
    assert page.count("| met |") == 1
    assert page.count("**not met**") == 1
    assert "40.0 GFLOP/s | 2.00 ns" in page
    assert "| 2.0 |" in page  # times the limit
    assert "| bfgs | parameters P | 10 | 100 | **3.00 +- 0.00** | 2 |" in page


@pytest.mark.slow
def test_a_quick_round_measures_every_row_and_writes_what_is_committed(tmp_path):
    for module in ("benchmarks.costs", "benchmarks"):  # as a user starts them: their settings are of the process
        words = [sys.executable, "-m", module, "--quick", "--out", str(tmp_path)]
        said = subprocess.run(words, check=True, cwd=ROOT, capture_output=True, text=True).stdout
    assert set(pd.read_csv(tmp_path / COSTS)["optimizer"]) == {"adam", "pso"}
    rows = pd.read_csv(tmp_path / TABLE)
    assert {case.work for case in cases.CASES} <= set(rows["work"])
    assert (rows["seconds_ours"] > 0).all()
    assert (tmp_path / "docs/figures/performance.png").stat().st_size > 10_000
    assert "| work |" in said


@pytest.mark.slow
def test_jax_and_our_kernels_differentiate_the_same_deep_networks():
    pytest.importorskip("jax", reason="jax is an optional rival: pip install .[bench]")
    for widths in deep.NETWORKS:
        problem = deep.problem(widths)
        thetas = ours.start(problem, 2).astype(np.float32)
        losses, grads = make_evaluator(problem, "compiled").values_and_grads(thetas)
        on_jax, whole = with_jax.losses_and_grads(problem)
        for theirs in (on_jax(thetas)(), whole(thetas)):
            np.testing.assert_allclose(losses, theirs[0], rtol=1e-4)
            np.testing.assert_allclose(grads, theirs[1], atol=1e-5 * np.abs(grads).max())


def test_the_loop_beside_a_run_on_a_device_asks_for_its_gradient():
    digits = replace(PROBLEMS["digits"], n_train=40, n_test=10).build(stream(0, "data"))
    network = ModuleNetwork("dnn", architectures.widths((64, 12, 10), "tanh"), (64,))
    problem = replace(digits, network=network, loss=CrossEntropy())
    net, (x, y) = torch_network_of(network), devices.data(problem)
    torch.nn.CrossEntropyLoss()(net(x), y).backward()
    theta, theirs = (torch.cat([each.ravel() for each in parts]) for parts in tensors_of(net))
    grads = make_evaluator(problem).tensor_values_and_grads(theta[None])[1]
    torch.testing.assert_close(grads[0], theirs, rtol=1e-9, atol=1e-12)


def torch_network_of(network):
    torch.manual_seed(0)
    return network.make().double()


def tensors_of(net):
    return zip(*((parameter.detach(), parameter.grad) for parameter in net.parameters()), strict=True)

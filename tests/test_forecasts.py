"""When a forecast of the tangent kernel is believed: of models whose kernel stays, of hand-made marks, of networks."""

import numpy as np
import pandas as pd
import pytest

from harness import compare
from harness.analysis.asked.forecasts import TRUST, forecasts
from harness.questions.kernel import flow_times
from harness.run.spec import find_problem, stream
from harness.run.theory import tangent_kernel
from harness.tables import SCHEMA, frame
from problems.engines.numpy_evaluator import NumpyEvaluator

BLANK = {"str": "x", "int64": 0, "float64": 0.0, "bool": False}


def blank(table):
    return {name: BLANK[kind] for name, kind in SCHEMA[table].items()}


def study(flow_time, costs=(0.0, 10.0, 100.0, 1000.0), predicted=50.0):
    """One run with a predicted hit, and the kernel's marks."""
    runs = frame("runs", {**blank("runs"), "run_id": "a"})
    hit = {"run_id": "a", "frequency": 3.0, "threshold": 0.1, "cost": 60.0, "predicted_cost": predicted}
    marks = {"run_id": "a", "mark": range(len(costs)), "cost": costs, "drift": np.arange(len(costs)) / 10}
    kernel = pd.DataFrame({**marks, "frequency": 3.0, "component": 0, "flow_time": flow_time})
    return {"runs": runs, "hits": frame("hits", {**blank("hits"), **hit}), "kernel": kernel}


@pytest.mark.parametrize(
    ("flow_time", "trusted", "factor"),
    [
        ([1.0, 1.1, 0.9, 9.0], "yes", 0.9),  # the mark at 1,000 is far behind the predicted hit
        ([1.0, 1.0, 1.3, 1.0], "no", 1.3),  # that at 100 follows it
        ([1.0, 0.7, 1.0, 1.0], "no", 0.7),
        ([1.0, np.nan, 1.0, 1.0], "no", np.nan),
        ([np.nan, 1.0, 1.0, 1.0], "unknown", np.nan),
    ],
)
def test_a_forecast_is_believed_while_the_flows_time_stays(flow_time, trusted, factor):
    row = forecasts(study(flow_time)).iloc[0]
    assert row["predicted_trusted"] == trusted
    np.testing.assert_equal(row["flow_factor"], factor)


def test_without_the_observer_nothing_is_known_and_without_predictions_it_is_refused():
    tables = study([1.0] * 4)
    assert forecasts({**tables, "kernel": pd.DataFrame()})["predicted_trusted"].tolist() == ["unknown"]
    with pytest.raises(ValueError, match="holds no predicted hits"):
        forecasts(study([1.0] * 4, predicted=np.nan))


def test_the_flow_of_a_linear_model_meets_the_threshold_when_each_mode_has_shrunk_by_it():
    """Curvatures 2 lambda are s^2 (`control-low`): an error that starts at 1 is 0.1 after ln 10 / s^2."""
    problem = find_problem("control-low").build(stream(0, "data"))
    evaluator = NumpyEvaluator(problem)
    theta = problem.network.theta0(stream(0, "weights"))
    residuals, kernel = evaluator.residuals_and_jacobian(theta)[0], tangent_kernel(evaluator, theta)
    start = problem.probes[0].measure(evaluator.predict(theta[None])[0])[1]
    found = flow_times(problem, residuals, kernel, 0.1)
    assert found == pytest.approx(np.log(start / 0.1) / np.array([0.6, 0.2, 0.1]) ** 2, rel=1e-3)
    assert np.isnan(flow_times(problem, residuals, np.zeros_like(kernel), 0.1)).all()


def test_the_forecast_of_a_linear_model_is_believed(tmp_path):
    results = compare("control-low", ["gd"], 2, out=tmp_path, settings={"gd": {"lr": 1.0}}, observe="kernel")
    rows = forecasts(results.tables)
    assert set(rows["predicted_trusted"]) == {"yes"}
    assert rows["flow_factor"].to_numpy() == pytest.approx(1.0, rel=1e-6)


@pytest.mark.slow
def test_forecasts_that_are_believed_come_true_and_relu_networks_are_not_believed(tmp_path):
    rows = []
    settings = {"gd": {"lr": 0.2}, "problem": {"samples": "65"}}
    # tanh meets k = 3 before 6,000; of relu it is enough that 10,000 are more than three times the forecast
    for activation, budget in (("tanh", 7_500), ("relu", 10_000)):
        options = {"network": "1-1000-1", "init": "ntk", "activation": activation, "observe": "kernel"}
        results = compare("sin135", ["gd"], 2, out=tmp_path / activation, settings=settings, budget=budget, **options)
        rows.append(forecasts(results.tables))
    believed = pd.concat(rows).query("predicted_trusted == 'yes' and predicted_cost >= 10")
    assert len(believed) >= 4
    assert (believed["predicted_cost"] / believed["cost"]).between(1 / TRUST, TRUST).all()
    assert not believed["censored"].any()
    third = rows[1][rows[1]["frequency"] == 3]
    # their kernels drift by a twentieth of the norm, and the forecast is several times too early
    assert (third["predicted_trusted"] == "no").all()
    assert (third["predicted_cost"] < third["cost"] / 3).all()

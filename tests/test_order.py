"""The order statistics against hand-worked examples, plain loops, scipy, and tables that hold no order."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from lifelines import LogNormalAFTFitter
from scipy.stats import kendalltau, t

from harness.analysis.clocks import side_by_side
from harness.analysis.hits import find_hits
from harness.analysis.order import log_cost, order_table
from harness.analysis.statistics.censored import exponent, standard_error
from harness.analysis.statistics.signs import concordance_interval, contradiction_p, sign_test
from harness.analysis.statistics.spread import median_ratio, run_bounds
from harness.analysis.statistics.verdicts import Evidence, verdict
from harness.tables import LABELS, SCHEMA, empty, frame

BLANK = {"str": "x", "int64": 0, "float64": 0.0, "bool": False}
INF = np.inf


def table(name, **known):
    return frame(name, {column: BLANK[kind] for column, kind in SCHEMA[name].items()} | known)


def run_rows(n_runs, optimizer="gd", first_loss=1.0):
    ids = [f"{optimizer}-{seed}" for seed in range(n_runs)]
    # a loss of its own for each, as runs that are alike to the last digit are one
    own = {"seed": np.arange(n_runs), "best_loss": 0.5 ** np.arange(n_runs)}
    return table("runs", run_id=ids, optimizer=optimizer, first_loss=first_loss, **own)


def learned_at(costs, frequency=None, optimizer="gd", component=0):
    """Runs and hits at these costs `(runs, frequencies)`; inf is censored. There are no curves and no spectra."""
    costs = np.asarray(costs, float)
    n_runs, Q = costs.shape
    frequency = np.arange(1.0, Q + 1) if frequency is None else frequency
    runs = run_rows(n_runs, optimizer)
    hits = table(
        "hits",
        run_id=np.repeat(runs["run_id"].to_numpy(), Q),
        optimizer=optimizer,
        component=component,
        frequency=np.tile(frequency, n_runs),
        threshold=0.1,
        cost=np.where(np.isinf(costs), 1e6, costs).ravel(),
        censored=np.isinf(costs).ravel(),
    )
    return runs, hits


def by_cost(costs, **options):
    """The row matched by cost."""
    runs, hits = learned_at(costs, **options)
    order = order_table(runs, empty("curves"), empty("spectra"), hits)
    return order[order["matched_by"] == "cost"].iloc[0]


def trained(losses, errors, cost=None, optimizer="gd"):
    """Runs, curves and spectra of losses `(runs, marks)` and errors `(runs, marks, frequencies)`."""
    losses, errors = np.asarray(losses, float), np.asarray(errors, float)
    n_runs, marks, Q = errors.shape
    runs = run_rows(n_runs, optimizer, losses[:, 0])
    cost = np.arange(marks) if cost is None else cost
    curve = {"mark": np.tile(np.arange(marks), n_runs), "cost": np.tile(cost, n_runs)}
    curves = table("curves", run_id=np.repeat(runs["run_id"].to_numpy(), marks), loss=losses.ravel(), **curve)
    spectra = table(
        "spectra",
        **{name: np.repeat(curves[name].to_numpy(), Q) for name in ("run_id", "mark", "cost")},
        frequency=np.tile(np.arange(1.0, Q + 1), n_runs * marks),
        error=errors.ravel(),
    )
    return runs, curves, spectra


def order_of(runs, curves, spectra, thresholds=(0.1,)):
    return order_table(runs, curves, spectra, find_hits(runs, curves, spectra, thresholds))


def by_loss(losses, errors, **options):
    order = order_of(*trained(losses, errors, **options))
    return order[order["matched_by"] == "loss"].iloc[0]


def random_costs(seed, n_runs, Q):
    """Costs with many ties and many censored."""
    return np.random.default_rng(seed).choice([0.0, 1.0, 2.0, 3.0, INF], (n_runs, Q))


def random_training(seed, n_runs=2, marks=9, Q=3):
    rng = np.random.default_rng(seed)
    errors = rng.choice([0.0, 0.05, 0.2, 0.5, np.nan], (n_runs, marks, Q))
    return rng.random((n_runs, marks)) * 0.9 ** np.arange(marks), errors


def loop_pairs(values, above=-INF):
    """Concordant and comparable pairs of one run and one level, the slow way."""
    concordant = comparable = 0.0
    for low in range(len(values)):
        for high in range(low + 1, len(values)):
            a, b = values[low], values[high]
            if min(a, b) == INF or max(a, b) <= above:
                continue
            comparable += 1
            concordant += 1.0 if a < b else 0.5 if a == b else 0.0
    return np.array([concordant, comparable])


def loop_levels(losses, errors):
    """The errors of one run at each level that it reaches, the slow way."""
    for j in range(1, 21):
        reached = [mark for mark, loss in enumerate(losses) if loss <= losses[0] * 2 ** (-j / 2)]
        if reached:
            yield np.where(np.isnan(errors[reached[0]]), INF, errors[reached[0]])


def loop_p(runs, above=-INF):
    """The share of all combinations of runs and their mirror images that are at least as far from one half.

    `runs` holds the values `(levels, frequencies)` of each run."""

    def distance(reversals):
        total = sum(
            loop_pairs(level[::step], above) for levels, step in zip(runs, reversals, strict=True) for level in levels
        )
        return abs(total[0] - total[1] / 2)

    observed = distance([1] * len(runs))
    return np.mean([distance(steps) >= observed for steps in product((1, -1), repeat=len(runs))])


# Concordance


def test_censored_hits_come_after_all_others_and_are_not_compared_among_themselves():
    # Run 1 (10, 20, c, c): pairs 12 13 14 23 24 concordant, 34 both censored: 5 of 5.
    # Run 2 (c, 20, 20, c): 12 and 13 discordant, 14 both censored, 23 tied, 24 and 34 concordant: 2.5 of 5.
    row = by_cost([[10, 20, INF, INF], [INF, 20, 20, INF]])
    assert (row["pairs"], row["concordance"], row["n_runs"]) == (10, 0.75, 2)


@pytest.mark.parametrize("seed", range(4))
def test_concordance_by_cost_equals_a_plain_double_loop(seed):
    costs = random_costs(seed, n_runs=5, Q=6)
    concordant, comparable = sum(loop_pairs(run) for run in costs)
    row = by_cost(costs)
    assert row["pairs"] == comparable
    assert row["concordance"] == pytest.approx(concordant / comparable)


def test_components_are_compared_within_themselves_alone():
    """Each component is low-first, though all of the second component comes before all of the first."""
    runs, first = learned_at([[10, 20]], frequency=[1.0, 3.0])
    _, second = learned_at([[5, 6]], frequency=[2.0, 4.0], component=1)
    order = order_table(runs, empty("curves"), empty("spectra"), pd.concat([first, second]))
    assert order.loc[0, ["pairs", "concordance"]].tolist() == [2, 1.0]
    assert order.loc[0, "p_value"] == 1.0


def test_runs_may_watch_different_frequencies():
    runs, hits = learned_at([[10, 20, 30], [30, 20, 10]])
    hits = hits.drop(index=[0, 5])  # run 1 without frequency 1, run 2 without frequency 3
    row = order_table(runs, empty("curves"), empty("spectra"), hits).iloc[0]
    assert (row["pairs"], row["concordance"]) == (2, 0.5)


def test_a_frequency_that_is_not_a_number_is_not_compared():
    row = by_cost([[10, 20, 30]], frequency=[np.nan, 1.0, 2.0])
    assert (row["pairs"], row["concordance"]) == (1, 1.0)


# Matched by loss


def test_errors_are_compared_at_equal_loss():
    # Loss 1, 0.6, 0.3 reaches the level 0.71 at mark 1, 0.5 and 0.35 at mark 2, and no other.
    # Mark 1 (0.5, 0.7, 0.4): 12 concordant, 13 and 23 discordant: 1 of 3.
    # Mark 2 (0.05, 0.05, 0.2), twice: 12 both below the threshold, 13 and 23 concordant: 2 of 2.
    row = by_loss([[1.0, 0.6, 0.3]], [[[1, 1, 1], [0.5, 0.7, 0.4], [0.05, 0.05, 0.2]]])
    assert row["pairs"] == 7
    assert row["concordance"] == pytest.approx(5 / 7)


def test_a_loss_of_exactly_a_level_has_reached_it():
    """The half is the second level: three pairs there, and three at the first."""
    assert by_loss([[1.0, 0.5]], [[[1, 1, 1], [0.5, 0.7, 0.4]]])["pairs"] == 6


@pytest.mark.parametrize("seed", range(4))
def test_concordance_by_loss_equals_a_plain_loop(seed):
    losses, errors = random_training(seed, n_runs=4, Q=5)
    levels = [level for run in zip(losses, errors, strict=True) for level in loop_levels(*run)]
    concordant, comparable = sum(loop_pairs(level, 0.1) for level in levels)
    row = by_loss(losses, errors)
    assert row["pairs"] == comparable
    assert row["concordance"] == pytest.approx(concordant / comparable)


def test_slowing_time_does_not_change_what_is_matched_by_loss():
    losses, errors = random_training(1, n_runs=6, marks=30, Q=4)
    fast = by_loss(losses, errors)
    same = ["pairs", "concordance", "low", "high", "p_value", "verdict"]
    pd.testing.assert_series_equal(by_loss(losses, errors, cost=np.arange(30) ** 3 * 7)[same], fast[same])
    lingering = by_loss(losses.repeat(4, axis=1), errors.repeat(4, axis=1))
    pd.testing.assert_series_equal(lingering[same], fast[same])


def test_levels_need_a_first_loss_that_is_positive_and_finite():
    losses, errors = random_training(0)
    runs, curves, spectra = trained(losses, errors)
    curves["loss"] -= 3.0
    for first_loss in (np.nan, INF, 0.0, -1.0):
        order = order_of(runs.assign(first_loss=first_loss), curves, spectra)
        assert order.loc[order["matched_by"] == "loss", "pairs"].tolist() == [0]


# Interval and p


def test_the_interval_is_students_t_with_one_run_more_and_half_a_pair():
    """Five runs of C 1, 2/3, 2/3, 1, 1/3 and one of 1/2: mean 25/36; both ends are half of 15 pairs further out."""
    row = by_cost([[1, 2, 3], [2, 1, 3], [1, 3, 2], [1, 2, 3], [2, 3, 1]])
    six = np.array([1, 2 / 3, 2 / 3, 1, 1 / 3, 1 / 2])
    half = t.ppf(0.975, 4) * six.std(ddof=1) / np.sqrt(6) + 0.5 / 15
    assert row["low"] == pytest.approx(six.mean() - half)
    assert row["high"] == pytest.approx(min(1.0, six.mean() + half))


@pytest.mark.parametrize("runs", [[[1, 2, 3]], [[3, 2, 1]], [[4, 4, 4]], [[1, 2]]])
@pytest.mark.parametrize("count", [5, 8, 16])
def test_the_interval_has_a_width_even_where_all_runs_agree(runs, count):
    row = by_cost(runs * count)
    assert 0 <= row["low"] < row["high"] <= 1
    assert row["low"] <= row["concordance"] <= row["high"]


def test_a_run_of_many_components_is_one_run():
    """Ten components that share the order of their run say no more than one of them."""
    runs, hits = learned_at([[1, 2, 3]] * 6)
    parts = [learned_at([[1, 2, 3]] * 6, component=component)[1] for component in range(10)]
    one, ten = (
        order_table(runs, empty("curves"), empty("spectra"), table_of).iloc[0] for table_of in (hits, pd.concat(parts))
    )
    assert ten["p_value"] == one["p_value"] == pytest.approx(2 / 2**6)
    assert ten["pairs"] == 10 * one["pairs"]


def test_neither_the_order_of_rows_nor_other_optimizers_matter():
    rng = np.random.default_rng(0)
    losses, errors = random_training(5, n_runs=6, marks=20, Q=7)
    alone = order_of(*trained(losses, errors))
    others = trained(*random_training(6, n_runs=3, marks=20, Q=4), optimizer="adam")
    together = [pd.concat(pair) for pair in zip(trained(losses, errors), others, strict=True)]
    shuffled = [part.iloc[rng.permutation(len(part))] for part in together]
    order = order_of(*shuffled)
    assert order["optimizer"].tolist() == ["adam"] * 2 + ["gd"] * 2
    own = order[order["optimizer"] == "gd"].reset_index(drop=True)
    pd.testing.assert_frame_equal(own.drop(columns="p_adjusted"), alone.drop(columns="p_adjusted"))


@pytest.mark.parametrize("seed", range(4))
def test_p_by_cost_equals_the_enumeration_of_all_mirrored_runs(seed):
    costs = random_costs(seed, n_runs=6, Q=3)
    assert by_cost(costs)["p_value"] == pytest.approx(loop_p([run[None] for run in costs]))


@pytest.mark.parametrize("seed", range(4))
def test_p_by_loss_mirrors_all_levels_of_a_run_alike(seed):
    losses, errors = random_training(seed, n_runs=5)
    series = [np.array(list(loop_levels(*run))).reshape(-1, 3) for run in zip(losses, errors, strict=True)]
    assert by_loss(losses, errors)["p_value"] == pytest.approx(loop_p(series, 0.1))


def test_five_runs_that_agree_have_p_of_one_in_sixteen():
    assert by_cost([np.arange(9)] * 5)["p_value"] == pytest.approx(1 / 16)
    assert sign_test(np.array([0.5, 0.5, 0.5, 0.5])) > 0.1
    assert np.isnan(sign_test(np.array([])))


@pytest.mark.parametrize("seed", range(5))
def test_the_sign_test_is_that_of_a_plain_enumeration(seed):
    scores = np.random.default_rng(seed).integers(-6, 7, 7) / 2
    every = [abs(np.dot(signs, scores)) >= abs(scores.sum()) for signs in product((1, -1), repeat=7)]
    assert sign_test(scores) == pytest.approx(np.mean(every))


@pytest.mark.parametrize("seed", range(5))
def test_the_test_of_contradiction_is_that_of_a_plain_enumeration(seed):
    signs = np.random.default_rng(seed).choice([-1.0, 0.0, 1.0], (6, 4), p=[0.3, 0.1, 0.6])
    scaled = signs / np.sqrt(np.abs(signs).sum(axis=0))
    sums = scaled.sum(axis=0)
    best, worst = sums.argmax(), sums.argmin()
    every = [np.array(mirror) @ scaled for mirror in product((1, -1), repeat=6)]
    low = np.mean([max(np.delete(s, worst)) >= sums[best] - 1e-9 for s in every])
    high = np.mean([max(np.delete(-s, best)) >= -sums[worst] - 1e-9 for s in every])
    assert contradiction_p(signs) == pytest.approx(max(low, high))


def test_only_the_problems_first_probe_is_the_primary_endpoint():
    runs, curves, spectra = trained(*random_training(3, n_runs=5))
    both = pd.concat([spectra.assign(probe="second"), spectra.assign(probe="a later one")])
    order = order_of(runs, curves, both)
    assert order.loc[order["endpoint"] == "primary", ["probe", "matched_by"]].values.tolist() == [["second", "cost"]]


def test_p_is_corrected_over_the_configurations_of_a_study():
    """Benjamini and Hochberg by hand: p of 2/64 and 1; secondary rows have a family of their own."""
    low, flat = learned_at([[1, 2, 3]] * 6, optimizer="a"), learned_at([[2, 2, 2]] * 6, optimizer="b")
    runs, hits = (pd.concat(pair) for pair in zip(low, flat, strict=True))
    order = order_table(runs, empty("curves"), empty("spectra"), pd.concat([hits, hits.assign(threshold=0.2)]))
    own = order[(order["threshold"] == 0.1) & (order["matched_by"] == "cost")]
    assert own["p_adjusted"].tolist() == pytest.approx([4 / 64, 1.0])
    assert own["endpoint"].tolist() == ["primary"] * 2
    assert set(order.drop(own.index)["endpoint"]) == {"secondary"}


def test_most_of_a_study_without_order_takes_the_verdict_from_a_p_that_is_not_small():
    parts = [learned_at([[1, 2, 3]] * 5, optimizer="a")]
    parts += [learned_at([[2, 2, 2]] * 5, optimizer=f"b{i}") for i in range(9)]
    runs, hits = (pd.concat(group) for group in zip(*parts, strict=True))
    order = order_table(runs, empty("curves"), empty("spectra"), hits)
    row = order[(order["optimizer"] == "a") & (order["matched_by"] == "cost")].iloc[0]
    assert (row["p_value"], row["p_adjusted"], row["verdict"]) == (1 / 16, 10 / 16, "undecided")


# Kendall's tau, the exponent and the spread


@pytest.mark.parametrize("seed", range(4))
def test_kendall_tau_is_the_mean_of_scipys(seed):
    costs = random_costs(seed, n_runs=6, Q=5)
    costs[0] = INF  # no tau: all tied
    taus = [kendalltau(np.arange(5), np.where(np.isinf(run), 1e9, run)).statistic for run in costs]
    assert by_cost(costs)["kendall_tau"] == pytest.approx(np.nanmean(taus))


def test_kendall_tau_by_loss_orders_by_the_loss_at_the_hit():
    """Hits at losses 1/2, 1/8 and never: of three pairs all are later for the higher frequency."""
    errors = [[[1, 1, 1], [0, 1, 1], [0, 1, 1], [0, 0, 1]]]
    assert by_loss([[1, 1 / 2, 1 / 4, 1 / 8]], errors)["kendall_tau"] == pytest.approx(1.0)


def test_the_exponent_is_the_power_of_the_frequency_whatever_the_runs_own_speed():
    speed = np.array([[1.0], [50.0], [0.3]])
    row = by_cost(speed * np.array([1.0, 3.0, 5.0]) ** 2, frequency=[1.0, 3.0, 5.0])
    assert row["exponent"] == pytest.approx(2.0)


def test_a_hit_at_cost_zero_counts_as_one_forward_pass_in_logarithms():
    row = by_cost([[0.0, 2.0, 4.0]] * 3, frequency=[1.0, 2.0, 4.0])
    assert row["exponent"] == pytest.approx(1.0)
    assert row["spread"] == pytest.approx(4.0)


@pytest.mark.parametrize(("costs", "first"), [([0.0, 4.0, 9.0], 1.0), ([0.0, 0.25, 9.0], 0.25), ([0.0, 0.0], 1.0)])
def test_a_cost_of_zero_counts_as_a_pass_or_as_the_smallest_cost_below_one(costs, first):
    assert np.exp(log_cost(np.array(costs)))[0] == pytest.approx(first)


def test_the_mean_is_no_part_of_the_order_but_the_low_part_of_a_filter_is():
    runs, hits = learned_at([[7.0, 1.0, 2.0]] * 5, frequency=[0.0, 1.0, 2.0])
    row = order_table(runs, empty("curves"), empty("spectra"), hits).iloc[0]
    assert (row["concordance"], row["pairs"], row["spread"]) == (1.0, 5, pytest.approx(2.0))
    filtered = hits[hits["frequency"] < 2].assign(probe="filter(3)")
    assert order_table(runs, empty("curves"), empty("spectra"), filtered).iloc[0]["concordance"] == 0.0


def test_the_exponent_by_loss_is_that_of_the_fall_of_the_loss():
    """Frequency k is hit where the loss has fallen to 1 / (4 k^1.5) of the first."""
    losses = [[8.0, 2.0, 2.0 / 2**1.5, 2.0 / 3**1.5]]
    errors = [[[1, 1, 1], [0.1, 1, 1], [0, 0.1, 1], [0, 0, 0.1]]]
    row = by_loss(losses, errors)
    assert (row["exponent"], row["spread"]) == (pytest.approx(1.5), pytest.approx(3**1.5))


@pytest.mark.filterwarnings("ignore:Starting with pandas version 4.0")  # lifelines' own
@pytest.mark.parametrize("limit", [2.2, 3.0, 9.0])
def test_the_censored_exponent_is_that_of_an_established_library(limit):
    """Accelerated failure times with normal logarithms and an effect for each run: lifelines maximises the same."""
    rng = np.random.default_rng(1)
    x = np.tile(np.log([1.0, 2.0, 3.0, 5.0]), (8, 1))
    y = 1.0 + 0.4 * rng.normal(size=(8, 1)) + 1.3 * x + 0.3 * rng.normal(size=x.shape)
    censored = y > limit
    ours = exponent(x, np.minimum(y, limit), censored, np.arange(8), 8)
    columns = {f"run{i}": np.repeat(np.arange(8) == i, 4).astype(float) for i in range(8)}
    data = pd.DataFrame({"x": x.ravel(), **columns, "T": np.exp(np.minimum(y, limit)).ravel()})
    fitter = LogNormalAFTFitter(fit_intercept=False)
    fitter.fit(data.assign(E=~censored.ravel()), "T", "E")
    assert censored.any() == (limit < 9)
    assert ours.value == pytest.approx(fitter.params_["mu_"]["x"], abs=2e-3)


@pytest.mark.filterwarnings("ignore:Starting with pandas version 4.0")  # lifelines' own
def test_an_exponent_with_hits_before_the_first_mark_and_beyond_the_end_is_that_of_an_established_library():
    rng = np.random.default_rng(2)
    k, run = np.tile(np.arange(1.0, 7), 8), np.repeat(np.arange(8), 6)
    costs = 5 * k**2 * np.exp(rng.normal(0, 0.5, len(k)) + rng.normal(0, 0.3, 8)[run])
    early, late = costs < 8, costs > 100
    seen = np.clip(costs, 8, 100)
    data = pd.get_dummies(pd.Series(run), prefix="run", dtype=float).assign(
        log_k=np.log(k), low=np.where(early, 1e-9, seen), high=np.where(late, INF, seen)
    )
    fitter = LogNormalAFTFitter(fit_intercept=False)
    fitter.fit_interval_censoring(data, lower_bound_col="low", upper_bound_col="high")
    side = (late.astype(np.int8) - early).reshape(8, 6)
    ours = exponent(np.log(k).reshape(8, 6), np.log(seen).reshape(8, 6), side, np.arange(8), 8)
    assert early.sum() > 5
    assert late.sum() > 5
    assert ours.value == pytest.approx(fitter.params_["mu_"]["log_k"], rel=2e-3)


def test_the_interval_of_the_exponent_is_students_t_of_the_slopes_of_runs_where_nothing_is_censored():
    rng = np.random.default_rng(2)
    x = np.tile(np.log([1.0, 3.0, 5.0]), (6, 1))
    y = 2 * x + rng.normal(size=x.shape)
    slopes = np.array([np.polyfit(*run, 1)[0] for run in zip(x, y, strict=True)])
    expected = t.interval(0.95, 5, slopes.mean(), slopes.std(ddof=1) / np.sqrt(6))
    ours = exponent(x, y, np.zeros(x.shape, bool), np.arange(6), 6)
    assert ours.interval(0.95) == pytest.approx(expected)


def test_the_interval_of_the_censored_exponent_is_that_of_leaving_out_one_run_after_another():
    rng = np.random.default_rng(5)
    x = np.tile(np.log([1.0, 3.0, 9.0, 20.0]), (40, 1))
    y = rng.normal(size=(40, 1)) + (1.3 + 0.3 * rng.normal(size=(40, 1))) * x + 0.3 * rng.normal(size=x.shape)
    censored, run = y > 4.0, np.arange(40)
    y = np.minimum(y, 4.0)
    without = [np.delete(run, left) for left in run]
    slopes = np.array([exponent(x[own], y[own], censored[own], np.arange(39), 39).value for own in without])
    error = np.sqrt(39 / 40 * ((slopes - slopes.mean()) ** 2).sum())
    low, high = exponent(x, y, censored, run, 40).interval(0.95)
    assert 0.1 < censored.mean() < 0.5
    assert high - low == pytest.approx(2 * t.ppf(0.975, 39) * error, rel=0.1)


@pytest.mark.parametrize("sloping", [4, 2, 1])
def test_a_run_with_one_hit_adds_no_degree_of_freedom_to_the_interval_of_the_exponent(sloping):
    rng = np.random.default_rng(3)
    x = np.tile(np.log([1.0, 3.0, 5.0]), (8, 1))
    y = 2 * x + 0.3 * rng.normal(size=x.shape)
    censored = np.zeros(x.shape, bool)
    censored[sloping:, 1:] = True
    found = exponent(x, np.where(censored, y[:, :1] + 1, y), censored, np.arange(8), 8)
    low, high = found.interval(0.95)
    assert (high - low) / (2 * standard_error(found.influence)) == pytest.approx(t.ppf(0.975, sloping - 1), nan_ok=True)


@pytest.mark.parametrize("hits", [2, 3])
def test_two_hits_alone_have_no_exponent(hits):
    """They lie on a line whatever they are: an intercept and a slope leave nothing to see the deviation by."""
    x, y = np.log([[1.0, 3.0, 5.0]]), np.log([[2.0, 9.0, 12.0]])
    y[:, hits:] = np.nan
    found = exponent(x, y, np.zeros(x.shape, bool), np.zeros(1, np.int64), 1)
    assert np.isnan(found.value) == np.isnan(found.influence).all() == (hits == 2)


@pytest.mark.parametrize(("runs", "first"), [(6, 1), (8, 1), (9, 2), (10, 2), (20, 6), (25, 8)])
def test_the_interval_of_the_spread_ends_at_the_order_statistics_of_the_tables(runs, first):
    """95 % for a median: from the value at this place to the one at the same place from above."""
    ratios = np.log(np.arange(1.0, runs + 1))
    found = median_ratio(ratios, ratios, 0.95)
    assert [found.low, found.high] == pytest.approx([first, runs + 1 - first])


def test_the_spread_is_the_median_over_runs_of_the_ratio_of_the_highest_to_the_lowest():
    row = by_cost([[1, 5, 10], [2, 5, 10], [1, 1, 2], [4, 5, 1], [1, 5, 7]])
    assert (row["spread"], row["spread_bound"]) == (pytest.approx(5.0), "")
    assert [row["spread_low"], row["spread_high"]] == pytest.approx([0.25, 10.0])


@pytest.mark.parametrize("late", [False, True])
def test_the_spread_of_a_run_is_the_median_over_its_components(late):
    """Ratios of 2, 4 and 100; where the largest is a bound, the one in the middle is known all the same."""
    cost, censored = np.log([[1.0, 2.0], [1.0, 4.0], [1.0, 100.0]]), np.zeros((3, 2), bool)
    censored[2, 1] = late
    frequency, one_run = np.tile([1.0, 2.0], (3, 1)), np.zeros(3, np.int64)
    assert np.exp(run_bounds(cost, censored, frequency, one_run, 1)) == pytest.approx(np.array([[4.0], [4.0]]))
    assert np.exp(run_bounds(-cost, -1 * censored, frequency, one_run, 1)) == pytest.approx(np.array([[0.25], [0.25]]))


def test_of_a_frequency_that_was_not_hit_the_spread_knows_a_bound():
    """The end is at 1e6: most runs never learn the highest, so that the median is at least 1e6 / 10."""
    row = by_cost([[10, 20, INF]] * 4 + [[10, 20, 30]])
    assert (row["spread_bound"], row["spread"]) == (">=", pytest.approx(1e5))
    assert (row["spread_low"], row["spread_high"]) == (pytest.approx(3.0), INF)
    row = by_cost([[INF, 20, 10]] * 5)
    assert (row["spread_bound"], row["spread"], row["spread_low"]) == ("<=", pytest.approx(1e-5), 0.0)
    assert np.isnan(by_cost([[INF, 20, INF]] * 5)["spread"])


# Verdicts


def late(costs, first):
    """The row matched by cost of runs that were first seen at the cost `first`, before which there are no marks."""
    costs = np.asarray(costs, float)
    runs, hits = learned_at(np.maximum(costs, first))
    order = order_table(runs, empty("curves"), empty("spectra"), hits.assign(at_most=(costs <= first).ravel()))
    return order[order["matched_by"] == "cost"].iloc[0]


def test_of_a_frequency_that_was_learned_before_the_first_mark_the_spread_knows_a_bound():
    row = late([[1.0, 50.0], [2.0, 60.0], [3.0, 70.0]], first=10.0)
    assert (row["spread_bound"], row["spread"]) == (">=", pytest.approx(6.0))
    row = late([[50.0, 1.0], [60.0, 2.0], [70.0, 3.0]], first=10.0)
    assert (row["spread_bound"], row["spread"]) == ("<=", pytest.approx(1 / 6))
    row = late([[1.0, 2.0], [60.0, 600.0], [60.0, 600.0]], first=10.0)
    assert (row["spread_bound"], row["spread"]) == ("", pytest.approx(10.0))


def test_what_was_learned_before_the_first_mark_came_before_all_else_and_is_not_compared_among_itself():
    row = late([[1.0, 2.0, 50.0]] * 3, first=10.0)
    assert (row["pairs"], row["concordance"]) == (6, 1.0)
    row = late([[50.0, 2.0, 1.0]] * 3, first=10.0)
    assert (row["pairs"], row["concordance"]) == (6, 0.0)
    assert late([[1.0, 2.0, 3.0]] * 6, first=10.0)["verdict"] == "too few hits"


def test_low_frequencies_first_in_all_runs_is_low_first():
    row = by_cost([[1, 2, 3]] * 5)
    assert (row["verdict"], row["concordance"]) == ("low-first", 1.0)
    assert row["p_value"] == pytest.approx(2 / 2**5)


def test_high_frequencies_first_in_all_runs_is_high_first():
    row = by_cost([[3, 2, 1]] * 5)
    assert (row["verdict"], row["concordance"], row["kendall_tau"]) == ("high-first", 0.0, -1.0)


def test_everything_at_once_is_no_order():
    row = by_cost([[4, 4, 4]] * 5)
    assert (row["verdict"], row["concordance"], row["p_value"]) == ("no order", 0.5, 1.0)
    assert np.isnan(row["kendall_tau"])


def test_a_spread_that_may_be_more_than_a_doubling_is_not_called_no_order():
    costs = [[1, 3], [3, 1]] * 8
    assert by_cost(costs)["verdict"] == "undecided"
    assert by_cost(np.array(costs) + 10)["verdict"] == "no order"


def test_no_order_is_shown_by_two_one_sided_tests_of_five_per_cent():
    """The intervals of 95 % reach beyond the margins: of C in the first case, of the spread in the second."""
    equal = [[10, 10]]
    row = by_cost([[10, 11], [11, 10]] * 2 + equal * 4)
    assert (row["verdict"], row["low"] < 0.2) == ("no order", True)
    row = by_cost([[10, 30], [30, 10]] + equal * 6)
    assert (row["verdict"], row["spread_high"]) == ("no order", pytest.approx(3.0))


def test_components_that_go_opposite_ways_are_not_called_no_order():
    """Half learn the low frequency first and half the high one: the median over components is 1, and says nothing."""

    def judged(late):
        runs, hits = learned_at([[10, late]] * 8)
        halves = [hits, learned_at([[late, 10]] * 8)[1].assign(component=1)]
        order = order_table(runs, empty("curves"), empty("spectra"), pd.concat(halves, ignore_index=True))
        return order[order["matched_by"] == "cost"].iloc[0]

    assert (judged(30)["spread"], judged(30)["concordance"]) == (pytest.approx(1.0), 0.5)
    assert judged(30)["verdict"] == "undecided"
    assert judged(15)["verdict"] == "no order"


def test_a_run_of_many_components_does_not_outvote_the_others_on_what_is_mixed():
    """Seven runs learn 2 before 1 before 3, and one, of ten components, the reverse."""
    runs, hits = learned_at([[2, 3, 1]] + [[2, 1, 3]] * 7)
    more = [hits[hits["run_id"] == "gd-0"].assign(component=component) for component in range(1, 10)]
    order = order_table(runs, empty("curves"), empty("spectra"), pd.concat([hits, *more]))
    assert order.loc[order["matched_by"] == "cost", "verdict"].tolist() == ["mixed"]


@pytest.mark.parametrize("runs", [5, 8, 16, 30])
def test_a_fixed_order_that_is_not_monotone_is_mixed(runs):
    """3 before 1 before 5 in every run: two of three pairs are concordant, and that is not chance."""
    row = by_cost([[2, 1, 3]] * runs, frequency=[1.0, 3.0, 5.0])
    assert row["concordance"] == pytest.approx(2 / 3)
    assert row["verdict"] == "mixed"


def test_mixed_is_said_of_a_p_that_is_corrected_over_the_configurations():
    """1/32 is said of one configuration, and among ten others no longer."""
    others = [learned_at([[1, 2, 3], [3, 2, 1]] * 4, optimizer=f"other{place}") for place in range(10)]
    parts = [learned_at([[2, 1, 3]] * 5), *others]
    found = []
    for chosen in (parts[:1], parts):
        runs, hits = (pd.concat(tables, ignore_index=True) for tables in zip(*chosen, strict=True))
        order = order_table(runs, empty("curves"), empty("spectra"), hits).set_index(["optimizer", "matched_by"])
        found.append(order.loc[("gd", "cost"), ["p_mixed", "verdict"]].tolist())
    assert found == [[1 / 32, "mixed"], [1 / 32, "no order"]]


@pytest.mark.parametrize("runs", [1, 2, 4])
def test_below_five_runs_nothing_is_said(runs):
    assert by_cost([[1, 2, 3]] * runs)["verdict"] == "too few runs"


def null_rows(concordance, spread=1.0):
    """A null of the problem "x" that shows this C, and this spread by loss."""
    columns = {"problem": "x", "problem_settings": "x", "probe": "x", "threshold": 0.1, "null": "white-fixed"}
    return pd.DataFrame(
        [{**columns, "matched_by": by, "concordance": concordance, "spread": spread} for by in ("cost", "loss")]
    )


def test_an_order_that_amplitude_alone_would_give_is_said_to_be_that():
    runs, hits = learned_at([[1, 2, 3]] * 8)
    nothing = empty("curves"), empty("spectra")

    def verdict(nulls):
        return order_table(runs, *nothing, hits, nulls).query("matched_by == 'cost'")["verdict"].item()

    assert verdict(None) == verdict(null_rows(0.5)) == verdict(null_rows(0.7)) == "low-first"
    assert verdict(null_rows(1.0, spread=9.0)) == "low-first, as amplitude alone would give"


@pytest.mark.parametrize(
    ("costs", "direction", "near"), [([1, 2, 3], "low-first", 0.9), ([3, 2, 1], "high-first", 0.1)]
)
def test_a_null_within_the_interval_of_c_explains_it_and_one_beyond_does_not(costs, direction, near):
    """Eight runs of C 1 have an interval from 0.79 to 1, and those of C 0 its mirror image."""
    runs, hits = learned_at([costs] * 8)
    verdicts = [
        order_table(runs, empty("curves"), empty("spectra"), hits, null_rows(null)).loc[0, "verdict"]
        for null in (near, 0.5 + (near - 0.5) / 2)
    ]
    assert verdicts == [f"{direction}, as amplitude alone would give", direction]


def test_a_spread_by_loss_beyond_that_of_amplitude_is_an_order_of_its_own():
    """The null is as concordant, but its loss falls by 1.5 between the frequencies, where here it falls by 3^1.5."""
    losses = [[8.0, 2.0, 2.0 / 2**1.5, 2.0 / 3**1.5]] * 8
    errors = [[[1, 1, 1], [0.1, 1, 1], [0, 0.1, 1], [0, 0, 0.1]]] * 8
    runs, curves, spectra = trained(losses, errors)
    hits = find_hits(runs, curves, spectra, (0.1,))
    rows = order_table(runs, curves, spectra, hits, null_rows(1.0, spread=1.5))
    assert rows["verdict"].tolist() == ["low-first"] * 2
    rows = order_table(runs, curves, spectra, hits, null_rows(1.0, spread=10.0))
    assert rows["verdict"].tolist() == ["low-first, as amplitude alone would give"] * 2
    assert rows["null_spread"].tolist() == [10.0] * 2


def test_too_few_hits_where_fewer_than_half_of_the_runs_can_be_compared():
    none, pair = [INF, INF, INF], [1, 2, INF]
    assert by_cost([pair] * 5 + [none] * 6)["verdict"] == "too few hits"
    assert by_cost([pair] * 4 + [none] * 4)["verdict"] == "too few hits"
    assert by_cost([pair] * 6 + [none] * 6)["verdict"] == "low-first"


def test_a_failed_run_counts_among_the_runs():
    runs, hits = learned_at([[1, 2, 3]] * 5)
    order = order_table(runs, empty("curves"), empty("spectra"), hits[hits["run_id"].isin(["gd-0", "gd-1"])])
    assert order.loc[0, ["n_runs", "pairs", "verdict"]].tolist() == [5, 6, "too few hits"]


def test_one_watched_frequency_has_no_order():
    order = order_of(*trained([[1.0, 0.1]] * 5, np.zeros((5, 2, 1))))
    assert order["verdict"].tolist() == ["one frequency"] * 2
    assert order["pairs"].tolist() == [0, 0]
    assert order[["concordance", "low", "high", "kendall_tau", "exponent", "spread", "p_value"]].isna().all(axis=None)


# The table


def test_no_hits_give_the_empty_table():
    nothing = [empty(name) for name in ("runs", "curves", "spectra", "hits")]
    pd.testing.assert_frame_equal(order_table(*nothing), empty("order"))
    pd.testing.assert_frame_equal(order_table(run_rows(3), *nothing[1:]), empty("order"))


def test_every_label_probe_and_threshold_has_its_two_rows():
    losses, errors = random_training(0)
    runs, curves, spectra = trained(losses, errors)
    parts = [(runs, curves, spectra)]
    for label in LABELS:
        ids = dict(zip(runs["run_id"], runs["run_id"] + label, strict=True))
        renamed = [part.assign(run_id=part["run_id"].map(ids)) for part in (runs, curves, spectra)]
        parts.append((renamed[0].assign(**{label: "other"}), *renamed[1:]))
    runs, curves, spectra = (pd.concat(tables) for tables in zip(*parts, strict=True))
    spectra = pd.concat([spectra, spectra.assign(probe="gauss")])
    order = order_of(runs, curves, spectra, (0.1, 0.3))
    assert len(order) == (1 + len(LABELS)) * 2 * 2 * 2
    assert not order.duplicated([*LABELS, "probe", "threshold", "matched_by"]).any()
    assert (order["n_runs"] == 2).all()


def test_runs_stand_in_the_order_of_their_seeds_whatever_their_ids():
    """The draws of a test mirror runs by their places: an id that changes, as with a version, must change no p."""
    runs, hits = learned_at([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]])
    renamed = dict(zip(runs["run_id"], ["c", "b", "a"], strict=True))
    (laid,) = side_by_side(
        runs.assign(run_id=runs["run_id"].map(renamed)),
        empty("curves"),
        empty("spectra"),
        hits.assign(run_id=hits["run_id"].map(renamed)).iloc[::-1],
    )
    assert laid.slot.tolist() == [0, 1, 2]
    assert laid.cost[0].tolist() == [[1, 10], [2, 20], [3, 30]]


def test_where_one_run_has_nearly_all_pairs_runs_count_by_what_they_weigh():
    alike = np.full(5, 20.8)
    assert concordance_interval(alike, alike, 0.95)[0] > 0.5
    # 104^2 / (100^2 + 4) = 1.08 runs: Student's t with so few degrees of freedom knows nothing
    pairs = np.array([100.0, 1, 1, 1, 1])
    assert concordance_interval(pairs, pairs, 0.95) == (0, 1)


@pytest.mark.parametrize(
    ("concordance", "flat_low", "flat_high", "told"),
    [
        ((0.3, 0.7), 0.6, 1.9, "no order"),
        ((0.2, 0.8), 0.5, 2.0, "no order"),
        ((0.3, 0.7), 0.6, 2.1, "undecided"),
        ((0.3, 0.7), 0.4, 1.9, "undecided"),
        ((0.1, 0.7), 0.6, 1.9, "undecided"),
        ((0.3, 0.9), 0.6, 1.9, "undecided"),
    ],
)
def test_no_order_is_said_where_both_whole_intervals_lie_within_their_margins(concordance, flat_low, flat_high, told):
    row = pd.Series({"p_mixed_adjusted": 1.0, "p_adjusted": 1.0, "flat_low": flat_low, "flat_high": flat_high})
    assert verdict(Evidence(8, 8, concordance), row) == told


@pytest.mark.parametrize(
    ("concordance", "low", "high", "spread", "told"),
    [
        # C and the spread end where those of the null stand, and then on either side of them
        (0.9, 0.7, 1.0, (1.5, 9.0), "low-first, as amplitude alone would give"),
        (0.9, 0.7, 1.0, (1.6, 9.0), "low-first"),
        (0.9, 0.8, 1.0, (1.5, 9.0), "low-first"),
        (0.1, 0.0, 0.7, (0.1, 1.5), "high-first, as amplitude alone would give"),
        (0.1, 0.0, 0.7, (0.1, 1.4), "high-first"),
        (0.1, 0.0, 0.6, (0.1, 1.5), "high-first"),
    ],
)
def test_an_interval_that_ends_where_the_null_stands_does_not_go_beyond_it(concordance, low, high, spread, told):
    row = pd.Series({"p_mixed_adjusted": 1.0, "p_adjusted": 0.1, "concordance": concordance, "low": low, "high": high})
    null = {"null_concordance": 0.7, "null_spread": 1.5, "null_low": spread[0], "null_high": spread[1]}
    assert verdict(Evidence(8, 8, (low, high)), pd.concat([row, pd.Series(null)])) == told

"""The order statistics against hand-worked examples, plain loops, scipy, and tables that hold no order."""

from itertools import permutations, product

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, kendalltau

from harness.analysis.hits import find_hits
from harness.analysis.order import order_table
from harness.tables import LABELS, SCHEMA, empty, frame

BLANK = {"str": "x", "int64": 0, "float64": 0.0, "bool": False}
INF = np.inf


def table(name, **known):
    return frame(name, {column: BLANK[kind] for column, kind in SCHEMA[name].items()} | known)


def run_rows(n_runs, optimizer="gd", first_loss=1.0):
    ids = [f"{optimizer}-{seed}" for seed in range(n_runs)]
    return table("runs", run_id=ids, optimizer=optimizer, seed=np.arange(n_runs), first_loss=first_loss)


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


def loop_p(series, above=-INF):
    """The share of all combinations of per-run permutations that are at least as far from one half.

    `series` holds the values `(levels, frequencies)` of each run."""

    def distance(orders):
        total = sum(
            loop_pairs(level[list(order)], above)
            for levels, order in zip(series, orders, strict=True)
            for level in levels
        )
        return abs(total[0] - total[1] / 2)

    observed = distance([range(levels.shape[1]) for levels in series])
    every = product(*(permutations(range(levels.shape[1])) for levels in series))
    return np.mean([distance(orders) >= observed for orders in every])


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
    assert order.loc[0, "p_value"] == pytest.approx(0.5)


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


def test_the_interval_is_that_of_resampled_runs():
    """Ten runs of one pair each, five concordant: a resample's concordance is binomial(10, 1/2) / 10."""
    row = by_cost([[1, 2]] * 5 + [[2, 1]] * 5)
    assert [row["low"], row["high"]] == pytest.approx(binom.ppf([0.025, 0.975], 10, 0.5) / 10)


def test_runs_are_weighted_by_their_pairs_in_the_interval():
    """With m of ten runs that have 3 of 3 pairs, the others 0 of 2, a resample's concordance is 3 m / (20 + m)."""
    row = by_cost([[1, 2, 3]] * 5 + [[INF, INF, 1]] * 5)
    assert [row["low"], row["high"]] == pytest.approx([6 / 22, 24 / 28])


def test_the_resamples_are_paired_across_optimizers_by_seed():
    costs = random_costs(3, n_runs=7, Q=4)
    runs, hits = learned_at(5 + 2 * costs, optimizer="slow")
    ids = dict(zip(runs["run_id"], runs["run_id"].iloc[::-1], strict=True))
    renamed = [part.assign(run_id=part["run_id"].map(ids)) for part in (runs, hits)]
    slow = order_table(renamed[0], empty("curves"), empty("spectra"), renamed[1]).iloc[0]
    same = ["concordance", "low", "high", "p_value"]
    assert by_cost(costs)[same].tolist() == slow[same].tolist()
    assert by_cost(costs[::-1])[same].tolist() != slow[same].tolist()


def test_neither_the_order_of_rows_nor_other_optimizers_matter():
    rng = np.random.default_rng(0)
    losses, errors = random_training(5, n_runs=6, marks=20, Q=7)
    alone = order_of(*trained(losses, errors))
    others = trained(*random_training(6, n_runs=3, marks=20, Q=4), optimizer="adam")
    together = [pd.concat(pair) for pair in zip(trained(losses, errors), others, strict=True)]
    shuffled = [part.iloc[rng.permutation(len(part))] for part in together]
    order = order_of(*shuffled)
    assert order["optimizer"].tolist() == ["adam"] * 2 + ["gd"] * 2
    pd.testing.assert_frame_equal(order[order["optimizer"] == "gd"].reset_index(drop=True), alone)


@pytest.mark.parametrize("seed", range(4))
def test_p_by_cost_equals_the_enumeration_of_all_permutations(seed):
    costs = random_costs(seed, n_runs=3, Q=3)
    assert by_cost(costs)["p_value"] == pytest.approx(loop_p([run[None] for run in costs]))


@pytest.mark.parametrize("seed", range(4))
def test_p_by_loss_permutes_all_levels_of_a_run_alike(seed):
    losses, errors = random_training(seed)
    series = [np.array(list(loop_levels(*run))).reshape(-1, 3) for run in zip(losses, errors, strict=True)]
    assert by_loss(losses, errors)["p_value"] == pytest.approx(loop_p(series, 0.1))


def test_the_monte_carlo_p_of_many_frequencies_is_near_the_exact_one():
    # Four of 21 pairs are discordant; of the 5040 orderings, 1 + 6 + 20 + 49 + 98 have at most four inversions.
    assert by_cost([[1, 2, 5, 3, 7, 4, 6]])["p_value"] == pytest.approx(2 * 174 / 5040, abs=0.02)
    assert by_cost([np.arange(9)] * 5)["p_value"] == pytest.approx(1 / 2001)


# Kendall's tau and the slope


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


def test_the_slope_is_the_power_of_the_frequency_whatever_the_runs_own_speed():
    speed = np.array([[1.0], [50.0], [0.3]])
    costs = speed * np.array([1.0, 3.0, 5.0]) ** 2
    costs[0, 2] = costs[1, 0] = INF
    row = by_cost(costs, frequency=[1.0, 3.0, 5.0])
    assert row["slope"] == pytest.approx(2.0)


def test_the_slope_leaves_out_cost_zero_and_frequency_zero():
    row = by_cost([[7.0, 0.0, 4.0, 8.0]], frequency=[0.0, 1.0, 2.0, 4.0])
    assert row["slope"] == pytest.approx(1.0)
    assert np.isnan(by_cost([[0.0, 4.0, INF]])["slope"])


def test_the_slope_by_loss_is_that_of_the_fall_of_the_loss():
    """Frequency k is hit where the loss has fallen to 1 / (4 k^1.5) of the first."""
    losses = [[8.0, 2.0, 2.0 / 2**1.5, 2.0 / 3**1.5]]
    errors = [[[1, 1, 1], [0.1, 1, 1], [0, 0.1, 1], [0, 0, 0.1]]]
    assert by_loss(losses, errors)["slope"] == pytest.approx(1.5)


# Verdicts


def test_low_frequencies_first_in_all_runs_is_low_first():
    row = by_cost([[1, 2, 3]] * 5)
    assert (row["verdict"], row["concordance"], row["low"]) == ("low-first", 1.0, 1.0)
    assert row["p_value"] == pytest.approx(2 / 6**5)


def test_high_frequencies_first_in_all_runs_is_high_first():
    row = by_cost([[3, 2, 1]] * 5)
    assert (row["verdict"], row["concordance"], row["kendall_tau"]) == ("high-first", 0.0, -1.0)


def test_everything_at_once_is_undecided():
    row = by_cost([[4, 4, 4]] * 5)
    assert (row["verdict"], row["concordance"], row["p_value"]) == ("undecided", 0.5, 1.0)
    assert np.isnan(row["kendall_tau"])


def test_a_fixed_order_that_is_not_monotone_is_undecided_with_five_runs_but_not_with_thirty():
    """3 before 1 before 5 in every run: two of three pairs are concordant, and the interval is a point above 0.5."""
    row = by_cost([[2, 1, 3]] * 5, frequency=[1.0, 3.0, 5.0])
    assert row["concordance"] == row["low"] == pytest.approx(2 / 3)
    assert row["verdict"] == "undecided"
    assert by_cost([[2, 1, 3]] * 30)["verdict"] == "low-first"


def test_one_run_of_three_frequencies_never_decides():
    runs, hits = learned_at(list(permutations([1, 2, 3])))
    runs["optimizer"] = runs["run_id"]
    order = order_table(runs, empty("curves"), empty("spectra"), hits).query("matched_by == 'cost'")
    assert order["verdict"].tolist() == ["undecided"] * 6
    assert order["p_value"].min() == pytest.approx(2 / 6)


def test_five_runs_without_order_are_seldom_called_ordered():
    """The interval alone calls one in seven ordered (5 % were promised): this is why the verdict asks p as well."""
    runs, hits = learned_at(np.random.default_rng(0).random((200 * 5, 3)))
    runs["optimizer"] = np.repeat([f"random-{i}" for i in range(200)], 5)
    order = order_table(runs, empty("curves"), empty("spectra"), hits)
    order = order[order["matched_by"] == "cost"]
    assert order["verdict"].isin(["low-first", "high-first"]).mean() <= 0.10
    assert ((order["low"] > 0.5) | (order["high"] < 0.5)).mean() > 0.10


def test_too_few_hits_where_fewer_than_half_of_the_runs_can_be_compared():
    none, pair = [INF, INF, INF], [1, 2, INF]
    assert by_cost([pair] * 2 + [none] * 3)["verdict"] == "too few hits"
    assert by_cost([pair] * 3 + [none] * 3)["verdict"] != "too few hits"


def test_a_failed_run_counts_among_the_runs():
    runs, hits = learned_at([[1, 2, 3]] * 5)
    order = order_table(runs, empty("curves"), empty("spectra"), hits[hits["run_id"].isin(["gd-0", "gd-1"])])
    assert order.loc[0, ["n_runs", "pairs", "verdict"]].tolist() == [5, 6, "too few hits"]


def test_one_watched_frequency_has_no_order():
    order = order_of(*trained([[1.0, 0.1]] * 3, np.zeros((3, 2, 1))))
    assert order["verdict"].tolist() == ["too few hits"] * 2
    assert order["pairs"].tolist() == [0, 0]
    assert order[["concordance", "low", "high", "kendall_tau", "slope", "p_value"]].isna().all(axis=None)


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

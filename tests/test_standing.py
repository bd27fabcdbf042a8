"""How optimizers stand on several problems: blocks, targets as the unit, and the figure."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from harness.analysis.asked.robustness import agreement_of_choices, robustness
from harness.analysis.asked.sizes import is_sized, shared_sizes
from harness.analysis.asked.standing import _over_targets, _verdict, block_names, method_names, standing
from harness.analysis.asked.targets import over_targets
from harness.analysis.hits import find_hits
from harness.analysis.order import order_table
from harness.atlas.placing import _mean, ranking, ratios
from harness.atlas.saying import on_problem, paragraph, short_of_seeds
from harness.atlas.sections.controls import known_orders
from harness.figures import DRAWINGS, FIGURES
from harness.figures.asked.standing import MARKS, _rows, standing_rows
from harness.tables import LABELS, SCHEMA, frame

ZERO = {"str": "", "int64": 0, "float64": 0.0, "bool": False}
COSTS = np.array([0.0, *np.geomspace(1, 1000, 60)])


def table(name, rows):
    return frame(name, {column: [row.get(column, ZERO[kind]) for row in rows] for column, kind in SCHEMA[name].items()})


def study(ratio_of, *, targets, seeds, problem="waves"):
    """Two frequencies whose errors fall exponentially; the higher one is slower by a ratio."""
    rows = {name: [] for name in ("runs", "curves", "spectra")}
    for optimizer in ("low", "flat"):
        for target in range(targets):
            for seed in range(seeds):
                label = {"problem": problem, "optimizer": optimizer, "settings": "{}", "network": "1-2-1"}
                label["problem_settings"] = json.dumps({"target": target})
                own = {"run_id": f"{optimizer}{target}-{seed}", "seed": seed}
                rows["runs"].append({**own, **label, "budget": 1000.0, "first_loss": 1.0, "best_loss": 0.1})
                ratio = ratio_of(optimizer, target, seed)
                for mark, cost in enumerate(COSTS):
                    errors = np.exp(-cost / 20), np.exp(-cost / 20 / ratio)
                    at = {**own, "mark": mark, "cost": cost}
                    loss = sum(np.square(errors))
                    rows["curves"].append({**at, "loss": loss, "loss_last": loss})
                    for k, error in zip((1.0, 4.0), errors, strict=True):
                        seen = {"probe": "fourier", "frequency": k, "target_amplitude": 1.0}
                        rows["spectra"].append({**at, **seen, "error": error, "error_last": error, "amplitude": 1.0})
    tables = {name: table(name, own) for name, own in rows.items()}
    hits = find_hits(tables["runs"], tables["curves"], tables["spectra"])
    return {**tables, "hits": hits, "order": order_table(tables["runs"], tables["curves"], tables["spectra"], hits)}


def spreads(optimizer, target, seed):
    drawn = np.random.default_rng([target, seed]).normal(0, 0.05)
    return float(np.exp(drawn + (np.log(4 + target) if optimizer == "low" else 0.0)))


@pytest.mark.parametrize("targets", [1, 6])
def test_nothing_measured_has_no_standing_and_no_choice_would_change_that(targets):
    measured = study(spreads, targets=targets, seeds=2)
    bare = {**measured, **{name: measured[name].head(0) for name in ("curves", "spectra", "hits", "order")}}
    for tables in (bare, {name: rows.head(0) for name, rows in bare.items()}):
        assert standing(tables).empty
        assert robustness(tables).empty
        assert agreement_of_choices(robustness(tables)).empty
        for name in ("standing", "robustness"):
            with pytest.raises(ValueError, match=r"[Nn]o(thing was measured| primary rows| rows).* to draw"):
                FIGURES[name](tables)


def test_the_target_is_the_unit_where_there_are_several():
    rows = standing(study(spreads, targets=6, seeds=3)).set_index("optimizer")
    # of a balanced design the mean over targets is that of their means, with Student's t over them
    logs = [np.mean([np.log(spreads("low", t, s)) for s in range(3)]) for t in range(6)]
    half = stats.t.ppf(0.975, 5) * np.std(logs, ddof=1) / np.sqrt(6)
    np.testing.assert_allclose(np.log(rows.loc["low", "spread"]), np.mean(logs), rtol=0.02)
    np.testing.assert_allclose(np.log(rows.loc["low", "spread_high"]), np.mean(logs) + half, rtol=0.02)
    # all six targets in order: one of 2^6 signs, on two sides
    assert rows.loc["low", "p_value"] == pytest.approx(2 / 2**6)
    assert rows["verdict"].to_dict() == {"low": "low-first", "flat": "undecided"}
    assert rows["targets"].tolist() == [6, 6]


def test_a_single_target_has_its_row_of_order():
    tables = study(spreads, targets=1, seeds=8)
    rows = standing(tables).set_index("optimizer")
    order = tables["order"][tables["order"]["endpoint"] == "primary"].set_index("optimizer")
    for column in ("concordance", "spread", "p_adjusted", "verdict"):
        assert rows[column].to_dict() == order[column].to_dict()
    assert rows.loc["low", "verdict"] == "low-first"
    assert rows.loc["low", "hit"] == 1.0


def test_a_ratio_over_problems_is_the_geometric_mean_of_ratios_paired_by_seed():
    parts = [study(spreads, targets=1, seeds=8, problem=name) for name in ("one", "two", "three")]
    for index, part in enumerate(parts):
        for name, rows in part.items():
            part[name] = rows.assign(run_id=f"{index}" + rows["run_id"]) if "run_id" in rows else rows
    joined = {name: pd.concat([part[name] for part in parts], ignore_index=True) for name in parts[0]}
    (row,) = ratios(joined, "low").to_dict("records")
    # the draws of a seed are those of both methods: their ratio is 4 for every seed, but for reading between marks
    assert row["reference"] == "flat"
    assert row["problems"] == 3
    assert row["ratio"] == pytest.approx(4.0, rel=0.01)
    assert row["low"] <= row["ratio"] <= row["high"]


@pytest.mark.parametrize(
    ("bounds", "sign", "told"),
    [
        (["", "", ""], "", "It has 4 [0.72, 22] times the spread of b, paired by seed over 3 problems"),
        ([">=", "", ""], ">=", "It has at least 3.9 [0.72, inf] times the spread of b"),
        (["", "<=", "<="], "<=", "It has at most 4 [0, 22] times the spread of b"),
        ([">=", "<=", ""], "?", "Of its ratio to the spread of b bounds of both kinds are known"),
    ],
)
def test_a_mean_of_ratios_and_of_spreads_of_which_some_are_bounds_keeps_their_sign(monkeypatch, bounds, sign, told):
    place = dict.fromkeys(LABELS, "") | {"optimizer": "a"}
    pairs = [
        {**place, "problem": name, "spread_ratio": ratio, "spread_bound": bound}
        for name, ratio, bound in zip("xyz", (2.0, 4.0, 7.9), bounds, strict=True)
    ]
    runs = pd.DataFrame([{**place, "optimizer": name, "run_id": name} for name in "ab"])
    monkeypatch.setattr("harness.atlas.placing.against", lambda tables, reference: pd.DataFrame(pairs))
    paired = ratios({"runs": runs}, "a")
    assert paired["bound"].tolist() == [sign]
    assert np.isnan(paired["p_value"].item()) == bool(sign)
    known = {"spread_low": 0.1, "spread_high": 90.0, "verdict": "low-first", "settings": ""}
    rows = [
        {
            **known,
            "optimizer": name,
            "block": block,
            "spread": ratio * times,
            "spread_bound": bound if name == "a" else "",
        }
        for name, times in (("a", 1.0), ("b", 0.5))
        for block, ratio, bound in zip("xyz", (2.0, 4.0, 7.9), bounds, strict=True)
    ]
    monkeypatch.setattr("harness.atlas.placing.standing", lambda tables: pd.DataFrame(rows))
    ranked = ranking({}, ["a"])
    assert ranked["spread_bound"].tolist() == [sign, ""]
    assert told in paragraph(ranked, paired, "a")
    assert (ranked["low_first"] == 3).all()


@pytest.mark.parametrize(
    ("verdicts", "low_first", "told"),
    [
        (("too few runs", "too few hits", "one frequency"), None, "and no verdict can be said on any of them."),
        (("too few runs", "undecided", "too few hits"), 0, "and it is low-first on 0 of them."),
        (("low-first, as amplitude alone would give", "high-first", "too few hits"), 1, "low-first on 1 of them."),
    ],
)
def test_where_nothing_could_be_tested_nobody_is_said_to_be_low_first_nowhere(monkeypatch, verdicts, low_first, told):
    known = {"spread": 2.0, "spread_low": 1.0, "spread_high": 4.0, "spread_bound": "", "settings": ""}
    rows = [
        {**known, "optimizer": name, "block": block, "verdict": verdict}
        for name in "ab"
        for block, verdict in zip("xyz", verdicts, strict=True)
    ]
    monkeypatch.setattr("harness.atlas.placing.standing", lambda tables: pd.DataFrame(rows))
    ranked = ranking({}, ["a"])
    found = ranked["low_first"].iloc[0]
    assert pd.isna(found) if low_first is None else found == low_first
    assert told in paragraph(ranked, pd.DataFrame({"reference": []}), "a")


def test_a_paragraph_says_from_how_many_others_the_ratios_tell_a_method_apart():
    ranked = pd.DataFrame(
        {
            "rank": range(1, 6),
            "method": list("abcde"),
            "optimizer": list("abcde"),
            "own": [False, False, True, False, False],
            "spread_bound": "",
            "spread": [9.0, 8.0, 7.0, 6.0, 5.0],
            "low_first": 1,
            "problems": 1,
        }
    )
    sizes = [("a", 0.5, 0.8, 0.1, ""), ("b", 0.2, np.inf, 0.9, ">="), ("d", 1.1, np.inf, 2.0, ">=")]
    sizes += [("e", 0, 3, 1, "<="), ("metropolis", 2.0, 3.0, 2.5, "")]
    paired = pd.DataFrame(
        [
            {"reference": name, "problems": 3, "bound": bound, "ratio": ratio, "low": low, "high": high}
            for name, low, high, ratio, bound in sizes
        ]
    )
    said = paragraph(ranked, paired, "c")
    assert "(geometric mean over 1 problem), and it is low-first on 1 of them. Its neighbours are b and d." in said
    # in the order of the neighbours, and no sampler is counted
    assert said.index("times the spread of b") < said.index("times the spread of d")
    assert "larger than that of 1 and smaller than that of 1 of 4 methods; among the other 2 its rank is" in said
    few = paragraph(ranked, paired.assign(problems=2, low=np.nan, high=np.nan), "c")
    assert "An interval takes 3 problems" in few


def test_equal_methods_have_the_ratio_one_whatever_their_last_digits():
    found = _mean(np.array([1e-12, 2e-12, 1e-12]), "")
    assert (found["ratio"], found["low"], found["high"], found["p_value"]) == (1.0, 1.0, 1.0, 1.0)


def test_orders_in_every_run_that_too_few_seeds_leave_without_a_verdict_are_told():
    row = {"endpoint": "primary", "n_runs": 5, "p_value": 2.0**-4, "p_adjusted": 0.11, "verdict": "undecided"}
    order = pd.DataFrame([row, {**row, "p_value": 0.5}, {**row, "endpoint": "secondary"}])
    said = short_of_seeds(order)
    assert said is not None
    assert "1 of 2 pairs of a method and a problem have an order in every run and no verdict" in said
    assert "p is at least 0.062 of 5 runs" in said
    assert short_of_seeds(order.assign(p_adjusted=0.09)) is None
    assert short_of_seeds(order.assign(n_runs=1)) == "A verdict on a single target takes 5 seeds; with 1 none is said."
    # of one seed or none nothing is tested, and of nothing measured nothing is said
    assert short_of_seeds(order.head(0)) is None


def test_of_a_problem_every_verdict_is_told_and_no_order_is_none_that_is_unknown():
    verdicts = ["low-first", "low-first, as amplitude alone would give", "high-first", "no order", "undecided"]
    verdicts += ["too few hits"]
    order = pd.DataFrame({"optimizer": list("abcdef"), "verdict": verdicts, "endpoint": "primary"})
    assert on_problem(order, "mine") == (
        "The order is kept on mine by 2 of 6 methods, 1 of them beyond what amplitude alone would give: a, b. "
        "High-first: c. No order: d. Nothing is shown of 2: e, f."
    )


def test_table_and_figure_of_a_place_rank_the_same_methods_on_the_same_problems(monkeypatch):
    """Samplers follow no gradient, and of controls the order is known: neither ranks anybody, as on the page."""
    known = {"spread_low": 0.1, "spread_high": 90.0, "verdict": "low-first", "settings": "", "spread_bound": ""}
    spreads = {
        "mine": {"x": 4.0, "control-high": 0.1},
        "adam": {"x": 5.0, "y": 5.0, "control-high": 0.1},
        "gd": {"x": 3.0, "y": 3.0, "control-high": 90.0},
        "metropolis": {"x": 6.0, "y": 6.0, "control-high": 6.0},
        "powell": {"y": 7.0},
    }
    rows = pd.DataFrame(
        [
            {**known, "optimizer": name, "block": block, "spread": spread}
            for name, own in spreads.items()
            for block, spread in own.items()
        ]
    )
    for module in ("harness.atlas.placing", "harness.figures.asked.standing"):
        monkeypatch.setattr(f"{module}.standing", lambda tables: rows)
    ranked = ranking({}, ["mine"])
    assert ranked["method"].tolist() == ["adam", "mine", "gd"]
    assert ranked["problems"].tolist() == [1, 1, 1]
    shown = standing_rows({}, ["mine"], known_orders())
    assert list(dict.fromkeys(shown[shown["counted"]]["method"])) == ranked["method"].tolist()
    assert set(shown[shown["counted"]]["block"]) == {"x"}
    # of several problems the one that ranks is named
    assert _rows(shown).startswith("rows by the spread on x; a bound counts")
    # a control alone ranks, for want of anything else
    rows = rows[rows["block"] == "control-high"]
    assert ranking({}, ["mine"])["method"].tolist() == ["gd", "adam", "mine"]


def test_few_targets_have_no_verdict():
    rows = standing(study(spreads, targets=4, seeds=2))
    assert set(rows["verdict"]) == {"too few targets"}


def test_a_verdict_over_targets_rests_on_half_of_them():
    """On eight of twenty targets the higher frequency is never hit, nor is the lower one."""

    def never_on_many(few):
        return lambda optimizer, target, seed: 1e9 if target >= few else spreads(optimizer, target, seed)

    for few, verdict in ((5, "too few targets"), (8, "low-first")):
        tables = study(never_on_many(few), targets=12, seeds=2)
        targets = tables["hits"]["run_id"].str.extract(r"(\d+)-")[0].astype(int)
        tables["hits"].loc[targets >= few, "censored"] = True
        (row,) = standing(tables).query("optimizer == 'low'").to_dict("records")
        assert (row["targets"], row["verdict"]) == (few, verdict)


def test_over_targets_a_spread_of_which_bounds_are_known_is_a_bound():
    tables = study(spreads, targets=6, seeds=2)
    slow = (tables["hits"]["run_id"].str.startswith("low3")) & (tables["hits"]["frequency"] == 4.0)
    exact = standing(tables).set_index("optimizer").loc["low"]
    tables["hits"].loc[slow, "censored"] = True
    row = standing(tables).set_index("optimizer").loc["low"]
    assert (exact["spread_bound"], row["spread_bound"]) == ("", ">=")
    assert np.isfinite(exact["spread_high"])
    assert np.isposinf(row["spread_high"])
    assert row["verdict"] == "low-first"
    told = over_targets(tables).set_index(["optimizer", "measure"])["bound"]
    assert (told["low", "log spread"], told["low", "concordance"], told["flat", "log spread"]) == (">=", "", "")


def test_the_null_over_targets_has_the_direction_of_the_mean_and_is_of_the_targets_that_count():
    tables = study(spreads, targets=6, seeds=2)
    labels = tables["order"][["problem", "problem_settings", "network", "activation", "init", "loss", "probe"]]
    labels = labels.drop_duplicates()
    ends = pd.concat(
        [
            labels.assign(threshold=0.1, matched_by=clock, concordance=share, spread=spread)
            for clock in ("cost", "loss")
            for share, spread in ((0.3, 0.5), (0.7, 3.0))
        ]
    )
    # a single target on which the higher frequency comes first changes no end
    turned = (tables["hits"]["run_id"].str.startswith("low0")) & (tables["hits"]["frequency"] == 4.0)
    tables["hits"].loc[turned, "cost"] = 0.5
    tables["nulls"] = ends
    tables["order"] = order_table(*(tables[name] for name in ("runs", "curves", "spectra", "hits")), ends)
    # nor does a method with a value on one target, of which there is no row
    hits = tables["hits"]
    hits.loc[hits["optimizer"].eq("flat") & ~hits["run_id"].str.startswith("flat0"), "censored"] = True
    found = standing(tables)
    assert found["optimizer"].tolist() == ["low"]
    row = found.set_index("optimizer").loc["low"]
    assert row["concordance"] > 0.5
    assert (row["null_concordance"], row["null_spread"]) == (pytest.approx(0.7), pytest.approx(3.0))


def test_a_block_of_which_nothing_is_said_takes_no_numbers_from_the_others():
    """No run of three targets has a hit: there is no row of them, and sizes are numbers all the same."""
    known, lost = (study(spreads, targets=n, seeds=5, problem=name) for n, name in ((1, "waves"), (3, "lost")))
    for name, rows in lost.items():
        lost[name] = rows.assign(run_id="lost-" + rows["run_id"]) if "run_id" in rows else rows
    lost["hits"]["censored"] = True
    both = {name: pd.concat([known[name], lost[name]], ignore_index=True) for name in known}
    both["order"] = order_table(*(both[name] for name in ("runs", "curves", "spectra", "hits")))
    found = standing(both)
    assert set(found["block"]) == {"waves"}
    assert found["spread"].dtype == np.float64
    assert shared_sizes(found.assign(method=found["optimizer"])).shape == (2, 1)
    lost["order"] = both["order"][both["order"]["problem"] == "lost"]
    assert standing(lost).empty


def test_what_has_too_few_runs_does_not_weaken_the_correction_of_the_others():
    many, few = study(spreads, targets=1, seeds=8), study(spreads, targets=9, seeds=2, problem="few")
    both = {
        name: pd.concat([many[name], few[name]], ignore_index=True) for name in ("runs", "curves", "spectra", "hits")
    }
    for name in ("runs", "curves", "spectra", "hits"):
        tail = both[name].index >= len(many[name])
        both[name].loc[tail, "run_id"] = "few-" + both[name].loc[tail, "run_id"]
    order = order_table(both["runs"], both["curves"], both["spectra"], both["hits"])
    alone = many["order"].set_index(["optimizer", "threshold", "matched_by"])["p_adjusted"]
    together = order[order["problem"] == "waves"].set_index(["optimizer", "threshold", "matched_by"])["p_adjusted"]
    pd.testing.assert_series_equal(alone, together)
    assert order.loc[order["problem"] == "few", "p_adjusted"].isna().all()


def test_a_direction_is_said_of_chance_in_at_most_five_in_a_hundred_a_side():
    """Eight targets with two runs each, whose logarithms of the spread scatter about 0."""
    said = []
    for trial in range(300):
        rng = np.random.default_rng(trial)
        logs = np.repeat(rng.normal(0, 0.5, 8), 2) + rng.normal(0, 0.2, 16)
        of_target = np.repeat([*"abcdefgh"], 2)
        own = pd.DataFrame({"problem": "waves", "problem_settings": of_target, "optimizer": "any", "settings": ""})
        measured = {"log spread": logs, "concordance": 1 / (1 + np.exp(-logs))}
        rows = pd.concat(
            [own.assign(measure=name, value=values, bound="", pairs=3.0) for name, values in measured.items()]
        )
        (found,) = _over_targets(rows)
        nulls = {"null_concordance": 0.5, "null_spread": 1.0, "of": 8}
        ends = {"loss_low": found["spread_low"], "loss_high": found["spread_high"]}
        said.append(_verdict(pd.Series(found | nulls | ends | {"p_adjusted": found["p_value"]})))
    # 10 % on two sides, and three standard deviations of 300 draws
    assert max(said.count("low-first"), said.count("high-first")) <= 300 * (0.05 + 3 * np.sqrt(0.05 * 0.95 / 300))
    assert said.count("low-first") + said.count("high-first") >= 300 * (0.10 - 3 * np.sqrt(0.1 * 0.9 / 300))


def test_blocks_are_named_by_what_tells_them_apart():
    base = dict.fromkeys(LABELS, "") | {"problem": "waves", "network": "1-2-1", "activation": "tanh"}
    labels = pd.DataFrame(
        [
            base | {"problem_settings": '{"target": 0}'},
            base | {"problem_settings": '{"target": 1}'},
            base | {"activation": "relu", "problem_settings": '{"target": 0}'},
            base | {"problem": "other", "problem_settings": "{}"},
        ]
    )
    assert set(block_names(labels).values()) == {"waves tanh", "waves relu", "other"}


def test_what_most_blocks_of_a_problem_share_is_not_in_their_names():
    usual = dict.fromkeys(LABELS, "") | {"problem": "waves", "activation": "tanh", "network": "1-40-1", "init": "torch"}
    changed = [{}, {"activation": "relu"}, {"network": "1-9-1"}, {"problem_settings": '{"embedding": "e(8)"}'}]
    labels = pd.DataFrame([{**usual, **own} for own in [*changed, {"activation": "sin", "init": "siren(10)"}]])
    names = ["waves", "waves relu", "waves 1-9-1", "waves embedding=e(8)", "waves sin siren(10)"]
    assert [*block_names(labels).values()] == names
    # what most blocks have, and one has not, tells that one
    embedded = [{"problem_settings": '{"embedding": "e"}', "activation": name} for name in ("tanh", "relu")]
    labels = pd.DataFrame([{**usual, **own} for own in [{}, *embedded]])
    assert len(set(block_names(labels).values())) == 3


def test_settings_are_named_only_where_an_optimizer_has_several_in_a_block():
    rows = pd.DataFrame(
        {
            "block": ["a", "b", "a", "a"],
            "optimizer": ["adam", "adam", "gd", "gd"],
            "settings": ['{"lr": 1}', '{"lr": 2}', '{"lr": 1}', '{"lr": 2}'],
        }
    )
    assert method_names(rows) == ["adam", "adam", "gd lr=1", "gd lr=2"]


@pytest.mark.parametrize("targets", [1, 6])
def test_the_figure_has_a_cell_for_each_method_and_block(targets):
    tables = study(spreads, targets=targets, seeds=6)
    axes, scale = FIGURES["standing"](tables).axes
    assert [label.get_text() for label in scale.get_xticklabels()] == ["1/100", "1/10", "1", "10", "100"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["low", "flat"]
    assert axes.texts[0].get_text().endswith("▼")
    assert DRAWINGS["standing"].numbers(tables)["method"].tolist() == ["low", "flat"]


def test_cells_that_are_too_small_for_numbers_have_marks_and_colours():
    rows = study(spreads, targets=1, seeds=6)
    many = [f"waves-{number}" for number in range(20)]
    tables = {
        name: pd.concat([part.assign(problem=problem) for problem in many]) if "problem" in part else part
        for name, part in rows.items()
    }
    figure = FIGURES["standing"](tables)
    axes, _ = figure.axes
    assert [label.get_text() for label in axes.get_xticklabels()] == many
    assert {text.get_text() for text in axes.texts} <= {*MARKS.values(), *(f"{mark}·" for mark in MARKS.values()), ""}
    told = " ".join(text.get_text() for text in figure.texts)
    assert "spread" in told
    assert "at least" in told


def test_a_bound_has_a_mark_where_cells_have_no_numbers():
    rows = study(spreads, targets=1, seeds=6)
    order = pd.concat([rows["order"].assign(problem=f"waves-{number}") for number in range(20)], ignore_index=True)
    order["spread_bound"] = np.where(order["optimizer"] == "low", ">=", "")
    runs = pd.concat([rows["runs"].assign(problem=f"waves-{number}") for number in range(20)], ignore_index=True)
    axes, _ = FIGURES["standing"]({**rows, "order": order, "runs": runs}).axes
    marked = [line for line in axes.lines if line.get_marker() == ">"]
    # one row of the figure, at the right edge of its cells
    assert len(marked) == 20
    assert {tuple(line.get_ydata()) for line in marked} == {(0,)}


def test_methods_stand_by_the_mean_over_the_problems_that_all_of_them_have():
    """`few` has learned the steep problem alone: over its own problems it would come first."""
    found = {
        "high": [200.0, 3.0, 4.0],
        "low": [100.0, 2.0, 2.0],
        "few": [300.0, np.nan, np.nan],
        "some": [np.nan, 9.0, 9.0],
    }
    rows = pd.DataFrame(
        [
            {
                "method": name,
                "optimizer": name,
                "block": block,
                "spread": spread,
                "spread_low": 0.1,
                "spread_high": 900.0,
            }
            for name, spreads in found.items()
            for block, spread in zip("abc", spreads, strict=True)
        ]
    )
    sizes = shared_sizes(rows)
    assert sizes.index.tolist() == ["high", "low", "some"]
    assert sizes.columns.tolist() == ["b", "c"]
    assert np.exp(sizes.mean(axis="columns")).round(2).tolist() == [3.46, 2.0, 9.0]
    assert shared_sizes(rows.assign(optimizer="metropolis")).empty
    # one problem of two is half of them, and not more
    assert shared_sizes(rows[rows["block"] != "c"]).index.tolist() == ["high", "low"]


def test_a_spread_of_which_nothing_is_known_has_no_colour():
    """One run in sixteen hits the highest, early and before its lowest: a bound of 0.015, from 0 to infinity."""
    rows = pd.DataFrame(
        {
            "spread": [0.015, 0.164, 30.0, 4.0, 0.0],
            "spread_low": [0.0, 0.0, 12.0, 2.0, 0.0],
            "spread_high": [np.inf, 0.179, np.inf, 8.0, 0.0],
        }
    )
    assert is_sized(rows).tolist() == [False, True, True, True, False]

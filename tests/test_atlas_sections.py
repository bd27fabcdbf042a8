"""Sections of the Atlas' page from rows that were written by hand."""

import numpy as np
import pandas as pd
import pytest

from harness.analysis.asked.sizes import shared_sizes
from harness.atlas.answer import answer
from harness.atlas.pairs import Tuned
from harness.atlas.sections.alike import alike_sentences
from harness.atlas.sections.by_chance import chance_section
from harness.atlas.sections.chapter import chapter_section
from harness.atlas.sections.controls import controls_section, known_orders
from harness.atlas.sections.factors import factors_section
from harness.atlas.sections.families import families_section
from harness.atlas.sections.foretold import theory_section
from harness.atlas.sections.limits import limits_section
from harness.atlas.sections.surprised import surprised_section
from harness.atlas.sections.tuned import tuned_answer, tuned_section
from harness.atlas.wording import number, share_of, spread_among, spread_of
from harness.study.selftest import CONTROLS
from harness.tables import LABELS, PLACE
from optimizers import OPTIMIZERS

LOW, HIGH = "low-first", "high-first"


def row(block, method, said, spread=2.0, alone=False, bound=""):
    sizes = {
        "spread": spread,
        "spread_bound": bound,
        "spread_low": 1.0,
        "spread_high": 3.0,
        "concordance": 0.9,
        "low": 0.8,
        "high": 1.0,
    }
    names = {"block": block, "problem": block.split()[0], "method": method, "optimizer": method}
    return {**names, "said": said, "verdict": said, "alone": alone, **sizes}


def runs(**places):
    """Runs of `sin135` on these blocks: what differs from the usual."""
    usual = {"problem": "sin135", "problem_settings": "{}", "network": "1-40-1", "activation": "tanh", "init": "u"}
    blocks = [{**dict.fromkeys(LABELS, ""), **usual, "loss": "mse", **own} for own in places["blocks"]]
    return {"runs": pd.DataFrame(blocks)}


def test_one_factor_changed_is_compared_over_methods_and_two_are_not():
    blocks = [{}, {"activation": "relu"}, {"activation": "relu", "init": "ntk"}]
    tables = runs(blocks=blocks)
    said = [(" tanh", LOW, 8.0), ("", HIGH, 2.0), (" ntk", LOW, 4.0)]
    rows = pd.DataFrame([row(f"sin135{name}", "gd", verdict, spread) for name, verdict, spread in said])
    text = "\n".join(factors_section(tables, rows))
    assert "| activation | sin135 tanh | sin135 | 1 | 1 | 0 | 0 | 1 | 0.25 (1) |" in text
    assert "| initialisation | sin135 | sin135 ntk | 1 | 0 | 1 | 1 | 0 | 2 (1) |" in text
    # those with tanh and with ntk differ in two things
    assert text.count("sin135 tanh") == 1
    assert "Not run in this study: width, depth or kind of network, SIREN, Fourier features, loss." in text


def test_a_ratio_of_bounds_is_left_out_of_the_mean_and_the_rest_is_counted():
    blocks = [{}, {"activation": "relu"}]
    pairs = {"gd": (8.0, "", 2.0, ""), "adam": (9.0, "", 90.0, ">="), "lion": (9.0, ">=", 90.0, ">=")}
    rows = [
        row(name, method, LOW, spread, bound=bound)
        for method, (before, at_first, after, then) in pairs.items()
        for name, spread, bound in (("sin135 tanh", before, at_first), ("sin135 relu", after, then))
    ]
    text = "\n".join(factors_section(runs(blocks=blocks), pd.DataFrame(rows)))
    assert "| activation | sin135 tanh | sin135 relu | 3 | 3 | 3 | 0 | 0 | 0.25 (1) |" in text


@pytest.mark.parametrize(
    ("spreads", "bounds", "told"),
    [
        ([1.0, 2.0, 3.0], ["", "", ""], "2"),
        ([1.0, 2.0, 3.0], ["", "", ">="], "2"),
        ([1.0, 2.0, 3.0], [">=", "", ""], ">=2"),
        ([1.0, 2.0, 3.0], ["", "", "<="], "<=2"),
        ([1.0, 2.0, 3.0], [">=", "", "<="], "<=3"),
        ([1.0, 2.0, 3.0], ["?", "", ""], ">=2"),
        ([1.0, 2.0, 3.0], ["?", "?", ""], "-"),
        ([1.0, 2.96, 3.0], [">=", "", ""], ">=2.9"),
    ],
)
def test_a_median_of_bounds_keeps_their_sign(spreads, bounds, told):
    ends = {"spread_low": [0.0 if bound == "?" else 0.5 for bound in bounds], "spread_high": float("inf")}
    rows = pd.DataFrame({"spread": spreads, "spread_bound": [bound.strip("?") for bound in bounds], **ends})
    assert spread_among(rows, np.median) == told


def test_a_hit_that_was_foretold_and_never_measured_is_later_than_any_and_no_gap_in_the_median(monkeypatch):
    place = dict.fromkeys(LABELS, "") | {"optimizer": "gd", "problem": "sin135", "predicted_trusted": "unknown"}
    pairs = [(50.0, 100.0), (90.0, 100.0), (0.0, 0.0), (float("inf"), 100.0), (float("inf"), 100.0)]
    told = [{**place, "cost": min(cost, 900.0), "censored": cost > 900, "predicted_cost": of} for cost, of in pairs]
    monkeypatch.setattr("harness.atlas.sections.foretold.forecasts", lambda tables: pd.DataFrame(told))
    text = "\n".join(theory_section(runs(blocks=[{**place}])))
    assert "| sin135 | `gd` | 5 | 3 | 1 [0.9, ∞] | 2 of 5 |" in text


def test_a_method_beside_another_is_compared_over_problems():
    rows = pd.DataFrame([row("a", "gd", LOW, 4.0), row("a", "momentum", HIGH, 1.0), row("b", "gd", LOW)])
    text = "\n".join(factors_section(runs(blocks=[{}]), rows))
    assert "| momentum | `gd` | `momentum` | 1 | 1 | 0 | 0 | 1 | 0.25 (1) |" in text


@pytest.mark.parametrize(
    ("said", "alone", "verdict"),
    [
        (LOW, False, "met, beyond amplitude"),
        (LOW, True, "met, in part as amplitude alone would give"),
        (HIGH, False, "not met; sin135 tanh: gd"),
        ("undecided", False, "no statement"),
    ],
)
def test_a_claim_gets_the_verdict_of_its_methods_on_its_problem(said, alone, verdict):
    others = [row("sin135 tanh", "powell", HIGH), row("sin135 relu", "gd", HIGH)]
    rows = pd.DataFrame([row("sin135 tanh", "gd", said, alone=alone), *others])
    # jacobi was run as well, and of its runs nothing was measured
    run = pd.DataFrame({"block": [*rows["block"], "sin135 tanh"]})
    line = next(text for text in chapter_section(rows, run) if text.startswith("| figure 1.6"))
    assert f"| {verdict} | `gd` 2 [1, 3], 0.90 [0.80, 1.00] |" in line
    assert "sin135 relu" not in line
    assert line.endswith(f"| {int(said == LOW)} of 3 |")
    assert "not run here" in next(text for text in chapter_section(rows, run) if text.startswith("| figure 1.3"))


def test_a_verdict_against_what_is_expected_surprises_and_one_of_amplitude_does_not():
    rows = [row("a", "gd", HIGH), row("b", "gd", LOW), row("c", "gd", HIGH, alone=True), row("a", "powell", HIGH)]
    told = "\n".join(surprised_section(pd.DataFrame(rows)))
    assert "- a: high-first, where low-first was expected (C): `gd` (" in told
    assert told.count("was expected (C)") == 1


def test_sizes_are_compared_on_the_problems_that_all_have_and_bounds_are_told():
    spreads = {"gd": {"a": 8.0, "b": 2.0, "c": 1000.0}, "adam": {"a": 2.0, "b": 2.0}, "metropolis": {"a": 1.0}}
    rows = pd.DataFrame([row(block, name, LOW, value) for name, own in spreads.items() for block, value in own.items()])
    rows = rows.assign(targets=1, spread_bound=[">=", "", "", "", "", ""])
    run = pd.DataFrame({"method": ["gd"] * 9, "block": list("abcdefghi")})
    said = [line for line in answer(rows, run, shared_sizes(rows)) if line]
    assert said[0].startswith("Of 9 pairs of a method and a problem (2 optimizers and 1 samplers, 3 problems), 6 allow")
    # sqrt(8 * 2) on a and b: c is not Adam's, and a sampler does not decide what is shared
    assert "over the 2 problems on which all of 2 optimizers have a spread, the highest" in said[1]
    assert "costs between 2 (`adam`) and >=4 (`gd`) times the lowest; the latter's is the larger on 1 of" in said[1]
    # a lower bound among them could be anything above
    assert "; 1 lower bounds are among the 4 spreads and count as they stand, so that this ranks nobody" in said[1]


def test_the_answer_over_targets_names_every_method_that_is_not_low_first():
    said = {"gd": LOW, "adam": LOW, "lion": HIGH, "bfgs": "no order", "powell": "too few targets"}
    rows = pd.DataFrame([row("waves", name, verdict, alone=name == "adam") for name, verdict in said.items()])
    run = pd.DataFrame({"method": [*said, "jacobi"], "block": "waves"})
    told = next(answer(rows.assign(targets=12), run, shared_sizes(rows)))
    assert "Over the 12 targets of `waves`, drawn from a law, 2 of 6 methods are low-first, 1 of them beyond" in told
    assert "; high-first: `lion` (spread 2 [1, 3]); no order: `bfgs` (spread 2 [1, 3]); too few" in told
    assert told.endswith("too few targets for a verdict: `powell`, `jacobi`.")


def test_the_answer_says_on_which_problems_the_order_is_lost():
    said = {"a": (LOW, LOW, HIGH), "b": (HIGH, "no order", LOW), "c": ("undecided", LOW, LOW)}
    pairs = [(block, name, verdict) for block, own in said.items() for name, verdict in zip("xyz", own, strict=True)]
    rows = pd.DataFrame([row(*one) for one in pairs]).assign(targets=1)
    told = next(answer(rows, rows[["method", "block"]], shared_sizes(rows)))
    assert "5 are low-first" in told
    assert "; 2 of the 3 that are not low-first lie where fewer than half are: b." in told
    assert "test nothing" in told


def test_what_is_not_known_is_a_dash():
    nan = float("nan")
    bounded = {"spread": 3.0, "spread_low": 2.0, "spread_high": float("inf"), "spread_bound": ">="}
    assert spread_of(bounded) == ">=3 [2, ∞]"
    assert share_of({"concordance": 0.5, "low": nan, "high": 1.0}) == "0.50 [-, 1.00]"
    assert share_of({"concordance": nan, "low": nan, "high": nan}) == "- [-, -]"
    assert (number(nan), number(float("inf")), number(1234.5), number(0.123)) == ("-", "∞", "1,234", "0.12")


def test_controls_are_held_against_the_order_that_the_selftest_knows_of_them():
    known = known_orders()
    linear = {control.problem: control.verdict or "no order" for control in CONTROLS if control.problem in known}
    assert known == linear
    assert len(known) == 4
    names = ("gd", "adam", "powell")
    rows = [row("control-high", name, said) for name, said in zip(names, (HIGH, LOW, "undecided"), strict=True)]
    text = "\n".join(controls_section(pd.DataFrame(rows)))
    assert "| control-high | high-first | high-first, C 0.90 [0.80, 1.00] | 3 | 1 | 1 | 0 | 0 | `adam` |" in text
    assert [*controls_section(pd.DataFrame(rows).iloc[:0])] == []


def test_a_family_is_told_by_its_median_over_targets_and_by_what_its_pairs_say():
    names = ["gd", "adam", "lion", "powell"]
    population = [
        {"spread": value, "spread_bound": bound, "spread_low": 1.0, "spread_high": 9.0, "concordance": share}
        for value, bound, share in ((2.0, "", 0.6), (8.0, "", 0.9), (4.0, "<=", 0.8))
    ]
    kinds = ["first-order"] * 3 + ["direct"]
    methods = pd.DataFrame({"method": names, "family": kinds, "population": [*population, None]})
    said = [("gd", LOW, False), ("adam", LOW, True), ("lion", HIGH, False), ("powell", "undecided", False)]
    rows = pd.DataFrame([row("a", name, verdict, alone=alone) for name, verdict, alone in said])
    text = "\n".join(families_section(methods, rows))
    line = "| first-order | 3 | <=4 (<=2 to 8) | 0.80 (0.60 to 0.90) | 3 | 2 (67%) | 1 | 1 (33%) | 1 | 0 | 0 |"
    assert line in text
    assert "| direct | 1 | - | - | 0 | 0 | 0 | 0 | 0 | 0 | 0 |" in text


def ran(costs, problems=("a",), seeds=10):
    """Runs and hits of methods by name, of two frequencies each, the second at twice the `costs`; none is no hit."""
    rows = []
    for problem in problems:
        for name, cost in costs.items():
            own = dict.fromkeys(PLACE, "") | {"problem": problem, "network": "1-40-1", "optimizer": name}
            rows += [own | {"run_id": f"{problem} {name} {seed}", "seed": seed, "own": cost} for seed in range(seeds)]
    runs = pd.DataFrame(rows)
    hits = pd.concat(
        [
            runs[["run_id", "problem", "optimizer", "seed"]].assign(
                probe="fourier", component=0, frequency=k, threshold=0.1, cost=k * runs["own"].fillna(9.0)
            )
            for k in (1.0, 2.0)
        ]
    )
    return {"runs": runs, "hits": hits.assign(censored=hits["run_id"].map(runs.set_index("run_id")["own"].isna()))}


def test_methods_that_make_nearly_the_same_runs_are_named_with_on_how_many_problems():
    tables = ran({"adam": 1.0, "adamw": 1.0, "gd": 4.0, "powell": None, "pso": None}, "abc")
    hits = tables["hits"]
    # on one of three problems they differ, by 2 %
    off = (hits["problem"] == "c") & (hits["optimizer"] == "adamw")
    tables["hits"] = hits.assign(cost=hits["cost"].where(~off, 1.02 * hits["cost"]))
    (line,) = alike_sentences(tables, pd.DataFrame({"block": [*"abc"]}))
    # of what neither learns, nothing is alike
    assert line.endswith("within 1% of the other's cost: `adam` and `adamw` on 2 of 3 problems.")
    for few in (ran({"adam": 1.0, "adamw": 1.0}, "abc", seeds=9), ran({"adam": 1.0, "adamw": 1.02}, "abc")):
        assert not list(alike_sentences(few, pd.DataFrame({"block": [*"abc"]})))
    # a control, of which `rows` knows nothing, is not counted
    (line,) = alike_sentences(tables, pd.DataFrame({"block": ["a"]}))
    assert line.endswith("`adam` and `adamw` on 1 of 1 problems.")


def test_of_many_pairs_without_a_statement_the_few_others_are_named():
    names = ["gd", "adam", "lion", "powell"]
    rows = pd.DataFrame([row("a", name, "too few hits" if name != "gd" else LOW) for name in names])
    rows = rows.assign(targets=1)
    run = rows[["method", "block", "problem"]]
    tables = ran(dict.fromkeys(names, 1.0))
    text = "\n".join(limits_section(rows, tables, run))
    assert "- too few hits on a, 3: all but `gd`." in text
    assert f"4 of {len(OPTIMIZERS)} registered methods were run" in text


def pair(block, method, said, then, losses=(1.0, 0.1), **other):
    """A pair whose spreads are 2 and 4, unless `other` says otherwise."""
    half = {"spread_bound": "", "spread_low": 1.0, "spread_high": 9.0, "concordance": 0.9, "low": 0.8, "high": 1.0}
    before = half | {"end_loss": losses[0], "spread": 2.0, "verdict": said}
    after = half | {"end_loss": losses[1], "spread": 4.0, "verdict": then}
    own = {"block": block, "optimizer": method, "changed": "lr 0.1", "targets": 1, "n_runs": 8, "p_adjusted": 0.01}
    return {**own, **before, **{f"{name}_tuned": value for name, value in after.items()}, **other}


def test_tuned_settings_are_told_by_method_and_by_problem_and_one_by_one_where_a_verdict_is_another():
    rows = [
        # the same but for what amplitude alone would give
        pair("b", "gd", LOW, f"{LOW}, as amplitude alone would give"),
        pair("a", "gd", LOW, HIGH, (1.0, 10.0), spread_tuned=1.0),
        pair("a", "adam", "undecided", "no order", spread_bound=">=", verdict_tuned="no order"),
        # of a mean over bounds of both kinds nothing is known
        pair("b", "lion", LOW, LOW, spread_low_tuned=0.0, spread_high_tuned=float("inf")),
    ]
    text = "\n".join(tuned_section(Tuned(pd.DataFrame(rows), "there/pairs.csv")))
    assert "4 pairs of a method and a problem (3 methods, 2 problems)" in text
    assert "the loss is lower for 3 of them" in text
    assert "Of 3 pairs that allow a statement with both settings, 2 have the same verdict, and 1 has the opp" in text
    assert "1 allow one with one of them alone. Where both spreads are known and no bounds (2 pairs)" in text
    assert "a factor of 1.2 in the median, between 0.5 and 2." in text
    assert "[pairs.csv](there/pairs.csv)" in text
    assert f"| `gd` | 2 | 1 | 0.00 | 1 | 1 | {LOW} -> {HIGH}: 1 | 1.2 (0.5 to 2; 2) |" in text
    assert "| `lion` | 1 | 1 | -1.00 | 1 | 0 | - | - |" in text
    assert f"| a | 2 | 1 | 0.00 | 0 | 2 | {LOW} -> {HIGH}: 1; undecided -> no order: 1 | 0.5 |" in text
    # problems as the study has them, methods by name
    assert text.index("| b | 2 |") < text.index("| a | 2 |")
    assert text.index("| `adam` | 1 |") < text.index("| `gd` | 2 |")
    listed = text.split("### Pairs whose verdict is another")[1]
    assert "| a | `gd` | lr 0.1 | 1 | 10 | 2 [1, 9] | 1 [1, 9] | 0.90 [0.80, 1.00] | 0.90 [0.80, 1.00] |" in listed
    assert listed.count("lr 0.1") == 2


def test_where_nothing_was_tuned_it_is_said():
    for tuned in (None, Tuned(pd.DataFrame([pair("a", "gd", LOW, LOW)]).iloc[:0], "")):
        assert "Not run in this study" in "\n".join(tuned_section(tuned))
        assert not list(tuned_answer(tuned))


def test_the_answer_tells_of_tuned_settings_and_of_drawn_targets_one_by_one():
    rows = [
        pair("a", "gd", LOW, HIGH),
        pair("a", "adam", LOW, f"{LOW}, as amplitude alone would give"),
        pair("waves", "lion", HIGH, "no order", targets=24, spread_tuned=1.0),
        pair("waves", "adam", LOW, LOW, targets=24),
    ]
    said, blank = tuned_answer(Tuned(pd.DataFrame(rows), "there/pairs.csv"))
    assert not blank
    assert "(2 problems), 2 of 4 pairs that allow a statement" in said
    other = "over the targets of `waves` another is that of `lion` high-first -> no order"
    assert f"and 1 has the opposite direction; {other}" in said
    assert said.count("->") == 1


def test_a_mean_over_bounds_of_both_kinds_is_no_spread_to_compare():
    rows = [row("a", "gd", LOW, 4.0) | {"spread_low": 0.0, "spread_high": float("inf")}, row("a", "momentum", LOW, 1.0)]
    text = "\n".join(factors_section(runs(blocks=[{}]), pd.DataFrame(rows)))
    assert "| momentum | `gd` | `momentum` | 1 | 1 | 1 | 0 | 0 | - (0) |" in text


def test_beside_samplers_both_sides_are_told_of_every_method():
    told = {"gd": (1.2, 0.01), "adam": (0.8, 0.01), "lion": (1.5, 0.4), "powell": (1.1, 0.02)}
    of = {**runs(blocks=[{}])["runs"].iloc[0], "sampler": "metropolis", "n_pairs": 8, "lowest_loss": 0.5}
    compared = [
        {**of, "optimizer": name, "frequency_ratio": ratio, "p_adjusted": p} for name, (ratio, p) in told.items()
    ]
    rows = pd.DataFrame([row("sin135", name, LOW) for name in (*told, "metropolis")])
    tables = runs(blocks=[{}]) | {"samplers": pd.DataFrame(compared)}
    text = "\n".join(chance_section(tables, rows))
    assert "| `metropolis` | sin135 | 0.90 [0.80, 1.00] | 4 | 0.5 | 2 | 1 | 1 | 0.80 to 1.50 |" in text
    assert "Of these 4 comparisons 2 lie higher and 1 lower; of 1 no difference is shown." in text
    assert "More often higher than lower: `gd`, `powell`. More often lower: `adam`." in text


@pytest.mark.parametrize("tables", [{}, {"samplers": pd.DataFrame()}])
def test_where_nothing_stands_beside_a_sampler_nothing_is_said_of_chance(tables):
    rows = pd.DataFrame([row("a", "metropolis", LOW)])
    assert [*chance_section({**runs(blocks=[{}]), **tables}, rows)] == []

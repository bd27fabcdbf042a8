"""The page of a study: made from tables alone, one file, in which whatever a user has named is text."""

import base64
import hashlib
import html
import json
import shlex
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from support.hand_made import NASTY, hand_made

from harness.analysis.asked.robustness import agreement_of_choices, robustness
from harness.analysis.asked.samplers import against_samplers
from harness.analysis.asked.standing import standing
from harness.analysis.order import order_table
from harness.cli import main
from harness.commands.parser import parser_of
from harness.commands.requested import requested_comparison, requested_run
from harness.report.again import commands
from harness.report.answers import Estimate, answers, place, sentences
from harness.report.by_chance import beside_samplers
from harness.report.charts import charts
from harness.report.choices import varied
from harness.report.library import plotly_source
from harness.report.page import Story, report
from harness.report.problems import standings
from harness.report.thinned import abscissae, course, quartiles
from harness.report.words import VERDICTS
from harness.run.runner import run
from harness.study.making import compare
from harness.tables import SCHEMA, Tables, frame

MEGABYTE = 1e6


@pytest.fixture(scope="module")
def tables() -> Tables:
    return hand_made(["quick", "slow"], 5, [1.0, 3.0])


class Outline(HTMLParser):
    """Elements with their attributes, the text outside scripts, and the content of the data block."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text, self.data, self._inside = "", "", ("", None)
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._inside = (tag, dict(attrs).get("id"))

    def handle_endtag(self, tag):
        self._inside = ("", None)

    def handle_data(self, data):
        if self._inside == ("script", "charts"):
            self.data += data
        elif self._inside[0] not in ("script", "style"):
            self.text += data

    def of(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def test_the_page_is_one_file_that_asks_nothing_of_the_network(tables):
    outline = Outline(report(tables, Story("waves-1"), robust=False))
    addresses = [a[name] for _, a in outline.elements for name in ("src", "href", "action", "data") if name in a]
    assert all(address.startswith(("#", "data:,")) for address in addresses)
    policy = next(a["content"] for a in outline.of("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-inline" not in policy.partition("style-src")[0]


def test_the_library_of_charts_is_text_that_the_page_may_run_later(tables):
    page = report(tables, Story("waves-1"), robust=False)
    start = page.index('<script type="text/plain" id="library">') + len('<script type="text/plain" id="library">')
    library = page[start : page.index("</script>", start)]
    assert len(library) > MEGABYTE
    digest = base64.b64encode(hashlib.sha256(library.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in html.unescape(page[: page.index("<body>")])
    assert library[:200] in plotly_source()


def test_the_answer_says_verdicts_effects_nulls_and_what_was_watched(tables):
    outline = Outline(report(tables, Story("waves-1", ("Watched: two frequencies, dropped: 7.",)), robust=False))
    assert "waves: of 2 configurations, 2 low-first." in outline.text
    assert "No null was computed" in outline.text
    assert "Watched: two frequencies, dropped: 7." in outline.text
    row = answers(tables)[0]
    assert row.verdict == "low-first"
    assert row.concordance.value == 1.0
    assert row.concordance.text in outline.text
    assert row.spread.value == pytest.approx(9.0, rel=0.05)  # errors depend on cost / k^2
    assert row.exponent.value == pytest.approx(2.0, rel=0.05)


def test_nulls_that_stand_beside_no_concordance_are_not_said_to_be_missing():
    tables = hand_made(["quick"], 5, [1.0, 3.0])
    tables["order"] = tables["order"].assign(concordance=np.nan, null_concordance=np.nan)
    tables["nulls"] = frame(
        "nulls", {name: ["waves"] if kind == "str" else [1] for name, kind in SCHEMA["nulls"].items()}
    )
    told = sentences(answers(tables))[0].more[-1]
    assert "No configuration has a concordance" in told


def test_a_bound_keeps_its_sign_in_the_sentence_on_spreads():
    spreads = {"a": (5.0, ""), "b": (39.0, ""), "c": (3.6, ">="), "d": (16.0, ">=")}
    tables = hand_made([*spreads], 5, [1.0, 3.0])
    order = tables["order"]
    order["spread"], order["spread_bound"] = zip(*order["optimizer"].map(spreads), strict=True)
    took = "low-first: the highest watched frequency took"
    of_which = "low-first: of what the highest watched frequency took"
    assert _on_spread(tables) == (
        f"{took} 5 to 39 times the cost of the lowest. Of 2 configurations only a bound is known: ≥ 3.6 to ≥ 16 times."
    )
    order["spread_bound"] = ">="
    assert _on_spread(tables) == f"{of_which} only a bound is known: ≥ 3.6 to ≥ 39 times the cost of the lowest."
    order["spread_bound"] = ""
    assert _on_spread(tables) == f"{took} 3.6 to 39 times the cost of the lowest."


def _on_spread(tables):
    (said,) = sentences(answers(tables))
    return said.more[0]


def test_one_hit_makes_a_pair_that_can_be_compared_and_the_page_says_so(tables):
    """Of each run the lower frequency alone is hit: that suffices for a verdict, which the words on hits must allow."""
    hits = tables["hits"].assign(censored=tables["hits"]["frequency"] > 1)
    order = order_table(*(tables[name] for name in ("runs", "curves", "spectra")), hits)
    verdicts = order[order["matched_by"] == "cost"]["verdict"]
    assert set(verdicts) == {"low-first"}
    assert "at least one frequency of a pair was learned" in VERDICTS["too few hits"]
    assert "learned two" not in VERDICTS["too few hits"]


def test_the_page_says_that_another_price_cuts_no_run(tables):
    text = Outline(report(tables, Story("waves-1"))).text
    assert "the price of a gradient (each run up to its own end)" in text
    assert "every configuration has reached" not in text


def test_what_amplitude_alone_would_give_is_said_with_the_names_that_it_explains(tables):
    order = tables["order"].copy()
    order["null_concordance"] = 0.62
    order.loc[order["optimizer"] == "slow", "verdict"] = "low-first, as amplitude alone would give"
    text = Outline(report({**tables, "order": order}, Story("waves-1"), robust=False)).text
    assert "a concordance of 0.62. It would give as much as was found for slow." in text
    assert "2 low-first." in text


def test_whatever_a_user_names_is_text(tables):
    named = {
        name: rows.replace({"quick": NASTY, "waves": f"a<b>&{NASTY}"}).replace({"budget": "failed"})
        for name, rows in tables.items()
    }
    named["runs"] = named["runs"].assign(reason=f"ValueError: {NASTY}", network=NASTY, observers=NASTY)
    named["order"] = named["order"].assign(network=NASTY)
    plain = Outline(report(tables, Story("waves-1"), robust=False))
    outline = Outline(report(named, Story(NASTY, (NASTY,)), robust=False))
    assert len(outline.of("script")) == len(plain.of("script"))
    assert outline.of("b") == []
    assert outline.text.count(NASTY) > 10
    assert [one["name"] for one in json.loads(outline.data)[0]["configurations"]] == [NASTY, "slow"]


def test_failures_are_listed_with_their_reasons_and_their_absence_is_said(tables):
    assert "None: every run ended by its budget" in Outline(report(tables, Story("s"), robust=False)).text
    runs = tables["runs"].copy()
    runs.loc[3, ["status", "reason"]] = ["crashed", "The process died of signal 9."]
    text = Outline(report({**tables, "runs": runs}, Story("s"), robust=False)).text
    assert "The process died of signal 9." in text
    assert "None: every run" not in text


@pytest.mark.slow
def test_500_runs_stay_below_8_megabytes():
    optimizers = [f"method-{number}" for number in range(63)]
    page = report(
        hand_made(optimizers, 8, [float(k) for k in range(1, 11)], marks=60, judged=False), Story("many"), robust=False
    )
    assert 5 * MEGABYTE < len(page.encode()) < 8 * MEGABYTE


def test_a_configuration_that_was_never_measured_is_a_row_and_no_curve(tables):
    lost = tables["runs"]["optimizer"] == "slow"
    gone = set(tables["runs"]["run_id"][lost])
    left = {name: rows[~rows["run_id"].isin(gone)] for name, rows in tables.items() if name in ("curves", "spectra")}
    left["hits"] = tables["hits"][~tables["hits"]["run_id"].isin(gone)]
    left["order"] = tables["order"][tables["order"]["optimizer"] != "slow"]
    outline = Outline(report({**tables, **left}, Story("s"), robust=False))
    assert "no curve" in outline.text
    drawn = {one["name"]: one["runs"] for one in json.loads(outline.data)[0]["configurations"]}
    assert drawn == {"quick": 5, "slow": 0}


def test_quartiles_are_those_of_the_errors_last_measured_and_hold_after_the_end():
    rows = pd.MultiIndex.from_tuples([("fourier", 0, 1.0)], names=["probe", "component", "frequency"])
    courses = []
    for seed, factor in enumerate((1.0, 2.0, 4.0)):
        curve = pd.DataFrame({"mark": [0, 1, 2], "cost": [0.0, 1.0, 10.0], "seconds": [0.0, 1, 2]})
        curve["loss"] = [1.0, 0.5, 0.1]
        curve[["values", "gradients", "hvps", "jacobians"]] = [[0, 0, 0, 0], [1, 1, 0, 0], [4, 3, 0, 0]]
        spectra = pd.DataFrame({"mark": [0, 1, 2], "error": np.array([1.0, 0.5, 0.1]) * factor})
        courses.append(course(seed, curve, spectra.assign(probe="fourier", component=0, frequency=1.0), rows))
    assert quartiles(courses, "cost", np.array([0.5, 1, 9, 10, 99]))[1, :, 0] == pytest.approx([2, 1, 1, 0.2, 0.2])
    assert quartiles(courses, "steps", np.array([2.0, 7]))[:, :, 0].tolist() == [[0.5, 0.1], [1.0, 0.2], [2.0, 0.4]]
    by_loss = quartiles(courses, "loss", np.array([1.0, 0.7, 0.5, 0.1, 0.05]))
    assert by_loss[1, :4, 0] == pytest.approx([2, 1, 1, 0.2])
    assert np.isnan(by_loss[:, 4]).all()
    assert abscissae(courses, "loss", 3) == pytest.approx([1, 0.1**0.5, 0.1])


def test_a_profile_ends_at_the_share_that_was_learned(tables):
    hits = tables["hits"].copy()
    hits.loc[hits["frequency"] == 3.0, "censored"] = True
    _, share = charts({**tables, "hits": hits})[0]["configurations"][0]["profile"]
    assert share[-1] == 0.5
    assert share == sorted(share)


def test_places_on_an_axis_of_ratios_are_logarithmic_and_stay_on_it():
    assert place(1.0, 0.01, 100.0, ratio=True) == pytest.approx(50)
    assert place(10.0, 0.01, 100.0, ratio=True) == pytest.approx(75)
    assert [place(value, 0.01, 100.0, ratio=True) for value in (0.0, np.inf)] == [0, 100]
    assert Estimate(2.0, 1.0, np.inf, ">=").text == "≥ 2 [1, ∞]"


@pytest.mark.parametrize(
    "words",
    [
        "compare --problem sin135 --optimizers gd,adam --seeds 2 --budget 60 --set adam.lr=0.1",
        "compare --problem sin135 --optimizers gd --seeds 2 --budget 60 --vary gd.lr=0.1,0.2 --network 1-9-1",
        "compare --problem control-low --optimizers gd --seeds 1 --budget 9",
        "run --target sin(x)+cos(3*x) --optimizer lbfgs --seed 4 --budget 30 --activation relu --loss mae",
        "run --target line.csv --optimizer gd --seed 0 --budget 9",
        "run --data line.csv --columns x:y --optimizer gd --seed 0 --budget 9",
        "run --points cloud.csv --optimizer gd --seed 0 --budget 9",
        "run --image picture.png --size 4x4 --optimizer gd --seed 0 --budget 9",
    ],
)
def test_the_commands_of_the_page_make_the_same_runs(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    x = np.arange(16) / 16
    wave = np.sin(2 * np.pi * x)
    np.savetxt("line.csv", np.stack([x, wave], 1), delimiter=",", header="x,y", comments="")
    np.savetxt("cloud.csv", np.random.default_rng(0).uniform(size=(80, 4)), delimiter=",")
    Image.fromarray(np.add.outer(90 * wave + 99, wave).astype(np.uint8)).save("picture.png")
    asked = planned(words)
    made = [run(spec)["runs"] for spec in asked]
    again = [spec.run_id for command in commands(pd.concat(made)) for spec in planned(command.split(" ", 3)[3])]
    assert sorted(again) == sorted(spec.run_id for spec in asked)


def planned(words):
    word, *said = shlex.split(words)
    arguments = parser_of(word).understand(said)
    plan = requested_comparison(arguments) if word == "compare" else requested_run(arguments, arguments.seed)
    return plan.specs


def test_the_command_writes_the_page_and_a_mistake_is_a_sentence(tmp_path, capsys):
    study = compare("control-low", ["gd"], 1, budget=9, out=tmp_path / "study", marks=3)
    assert main(["report", str(study.folder)]) == 0
    path = Path(capsys.readouterr().out.strip())
    assert path == study.folder / "report.html"
    assert "too few runs" in Outline(path.read_text()).text
    assert "Other choices were not tried" not in path.read_text()
    assert main(["report", str(study.folder), "--no-robust"]) == 0
    assert main(["report", str(study.folder), "--no-robust", "--out", str(tmp_path / "own.html")]) == 0
    assert (tmp_path / "own.html").read_text() == path.read_text()
    assert "Other choices were not tried" in path.read_text()
    capsys.readouterr()
    assert main(["report", str(tmp_path / "nowhere")]) == 2
    assert "nowhere' holds none" in capsys.readouterr().err
    assert main(["report", str(study.folder), "--out", str(tmp_path / "own.pdf")]) == 2
    assert "ends in .html" in capsys.readouterr().err
    assert "Name the folder of a study" in _complaint(["report"], capsys)


def _complaint(words, capsys):
    assert main(words) == 2
    return capsys.readouterr().err


@pytest.fixture(scope="module")
def several() -> Tables:
    """Two problems and a sampler; of the second, a part of the budget is too little to learn anything."""
    first, second = (hand_made([NASTY, "metropolis"], 6, own) for own in ([1.0, 3.0], [1.0, 2.0]))
    second["runs"]["budget"] /= 1e3
    second = {name: rows.replace({"waves": "even"}) for name, rows in second.items()}
    second = {
        name: rows.assign(run_id=rows["run_id"].str.replace("a" * 56, "b" * 56)) if "run_id" in rows else rows
        for name, rows in second.items()
    }
    return {name: pd.concat([first[name], second[name]], ignore_index=True) for name in first}


@pytest.fixture(scope="module")
def page_of_several(several) -> Outline:
    return Outline(report(several, Story("s")))


def test_other_choices_are_counted_and_named_as_the_analysis_has_them(several, page_of_several):
    rows = robustness(several)
    expected = agreement_of_choices(rows).set_index(["problem", "optimizer"])
    found = varied(several)
    assert len(found) == len(expected) == 4
    for row in found:
        key = row.problem, row.name.removesuffix(f" {row.problem}")
        twin = expected.loc[key]
        assert (row.verdict, row.choices) == (twin["verdict"], twin["choices"])
        assert row.same == pytest.approx(twin["agreeing"] * row.choices)
        assert f"{row.same} of {row.choices}" in page_of_several.text
        assert all(f"{other.verdict}: {other.choices}" in page_of_several.text for other in row.others)
        apart = rows[(rows["problem"] == key[0]) & (rows["optimizer"] == key[1]) & ~rows["agrees"]]
        assert {other.verdict for other in row.others} == set(apart["verdict"])
        told = "; ".join(other.choices for other in row.others)
        assert all(
            choice in told and value in told for choice, value in zip(apart["choice"], apart["value"], strict=True)
        )
    assert any(row.others for row in found)


def test_methods_on_several_problems_stand_as_the_analysis_says(several, page_of_several):
    expected = standing(several)
    found = standings(several)
    assert found.problems == ["waves", "even"]
    # samplers are not ranked, and of the others there is one
    assert (found.ranked, "The rows stand by name." in page_of_several.text) == (0, True)
    for method in found.methods:
        for problem, cell in zip(found.problems, method.places, strict=True):
            twin = expected[(expected["block"] == problem) & (expected["optimizer"] == method.name)]
            assert (cell.spread.value, cell.verdict) == (twin["spread"].item(), twin["verdict"].item())
            assert f"{cell.spread.text} {cell.verdict}" in page_of_several.text
    assert [attributes["id"] for attributes in page_of_several.of("table") if "id" in attributes] == [
        "order-table",
        "standing-table",
        "choices-table",
    ]


def standings_of(spreads, monkeypatch):
    """Of methods with these spreads on the problems a, b, c."""
    rows = [
        {"optimizer": name, "settings": "", "block": block, "spread": spread, "spread_low": 1.0, "spread_high": 1e3}
        | {"spread_bound": "", "verdict": "low-first", "targets": 1}
        for name, own in spreads.items()
        for block, spread in zip("abc", own, strict=True)
    ]
    monkeypatch.setattr("harness.report.problems.standing", lambda tables: pd.DataFrame(rows))
    return standings({"order": pd.DataFrame({"endpoint": ["primary"]})})


def test_methods_are_sorted_by_a_mean_over_the_problems_that_all_of_them_have(monkeypatch):
    """`few` has a spread on one problem alone, the steepest: over its own problems it would stand first."""
    spreads = {"few": (np.nan, np.nan, 900.0), "low": (2.0, 2.0, 100.0), "high": (3.0, 4.0, 90.0)}
    found = standings_of(spreads, monkeypatch)
    assert [method.name for method in found.methods] == ["high", "low", "few"]
    assert (found.ranked, found.shared) == (2, 3)


def test_one_method_with_a_mean_ranks_nothing_and_all_stand_by_name(monkeypatch):
    """It was told that rows stand by a mean that "all of the first 1 have"."""
    found = standings_of({"b": (2.0, 3.0, 4.0), "a": (np.nan, np.nan, 900.0)}, monkeypatch)
    assert [method.name for method in found.methods] == ["a", "b"]
    assert found.ranked == 0


def test_what_samplers_say_is_on_the_page_word_for_word(several, page_of_several):
    sentences = list(against_samplers(several)["sentence"])
    assert sentences
    assert all(sentence in page_of_several.text for sentence in sentences)
    assert beside_samplers(several)[0].counted in page_of_several.text
    assert page_of_several.text.count(NASTY) > 6
    assert len(page_of_several.of("script")) == 7


def test_a_study_of_one_problem_without_a_sampler_has_neither_table(tables):
    page = report(tables, Story("s"), robust=False)
    assert 'id="standing-table"' not in page
    assert "How much is in the map" not in page
    assert "Other choices were not tried" in page


def test_a_study_that_was_never_measured_has_no_other_choices(several):
    gone = {
        name: rows[:0] if name in ("curves", "spectra", "hits", "order") else rows for name, rows in several.items()
    }
    text = Outline(report(gone, Story("s"))).text
    assert "No configuration has a verdict that could change." in text


def test_an_older_study_without_counts_is_told_why_it_has_no_other_choices(tables):
    curves = tables["curves"].assign(gradients=np.nan)
    text = Outline(report({**tables, "curves": curves}, Story("s"))).text
    assert "were written before gradients were counted" in text

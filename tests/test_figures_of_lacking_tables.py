"""Figures that are asked for from Python, of tables that lack what they are drawn from: a sentence, and no KeyError."""

import pytest
from support.hand_made import hand_made
from support.observed_tables import observed

from harness import Results
from harness.figures import DRAWINGS, FIGURES
from harness.figures.kept.film import animation, animation_rows
from harness.questions.reading import observed_schemas

WHOLE = observed(hand_made(["adam", "bfgs"], 5, [1.0, 3.0, 5.0], marks=12))
ASKED = {name: (one.figure, one.numbers) for name, one in DRAWINGS.items()} | {"animation": (animation, animation_rows)}
OF_STUDIES = sorted(WHOLE.keys() - observed_schemas().keys())


def refusal(ask, tables):
    """What is said where it is refused; empty where it is drawn. Nothing else may be raised."""
    try:
        ask(tables)
    except ValueError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("name", ASKED)
def test_a_table_that_is_lacking_is_named_with_where_it_comes_from(name):
    figure, numbers = ASKED[name]
    assert refusal(figure, {}) != ""
    for ask, lacking in ((figure, ["runs"]), (numbers, OF_STUDIES)):
        told = [refusal(ask, {name: rows for name, rows in WHOLE.items() if name != table}) for table in lacking]
        told = [(table, said) for table, said in zip(lacking, told, strict=True) if "of a study, and" in said]
        assert all(f"'{name}'" in said and f"'{table}' is not among" in said for table, said in told)
        assert told or name in {"response", "samples"}  # whose numbers are the table of an observer


@pytest.mark.parametrize("name", ASKED)
def test_a_table_without_rows_is_told_in_words_of_ours(name):
    figure, numbers = ASKED[name]
    assert "'runs' has no rows" in refusal(figure, WHOLE | {"runs": WHOLE["runs"][:0]})
    for table in ("runs", "curves", "spectra", "order"):
        assert "concatenate" not in refusal(numbers, WHOLE | {table: WHOLE[table][:0]})


@pytest.mark.parametrize(("name", "table"), [(name, one.observer) for name, one in DRAWINGS.items() if one.observer])
def test_what_an_observer_writes_is_lacking_with_the_name_of_the_observer(name, table):
    for ask in ASKED[name]:
        for tables in ({k: v for k, v in WHOLE.items() if k != table}, WHOLE | {table: WHOLE[table][:0]}):
            assert f"--observe {table}" in refusal(ask, tables)


@pytest.mark.parametrize(
    "given", [WHOLE["runs"], None, "results/mine", Results.of("x", WHOLE)], ids=lambda one: type(one).__name__
)
def test_what_is_no_dict_of_tables_is_refused(given):
    for ask in ASKED["order"]:
        assert ".tables" in refusal(ask, given)


def test_an_error_of_another_key_stays_as_it_is():
    spoilt = WHOLE | {"order": WHOLE["order"].drop(columns="spread")}
    with pytest.raises(KeyError, match="spread"):
        FIGURES["order"](spoilt)

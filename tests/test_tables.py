"""The columns of every table are declared once and checked when written."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harness.tables import LABELS, SCHEMA, empty, frame

VALUES = {"str": "a", "int64": 3, "float64": 0.5, "bool": True}


def row(table, **changes):
    return {name: VALUES[kind] for name, kind in SCHEMA[table].items()} | changes


@pytest.mark.parametrize("table", sorted(SCHEMA))
def test_a_frame_has_exactly_the_columns_of_its_table_in_order_and_in_their_types(table):
    shuffled = dict(reversed(row(table).items()))
    made = frame(table, shuffled)
    assert list(made.columns) == list(SCHEMA[table])
    assert dict(made.dtypes.astype(str)) == SCHEMA[table]
    assert len(made) == 1
    pd.testing.assert_frame_equal(made.iloc[:0], empty(table), check_index_type=False)


@pytest.mark.parametrize("table", sorted(SCHEMA))
def test_missing_and_unknown_columns_are_refused_by_name(table):
    first = next(iter(SCHEMA[table]))
    columns = row(table, loss_in_furlongs=1.0)
    del columns[first]
    with pytest.raises(ValueError) as error:
        frame(table, columns)
    sentence = f"Table '{table}': missing columns ['{first}'], unknown columns ['loss_in_furlongs']."
    assert str(error.value) == sentence


def test_scalars_are_repeated_along_columns():
    made = frame("curves", row("curves", mark=np.arange(4), loss=np.array([1, 2, np.nan, np.inf])))
    assert len(made) == 4
    assert set(made["run_id"]) == {"a"}
    assert made["loss"].tolist()[:2] == [1, 2]
    assert np.isnan(made["loss"][2])
    assert made["loss"].dtype == np.float64


def test_what_has_its_types_already_is_taken_as_it_is():
    made = frame("hits", row("hits", cost=np.arange(4.0)))

    class Column(pd.Series):
        def __iter__(self):
            raise AssertionError("a million texts would be gone through one by one")

    again = frame("hits", {name: Column(made[name]) for name in made})
    pd.testing.assert_frame_equal(again, made)


def test_columns_of_length_0_give_an_empty_table():
    made = frame("curves", row("curves", mark=np.arange(0)))
    assert len(made) == 0
    assert dict(made.dtypes.astype(str)) == SCHEMA["curves"]


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="length"):
        frame("curves", row("curves", mark=np.arange(4), loss=np.zeros(3)))


@pytest.mark.parametrize("bad", [np.array([1.0, np.nan]), np.array(["one", "two"])])
def test_a_column_that_does_not_fit_its_type_is_refused(bad):
    with pytest.raises(ValueError, match=r"convert|invalid literal"):
        frame("curves", row("curves", mark=bad))


def test_only_four_types_are_used_and_every_table_of_a_run_names_its_run():
    assert {kind for schema in SCHEMA.values() for kind in schema.values()} == set(VALUES)
    assert all("run_id" in SCHEMA[table] for table in ("runs", "curves", "spectra", "hits"))
    assert LABELS.items() <= SCHEMA["runs"].items()
    assert LABELS.items() <= SCHEMA["order"].items()
    assert "seed" not in LABELS


def test_every_column_is_explained():
    text = (Path(__file__).parents[1] / "results" / "README.md").read_text()
    sections = dict(re.findall(r"^## (\w+): one row[^\n]*\n((?:(?!## ).*\n)*)", text, flags=re.MULTILINE))
    told = {
        table: [name for cell in re.findall(r"^\| ([\w, ]+) \|", rows, flags=re.MULTILINE) for name in cell.split(", ")]
        for table, rows in sections.items()
    }
    assert {table: sorted(names) for table, names in told.items()} == {
        table: sorted(["column", *schema]) for table, schema in SCHEMA.items()
    }

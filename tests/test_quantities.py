"""Sizes and durations in words: a person reads the unit that a person would choose, and the number is right.

And bounds: no number that is printed of one says more than was seen."""

import re
from math import inf

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.analysis.asked.against import _sentence
from harness.analysis.summary import with_interval
from harness.atlas.wording import spread_of
from harness.commands.docs.claims_page import _interval
from harness.figures.asked.standing import _short
from harness.figures.inline import _cells
from harness.quantities import DURATIONS, SIZES, duration, error_of, held, size
from harness.report.answers import Estimate


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        *((2.5, "2.5 s"), (0.0125, "12.5 ms"), (4.2e-6, "4.2 us"), (3e-8, "30 ns"), (0.0, "0 ns"), (90, "90 s")),
        *((120, "2 min"), (5400, "90 min"), (9000, "2.5 h"), (172_800, "2 days"), (1e8, "1,157 days")),
    ],
)
def test_durations_are_readable(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (9680, "9.68 kB"), (999, "999 B"), (1000, "1 kB"), (8e9, "8 GB"), (4e15, "4,000 TB")],
)
def test_sizes_are_readable(count: float, text: str) -> None:
    assert size(count) == text


@given(st.floats(1, 1e16))
def test_what_is_said_is_within_half_a_percent_and_has_no_exponent(value: float) -> None:
    for said, units in ((size(value), SIZES), (duration(value), DURATIONS)):
        number, name = said.split()
        assert "e" not in number
        unit = next(length for length, unit_name in units if unit_name == name)
        assert float(number.replace(",", "")) * unit == pytest.approx(value, rel=6e-3)


@given(st.floats(1e-9, 1e9), st.integers(1, 4), st.sampled_from([100.0, 1000.0, inf]))
def test_a_bound_is_rounded_to_its_own_side_and_by_less_than_a_digit(value: float, digits: int, whole: float) -> None:
    below, above = (held(value, bound, digits, whole) for bound in (">=", "<="))
    assert below * (1 - 1e-9) <= value <= above * (1 + 1e-9)
    assert above - below <= 10 ** (1 - digits) * value * 1.001 or (value >= whole and above - below <= 1.001)
    assert held(value, "", digits, whole) == value


def test_a_quotient_that_lies_a_last_digit_below_its_decimal_number_is_that_number() -> None:
    assert held(1.1 * 3 / 3, "<=") == held(0.1 * 3 / 3 + 1, ">=") == 1.1


ROW = {"configuration": "a", "n_runs": 8, "exponent": 1.0, "concordance": 1.0, "low": 0.8, "high": 1.0, "verdict": ""}
ROW |= {"reference": "b", "n_pairs": 8, "spread_p_adjusted": 0.5, "exponent_ratio": float("nan")}


def _row(value: float, low: float, high: float, bound: str) -> "pd.Series":
    return pd.Series(
        {**ROW, "spread": value, "spread_ratio": value, "spread_low": low, "spread_high": high}
        | {"spread_bound": bound}
    )


PRINTED = {
    "atlas": lambda *seen: spread_of(_row(*seen).to_dict()),
    "report": lambda *seen: Estimate(*seen).text,
    "closing table": with_interval,
    "against": lambda *seen: _sentence("a", "b", _row(*seen)).partition(" times ")[0],
    "notebook": lambda *seen: _cells(_row(*seen))[2],
    "standing": lambda value, low, high, bound: _short(value, bound),
    "claims": lambda *seen: _interval(
        {**_row(*seen).map(str), "null_spread": ""}, "spread", "spread_low", "spread_high", seen[3]
    ),
}


@pytest.mark.parametrize("page", PRINTED)
@pytest.mark.parametrize("seen", [1.2778, 37.66, 1537.77, 2.5978e5])
def test_no_page_lifts_a_lower_bound_above_what_was_seen_or_an_upper_one_below(page: str, seen: float) -> None:
    near = seen * 0.99999
    for told, low, high, bound in ((seen, near, inf, ">="), (near, 0.0, seen, "<=")):
        text = PRINTED[page](told, low, high, bound).replace(",", "").replace("inf", "").replace("∞", "")
        numbers = [float(number) for number in re.findall(r"\d+\.?\d*(?:e[+-]\d+)?", text)]
        assert numbers
        for number in numbers:
            assert number <= seen if bound == ">=" else number == 0 or number >= near


@pytest.mark.parametrize("page", PRINTED)
def test_what_rounds_to_a_whole_number_has_no_exponent_where_that_number_has_none(page: str) -> None:
    for whole, nearly in ((100.0, 99.7), (1000.0, 999.7)):
        assert ("e+" in PRINTED[page](nearly, 50.0, 60.0, "")) == ("e+" in PRINTED[page](whole, 50.0, 60.0, ""))


def test_only_of_a_share_the_error_is_what_it_lacks_of_one() -> None:
    assert [error_of(probe) for probe in ("accuracy", "test-accuracy", "psnr", "bias")] == [
        *("1 - accuracy", "1 - test-accuracy", "error of psnr", "error of bias")
    ]

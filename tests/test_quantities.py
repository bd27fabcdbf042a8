"""Sizes and durations in words: a person reads the unit that a person would choose, and the number is right."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.quantities import DURATIONS, SIZES, duration, size


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

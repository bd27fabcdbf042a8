"""Names with numbers: what stands in the brackets is finite."""

from inspect import signature

import numpy as np
import pytest

from problems.factories import resolve, spelled_once
from problems.networks.activations import ACTIVATIONS
from problems.networks.embeddings import EMBEDDINGS
from problems.networks.families import FAMILIES
from problems.networks.inits import INITS


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1e999"])
@pytest.mark.parametrize(("registry", "name"), [(ACTIVATIONS, "sin"), (INITS, "normal")])
def test_numbers_in_brackets_are_finite(registry, name, number):
    with pytest.raises(ValueError, match="all numbers; got"):
        resolve("name", f"{name}({number})", registry)


@pytest.mark.parametrize("number", ["1e300", "-1e300", "1e-300", "1e13"])
@pytest.mark.parametrize(
    ("registry", "name"),
    [(own, name) for own in (ACTIVATIONS, INITS, EMBEDDINGS, FAMILIES) for name in own],
)
def test_numbers_in_brackets_are_of_a_size_that_can_be_computed_with(registry, name, number):
    if signature(registry[name]).parameters:
        with pytest.raises(ValueError, match="in the brackets of a name are 0, or of a size from 1e-12 to 1e"):
            resolve("name", f"{name}({number})", registry)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if signature(ACTIVATIONS[name]).parameters])
@pytest.mark.parametrize("number", ["1e12", "1e-12"])
def test_an_activation_of_the_largest_and_least_number_has_finite_derivatives_in_float32(name, number):
    phi = resolve("activation", f"{name}({number})", ACTIVATIONS)
    z = np.array([-3, -1e-12, 0, 1e-12, 0.5], np.float32)
    value = phi.value(z)
    parts = [value, phi.slope(z, value), phi.bend(z, value), *([phi.third(z, value)] if phi.third else [])]
    assert all(np.isfinite(part).all() for part in parts)


@pytest.mark.parametrize(
    ("text", "once"),
    [
        ("normal(0.1)", "normal(0.1)"),
        (" normal( 1.0 )", "normal(1)"),
        ("fourier(16, 1,)", "fourier(16,1)"),
        ("normal(1e-05)", "normal(1e-5)"),
        ("normal(0.00001)", "normal(1e-5)"),
        ("sin(1e3)", "sin(1000)"),
        ("tanh()", "tanh"),
        ("gaussian(-inf)", "gaussian(-inf)"),
        ("normal(x)", "normal(x)"),
        ("1-40-1", "1-40-1"),
        ("Copy (1).csv", "Copy (1).csv"),
    ],
)
def test_a_name_with_numbers_has_one_spelling(text, once):
    assert spelled_once(text) == once
    assert spelled_once(once) == once

"""Names with numbers: what stands in the brackets is finite."""

import pytest

from problems.factories import resolve
from problems.networks.activations import ACTIVATIONS
from problems.networks.inits import INITS


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1e999"])
@pytest.mark.parametrize(("registry", "name"), [(ACTIVATIONS, "sin"), (INITS, "normal")])
def test_numbers_in_brackets_are_finite(registry, name, number):
    with pytest.raises(ValueError, match="all numbers; got"):
        resolve("name", f"{name}({number})", registry)

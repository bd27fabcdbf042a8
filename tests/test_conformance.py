"""Every method in the registry obeys every rule."""

import pytest

from harness.conformance import RULES
from optimizers import OPTIMIZERS


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_conforms(name, rule):
    broken = RULES[rule](OPTIMIZERS[name])
    assert broken is None, f"{name} breaks the rule: {broken}."

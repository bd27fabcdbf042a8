"""Every method in the registry obeys every rule."""

import pytest

from harness.rules.conformance import RULES
from harness.run.fit import is_installed
from optimizers import OPTIMIZERS


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_conforms(name, rule):
    if not is_installed(OPTIMIZERS[name]):
        pytest.skip(f"the optional library {OPTIMIZERS[name].library} is not installed")
    broken = RULES[rule](OPTIMIZERS[name])
    assert broken is None, f"{name} breaks the rule: {broken}."

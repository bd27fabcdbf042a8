"""In which order do training algorithms learn frequencies? The harness counts, times, stops, measures and writes rows.

from harness import compare
result = compare("sin135", optimizers=["adam", "powell"], seeds=8)
result.order  # a DataFrame
"""

import random
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.plugins import observer, optimizer, probe, problem
    from harness.study.comparison import Results, load, load_table, plan
    from harness.study.making import compare, sweep
    from harness.watch.watch import Watch

__all__ = [
    "Results",
    "Watch",
    "compare",
    "load",
    "load_table",
    "observer",
    "optimizer",
    "plan",
    "probe",
    "problem",
    "sweep",
]
ROOMS = {
    **dict.fromkeys(("observer", "optimizer", "probe", "problem"), "harness.plugins"),
    "Watch": "harness.watch.watch",
    "compare": "harness.study.making",
    "sweep": "harness.study.making",
}
"""Where a name is found, unless among the comparisons; the decorators need no table."""


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> Any:
    """Load the tables' library only when results are asked for: `--help` and `list` do without."""
    if name in __all__:
        drawn = random.getstate()  # rich draws when it is imported
        try:
            return getattr(import_module(ROOMS.get(name, "harness.study.comparison")), name)
        finally:
            random.setstate(drawn)
    raise AttributeError(f"module 'harness' has no attribute '{name}'")

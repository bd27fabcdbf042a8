"""Whether a method and a problem fit together: needs, size, and the libraries that must be there."""

from importlib.util import find_spec

from harness.quantities import size
from harness.run.spec import RunSpec
from optimizers.base import Optimizer
from problems.base import Problem
from problems.engines.choose import choose
from problems.engines.numpy_evaluator import NumpyEvaluator

MOST_BYTES = 8_000_000_000
"""State of one run beyond which a method is refused, whatever its own cap."""


class Refused(ValueError):
    """A method and a problem that do not fit together."""


def is_installed(method: Optimizer) -> bool:
    """Whether the optional library that the method needs, if any, is there."""
    # looked for and not imported, which takes seconds with some of them
    return not method.library or find_spec(method.library) is not None


def check_fit(name: str, method: Optimizer, problem: Problem, engine: str = "auto") -> None:
    """Raise `Refused` if a need of the method's cannot be met, the network is too large, or a library is missing.

    Raises ValueError if the engine cannot take the problem."""
    if not is_installed(method):
        raise Refused(
            f"Optimizer '{name}' needs the library {method.library}, which is not installed. "
            "Install it with: pip install 'frequency-harness[more]'"
        )
    lacking = sorted(method.needs - choose(problem, engine)[0].offers(problem))
    if lacking:
        raise Refused(f"Optimizer '{name}' needs {', '.join(lacking)}, which this problem does not offer.")
    held = method.memory(problem.dim)
    if problem.dim > method.max_dim or held > MOST_BYTES:
        raise Refused(
            f"Optimizer '{name}' takes at most {method.max_dim:,} parameters and {size(MOST_BYTES)}; this "
            f"network has {problem.dim:,}, for which it would hold {size(held)} ({held:,} bytes). "
            "Choose a smaller --network."
        )


def check_observers(spec: RunSpec, problem: Problem) -> None:
    """Raise `Refused` if one of the run's observers cannot be asked about it."""
    for observer in spec.observers:
        complaint = observer.complaint(spec.subject, NumpyEvaluator(problem))
        if complaint:
            raise Refused(complaint)

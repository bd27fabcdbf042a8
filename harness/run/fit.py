"""Whether a method and a problem fit together: needs, size, and the libraries that must be there."""

from importlib.util import find_spec

from harness.quantities import size
from harness.run.spec import RunSpec
from optimizers.base import Optimizer, Slot
from problems.base import Problem
from problems.engines.choose import choose
from problems.engines.numpy_evaluator import NumpyEvaluator

MOST_BYTES = 8_000_000_000
"""State of one run beyond which a method is refused, whatever its own cap."""

OBJECTS = 4_000
"""Bytes of what is no array: generators, and the objects around arrays. Of small networks, it is the larger part."""


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
    _check_slopes(name, method, problem)
    held = _state(method, problem)
    if problem.dim > method.max_dim or held > MOST_BYTES:
        raise Refused(
            f"Optimizer '{name}' takes at most {method.max_dim:,} parameters and {size(MOST_BYTES)}; this "
            f"network has {problem.dim:,}, for which it would hold {size(held)} ({held:,} bytes). "
            "Choose a smaller --network."
        )


def state_bytes(method: Optimizer, problem: Problem, *, single: bool = False) -> int:
    """What a run holds for the method: its own state, or the slopes of all residuals where it asks for them.

    `single` says that its numbers are of four bytes, as they are of methods of any precision in a network's float32."""
    held = _state(method, problem) // (2 if single and method.any_precision else 1)
    return OBJECTS + max(held, _slopes(problem, problem.dim) if "residuals" in method.needs else 0)


def _state(method: Optimizer, problem: Problem) -> int:
    return method.memory_at([Slot(*slot) for slot in problem.network.layout])


def _slopes(problem: Problem, dim: int) -> int:
    """Bytes of a Jacobian of all residuals and of a copy, and of their smaller square product and its factor."""
    rows = problem.targets.size
    # two of each, of eight bytes a number
    return 16 * (rows * dim + min(rows, dim) ** 2)


def _check_slopes(name: str, method: Optimizer, problem: Problem) -> None:
    held = _slopes(problem, problem.dim) if "residuals" in method.needs else 0
    if held > MOST_BYTES:
        samples, outputs = problem.targets.shape
        # without the square, which is the smaller part where there are many more of one than of the other
        fitting = MOST_BYTES // (16 * outputs * problem.dim)
        raise Refused(
            f"Optimizer '{name}' needs the slopes of all residuals: {samples:,} samples with {outputs} outputs and "
            f"{problem.dim:,} parameters take {size(held)} ({held:,} bytes), and at most {size(MOST_BYTES)} are taken. "
            f"About {fitting:,} samples would fit, or {MOST_BYTES // (16 * samples * outputs):,} parameters: choose "
            "fewer --samples or a smaller --network, or a method without residuals."
        )


def check_observers(spec: RunSpec, problem: Problem) -> None:
    """Raise `Refused` if one of the run's observers cannot be asked about it."""
    for observer in spec.observers:
        complaint = observer.complaint(spec.subject, NumpyEvaluator(problem))
        if complaint:
            raise Refused(complaint)

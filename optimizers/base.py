"""The contract between the harness and a method that moves a flat vector.

A method sees an `Objective` and nothing else: no data, no network, no clock. It loops for ever, and the objective ends
the run by raising `RunStopped`, which a method lets pass. Returning early means "converged".
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from math import inf, prod
from typing import Any, ClassVar, Literal, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Doubles: TypeAlias = NDArray[np.float64]
Need: TypeAlias = Literal[
    "value", "gradient", "population", "residuals", "hvp", "layout", "minibatch", "budget", "starts"
]
Streams: TypeAlias = np.random.Generator | Sequence[np.random.Generator]


class RunStopped(Exception):
    """The objective has ended the run (budget, time, target, divergence). No method may catch it for good."""

    status: ClassVar[str] = "stopped"


class Slot(NamedTuple):
    """One named parameter array inside the flat vector, as `theta[offset : offset + prod(shape)]`, C order."""

    name: str
    shape: tuple[int, ...]
    offset: int


class Objective(Protocol):
    """What a method may ask. Every loss comes back as float64, every gradient as a fresh array in `theta0`'s precision.

    `theta` is `(P,)`, `thetas` is `(S, P)`. A method that declares `lanes` may be handed a `theta0` of shape `(B, P)`:
    then every argument and every answer carries that leading axis (`value` takes `(B, P)` and gives `(B,)`, `values`
    takes `(B, S, P)` and gives `(B, S)`), and the lanes never touch each other.

    A non-finite loss arrives as a huge finite one with a zero gradient. Each call may raise `RunStopped` instead. No
    reference to `theta` is kept, so a method may overwrite it after the call. Floating-point warnings are silenced for
    the run, and the warnings filters put back after it.
    """

    @property
    def dim(self) -> int:
        """P, the number of parameters."""

    @property
    def layout(self) -> tuple[Slot, ...]:
        """The named arrays inside the flat vector, in order and without gaps."""

    @property
    def n_samples(self) -> int:
        """The number of training samples, for methods that draw minibatches."""

    def value(self, theta: Doubles) -> Any:
        """Loss, one forward pass."""

    def value_and_grad(self, theta: Doubles) -> tuple[Any, Doubles]:
        """Loss and gradient `(P,)` together, `c` forward passes."""

    def values(self, thetas: Doubles) -> Doubles:
        """Losses `(S,)` of a population, one forward pass a row; stops between rows where the budget ends."""

    def values_and_grads(self, thetas: Doubles) -> tuple[Doubles, Doubles]:
        """Losses `(S,)` and gradients `(S, P)` of a population."""

    def batch_value_and_grad(self, theta: Doubles, rows: NDArray[np.intp]) -> tuple[Any, Doubles]:
        """Loss and gradient on the training samples `rows` alone, at their share of a full gradient's cost."""

    def residuals_and_jacobian(self, theta: Doubles) -> tuple[Doubles, Doubles]:
        """Residuals `r (N,)` with loss = r.r, and their Jacobian `(N, P)`; squared losses only."""

    def hvp(self, theta: Doubles, vector: Doubles) -> Doubles:
        """Hessian of the loss times `vector`, `(P,)`; twice the cost of a gradient."""

    def initial(self, rng: np.random.Generator) -> Doubles:
        """A fresh start `(P,)`, for one lane, by the law that `theta0` came from; it costs nothing."""

    def evaluations_left(self, need: Literal["value", "gradient"]) -> int:
        """How many more of these calls the budget allows; only for methods that declare the need `budget`."""

    def leave(self, lanes: NDArray[np.bool_]) -> None:
        """These lanes `(B,)` have converged and end here, as a run alone does that returns; answers go on for all B."""


@dataclass(frozen=True)
class Setting:
    """What a user and a tuner need to know of one setting: its meaning, its legal values, the range worth searching."""

    doc: str
    above: float | None = None
    at_least: float | None = None
    below: float | None = None
    choices: tuple[Any, ...] | None = None
    tune: tuple[float, float] | None = None

    def complaint(self, value: Any) -> str | None:
        """The rule that `value` breaks, or None."""
        if self.choices is not None and value not in self.choices:
            return f"must be one of {', '.join(map(str, self.choices))}"
        # `not value > bound` and never `value <= bound`: NaN compares false with all, and must break every rule
        if self.above is not None and not value > self.above:
            return f"must be above {self.above:g}"
        if self.at_least is not None and not value >= self.at_least:
            return f"must be at least {self.at_least:g}"
        if self.below is not None and not value < self.below:
            return f"must be below {self.below:g}"
        # a number without any rule is one of somebody else's method, and may be what it likes
        ruled = any(bound is not None for bound in (self.above, self.at_least, self.below))
        return "must be finite" if ruled and value in (inf, -inf) else None


def setting(default: Any, doc: str, **rules: Any) -> Any:
    """A dataclass field that carries its `Setting`."""
    return field(default=default, metadata={"setting": Setting(doc, **rules)})


@dataclass(frozen=True)
class Optimizer(ABC):
    """A method with its settings as fields. Concrete classes are final; a registry holds instances."""

    family: ClassVar[str]
    needs: ClassVar[frozenset[Need]]
    source: ClassVar[str]
    lanes: ClassVar[bool] = False
    """Whether `theta0` may be `(B, P)`, with one generator a lane."""
    proportional: ClassVar[bool] = False
    """Whether its steps are `lr` times something linear in the gradients, so that a scaled network wants another."""
    max_dim: ClassVar[int] = 20_000_000  # 160 MB a vector
    expected: ClassVar[str] = "no theory known; empirical only"
    """What is known or expected of the order in which it learns frequencies."""
    caveat: ClassVar[str] = ""
    """Traps, and where it is known to be beaten by chance; empty for none."""
    any_precision: ClassVar[bool] = False
    """Whether `theta0` may be of float32: then all that it keeps, asks and is answered is of float32."""
    tensors: ClassVar[bool] = False
    """Whether `theta0` may be a tensor of torch `(B, P)` on any device: then all that it is answered are, too."""
    library: ClassVar[str] = ""
    """The importable name of an optional library that it needs; empty for none."""
    origin: ClassVar[str] = ""
    """What identifies the file or package that brought it; empty for our own."""

    def __post_init__(self) -> None:
        for spec in fields(self):
            rule: Setting | None = spec.metadata.get("setting")
            value = getattr(self, spec.name)
            complaint = rule.complaint(value) if rule else None
            # an infinity that a method has by itself means something there
            if complaint and not value == spec.default == inf:
                raise ValueError(f"Setting '{spec.name}' {complaint}; got {value!r}.")

    @property
    def gradient_step(self) -> float | None:
        """Its step, if all the method does is `theta -= step * gradient`; None otherwise. The theory foretells such."""
        return None

    def memory(self, dim: int) -> int:
        """Bytes of state that one run at `dim` parameters holds, beside the problem's own."""
        return 8 * 4 * dim  # theta, its gradient and two buffers, in float64

    def memory_at(self, layout: Sequence[Slot]) -> int:
        """The same at a network of these arrays, for methods of which their shapes decide."""
        return self.memory(sum(prod(slot.shape) for slot in layout))

    def prepare(self) -> None:
        """Load and compile what `minimize` needs, before a run's clock is started."""
        return

    @abstractmethod
    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        """Move from `theta0`, the first point evaluated (or row 0 of the first population), without changing it.

        All randomness comes from `rng`: one generator, or a sequence of them when `theta0` is `(B, P)`."""

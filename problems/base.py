"""The contract of a problem: data, network and loss turned into a function of a flat vector, and what to watch.

Everything is batched over a leading axis of parameter vectors, `thetas (B, P)`: one run is `B = 1`, a population or the
lanes of a multi-seed run are larger `B`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, NamedTuple, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.floating[Any]]
Pullback: TypeAlias = Callable[[Array], Array]


class Slot(NamedTuple):
    """One named parameter array inside the flat vector, as `theta[offset : offset + prod(shape)]`, C order."""

    name: str
    shape: tuple[int, ...]
    offset: int


class Loss(Protocol):
    """A number from outputs `(B, n, m)` and targets `(n, m)`, or `(B, n, m)` where lanes have their own."""

    @property
    def name(self) -> str:
        """What the user calls it."""

    def value(self, outputs: Array, targets: Array) -> Array:
        """Losses `(B,)`."""

    def value_and_cotangent(self, outputs: Array, targets: Array) -> tuple[Array, Array]:
        """Losses `(B,)` and their derivative in the outputs, `(B, n, m)`."""

    def curvature(self, outputs: Array, direction: Array, targets: Array) -> Array:
        """Second derivative in the outputs times `direction`, all `(B, n, m)`."""


@runtime_checkable
class SquaredLoss(Protocol):
    """A loss that is a sum of squared residuals `weight * (outputs - targets)`."""

    def residual_weights(self, shape: tuple[int, ...]) -> Array:
        """Weights that broadcast to outputs of `shape (n, m)`."""


@runtime_checkable
class LinkedLoss(Protocol):
    """A loss whose outputs are scores: what the network predicts is a function of them, such as their softmax."""

    def predictions(self, outputs: Array) -> Array:
        """Predictions `(B, n, m)`, fresh, from outputs `(B, n, m)`; they are compared with the targets."""


class Network(Protocol):
    """A function of inputs `(n, d)` with its parameters in one flat vector."""

    @property
    def name(self) -> str:
        """What the user calls it, such as `1-40-1`."""

    @property
    def layout(self) -> tuple[Slot, ...]:
        """The parameter arrays inside the flat vector, in order and without gaps."""

    @property
    def dim(self) -> int:
        """P, the length of the flat vector."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The precision of the arithmetic; parameters arrive as float64 and are rounded to it."""

    def theta0(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """Initial parameters `(P,)`."""

    def block(self, n_samples: int) -> int:
        """How many parameter vectors are best evaluated at once (cache, memory)."""

    def forward(self, thetas: Array, inputs: Array) -> Array:
        """Outputs `(B, n, m)` for parameters `(B, P)`."""

    def vjp(self, thetas: Array, inputs: Array) -> tuple[Array, Pullback]:
        """Outputs, and the map from a cotangent `(B, n, m)` to fresh float64 gradients `(B, P)`."""


@runtime_checkable
class JacobianNetwork(Protocol):
    """A network that also gives what Gauss-Newton methods and the tangent kernel need."""

    def jacobian(self, theta: Array, inputs: Array) -> Array:
        """d outputs / d theta, float64 `(n, m, P)`, for one `theta (P,)`."""


@runtime_checkable
class InputGradientNetwork(Protocol):
    """A network that can also be differentiated in its inputs, for adversarial directions."""

    def input_gradient(self, theta: Array, inputs: Array, cotangent: Array) -> Array:
        """Cotangent `(n, m)` times d outputs / d inputs, sample by sample, `(n, d)`, for one `theta (P,)`."""


@runtime_checkable
class HessianNetwork(JacobianNetwork, Protocol):
    """A network that also gives what Newton's method needs."""

    def hvp(self, theta: Array, vector: Array, inputs: Array, targets: Array, loss: Loss) -> Array:
        """Hessian of the loss times `vector`, float64 `(P,)`."""


class Probe(Protocol):
    """What is watched: turns predictions into one amplitude and one error per watched frequency.

    A row that is about no frequency has frequency NaN, and a row about no single component has component -1."""

    @property
    def name(self) -> str:
        """What the column `probe` calls it."""

    @property
    def component(self) -> NDArray[np.int64]:
        """Output component of each row, `(R,)`."""

    @property
    def frequency(self) -> NDArray[np.float64]:
        """Frequency of each row, `(R,)`, in the unit that the problem states."""

    @property
    def target_amplitude(self) -> NDArray[np.float64]:
        """Amplitude of the target in each row, `(R,)`."""

    def measure(self, predictions: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Amplitude and error of each row, both `(R,)`, for one run's predictions `(n, m)`."""


class Engine(Protocol):
    """Another way to the numbers of one network and loss, the same to rounding. Not for several threads at once.

    Each method is told the problem, whose data it may keep until it is told another."""

    @property
    def name(self) -> str:
        """What the column `engine` calls it."""

    def serves(self, problem: "Problem") -> bool:
        """Whether it was made for this network and loss, and has no need of smaller chunks."""

    def prepare(self, needs: Collection[str]) -> None:
        """Compile what an optimizer with these needs will call, before the clock runs."""

    def value(self, problem: "Problem", theta: Array) -> float:
        """The loss at one point `(P,)`."""

    def value_and_grad(self, problem: "Problem", theta: Array) -> tuple[float, NDArray[np.float64]]:
        """The same and its gradient `(P,)`, fresh."""

    def values(self, problem: "Problem", thetas: Array) -> NDArray[np.float64]:
        """Losses `(B,)`."""

    def values_and_grads(self, problem: "Problem", thetas: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Losses `(B,)` and fresh gradients `(B, P)`."""

    def batch_values_and_grads(
        self, problem: "Problem", thetas: Array, rows: NDArray[np.intp]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The same on the samples `rows` alone."""

    def lane_batches(
        self, problem: "Problem", thetas: Array, rows: NDArray[np.intp]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The same for lane `b` on its own samples `rows[b]`."""


@dataclass(frozen=True, eq=False)
class Problem:
    """Inputs `(n, d)`, targets `(n, m)` (or `(B, n, m)`, one set a lane), a network, a loss and probes."""

    inputs: Array
    targets: Array
    network: Network
    loss: Loss
    probes: tuple[Probe, ...]
    test: tuple[Array, Array] | None = None
    """Inputs and targets that are never trained on, for the loss on them."""
    test_probes: tuple[Probe, ...] = ()
    """What is watched on those samples."""
    chunk: int | None = None
    """At most so many samples at once, to bound memory; the loss is then a mean over samples."""
    whole: bool = False
    """Whether the loss needs all samples at once, so that no minibatch can be offered."""
    kept_predictions: int = 0
    """At how many log-spaced marks the predictions themselves are kept, for pictures; the end comes on top."""
    notes: tuple[str, ...] = ()
    """What was understood of the user's data and network, in sentences that are shown before a run."""
    engine: Engine | None = None
    """What evaluates; None is the code below, the reference. One made for another network or loss is left out."""

    def __post_init__(self) -> None:
        if self.engine is not None and not self.engine.serves(self):
            object.__setattr__(self, "engine", None)

    @property
    def dim(self) -> int:
        """P, the length of the flat vector."""
        return self.network.dim

    @property
    def n_samples(self) -> int:
        """How many training samples there are."""
        return len(self.inputs)

    @property
    def offers(self) -> frozenset[str]:
        """The needs of an optimizer that this problem can meet."""
        curved = isinstance(self.network, HessianNetwork)
        squared = isinstance(self.network, JacobianNetwork) and isinstance(self.loss, SquaredLoss)
        return frozenset(
            {"value", "gradient", "population", "layout", "budget"}
            | (set() if self.whole else {"minibatch"})
            | ({"hvp"} if curved else set())
            | ({"residuals"} if squared else set())
        )

    def value(self, theta: Array) -> float:
        """The loss at one point `(P,)`."""
        if self.engine is not None:
            return self.engine.value(self, theta)
        return float(self.values(theta[None])[0])

    def value_and_grad(self, theta: Array) -> tuple[float, NDArray[np.float64]]:
        """The same and its gradient `(P,)`, fresh, in float64."""
        if self.engine is not None:
            return self.engine.value_and_grad(self, theta)
        losses, grads = self.values_and_grads(theta[None])
        return float(losses[0]), np.asarray(grads[0], np.float64)

    def values(self, thetas: Array) -> Array:
        """Losses `(B,)`."""
        if self.engine is not None:
            return self.engine.values(self, thetas)
        parts = [
            self.loss.value(self.outputs(thetas[rows], self.inputs), targets) for rows, targets in self._blocks(thetas)
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def values_and_grads(self, thetas: Array) -> tuple[Array, Array]:
        """Losses `(B,)` and gradients `(B, P)`, the gradients in a fresh float64 array."""
        if self.engine is not None:
            return self.engine.values_and_grads(self, thetas)
        parts = [self._differentiate(thetas[rows], self.inputs, targets) for rows, targets in self._blocks(thetas)]
        if len(parts) == 1:
            return parts[0]
        return np.concatenate([losses for losses, _ in parts]), np.concatenate([grads for _, grads in parts])

    def batch_values_and_grads(self, thetas: Array, rows: NDArray[np.intp]) -> tuple[Array, Array]:
        """The same on the samples `rows` alone, `(k,)`."""
        if self.engine is not None:
            return self.engine.batch_values_and_grads(self, thetas, rows)
        return self._differentiate(thetas, self.inputs[rows], self.targets[..., rows, :])

    def lane_batches(self, thetas: Array, rows: NDArray[np.intp]) -> tuple[Array, Array]:
        """Lane `b` on its own samples `rows[b]`, of `rows (B, k)`."""
        if self.engine is not None:
            return self.engine.lane_batches(self, thetas, rows)
        pairs = [self.lane(b).batch_values_and_grads(thetas[b : b + 1], rows[b]) for b in range(len(thetas))]
        return np.concatenate([losses for losses, _ in pairs]), np.concatenate([grads for _, grads in pairs])

    def lane(self, index: int) -> "Problem":
        """The problem as one lane sees it."""
        return self if self.targets.ndim == 2 else replace(self, targets=self.targets[index])

    def spread(self, rows: int) -> "Problem":
        """The problem for a population of `rows` in each lane, lane after lane."""
        return self if self.targets.ndim == 2 else replace(self, targets=self.targets.repeat(rows, axis=0))

    def predict(self, thetas: Array) -> Array:
        """Outputs `(B, n, m)` on the training inputs, as the loss takes them."""
        size = self.network.block(self.n_samples)
        blocks = [self.outputs(thetas[i : i + size], self.inputs) for i in range(0, len(thetas), size)]
        return np.concatenate(blocks)

    def outputs(self, thetas: Array, inputs: Array) -> Array:
        """Outputs `(B, n, m)` on any inputs."""
        parts = [self.network.forward(thetas, inputs[rows]) for rows in self._chunks(len(inputs))]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def readout(self, outputs: Array) -> Array:
        """Outputs `(B, n, m)` as the probes see them."""
        return self.loss.predictions(outputs) if isinstance(self.loss, LinkedLoss) else outputs

    def residuals_and_jacobian(self, theta: Array) -> tuple[Array, Array]:
        """Residuals `r (n m,)` with loss = r.r, and their Jacobian `(n m, P)`; needs `residuals` in `offers`."""
        assert isinstance(self.network, JacobianNetwork)
        assert isinstance(self.loss, SquaredLoss)
        outputs = self.network.forward(theta[None], self.inputs)[0]
        weights = np.broadcast_to(self.loss.residual_weights(outputs.shape), outputs.shape)
        jacobian = self.network.jacobian(theta, self.inputs) * weights[..., None]
        residuals = weights * (outputs - self.targets)
        return residuals.ravel().astype(np.float64), jacobian.reshape(-1, self.dim)

    def hvp(self, theta: Array, vector: Array) -> Array:
        """Hessian of the loss times `vector`, `(P,)`; needs `hvp` in `offers`."""
        assert isinstance(self.network, HessianNetwork)
        product = np.zeros(self.dim)
        for rows in self._chunks(self.n_samples):
            inputs, targets = self.inputs[rows], self.targets[..., rows, :]
            product += len(inputs) / self.n_samples * self.network.hvp(theta, vector, inputs, targets, self.loss)
        return product

    def _blocks(self, thetas: Array) -> Iterator[tuple[slice, Array]]:
        size = self.network.block(self.n_samples)
        for start in range(0, len(thetas), size):
            rows = slice(start, start + size)
            yield rows, self.targets if self.targets.ndim == 2 else self.targets[rows]

    def _chunks(self, samples: int) -> list[slice]:
        size = self.chunk or max(samples, 1)
        return [slice(start, start + size) for start in range(0, samples, size)] or [slice(0, 0)]

    def _differentiate(self, thetas: Array, inputs: Array, targets: Array) -> tuple[Array, Array]:
        chunks = self._chunks(len(inputs))
        if len(chunks) == 1:
            return self._differentiate_chunk(thetas, inputs, targets)
        loss_sum, grad_sum = np.zeros(len(thetas)), np.zeros((len(thetas), self.dim))
        for rows in chunks:
            losses, grads = self._differentiate_chunk(thetas, inputs[rows], targets[..., rows, :])
            share = len(inputs[rows]) / len(inputs)
            loss_sum += share * losses
            grad_sum += share * grads
        return loss_sum, grad_sum

    def _differentiate_chunk(self, thetas: Array, inputs: Array, targets: Array) -> tuple[Array, Array]:
        outputs, pullback = self.network.vjp(thetas, inputs)
        losses, cotangent = self.loss.value_and_cotangent(outputs, targets)
        return losses, pullback(cotangent)


def stack(problems: Sequence[Problem]) -> Problem:
    """One problem whose lane `b` is `problems[b]`: same inputs, network and loss, targets of their own."""
    first = problems[0]
    if all(other is first for other in problems):
        return first
    return replace(first, targets=np.stack([problem.targets for problem in problems]))


def stackable(problems: Sequence[Problem]) -> bool:
    """Whether `stack` may join them: they differ in targets (of one shape) and probes alone."""
    first = problems[0]
    return all(
        other is first
        or (
            np.array_equal(other.inputs, first.inputs)
            and other.targets.shape == first.targets.shape
            and (other.network, other.loss) == (first.network, first.loss)
        )
        for other in problems
    )


def fixed(default: Any) -> Any:
    """A recipe field that describes the problem and is no setting of the user's."""
    return field(default=default, metadata={"fixed": True})


@dataclass(frozen=True, kw_only=True)
class Recipe(ABC):
    """A problem before its data exist, with its settings as fields.

    Concrete classes are final; a registry holds instances, and a preset is an instance with other settings."""

    random_data: ClassVar[bool] = False
    """Whether the data differ from seed to seed."""
    origin: ClassVar[str] = ""
    """What identifies the file or package that brought it; empty for our own."""

    about: str = fixed("")
    """One sentence: what it is and where it comes from."""
    budget: int = fixed(60_000)
    """Default budget of one run, in forward passes over the training set."""
    network: str = "1-40-1"
    activation: str = "tanh"
    init: str = "pytorch-uniform"
    loss: str = "mse"
    dtype: str = "float64"

    @property
    def lane_group(self) -> "Recipe":
        """Equal for recipes that build problems with the same inputs, network and loss: they may share one batch."""
        return self

    @abstractmethod
    def build(self, rng: np.random.Generator) -> Problem:
        """The problem. Only data are drawn from `rng`; weights are drawn later, by `network.theta0`."""

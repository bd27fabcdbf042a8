"""Optimizers of torch's kind, with one parameter for each array of the layout, and their schedulers."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from optimizers.base import Doubles, Need, Objective, Slot, Streams
from optimizers.user.foreign import Extras, Foreign
from optimizers.user.signatures import wanted
from optimizers.user.torch_manners import Manners, manners_of, stepper_of

COMPANION: Extras = {
    "companion": ("AdamW", "class of torch.optim for the arrays that are no matrices, which this method refuses"),
    "companion_lr": (3e-3, "step length of the companion"),
}


@dataclass(frozen=True)
class ForeignTorch(Foreign):
    """A class, or a function of the parameters that makes an optimizer or a pair of optimizer and scheduler."""

    needs: ClassVar[frozenset[Need]] = frozenset({"gradient", "layout"})
    manners: ClassVar[Manners]
    schedule: ClassVar[Any] = None
    """Makes a scheduler of the optimizer."""

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        assert isinstance(rng, np.random.Generator)
        arrays = Arrays(objective, theta0)
        steppers = self._steppers(arrays, rng)
        steps = [(bound_step(stepper, wants, arrays), scheduler) for stepper, scheduler, wants in steppers]
        # those that want a closure alone evaluate for themselves, and pay for what they call
        gradient_first = any(wants != "closure" for _, _, wants in steppers)
        while True:
            before = arrays.evaluations
            loss = arrays.evaluate() if gradient_first else None
            for step, advance in steps:
                step()
                advance(arrays.loss if loss is None else loss)
            if arrays.evaluations == before:
                raise ValueError("A step of the optimizer has evaluated nothing, so its run would never end.")

    def _steppers(self, arrays: "Arrays", rng: np.random.Generator) -> list[tuple[Any, Any, str]]:
        """Each optimizer with what advances its scheduler and what its step wants."""
        matrices = [param for param in arrays.params if param.ndim == 2]
        others = [param for param in arrays.params if param.ndim != 2]
        own = matrices if self.manners.matrices_only else arrays.params
        made = [(*stepper_of(self._make(own, rng)), self.manners.wants)] if own else []
        if self.manners.matrices_only and others:
            made.append((self._companion(others), None, "gradient"))
        return [(stepper, self._advance(stepper, scheduler), wants) for stepper, scheduler, wants in made]

    def _make(self, params: list[Any], rng: np.random.Generator) -> Any:
        import torch

        generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
        return self.foreign(params, **wanted(self.foreign, {"generator": generator}), **self.chosen)

    def _companion(self, params: list[Any]) -> Any:
        import torch

        chosen = vars(self)
        known: Any = getattr(torch.optim, chosen["companion"], None)
        if not (isinstance(known, type) and issubclass(known, torch.optim.Optimizer)):
            raise ValueError(  # noqa: TRY004  # a user's mistake is a ValueError
                f"The companion is a class of torch.optim, such as AdamW; got '{chosen['companion']}'."
            )
        make: Callable[..., Any] = known
        return make(params, lr=chosen["companion_lr"])

    def _advance(self, stepper: Any, scheduler: Any) -> Callable[[float], None]:
        if scheduler is None and self.schedule is not None:
            scheduler = self.schedule(stepper)
        if scheduler is None:
            return lambda loss: None
        metrics = inspect.signature(scheduler.step).parameters.get("metrics")  # ReduceLROnPlateau looks at the loss
        return scheduler.step if metrics is not None else lambda loss: scheduler.step()


class Arrays:
    """The flat vector as torch parameters, and its evaluation into their gradients."""

    def __init__(self, objective: Objective, theta0: Doubles) -> None:
        import torch

        self._objective = objective
        self._torch = torch
        self.layout: tuple[Slot, ...] = objective.layout
        self.params = [torch.from_numpy(part.copy()).requires_grad_() for part in self._cut(theta0)]
        self.evaluations = 0
        self.loss = float("nan")
        """The latest."""

    def evaluate(self) -> float:
        """The loss at the parameters, whose gradients are set: some methods drop or replace what was there."""
        theta = np.concatenate([param.detach().numpy().ravel() for param in self.params])
        loss, gradient = self._objective.value_and_grad(theta)
        for param, part in zip(self.params, self._cut(gradient), strict=True):
            param.grad = self._torch.from_numpy(part)
        self.evaluations += 1
        self.loss = float(loss)
        return self.loss

    def closure(self) -> Any:
        """The same for a torch optimizer, which calls it as often as it likes."""
        return self._torch.tensor(self.evaluate(), dtype=self._torch.float64)

    def _cut(self, vector: Doubles) -> list[Doubles]:
        return [
            vector[slot.offset : slot.offset + int(np.prod(slot.shape))].reshape(slot.shape) for slot in self.layout
        ]


def bound_step(stepper: Any, wants: str, arrays: Arrays) -> Callable[[], Any]:
    """The step, with a closure where one is wanted."""
    return stepper.step if wants == "gradient" else lambda: stepper.step(arrays.closure)


def declared(name: str, foreign: Callable[..., Any], schedule: Callable[[Any], Any] | None) -> dict[str, Any]:
    """The class variables of the adapted method; it is tried with the defaults of its settings."""
    manners = manners_of(name, foreign)
    return {"manners": manners, **({"schedule": staticmethod(schedule)} if schedule else {})}

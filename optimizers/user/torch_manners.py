"""How a torch optimizer wants to be stepped, found by trying it on two small arrays.

Some want the gradient to be there, some a closure that evaluates it, as often as they like, and those of SAM's kind
both; some refuse what is not a matrix.
"""

import inspect
from collections.abc import Callable
from typing import Any, Literal, NamedTuple, TypeAlias

Wants: TypeAlias = Literal["gradient", "closure", "both"]
Make: TypeAlias = Callable[[list[Any]], Any]
"""From parameters to what the user's class or function makes: an optimizer, or a pair of it and a scheduler."""


class Manners(NamedTuple):
    """What `step` wants, and whether only matrices are taken."""

    wants: Wants
    matrices_only: bool


def manners_of(name: str, make: Make) -> Manners:
    """Raises ValueError, with the error of the optimizer, if it steps in no way."""
    try:
        return Manners(_wants(make, ((3, 2), (2,))), matrices_only=False)
    except Exception as error:  # noqa: BLE001  # what it refuses may be the vector
        first = error
    try:
        return Manners(_wants(make, ((3, 2),)), matrices_only=True)
    except Exception:  # noqa: BLE001  # the first error is the one to report
        raise ValueError(
            f"The torch optimizer '{name}' takes no step on a small matrix and a vector: "
            f"{type(first).__name__}: {f'{first}'.rstrip('.')}. It is made of a list of parameters and stepped by "
            "step(), where their gradients are there, or by step(closure): a class around it can give what else it "
            "wants."
        ) from first


def stepper_of(made: Any) -> tuple[Any, Any]:
    """The optimizer and the scheduler (or None) that a class or function of the user's has made.

    Raises ValueError for what has no step."""
    stepper, scheduler = made if isinstance(made, tuple | list) and len(made) == 2 else (made, None)
    if not callable(getattr(stepper, "step", None)):
        raise ValueError(  # noqa: TRY004  # a user's mistake is a ValueError
            f"it makes {type(stepper).__name__}, which has no step()"
        )
    if callable(getattr(stepper, "train", None)):
        stepper.train()  # schedule-free methods have two modes
    return stepper, scheduler


def _wants(make: Make, shapes: tuple[tuple[int, ...], ...]) -> Wants:
    takes_closure = bool(inspect.signature(stepper_of(make(_arrays(shapes)))[0].step).parameters)
    if not takes_closure:
        _try(make, shapes, poisoned=False, closure=False)
        return "gradient"
    alone = _outcome(make, shapes, poisoned=False, closure=False)
    helped = _outcome(make, shapes, poisoned=False, closure=True)
    # by torch's custom a closure may be called once for the loss's sake, by methods that need none
    if isinstance(alone, int) and (isinstance(helped, Exception) or helped <= 1):
        return "gradient"
    if isinstance(helped, Exception):
        raise helped
    # whoever reads the gradient that was there before the closure was called is poisoned by it
    spoiled = _outcome(make, shapes, poisoned=True, closure=True)
    return "closure" if isinstance(spoiled, int) and spoiled else "both"


def _outcome(make: Make, shapes: tuple[tuple[int, ...], ...], *, poisoned: bool, closure: bool) -> int | Exception:
    """How often the closure was called, or what went wrong; a step to points that are no numbers is an error."""
    try:
        return _try(make, shapes, poisoned=poisoned, closure=closure)
    except Exception as error:  # noqa: BLE001  # any error of a foreign optimizer is an outcome here
        return error


def _try(make: Make, shapes: tuple[tuple[int, ...], ...], *, poisoned: bool, closure: bool) -> int:
    import torch

    params = _arrays(shapes)
    stepper, _ = stepper_of(make(params))
    calls = 0

    def evaluate() -> Any:
        nonlocal calls
        calls += 1
        for param in params:
            param.grad = param.detach() - 1  # of half the squared distance to ones
        return sum(((param.detach() - 1) ** 2).sum() for param in params) / 2

    for param in params:
        param.grad = torch.full_like(param, float("nan")) if poisoned else param.detach() - 1
    stepper.step(evaluate) if closure else stepper.step()
    if not all(bool(torch.isfinite(param).all()) for param in params):
        raise ValueError("a step leads to points that are not finite")
    return calls


def _arrays(shapes: tuple[tuple[int, ...], ...]) -> list[Any]:
    import torch

    return [
        torch.linspace(0.1, 0.6, torch.Size(shape).numel(), dtype=torch.float64).view(shape).requires_grad_()
        for shape in shapes
    ]

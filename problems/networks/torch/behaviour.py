"""What a torch module must do to stand behind a flat vector, found by calling it and not by the names of its layers.

It is called twice, under another seed, with its samples in another order and in part: its output must be a function of
parameters and one sample alone. The innermost layer whose inputs agree while its outputs do not is named.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeAlias

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from problems.networks.torch.making import seeded

Call: TypeAlias = Callable[[Tensor], Tensor]
SAMPLES, PART = 6, 4
ORDER = (3, 0, 5, 1, 4, 2)
TOLERANCE = {torch.float32: 1e-3, torch.float64: 1e-6}
"""Of the largest output: far above rounding, far below what chance or other samples do."""
RANDOM = ("dropout", "rand", "bernoulli", "multinomial", "normal", "poisson", "gumbel", "rrelu", "exponential_")
RULE = "A network gives the same output for the same parameters and sample, and for each sample alone."
REMEDY = "Leave it out, switch it off (such as .eval()), or take a layer without it, such as GroupNorm."


class Trace(NamedTuple):
    """One call: inputs and outputs of every layer in the order in which they finish, and random functions called."""

    layers: list[tuple[str, nn.Module, list[Tensor], list[Tensor]]]
    output: Tensor
    random: list[str]


class _Listening(TorchFunctionMode):
    """Notes the functions that draw random numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        del types
        name = getattr(func, "__name__", "")
        if any(word in name for word in RANDOM):
            self.names.append(name)
        return func(*args, **(kwargs or {}))


def check_behaviour(module: nn.Module, call: Call, samples: Tensor) -> None:
    """Raise ValueError if more than parameters and one sample decides the output; `call` calls `module`."""
    buffers = {name: buffer.clone() for name, buffer in module.named_buffers()}
    _check_inputs_stay(module, call, samples)
    first = trace(module, call, samples, 0)
    _check_finite(module, first)
    again, other = trace(module, call, samples, 0), trace(module, call, samples, 1)
    if _differ(first.output, again.output):
        changed = _changed(module, buffers)
        what = f"'{changed[0]}' changes" if changed else "or it draws from a generator of its own"
        _refuse(first, again, None, f"keeps something from one call to the next: {what}")
    if _differ(first.output, other.output):
        by = f", by {first.random[0]}" if first.random else ""
        _refuse(first, other, None, f"draws random numbers at every call{by}")
    order = torch.tensor(ORDER, device=samples.device)
    if _differ(first.output[order], trace(module, call, samples[order], 0).output):
        _refuse(first, trace(module, call, samples[order], 0), order, "mixes the samples of a batch")
    part = trace(module, call, samples[:PART], 0)
    if _differ(first.output[:PART], part.output):
        _refuse(first, part, order.new_tensor(range(PART)), "mixes the samples of a batch, as batch statistics do")
    changed = _changed(module, buffers)
    if changed:
        _refuse_layer(*_owner(module, changed[0]), f"keeps statistics beside the parameters: '{changed[0]}' changes")


def _check_inputs_stay(module: nn.Module, call: Call, samples: Tensor) -> None:
    """The innermost layer after which the samples are others is to blame: the data would change at every call."""
    given = samples.clone()
    running: list[tuple[str, nn.Module]] = []
    blamed: list[tuple[str, nn.Module]] = []

    def look() -> None:
        if running and not blamed and not torch.equal(given, samples):
            blamed.append(running[-1])

    def enter(name: str, layer: nn.Module) -> None:
        look()
        running.append((name, layer))

    def leave() -> None:
        look()
        running.pop()

    named = list(module.named_modules())
    handles = [layer.register_forward_pre_hook(lambda *_, at=(name, layer): enter(*at)) for name, layer in named]
    handles += [layer.register_forward_hook(lambda *_: leave()) for _, layer in named]
    try:
        with torch.no_grad():
            seeded(lambda: call(given), 0)
    finally:
        for handle in handles:
            handle.remove()
    if not torch.equal(given, samples):
        rule, remedy = "A network leaves the samples as they are.", "Let it make a new tensor, as without inplace=True."
        _refuse_layer(*(blamed or [("", module)])[0], "changes them in place", rule, remedy)


def _check_finite(module: nn.Module, first: Trace) -> None:
    """The first layer to finish whose inputs are finite and whose outputs are not is to blame, unless a weight is."""
    if _are_finite([first.output]):
        return
    for at, values in module.named_parameters():
        if not _are_finite([values]):
            raise ValueError(
                f"A network begins with finite numbers. The parameter '{at}' holds others. Load weights that were "
                "saved before it diverged, or mend how they are drawn."
            )
    found = ((name, layer) for name, layer, given, out in first.layers if _are_finite(given) and not _are_finite(out))
    name, layer = next(found, first.layers[-1][:2])
    what = "gives numbers that are not finite for samples in [-1, 1]"
    rule, remedy = "A network begins with finite numbers.", "Keep arguments in range, or scale what it is given."
    _refuse_layer(name, layer, what, rule, remedy)


def _are_finite(values: list[Tensor]) -> bool:
    return all(bool(torch.isfinite(value).all()) for value in values)


def trace(module: nn.Module, call: Call, samples: Tensor, seed: int) -> Trace:
    """Call the module under this seed, and write down what its layers do."""
    layers: list[tuple[str, nn.Module, list[Tensor], list[Tensor]]] = []
    with _hooked(module, layers), torch.no_grad(), _Listening() as listening:
        output = seeded(lambda: call(samples), seed)
    return Trace(layers, output.clone(), listening.names)


@contextmanager
def _hooked(module: nn.Module, layers: list[tuple[str, nn.Module, list[Tensor], list[Tensor]]]) -> Iterator[None]:
    def hook(name: str) -> Callable[..., None]:
        return lambda layer, given, kept, out: layers.append((name, layer, tensors((given, kept)), tensors(out)))

    handles = [layer.register_forward_hook(hook(name), with_kwargs=True) for name, layer in module.named_modules()]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def tensors(value: Any) -> list[Tensor]:
    """Copies of all tensors in nested tuples, lists and mappings."""
    if isinstance(value, Tensor):
        return [value.detach().clone()]
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [tensor for item in value for tensor in tensors(item)]
    return []


def _differ(one: Tensor, other: Tensor) -> bool:
    if one.shape != other.shape:
        return True
    if not (one.is_floating_point() or one.is_complex()):
        return not torch.equal(one, other)
    scale = float(one.abs().max()) if one.numel() else 0.0
    gap = float((one - other).abs().max()) if one.numel() else 0.0
    kind = torch.float32 if one.dtype in (torch.float32, torch.complex64) else torch.float64
    return not gap <= TOLERANCE[kind] * max(scale, 1e-6)  # outputs that are NaN differ, even from themselves


def _refuse(first: Trace, second: Trace, rows: Tensor | None, what: str) -> None:
    """Name the innermost layer that is to blame: its inputs agree, its outputs do not."""
    for (name, layer, given, out), (_, _, given_too, out_too) in zip(first.layers, second.layers, strict=False):
        if not _any(given, given_too, rows) and _any(out, out_too, rows):
            _refuse_layer(name, layer, what)
    _refuse_layer(first.layers[-1][0], first.layers[-1][1], what)


def _any(one: list[Tensor], other: list[Tensor], rows: Tensor | None) -> bool:
    if len(one) != len(other):
        return True
    chosen = [tensor[rows] if rows is not None and tensor.ndim and len(tensor) == SAMPLES else tensor for tensor in one]
    return any(_differ(*pair) for pair in zip(chosen, other, strict=True))


def _changed(module: nn.Module, before: Mapping[str, Tensor]) -> list[str]:
    return [name for name, buffer in module.named_buffers() if name in before and not torch.equal(buffer, before[name])]


def _owner(module: nn.Module, buffer: str) -> tuple[str, nn.Module]:
    name = buffer.rpartition(".")[0]
    return name, module.get_submodule(name)


def _refuse_layer(name: str, layer: nn.Module, what: str, rule: str = RULE, remedy: str = REMEDY) -> None:
    who = f"The layer '{name}', a {type(layer).__name__}," if name else f"The forward of {type(layer).__name__} itself"
    raise ValueError(f"{rule} {who} {what}. {remedy}")

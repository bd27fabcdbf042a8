"""What a recipe of the user's has built, held against the contracts of a problem before any run begins.

A fault would end each run in words of numpy's or, as of targets that are no numbers, go unnoticed."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from problems.base import Array, Loss, Network, Problem
from problems.losses.regression import LOSSES

NETWORK = ("name", "layout", "dim", "dtype", "theta0", "block", "forward", "vjp")
LOSS = ("name", "value", "value_and_cotangent")
PROBE = ("name", "component", "frequency", "target_amplitude", "measure")
LANES, SAMPLES = 2, 6
"""Of the trial: two parameter vectors, as a loss that is a number whatever comes would pass with one."""
LARGE = 1_000_000
"""Networks of more parameters are not tried."""


def check_built(problem: Any) -> None:
    """Raise ValueError, saying what a problem has and what came, unless `problem` keeps the contracts."""
    if not isinstance(problem, Problem):
        raise ValueError(  # noqa: TRY004  # a user's mistake is a ValueError
            f"`build` returns a problems.base.Problem; it returned {type(problem).__name__}."
        )
    pair = _arrays("", problem.inputs, problem.targets)
    if problem.test is not None:
        _arrays("test ", *problem.test)
    _check_parts("network", problem.network, NETWORK)
    _check_parts("loss", problem.loss, LOSS)
    for probes in (problem.probes, problem.test_probes):
        if not isinstance(probes, tuple | list):
            raise ValueError(  # noqa: TRY004  # as above
                f"A problem's probes are a tuple, such as (probe,); got {_told(probes)}."
            )
        for probe in probes:
            _check_parts("probe", probe, PROBE)
    if problem.network.dim <= LARGE:
        rows = slice(None) if problem.whole else slice(SAMPLES)
        _try_out(problem.network, problem.loss, pair[0][rows], pair[1][rows])


def check_drawn(before: Any, rng: np.random.Generator, *, random_data: bool) -> None:
    """Raise ValueError where data were drawn from `rng`, whose state was `before`, and are not said to be."""
    if not random_data and rng.bit_generator.state != before:
        raise ValueError(
            "Its `build` draws from `rng`, so that each seed has other data. Write `random_data = True` into the "
            "class, or draw data that are the same for every seed from np.random.default_rng(0)."
        )


def _arrays(which: str, inputs: Any, targets: Any) -> tuple[Array, Array]:
    for name, array in (("inputs", inputs), ("targets", targets)):
        form = f"A problem's {which}{name} are an array (n, {'d' if name == 'inputs' else 'm'}) of real numbers"
        if not isinstance(array, np.ndarray) or array.dtype.kind != "f":
            raise ValueError(f"{form}, float64 or float32; got {_told(array)}.")
        if array.ndim != 2 or not array.size:
            raise ValueError(f"{form}; got the shape {array.shape}. A single column is written as x[:, None].")
        if not np.isfinite(array).all():
            raise ValueError(f"{form}, all finite; {int((~np.isfinite(array)).sum())} of {array.size} are not.")
    if len(inputs) != len(targets):
        raise ValueError(
            f"A problem has as many {which}targets as {which}inputs; got {len(targets)} for {len(inputs)}."
        )
    return inputs, targets


def _check_parts(kind: str, thing: Any, parts: Iterable[str]) -> None:
    if isinstance(thing, type):
        raise ValueError(  # noqa: TRY004  # as above
            f"A problem's {kind} is made already; got the class {thing.__name__}: write it with ()."
        )
    lacking = [part for part in parts if not hasattr(thing, part)]
    if lacking:
        raise ValueError(
            f"A problem's {kind} has {', '.join(parts)} (problems/base says what each is); {_told(thing)} "
            f"has no {', '.join(lacking)}."
        )


def _try_out(network: Network, loss: Loss, inputs: Array, targets: Array) -> None:
    thetas = np.stack([network.theta0(np.random.default_rng(seed)) for seed in range(LANES)])
    outputs = np.asarray(network.forward(thetas, inputs))
    if outputs.ndim != 3 or outputs.shape[:2] != (LANES, len(inputs)):
        raise ValueError(
            f"A network gives outputs (B, n, m), here ({LANES}, {len(inputs)}, m); {network.name} gave {outputs.shape}."
        )
    if isinstance(loss, tuple(kind for kind in LOSSES.values() if isinstance(kind, type))):
        if outputs.shape[2] != targets.shape[1]:
            raise ValueError(
                f"The loss '{loss.name}' compares outputs with targets, as many of both; the network {network.name} "
                f"gives {outputs.shape[2]} for a sample, of {targets.shape[1]} target(s)."
            )
        return
    form = f"The loss '{loss.name}' gives losses (B,) and their derivative in the outputs (B, n, m)"
    asked = f"for outputs {outputs.shape} and targets {targets.shape}"
    try:
        values = loss.value(outputs, targets)
        losses, cotangent = loss.value_and_cotangent(outputs, targets)
    except Exception as error:
        raise ValueError(f"{form}; {asked} it fails: {type(error).__name__}: {error}.") from error
    found = np.shape(values), np.shape(losses), np.shape(cotangent)
    if found != ((LANES,), (LANES,), outputs.shape):
        raise ValueError(
            f"{form}, here ({LANES},) and {outputs.shape}; {asked} `value` gives {found[0]}, `value_and_cotangent` "
            f"{found[1]} and {found[2]}. A mean over samples and components is .mean(axis=(1, 2))."
        )


def _told(thing: Any) -> str:
    if isinstance(thing, np.ndarray):
        return f"an array of {thing.dtype}"
    return f"'{thing}'" if isinstance(thing, str) else f"a {type(thing).__name__}"

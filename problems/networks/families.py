"""Networks of the literature by name: what stands for `siren` in widths, activation and initialisation.

A name is written in place of widths. Those of plain layers are spelled out before anything is built, so that a study
records what it trained: `--network siren` on `1-40-1` is `--network 1-256-256-256-256-1 --activation 'sin(30)' --init
'siren(30)'`, and an activation or initialisation that is given beside the name stays. The others keep their name.
"""

import re
from collections.abc import Callable, Mapping
from functools import wraps
from inspect import signature
from typing import Any, NamedTuple

from problems.factories import CALL, CALLED, resolve, spelled_once


class Spelling(NamedTuple):
    """What a name stands for; without `hidden` widths it stays a name, and without the others they stay as they are."""

    hidden: tuple[int, ...] = ()
    activation: str = ""
    init: str = ""
    zooms: tuple[float, ...] = ()
    """Of a sum of networks of these widths, by what each multiplies its input; then, too, it stays a name."""


MOST_PARAMETERS = 1e9
"""Of doubles they are 8 GB, beyond which every method is refused; a module would first be made."""
OWN = Spelling((), "own", "own")
"""A module with activations and initialisation of its own."""
MOST_CELLS = 10_000
"""Of a spline, and tokens of a transformer."""
WIDTHS = re.compile(r"(\d+)-(?:\d+-)*(\d+)")


def siren(width: float = 256, layers: float = 4, w0: float = 30, first: float = 0) -> Spelling:
    """Sines (Sitzmann et al. 2020: four layers of 256, w0 = 30); `first` is w0 of the first layer, if another."""
    speeds = f"{w0:g},{first:g}" if first else f"{w0:g}"
    return Spelling(_layers("siren", width, layers), f"sin({w0:g})", f"siren({speeds})")


def gauss(width: float = 256, layers: float = 4, s: float = 10) -> Spelling:
    """Bells exp(-(s z)^2) (Ramasinghe and Lucey 2022), with torch's weights, as WIRE's code compares them."""
    return Spelling(_layers("gauss", width, layers), f"gaussian({s:g})", "pytorch-uniform")


def gabor(width: float = 256, layers: float = 4, w0: float = 20, s0: float = 10) -> Spelling:
    """The real part of WIRE's wavelet in a plain network; `wire` is the published complex one."""
    return Spelling(_layers("gabor", width, layers), f"gabor({w0:g},{s0:g})", "pytorch-uniform")


def finer(width: float = 256, layers: float = 4, w0: float = 30, k: float = 10) -> Spelling:
    """Sines that quicken (FINER 2024), w0 = 30 in all layers; k, of the first biases, is our own choice."""
    return Spelling(_layers("finer", width, layers), f"finer({w0:g})", f"finer({w0:g},{k:g})")


def mscale(width: float = 40, layers: float = 2, copies: float = 6) -> Spelling:
    """MscaleDNN-2 (Liu, Cai, Xu 2020): a sum of networks that see 1, 2, 4, ... times the input; there with srelu."""
    hidden = _layers("mscale", width, layers)
    if not 1 <= copies <= 30 or copies % 1:
        raise ValueError(f"The network mscale(width, layers, copies) has 1 to 30 copies; got {copies:g}.")
    return Spelling(hidden, zooms=tuple(2.0**copy for copy in range(int(copies))))


def wire(width: float = 181, layers: float = 3, w0: float = 20, s0: float = 10) -> Spelling:
    """Complex Gabor wavelets (Saragadam et al. 2023), 256 / sqrt 2 wide; w0 = 20 and s0 = 10 as in FINER's code."""
    _layers("wire", width, layers)
    if not (w0 > 0 and s0 > 0):
        raise ValueError(f"The network wire(width, layers, w0, s0) needs w0 and s0 above 0; got {w0:g} and {s0:g}.")
    return OWN


def kan(width: float = 5, layers: float = 1, grid: float = 5) -> Spelling:
    """Cubic splines on every edge (Liu, Wang et al. 2024), on a fixed grid of [-1, 1]; the paper's toy is 5 wide."""
    if not 1 <= grid <= MOST_CELLS or grid % 1:
        raise ValueError(f"The network kan(width, layers, grid) has from 1 to {MOST_CELLS} whole cells; got {grid:g}.")
    _layers("kan", width, layers, grid)
    return OWN


def hash_grid(levels: float = 8, table: float = 1024, coarsest: float = 4, width: float = 64) -> Spelling:
    """Features from hashed grids of doubling fineness (Mueller et al. 2022), 2 a level, before two layers of relu."""
    _layers("hash-grid", width, levels)
    if min(table, coarsest) < 1 or table % 1 or coarsest % 1 or levels > 20 or table * levels > MOST_PARAMETERS / 2:
        raise ValueError(
            "The network hash-grid(levels, table, coarsest, width) takes whole numbers from 1, at most 20 levels and "
            f"{MOST_PARAMETERS:.0e} parameters; "
            f"got {levels:g}, {table:g}, {coarsest:g}, {width:g}."
        )
    return OWN


def residual(width: float = 64, blocks: float = 3) -> Spelling:
    """Blocks h + W2 phi(W1 h) of one width (He et al. 2016) between two linear layers."""
    _layers("residual", width, blocks)
    return Spelling((), "", "own")


def layer_norm(width: float = 64, layers: float = 3) -> Spelling:
    """Linear, layer normalisation (Ba et al. 2016), activation, so many times, and a linear layer."""
    _layers("layer-norm", width, layers)
    return Spelling((), "", "own")


def transformer(width: float = 16, layers: float = 2, tokens: float = 8, heads: float = 2) -> Spelling:
    """Each token is an affine image of the variables (Gorishniy et al. 2021), blocks of attention, their mean."""
    _layers("transformer", width, layers)
    if not 1 <= tokens <= MOST_CELLS or heads < 1 or tokens % 1 or heads % 1 or width % heads:
        raise ValueError(
            f"The network transformer(width, layers, tokens, heads) takes whole numbers from 1, up to {MOST_CELLS} "
            f"tokens, heads a divisor of the width; got {width:g}, {layers:g}, {tokens:g}, {heads:g}."
        )
    return OWN


FAMILIES: dict[str, Callable[..., Spelling]] = {
    "finer": finer,
    "gabor": gabor,
    "gauss": gauss,
    "hash-grid": hash_grid,
    "kan": kan,
    "layer-norm": layer_norm,
    "mscale": mscale,
    "residual": residual,
    "siren": siren,
    "transformer": transformer,
    "wire": wire,
}


def spelled_out(changes: Mapping[str, Any], network: str) -> Mapping[str, Any]:
    """Settings of a problem in which names have one spelling, and that of a network is written out.

    `network` is what the problem has at first.

    Raises ValueError for numbers that do not fit, and where the inputs and outputs of a problem are not in it."""
    changes = {
        name: spelled_once(value) if name in CALLED and isinstance(value, str) else value
        for name, value in changes.items()
    }
    text = str(changes.get("network", ""))
    if not is_named(text):
        return changes
    spelling = resolve("network", text, FAMILIES)
    found = {"activation": spelling.activation, "init": spelling.init}
    if spelling.hidden and not spelling.zooms:
        ends = WIDTHS.fullmatch(network)
        if ends is None:
            raise ValueError(
                f"The network '{text}' stands for widths between inputs and outputs, which '{network}' does not tell: "
                "write the widths, --activation and --init."
            )
        found["network"] = "-".join(map(str, (ends[1], *spelling.hidden, ends[2])))
    kept: dict[str, Any] = {name: changes[name] for name in ("activation", "init") if name in changes}
    return {**changes, **{name: value for name, value in found.items() if value}, **kept}


def is_named(text: str) -> bool:
    """Whether a network is one of `FAMILIES`, and not widths."""
    match = CALL.fullmatch(text)
    return match is not None and match[1] in FAMILIES


def numbers_of(text: str) -> tuple[float, ...]:
    """All numbers of a named network, those that are left out as its family declares them; raises ValueError."""
    return resolve("network", text, {name: _given_and_declared(family) for name, family in FAMILIES.items()})


def _given_and_declared(family: Callable[..., Spelling]) -> Callable[..., tuple[float, ...]]:
    @wraps(family)  # with its parameters, by which numbers that do not fit are refused
    def numbers(*given: float) -> tuple[float, ...]:
        bound = signature(family).bind(*given)
        bound.apply_defaults()
        return bound.args

    return numbers


def _layers(name: str, width: float, layers: float, each: float = 1) -> tuple[int, ...]:
    """The hidden widths; `each` is how many parameters a pair of units has."""
    if min(width, layers) < 1 or width % 1 or layers % 1 or layers > 100:
        raise ValueError(
            f"The network '{name}' is of whole numbers from 1, at most 100 layers; got width {width:g} and {layers:g}."
        )
    if width * width * layers * each > MOST_PARAMETERS:
        raise ValueError(f"The network '{name}' has at most {MOST_PARAMETERS:.0e} parameters; got width {width:g}.")
    return (int(width),) * int(layers)

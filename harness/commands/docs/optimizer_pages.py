"""Pages about the optimizers, one a family, made from the registry alone."""

from collections.abc import Iterator, Mapping
from dataclasses import fields

from harness.quantities import size
from harness.run.spec import settings_of
from optimizers.base import Optimizer, Setting

TITLES = {
    "first-order": "First-order methods",
    "layered": "Methods that see matrices",
    "conjugate-gradient": "Conjugate gradients",
    "quasi-newton": "Quasi-Newton methods",
    "newton": "Newton methods",
    "residual": "Second order on residuals",
    "direct": "Direct searches",
    "swarm": "Particle swarms",
    "evolution": "Evolution",
    "stochastic": "Searches by chance",
    "relaxation": "Relaxation",
}
HEADER = "<!-- Made by `python -m harness docs optimizers` from the registry; change the classes, not this page. -->"
INTRODUCTION = (
    "Every method starts from the same point, spends the same cost and is stopped exactly there. *Expected* is what "
    "theory or the literature says about the order of frequencies; what is measured, `harness compare` says."
)
SIZES = (121, 10_000)
"""Parameters at which memory is stated: the default network of `sin135`, and a large one."""


def pages(registry: Mapping[str, Optimizer]) -> dict[str, str]:
    """File name to content: one page a family, and an index."""
    families: dict[str, dict[str, Optimizer]] = {}
    for name, method in registry.items():
        families.setdefault(method.family, {})[name] = method
    written = {f"{family}.md": _page(family, methods) for family, methods in families.items()}
    return {"README.md": _index(families), **written}


def _index(families: Mapping[str, Mapping[str, Optimizer]]) -> str:
    lines = [
        HEADER,
        "# Optimizers",
        "",
        INTRODUCTION,
        "",
        "| family | methods |",
        "|---|---|",
    ]
    for family, methods in families.items():
        names = ", ".join(f"`{name}`" for name in sorted(methods))
        lines.append(f"| [{_title(family)}]({family}.md) | {names} |")
    return "\n".join([*lines, ""])


def _title(family: str) -> str:
    return TITLES.get(family, family.title())


def _page(family: str, methods: Mapping[str, Optimizer]) -> str:
    sections = [section for name in sorted(methods) for section in _section(name, methods[name])]
    return "\n".join([HEADER, f"# {_title(family)}", "", *sections])


def _section(name: str, method: Optimizer) -> Iterator[str]:
    about = (type(method).__doc__ or "").strip()
    yield f"## {name}"
    yield ""
    yield " ".join(about.split())
    yield ""
    yield f"- source: {method.source}"
    yield f"- needs: {', '.join(sorted(method.needs))}" + ("; many seeds in one batch" if method.lanes else "")
    # at a size that the method refuses it holds nothing
    sizes = ", ".join(f"{size(method.memory(dim))} at P = {dim:,}" for dim in SIZES if dim <= method.max_dim)
    more = "; 16 bytes for each entry of the Jacobian" if "residuals" in method.needs else ""
    if type(method).memory_at is not Optimizer.memory_at:
        more = " in one square matrix; the squares of all axes count"
    yield f"- memory: {sizes or size(method.memory(method.max_dim))}{more}; at most {method.max_dim:,} parameters"
    if method.library:
        yield f"- library: {method.library}, with `pip install 'frequency-harness[more]'`"
    yield f"- expected: {method.expected}"
    if method.caveat:
        yield f"- trap: {method.caveat}"
    yield ""
    yield from _settings(method)


def _settings(method: Optimizer) -> Iterator[str]:
    values = settings_of(method)
    if not values:
        yield "No settings."
        yield ""
        return
    yield "| setting | default | legal | searched | meaning |"
    yield "|---|---|---|---|---|"
    for spec in fields(method):
        # every field has one: a rule of the house checks that
        rule: Setting = spec.metadata["setting"]
        tune = f"{rule.tune[0]:g} to {rule.tune[1]:g}" if rule.tune else ""
        yield f"| `{spec.name}` | {_value(values[spec.name])} | {_legal(rule)} | {tune} | {rule.doc} |"
    yield ""


def _value(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _legal(rule: Setting) -> str:
    if rule.choices is not None:
        return ", ".join(map(str, rule.choices))
    bounds = {"above": rule.above, "at least": rule.at_least, "below": rule.below}
    return ", ".join(f"{word} {bound:g}" for word, bound in bounds.items() if bound is not None)

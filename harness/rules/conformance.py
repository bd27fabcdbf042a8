"""What every method must be and do, as rules: each takes a method and returns the sentence it breaks, or None.

A rule never asks for a method's name. An exception out of a rule is a broken rule as well.
"""

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from math import inf, nan
from typing import Any, TypeAlias, get_args

from harness.rules import behaviour
from harness.run.spec import canonical, settings_of
from harness.run.tracebacks import told
from optimizers.base import Need, Optimizer, Setting

Rule: TypeAlias = Callable[[Optimizer], str | None]


def declares_itself(method: Optimizer) -> str | None:
    """Family, source, needs, memory and settings are all stated."""
    unknown = method.needs - set(get_args(Need))
    if unknown or not method.needs:
        return f"needs are one or more of {', '.join(get_args(Need))}; got {sorted(method.needs) or 'none'}"
    if not (method.family and method.source):
        return "family and source are stated"
    if not 0 < method.memory(10) <= method.memory(1000):
        return "memory(dim) is a positive number of bytes that does not fall with dim"
    missing = [spec.name for spec in fields(method) if "setting" not in spec.metadata]
    if missing:
        return f"every setting is declared with setting(...); not so: {', '.join(missing)}"
    canonical(settings_of(method))  # or a run has no identity
    return None


def refuses_bad_settings(method: Optimizer) -> str | None:
    """A setting outside its rules is refused with a sentence that names it; the range to search is inside them."""
    for spec in fields(method):
        rule: Setting | None = spec.metadata.get("setting")
        if rule is None:  # `declares_itself` says it
            continue
        for bad in _illegal_values(rule):
            try:
                replace(method, **{spec.name: bad})
            except ValueError as error:
                if f"'{spec.name}'" not in str(error):
                    return f"the refusal of {spec.name}={bad!r} names the setting; it says: {error}"
            else:
                if bad != spec.default:
                    return f"{spec.name}={bad!r} is refused"
        if not rule.doc:
            return f"the setting {spec.name} says what it means"
        if rule.tune and not _worth_searching(rule, getattr(method, spec.name)):
            return f"the tune range of {spec.name} rises, is legal and holds the default; got {rule.tune}"
    return None


def _illegal_values(rule: Setting) -> Iterator[Any]:
    if rule.choices is not None:
        yield "no such choice"
    # NaN as well: a rule that asks `value <= bound` lets it pass
    if rule.above is not None:
        yield from (rule.above, nan, inf)
    if rule.at_least is not None:
        yield from (rule.at_least - 1, nan, inf)
    if rule.below is not None:
        yield rule.below


def _worth_searching(rule: Setting, default: Any) -> bool:
    assert rule.tune is not None
    low, high = rule.tune
    return low < high and low <= default <= high and rule.complaint(low) is None and rule.complaint(high) is None


RULES: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (
        declares_itself,
        refuses_bad_settings,
        behaviour.starts_at_theta0,
        behaviour.leaves_theta0_alone,
        behaviour.keeps_the_budget,
        behaviour.asks_for_what_it_needs,
        behaviour.lowers_the_loss,
        behaviour.repeats_itself,
        behaviour.leaves_no_trace,
        behaviour.passes_errors_on,
        behaviour.survives_one_nan,
        behaviour.survives_nothing_but_nan,
        behaviour.survives_a_wall_of_infinity,
        behaviour.runs_lanes_as_if_alone,
    )
}


def complaint(rule: Rule, method: Optimizer) -> str | None:
    """The sentence that `method` breaks, or None; an exception other than an interrupt is a complaint too."""
    try:
        return rule(method)
    except Exception as error:  # noqa: BLE001  # whatever a foreign method raises is its report
        return f"no exception comes out of a run; got {told(error)}"

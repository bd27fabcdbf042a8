"""Runs written as a study's file, for studies that began as a comparison or have grown by one."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.run.spec import RunSpec, settable
from harness.study.comparison import TERMS
from optimizers import OPTIMIZERS
from optimizers.base import Optimizer
from problems import PROBLEMS
from problems.base import Recipe

HEAD = "# Made from the runs of this study. To make them again, or on another machine: harness sweep STUDY.toml"


def written(specs: Sequence[RunSpec], name: str, plugins: Iterable[str] = (), ledger: str | None = None) -> str:
    """A file from which `read_study` reads exactly these runs, each part with one value for every setting."""
    lines = [HEAD, f"name = {toml_value(name)}"]
    listed = list(plugins)
    if listed:
        lines.append(f"plugins = {toml_value(listed)}")
    if ledger is not None:
        lines.append(f"ledger = {toml_value(ledger)}")
    for (problem, methods), seeds in _parts(specs).items():
        lines += ["", "[[parts]]", f"seeds = {toml_value(spans(seeds))}"]
        lines += [f"{key} = {toml_value(value)}" for key, value in terms_of(problem).items()]
        recipe = {"budget": problem.budget, **changed(problem.recipe, PROBLEMS[problem.problem])}
        lines += toml_table(f"parts.problems.{problem.problem}", recipe)
        for optimizer, method in methods:
            lines += toml_table(f"parts.optimizers.{optimizer}", changed(method, OPTIMIZERS[optimizer]))
    return "\n".join(lines) + "\n"


def spans(seeds: Sequence[int]) -> str:
    """`[0, 1, 2, 7]` as `0..2,7`."""
    parts: list[list[int]] = []
    for seed in seeds:
        if parts and seed == parts[-1][-1] + 1:
            parts[-1].append(seed)
        else:
            parts.append([seed])
    return ",".join(f"{part[0]}..{part[-1]}" if len(part) > 1 else str(part[0]) for part in parts)


def _parts(
    specs: Sequence[RunSpec],
) -> dict[tuple[RunSpec, tuple[tuple[str, Optimizer], ...]], tuple[int, ...]]:
    """For each problem with its terms, the methods that have the same seeds, no optimizer twice."""
    seeds: dict[RunSpec, list[int]] = {}
    for spec in specs:
        seeds.setdefault(replace(spec, seed=0), []).append(spec.seed)
    parts: list[tuple[RunSpec, tuple[int, ...], dict[str, Optimizer]]] = []
    for alike, found in seeds.items():
        # equal for all methods: what is left to tell parts apart is the problem with its terms
        problem = replace(alike, optimizer="gd", method=OPTIMIZERS["gd"])
        # the last part alone: joining an earlier one would change the order of the runs, and so of all tables
        last = parts[-1] if parts else None
        if last and last[0] == problem and last[1] == tuple(found) and alike.optimizer not in last[2]:
            last[2][alike.optimizer] = alike.method
        else:
            parts.append((problem, tuple(found), {alike.optimizer: alike.method}))
    return {(problem, tuple(methods.items())): chosen for problem, chosen, methods in parts}


def terms_of(spec: RunSpec) -> dict[str, Any]:
    """The terms of a run that are not the usual ones, as a study's file has them."""
    # a run of nothing but defaults: terms that are equal to its own are not written
    sample = RunSpec(spec.problem, spec.recipe, spec.optimizer, spec.method, 0, spec.budget)
    terms = {key: getattr(spec, key) for key in TERMS if getattr(spec, key) != getattr(sample, key)}
    # without the plugin's checksum, which no user types
    observers = ", ".join(str(observer).partition("@")[0] for observer in spec.observers)
    return {**terms, "observe": observers} if observers else terms


def changed(instance: Optimizer | Recipe, registered: Any) -> dict[str, Any]:
    """The settings of an instance that are not those of the registered one, without what is found and cannot be set."""
    usual = settable(registered)
    return {key: value for key, value in settable(instance).items() if value != usual[key]}


def toml_table(name: str, settings: Mapping[str, Any]) -> list[str]:
    """The lines of a table, after an empty one."""
    owner, _, last = name.rpartition(".")
    return ["", f"[{owner}.{toml_value(last)}]", *(f"{key} = {toml_value(value)}" for key, value in settings.items())]


def toml_value(value: Any) -> str:
    """A value in TOML, which spells text, numbers and lists as JSON does, but for the infinite."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    # JSON's word is Infinity, which TOML does not know
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return "inf" if value > 0 else "-inf"
    return json.dumps(value, ensure_ascii=False)

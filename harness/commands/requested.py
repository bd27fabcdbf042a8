"""What a user asks for, from options to what `plan` takes."""

import argparse
from collections.abc import Sequence
from typing import Any

from harness.questions.reading import read_observers
from harness.run.given import agreed
from harness.run.marks.observer import Observer
from harness.run.spec import find_optimizer, find_problem, settings_of
from harness.study.comparison import DEFAULT_SEEDS, RECIPE_OPTIONS, Plan, plan
from harness.study.settings_files import read_settings_file
from harness.study.vary import read_varied

PROBLEM_OPTIONS = (
    "target",
    "columns",
    "sep",
    "domain",
    "samples",
    "embedding",
    "watch",
    "image",
    "size",
    "points",
    "mesh",
    "data",
    "device",
)
"""Options that are settings of the problem, and may not belong to every one."""
# the first that is given decides; a second is then refused as a setting that the problem does not have
OWN_DATA = {"target": "target", "image": "image", "points": "solid", "mesh": "solid-distance", "data": "data"}
"""Options that stand for a problem by themselves."""
TERMS = ("budget", "cost_per_gradient", "marks", "time_limit", "target_loss", "engine")


def requested_comparison(arguments: argparse.Namespace, *, lenient: bool = False) -> Plan:
    """The comparison that the command line describes; `lenient` leaves out methods that do not fit."""
    names = split_names(arguments.optimizers) if arguments.optimizers else None
    seeds = DEFAULT_SEEDS if arguments.seeds is None else arguments.seeds
    return plan(problem_of(arguments), names, seeds, lenient=lenient, **choices(arguments))


def requested_run(arguments: argparse.Namespace, seed: int) -> Plan:
    """The one run that the command line describes."""
    find_optimizer(arguments.optimizer)  # 'all' is none
    return plan(problem_of(arguments), [arguments.optimizer], [seed], **choices(arguments))


def split_names(text: str) -> list[str]:
    """`a, b` as its two names."""
    return [name.strip() for name in text.split(",")]


def problem_of(arguments: argparse.Namespace) -> str:
    """The problem's name; data of one's own have a problem of their own. Raises ValueError if there is none."""
    if arguments.problem is not None:
        return str(arguments.problem)
    for option, problem in OWN_DATA.items():
        if getattr(arguments, option) is not None:
            return problem
    raise ValueError(
        "Name a problem with --problem, or give data of your own with --target, --image, --points, --mesh or --data."
    )


def choices(arguments: argparse.Namespace) -> dict[str, Any]:
    """The options that `plan` takes, from the command line."""
    if arguments.data_dir:
        check_reads_data(problem_of(arguments))
    named = {name: getattr(arguments, name) for name in (*RECIPE_OPTIONS, *TERMS)}
    named["observe"] = _observed(getattr(arguments, "observe", None), getattr(arguments, "keep", None))
    named["probes"] = ",".join(getattr(arguments, "probe", None) or ()) or None
    settings = read_settings(arguments.set)
    own = {name: getattr(arguments, name) for name in PROBLEM_OPTIONS if getattr(arguments, name) is not None}
    settings["problem"] = agreed("problem", settings.get("problem", {}), own)
    if arguments.settings:
        named["settings_file"] = read_settings_file(arguments.settings, problem_of(arguments))
    return {**named, "settings": settings, "vary": read_varied(getattr(arguments, "vary", []))}


def _observed(asked: str | None, keep: str | None) -> tuple[Observer, ...]:
    """The observers asked for; what is to be kept is written by one of that name."""
    observers = read_observers(asked or ())
    named = {observer.name for observer in observers}
    return observers if keep is None or keep in named else (*observers, *read_observers(keep))


def read_settings(texts: Sequence[str]) -> dict[str, dict[str, str]]:
    """`["adam.lr=0.01"]` as `{"adam": {"lr": "0.01"}}`; raises ValueError for another form."""
    settings: dict[str, dict[str, str]] = {}
    for text in texts:
        target, equals, value = text.partition("=")
        owner, dot, name = target.strip().rpartition(".")
        if not (equals and dot and owner and name):
            raise ValueError(f"A setting is written OWNER.SETTING=VALUE, such as adam.lr=0.003; got '{text}'.")
        settings[owner] = agreed(owner, settings.get(owner, {}), {name: value.strip()})
    return settings


def check_reads_data(problem: str) -> None:
    """Raise ValueError if the problem reads no collection; one of the user's own may read what it likes."""
    recipe = find_problem(problem)
    if "data" not in settings_of(recipe) and not recipe.origin:
        raise ValueError(f"--data-dir is for problems on collections of images; '{problem}' reads none.")


def check_beside_file(arguments: argparse.Namespace, own: Sequence[str], says: str) -> None:
    """Raise ValueError where options other than its `own` are given beside a study's file, which `says` that itself."""
    refused = [name for name, value in vars(arguments).items() if name not in own and value not in (None, [])]
    if refused:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in refused)
        raise ValueError(f"A study's file says {says}; leave out {options}, or write it into the file.")

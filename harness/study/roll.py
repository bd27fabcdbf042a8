"""The list of a study's runs, which grows: what is asked for anew joins what was asked for before.

The order of the rows in every table is the order of this list, and does not tell how the study came about: runs of one
configuration stand together, by seed, configurations in the order in which they were first asked for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeGuard

from harness.run.spec import RunSpec, digest

VERSION = 2
LISTS = ("runs", "configurations", "seeds")
"""Of equal length: ids, and for each the number of its configuration and its seed."""


def roll_of(specs: Sequence[RunSpec]) -> dict[str, Any]:
    """What a study of these runs writes down."""
    labels: dict[str, dict[str, Any]] = {}
    numbers: dict[RunSpec, int] = {}
    for spec in specs:
        # a configuration is a run but for its seed
        alike = replace(spec, seed=0)
        if alike not in numbers:
            numbers[alike] = len(numbers)
            labels[alike.run_id] = {"problem": spec.problem, "optimizer": spec.optimizer, "budget": spec.budget}
    runs = [spec.run_id for spec in specs]
    return {
        "version": VERSION,
        "study_id": digest(sorted(runs)),
        "runs": runs,
        "configurations": [numbers[replace(spec, seed=0)] for spec in specs],
        "seeds": [spec.seed for spec in specs],
        "labels": [{"id": key, **label} for key, label in labels.items()],
    }


def joined(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Both lists in one, with everything else from the newer one."""
    # nothing would be lost: the newer list stands, in its own order
    if set(old["runs"]) <= set(new["runs"]):
        return {**old, **new}
    # lists of the first version, and of searches, are of ids alone: what is new goes to the end
    if not (_is_full(old) and _is_full(new)):
        return {**old, **new, "runs": list(dict.fromkeys([*old["runs"], *new["runs"]]))}
    labels = {label["id"]: label for label in (*old["labels"], *new["labels"])}
    number = {key: index for index, key in enumerate(labels)}
    entries = {
        run_id: (number[roll["labels"][configuration]["id"]], seed, run_id)
        for roll in (old, new)
        for run_id, configuration, seed in zip(*(roll[name] for name in LISTS), strict=True)
    }
    # configuration, then seed; the id stands last, and settles the order of equals
    ordered = sorted(entries.values())
    runs = [run_id for _, _, run_id in ordered]
    return {
        **old,
        **new,
        "study_id": digest(sorted(runs)),
        "runs": runs,
        "configurations": [configuration for configuration, _, _ in ordered],
        "seeds": [seed for _, seed, _ in ordered],
        "labels": list(labels.values()),
    }


def label_of(roll: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The problem, optimizer and budget of each run."""
    if not _is_full(roll):
        return {run_id: {} for run_id in roll["runs"]}
    pairs: Iterable[tuple[str, int]] = zip(roll["runs"], roll["configurations"], strict=True)
    return {run_id: roll["labels"][configuration] for run_id, configuration in pairs}


def is_roll(found: Any) -> TypeGuard[dict[str, Any]]:
    """Whether what was read from the file of a list is one; what a later version has written is taken for one."""
    if not isinstance(found, dict) or not isinstance(found.get("version", 1), int) or not _are(str, found.get("runs")):
        return False
    numbers = [found.get(name, []) for name in LISTS[1:]]
    labels = found.get("labels", [])
    if found.get("version", 1) > VERSION:
        return True
    if not (all(_are(int, one) for one in numbers) and _are(dict, labels) and all("id" in one for one in labels)):
        return False
    return not _is_full(found) or all(0 <= number < len(labels) for number in numbers[0])


def _are(kind: type, found: Any) -> bool:
    return isinstance(found, list) and all(isinstance(one, kind) for one in found)


def _is_full(roll: Mapping[str, Any]) -> bool:
    return all(len(roll.get(name, ())) == len(roll["runs"]) for name in LISTS)

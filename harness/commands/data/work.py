"""`harness data`: where the collections of images are, whether they are whole, and how to get them."""

import argparse
import sys

from problems.datasets import DATASETS
from problems.datasets.base import DataError, Dataset, Embedded
from problems.datasets.find import load, locate, places
from problems.nearest import lookup


def main(arguments: argparse.Namespace) -> int:
    """Do it for one collection, or for all; 0 if all went well."""
    names = [arguments.name] if arguments.name else list(DATASETS)
    act = {"fetch": _fetch, "verify": _verify, "where": _where}[arguments.what]
    # the worst of the exit codes, after all collections have had their say
    return max([act(name, lookup("collection", name, DATASETS)) for name in names])


def _where(name: str, dataset: Dataset | Embedded) -> int:
    if isinstance(dataset, Embedded):
        return _say(f"{name}: {dataset.about}")
    found = locate(dataset)
    if found is not None:
        return _say(f"{name}: {found}")
    looked = ", ".join(map(str, places(dataset)))
    return _say(f"{name}: not here (looked in {looked}); 'harness data fetch {name}' puts it into the last of these")


def _verify(name: str, dataset: Dataset | Embedded) -> int:
    # looked for first, as `_fetch` would download it
    if isinstance(dataset, Dataset) and locate(dataset) is None:
        _where(name, dataset)
        return 1
    return _fetch(name, dataset)


def _fetch(name: str, dataset: Dataset | Embedded) -> int:
    """Load it, which downloads what is not here, and checks all."""
    try:
        return _say(f"{name}: {load(name, dataset).about}; all checks passed")
    except DataError as error:
        sys.stderr.write(f"{name}: {error}\n")
        return 1


def _say(text: str) -> int:
    sys.stdout.write(f"{text}\n")
    return 0

"""Where a collection is looked for: the user's folder, then the user's cache, then the official mirrors."""

import os
from functools import lru_cache
from pathlib import Path

from problems.datasets.base import DataAbsent, Dataset, Embedded, Images
from problems.datasets.fetch import fetch
from problems.user_files import user_path

DATA = "FREQUENCY_HARNESS_DATA"
"""The environment variable that names the user's folder of data; `--data-dir` sets it."""
INSTEAD = (
    "Without it there are the problems 'digits' and 'digits-pca', whose data come with scikit-learn: "
    "python -m harness compare --problem digits-pca"
)


def cache() -> Path:
    """The folder of this user to which downloads go."""
    from platformdirs import user_cache_path

    return user_cache_path("frequency-harness")


def places(dataset: Dataset) -> list[Path]:
    """The folders in which the collection is looked for, in order."""
    own = os.environ.get(DATA)
    parents = [user_path(parent) for parent in ([own] if own else []) + [str(cache())]]
    return [parent / folder for parent in parents for folder in (dataset.folder, *dataset.others)]


def locate(dataset: Dataset) -> Path | None:
    """The first of `places` that has what `read` needs."""
    return next((folder for folder in places(dataset) if not dataset.lacking(folder)), None)


def load(name: str, dataset: Dataset | Embedded) -> Images:
    """The images, from a local folder or after a download.

    Raises DataAbsent, saying where was looked and what can be used instead, or DataError."""
    if isinstance(dataset, Embedded):
        return dataset.read()
    folder = locate(dataset)
    if folder is None:
        try:
            folder = fetch(name, dataset, cache())
        except DataAbsent as absent:
            looked = "; ".join(f"{place} (lacks {', '.join(dataset.lacking(place))})" for place in places(dataset))
            raise DataAbsent(
                f"The images of {name} are not here: looked in {looked}; and {absent}. Name a folder that has "
                f"{dataset.folder}/ with --data-dir or {DATA}. {_pickled(dataset)}{INSTEAD}"
            ) from None
    return _read(dataset, folder)


def _pickled(dataset: Dataset) -> str:
    """A sentence where torchvision's pickled version lies beside the place of ours."""
    found = [path for path in (place.parent / dataset.unreadable for place in places(dataset)) if path.is_dir()]
    if not dataset.unreadable or not found:
        return ""
    return (
        f"What torchvision keeps in {found[0]} is pickled, and nothing is unpickled here; get the binary version, "
        f"whose folder is {dataset.folder}. "
    )


@lru_cache(maxsize=2)
def _read(dataset: Dataset, folder: Path) -> Images:
    """Read once a process; nobody may write into it."""
    images = dataset.read(folder)
    for array in images[:4]:
        array.flags.writeable = False
    return images

"""The folder of a study that a word is given."""

import argparse
import errno
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, chdir, contextmanager
from pathlib import Path
from shlex import quote

from harness.analysis.units import WATCHED
from harness.study.comparison import Results, load
from harness.study.file.study_file import Study
from harness.study.ledger.leases import Leases
from harness.study.ledger.ledger import Ledger
from harness.study.ledger.owners import described, is_here
from harness.study.sharing.papers import FILE, stored
from harness.study.store import STUDY, Store


def source_of(arguments: argparse.Namespace) -> Path:
    """The folder that was named by itself or after `--from`; raises ValueError unless there is one."""
    given = [folder for folder in (arguments.folder, arguments.source) if folder is not None]
    if not given:
        raise ValueError("Name the folder of a study, as 'harness compare' prints it: DIR, or --from DIR.")
    if len(set(given)) > 1:
        raise ValueError(f"One study's folder is required; got '{given[0]}' and --from '{given[1]}'. Leave one out.")
    return Path(given[0])


def existing(folder: Path) -> Path:
    """The folder; raises ValueError unless it holds a study, or the runs of one."""
    if not ((folder / STUDY).is_file() or Store(folder).has_lost_its_list()):
        raise ValueError(f"A study's folder is required, as 'harness sweep' prints it; '{folder}' holds none.")
    return folder


def study_in(folder: Path) -> Study:
    """The study whose file lies in the folder; raises ValueError."""
    if not (existing(folder) / FILE).is_file():
        if _is_watched(Store(folder)):
            raise ValueError(
                f"The study in '{folder}' is of loops that were watched, which only their own scripts can make again: "
                "start the loop once more, with the same names and seed, and its run takes the place of the one that "
                f"is there. What was measured is read by harness order, report and figure {quote(str(folder))}."
            )
        raise ValueError(f"The study in '{folder}' has no {FILE}: start it again with the command that began it.")
    return stored(folder)


def _is_watched(store: Store) -> bool:
    runs = store.read(["runs"])["runs"]
    return bool(len(runs)) and bool((runs["engine"] == WATCHED).all())


@contextmanager
def study_at_home(folder: Path) -> Iterator[tuple[Path, Study]]:
    """The folder and the study in it. Where its data are not found from here, we are in the folder where it was begun.

    Raises ValueError."""
    place, begun = folder, existing(folder) and Store(folder).begun
    with ExitStack() as there:
        try:
            study = study_in(folder)
        except ValueError as error:
            if begun is None or begun == Path.cwd() or os.strerror(errno.ENOENT) not in str(error):
                raise
            place = folder.resolve()
            there.enter_context(chdir(begun))
            study = study_in(place)
        yield place, study


def loaded(folder: Path, incumbent: str | None = None) -> Results:
    """Its tables, about this point of each run; raises ValueError where there are none, or no run is finished.

    Says which runs are not in them, as their files are damaged."""
    try:
        results = load(folder, incumbent)
    except (FileNotFoundError, NotADirectoryError):
        raise ValueError(
            f"A study's folder is required, as 'harness compare' prints it; '{folder}' holds none."
        ) from None
    for name, reason in results.damaged.items():
        sys.stderr.write(
            f"damaged, and left out: {name}: {reason}; harness resume {quote(str(folder))} makes it again\n"
        )
    if results.runs.empty:
        raise ValueError(
            f"The study in '{folder}' has no finished run yet. Start it again, or go on with: "
            f"harness resume {quote(str(folder))}"
        )
    return results


@contextmanager
def quiet(ledger: Ledger) -> Iterator[Leases]:
    """While it is entered nobody works on the ledger but us; raises ValueError if another process does.

    What the disk refuses meanwhile is a ValueError, too."""
    # entered first and asked then: of two that begin at once neither overlooks the other
    with ledger.leases() as leases:
        if (unsure := leases.others()) and not any(map(is_here, unsure)):
            sys.stderr.write("waiting at most a minute for a sign of life of another machine\n")
        if others := leases.workers():
            who = ", ".join(sorted(map(described, others)))
            raise ValueError(f"Somebody works on this study: {who}. Wait until that has ended.")
        try:
            yield leases
        except OSError as error:
            raise ValueError(
                f"Files of the study in '{ledger.folder}' could not be changed: {error.strerror or error}. No finished "
                "run is lost; give the same command again when that is mended."
            ) from None

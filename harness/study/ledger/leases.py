"""Who makes which run, where several processes, or machines on one file system, work on one ledger.

A claim on a run is a file that only one process can make. Its owner beats: it counts up in a file of its own. An owner
is gone if its process is, or if its count has stood still for a while on the clock of whoever waits, so that no two
clocks are ever compared. A claim of an owner who is gone is outbid by a file with the next number.
"""

import os
import secrets
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from typing import Self

from harness.study.ledger.owners import birth_of, is_here, place
from harness.whole_files import replace_file

BEAT = 5.0
"""Seconds between two beats of an owner."""
PATIENCE = 60.0
"""Seconds without a beat after which an owner on another machine is taken for gone."""

MOST_MOVES = 100
"""Times that the folder may be removed under a newcomer."""
LIST = "list"
"""What is claimed in place of a run by who changes the list of the runs."""
POLL = 0.05
"""Seconds between two looks at whether it is free."""
NAME = ".name"
"""What ends the name of the file that holds its owner's, of which claims are links."""


class Leases:
    """The claims of this process, and its view of those of others, while it is entered."""

    def __init__(self, folder: Path, patience: float = PATIENCE) -> None:
        self.folder = folder
        self.patience = patience
        self.owner = f"{place()}~{os.getpid()}~{birth_of(os.getpid())}~{secrets.token_hex(4)}"
        self._name = folder / f"{self.owner}{NAME}"
        self._seen: dict[str, tuple[str, float]] = {}
        """The last count of each other owner, and when it was first seen."""
        self._mine: dict[str, Path] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep_beating, daemon=True)

    def __enter__(self) -> Self:
        try:
            self._move_in()
        except OSError as error:
            reason = error.strerror or error
            raise ValueError(
                f"The study's folder '{self.folder.parent}' must be writable; {reason}. Make it so, or choose "
                "another --out."
            ) from None
        self._thread.start()
        return self

    def _move_in(self) -> None:
        for left in reversed(range(MOST_MOVES)):
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                self._beat(0)
                self._name.write_text(self.owner)
                break
            except FileNotFoundError:  # whoever was the last there has removed the folder since
                if not left:
                    raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        del kind, error, trace  # an error leaves as it came
        self._stop.set()
        # before the owner's file goes: a beat under way would bring it back
        self._thread.join()
        self.release(list(self._mine))
        self._path(self.owner).unlink(missing_ok=True)
        self._name.unlink(missing_ok=True)
        with suppress(OSError):
            self.folder.rmdir()  # stays where others have claims

    def claim(self, run_id: str) -> bool:
        """Whether the run is now this process's to make; not if another that lives has it."""
        held = self._held(run_id)
        number = 0
        if held:
            number, owner = held
            if owner == self.owner:
                return True
            if self.is_alive(owner):
                return False
        path = self.folder / _claim(run_id, number + 1)
        try:
            self._bid(path)
        except FileExistsError:
            return False
        self._mine[run_id] = path
        return True

    def _bid(self, path: Path) -> None:
        """Make a claim; raises FileExistsError: of all who bid this number one succeeds, on NFS too."""
        try:
            # a link has its content from the first: who is killed here leaves no claim without an owner to wait for
            path.hardlink_to(self._name)
        except FileExistsError:
            raise
        except OSError:  # not every file system has links, and others may have tidied the folder away
            with path.open("x") as file:
                file.write(self.owner)

    def release(self, run_ids: Iterable[str]) -> None:
        """Give up claims: the runs are done, or somebody else may make them."""
        for run_id in run_ids:
            if (path := self._mine.pop(run_id, None)) is not None:
                # with those that were outbid, which nobody else would remove
                for number in range(1, _number(path.name) + 1):
                    (self.folder / _claim(run_id, number)).unlink(missing_ok=True)

    def tidy(self, finished: Callable[[], Collection[str]]) -> None:
        """Remove what owners who are gone have left: their claims on runs that are finished, and their counts."""
        paths = list(self.folder.glob("*.*"))
        # of a thousand runs it takes a second to say which are finished, and mostly nobody has left a claim
        done = finished() if any(path.suffix == ".claim" for path in paths) else ()
        # asked once: an owner whose count is removed seems to have moved
        lives = cache(self.is_alive)
        for path in paths:
            with suppress(OSError):
                over = path.suffix == ".claim" and path.name.split(".")[0] in done
                if over or path.suffix in (".owner", NAME):
                    owner = path.read_text() if over else path.stem
                    if owner != self.owner and not lives(owner):
                        path.unlink()

    def others(self) -> set[str]:
        """The owners beside this one that live."""
        owners = {path.stem for path in self.folder.glob("*.owner")}
        return {owner for owner in owners - {self.owner} if self.is_alive(owner)}

    def workers(self) -> set[str]:
        """Owners beside this one that live for certain; for one on another machine a beat is waited for."""
        first: dict[str, str] = {}
        while others := self.others():
            counts = {owner: self._seen[owner][0] for owner in others}
            if sure := {
                owner for owner in others if is_here(owner) or counts[owner] != first.get(owner, counts[owner])
            }:
                return sure
            first |= {owner: count for owner, count in counts.items() if owner not in first}
            sleep(POLL)
        return set()

    def claimed(self) -> set[str]:
        """The runs that anybody has claimed."""
        return {path.name.split(".")[0] for path in self.folder.glob("*.claim")}

    def is_alive(self, owner: str) -> bool:
        """Whether that owner's process is there, or on another machine has beaten lately."""
        node, _, rest = owner.partition("~")
        pid, _, rest = rest.partition("~")
        birth = rest.partition("~")[0]
        # here the process itself can be asked; its birth tells it from a later one of the same number
        if node == place() and pid.isdecimal() and birth_of(int(pid)) != birth:
            return False
        try:
            # a claim that has no owner in it yet is waited for as if it did not beat
            count = self._path(owner).read_text() if owner else ""
        except OSError:
            count = ""
        # no count reads `none`: at first sight everybody lives
        last, since = self._seen.get(owner, ("none", 0.0))
        if count != last:
            self._seen[owner] = (count, monotonic())
            return True
        return monotonic() - since < self.patience

    def _held(self, run_id: str) -> tuple[int, str] | None:
        """The highest claim on a run, and its owner."""
        # not by a pattern, which is compiled anew for every run: there are as many claims as runs under way
        paths = [path for path in self.folder.iterdir() if path.name.startswith(f"{run_id}.")]
        for path in sorted(paths, reverse=True):
            with suppress(OSError, ValueError):
                return _number(path.name), path.read_text()
        return None

    def _path(self, owner: str) -> Path:
        return self.folder / f"{owner}.owner"

    def _beat(self, count: int) -> None:
        # not flushed to the disk: a beat is of no use to anybody after the machine has gone down
        replace_file(self._path(self.owner), lambda file: file.write(str(count).encode()), durable=False)

    def _keep_beating(self) -> None:
        count = 0
        while not self._stop.wait(BEAT):
            count += 1
            with suppress(OSError):  # a full disk is told by whoever writes a run
                self._beat(count)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """While it is entered nobody else enters, in any process: what is read may be changed and written back."""
    with Leases(folder) as leases:
        while not leases.claim(LIST):
            sleep(POLL)
        yield


def _claim(run_id: str, number: int) -> str:
    return f"{run_id}.{number:06d}.claim"


def _number(claim: str) -> int:
    return int(claim.split(".")[-2])

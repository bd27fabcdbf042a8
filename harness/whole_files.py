"""Files that are whole or absent: written to a temporary name, flushed to the disk, and renamed."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

TEMPORARY = ".*.tmp"
"""What a writer that was killed has left matches this."""


def replace_file(path: Path, write: Callable[[BinaryIO], object], *, durable: bool = True) -> None:
    """Let `write` fill a file that takes the place of `path` at once; `durable` waits for the disk."""
    # in the same folder, as a rename is atomic within one file system only; no two writers have one name
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.tmp")
    try:
        with temporary.open("wb") as file:
            write(file)
            # the content before the name: a rename may reach the disk before what it names
            file.flush()
            if durable:
                os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def is_being_written(temporary: Path) -> bool:
    """Whether its writer lives, as far as this machine can tell; its number may have gone to another since."""
    number = next(iter(temporary.name.split(".")[-3:-2]), "")
    return number.isdigit() and Path("/proc", number).exists()


def replace_text(path: Path, text: str) -> None:
    """The same for a text."""
    replace_file(path, lambda file: file.write(text.encode()))


@contextmanager
def writing_into(folder: Path) -> Iterator[None]:
    """Make `folder`, and turn what goes wrong while writing there into a ValueError of one sentence."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        reason = error.strerror or error
        raise ValueError(f"The output folder '{folder}' must be writable; {reason}. Choose another --out.") from None


def check_writable(folder: Path) -> None:
    """Raise ValueError unless a file can be made in `folder`, or where it would be made; none is left."""
    try:
        place = next(each for each in (folder, *folder.absolute().parents) if each.exists())
        with TemporaryFile(dir=place):
            pass
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ValueError(f"The output folder '{folder}' must be writable; {reason}. Choose another --out.") from None

"""Files that a user brings: found, checked and known by their content."""

import hashlib
from os import PathLike
from pathlib import Path


def fingerprint(path: Path, what: str) -> str:
    """sha256 of a file's content, in hex.

    Raises ValueError, naming `what` the file should hold, if it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ValueError(f"{what} must be a file that can be read; '{path}': {reason(path, error)}.") from None


def check_unchanged(named: str, path: Path, what: str, content: str) -> None:
    """Raise ValueError unless the file that a user has `named` so has the fingerprint `content` that it had."""
    if fingerprint(path, what) != content:
        raise ValueError(f"The file '{named}' has changed since the study was planned; start it again.")


def content_of(path: str) -> bytes:
    """The bytes of a file that a user names; raises ValueError if it cannot be read."""
    try:
        return user_path(path).read_bytes()
    except OSError as error:
        raise ValueError(f"The file '{path}' must be readable; {reason(user_path(path), error)}.") from None


def reason(path: Path, error: OSError) -> str:
    """Why a file could not be read, and from which folder it was looked for where it is not there."""
    why = error.strerror or str(error)
    return why + seen_from(path) if isinstance(error, FileNotFoundError) else why


def seen_from(path: Path) -> str:
    """The folder from which a relative path was looked for, as the end of a sentence; empty of another."""
    return "" if path.is_absolute() else f", seen from {Path.cwd()}"


def user_path(text: str | Path) -> Path:
    """A path as a user names it: `~/a` is below their home; a name that begins with another tilde is a name.

    Raises ValueError for what is neither text nor a path."""
    if not isinstance(text, str | PathLike):
        raise ValueError(  # noqa: TRY004  # a user's mistake is a ValueError
            f"A path is text, or a pathlib.Path, such as 'results/my-study'; got {text!r:.60}."
        )
    path = Path(text)
    return path.expanduser() if path.parts[:1] == ("~",) else path

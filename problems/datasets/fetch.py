"""Downloads from the official mirrors: into a temporary name, checked, then renamed; nothing is ever half there.

An interrupted download is continued from where it broke off. Of an archive only the files that are wanted are taken, by
name, so that no path in it can lead out of the folder.
"""

import os
import shutil
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from problems.datasets.base import DataAbsent, DataError, Dataset, Download

OFFLINE = "FREQUENCY_HARNESS_OFFLINE"
"""Set to anything, it forbids downloads."""
TIMEOUT = (10.0, 60.0)
"""Seconds to connect, and to wait for the next bytes."""
BLOCK = 1 << 16


class Resuming:
    """A downloader for pooch that goes on with `partial`, what an earlier attempt has left."""

    def __init__(self, partial: Path) -> None:
        self._partial = partial

    def __call__(self, url: str, output_file: str, pooch: object) -> None:
        """Download `url` to `output_file` by way of the partial file, which stays if the connection breaks."""
        del pooch
        import requests

        have = self._partial.stat().st_size if self._partial.exists() else 0
        headers = {"Range": f"bytes={have}-"} if have else {}
        with requests.get(url, stream=True, timeout=TIMEOUT, headers=headers) as answer:
            if answer.status_code != requests.codes.range_not_satisfiable:  # else it is whole already
                answer.raise_for_status()
                goes_on = answer.status_code == requests.codes.partial_content
                self._receive(answer, have if goes_on else 0)
        self._partial.replace(output_file)

    def _receive(self, answer: Any, have: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

        columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
        length = answer.headers.get("content-length")
        total = have + int(length) if length else None
        with (
            Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress,
            self._partial.open("ab" if have else "wb") as out,
        ):
            task = progress.add_task(self._partial.stem, total=total, completed=have)
            for block in answer.iter_content(BLOCK):
                out.write(block)
                progress.advance(task, len(block))


def fetch(name: str, dataset: Dataset, into: Path) -> Path:
    """The folder `into / dataset.folder` with all files of the collection, after downloading what it lacks.

    Raises DataAbsent if no mirror answers, DataError if all send something else than they should."""
    folder = into / dataset.folder
    folder.mkdir(parents=True, exist_ok=True)
    if not dataset.unpacked:
        for download in dataset.downloads:
            _retrieve(name, download, folder)
        return folder
    (archive,) = dataset.downloads
    if not all((folder / wanted).is_file() for wanted in dataset.unpacked):
        path = _retrieve(name, archive, into)
        unpack(path, folder, dataset.unpacked)
        path.unlink()
    return folder


def unpack(archive: Path, folder: Path, wanted: Sequence[str]) -> None:
    """Put the `wanted` regular files of a tar archive into `folder`, whatever folders they lie in there.

    Raises DataError if one is not in it, or the archive is broken."""
    try:
        with tarfile.open(archive) as tar:
            members = {Path(member.name).name: member for member in tar if member.isreg()}
            for name in wanted:
                stream = tar.extractfile(members[name])
                assert stream is not None
                temporary = folder / f".{name}.{os.getpid()}.tmp"
                with stream, temporary.open("wb") as out:
                    shutil.copyfileobj(stream, out)
                temporary.replace(folder / name)
    except KeyError as error:
        raise DataError(f"{archive} does not contain {error}; delete it and fetch again.") from None
    except (tarfile.TarError, EOFError, OSError) as error:
        raise DataError(f"{archive} cannot be unpacked: {error}. Delete it and fetch again.") from None


def _retrieve(name: str, download: Download, folder: Path) -> Path:
    import pooch
    import requests

    if os.environ.get(OFFLINE):
        raise DataAbsent(f"downloads are forbidden by the environment variable {OFFLINE}")
    pooch.get_logger().setLevel("WARNING")
    failures: list[Exception] = []
    for mirror in download.mirrors:
        try:
            resuming = Resuming(folder / f"{download.name}.part")
            url = mirror + download.name
            return Path(pooch.retrieve(url, download.checksum, download.name, folder, downloader=resuming))
        except (requests.exceptions.RequestException, ValueError, OSError) as error:
            failures.append(error)
    hosts = ", ".join(str(urlsplit(mirror).netloc) for mirror in download.mirrors)
    if all(isinstance(failure, requests.exceptions.RequestException) for failure in failures):
        kinds = ", ".join(sorted({type(failure).__name__ for failure in failures}))
        raise DataAbsent(f"{download.name} could not be fetched from {hosts} ({kinds}): this machine may be offline")
    raise DataError(
        f"{download.name} of {name}: what {hosts} sent is not the original: {failures[-1]}. Try again later, or get "
        "the file elsewhere and name its folder with --data-dir."
    )

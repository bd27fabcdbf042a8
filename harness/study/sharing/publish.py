"""A study packed for an archive: tables, figures, report, papers, checksums, and a description that machines read.

Its runs lie in it as they were written, merged, so that the unpacked folder is the study: it can be verified, ordered
anew and extended. The same study, day and libraries give the same bytes. The description is Croissant
(mlcommons.org/croissant, version 1.0), JSON-LD on top of schema.org.
"""

import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from harness.study.ledger.datasets import DATASET, MOST_RUNS, name_of, write_merged
from harness.study.ledger.part import declared
from harness.study.ledger.provenance import MACHINES
from harness.study.sharing.licences import LICENSE, license_address
from harness.study.sharing.papers import ENVIRONMENT, FILE, PLUGINS, README
from harness.study.store import STUDY, Store
from harness.tables import Tables

DESCRIPTION = "croissant.json"
SUMS = "SHA256SUMS"
SUFFIXES = (".parquet", ".csv", ".png", ".pdf", ".svg", ".html", ".txt", ".md", ".toml", ".json")
FOLDERS = (MACHINES, PLUGINS, "report", "figures", "src")
KINDS = {"str": "sc:Text", "float64": "sc:Float", "int64": "sc:Integer", "bool": "sc:Boolean"}
FORMATS = {".parquet": "application/x-parquet", ".csv": "text/csv"}
# the earliest that a ZIP archive can say
FIRST_DAY = (1980, 1, 1, 0, 0, 0)
"""Of every file in the archive, whose times say nothing."""
CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "recordSet": "cr:recordSet",
    "field": "cr:field",
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "source": "cr:source",
    "fileObject": "cr:fileObject",
    "extract": "cr:extract",
    "column": "cr:column",
}


def publish(
    folder: Path,
    tables: Tables,
    target: Path,
    creator: str = "",
    license_name: str = LICENSE,
    day: date | None = None,
) -> list[str]:
    """Write the archive `target`, published on `day` (today); the names in it.

    `license_name` is an address or an identifier of SPDX. Raises ValueError where it is none, or where
    the archive cannot be written."""
    said = {"license": license_address(license_name), "datePublished": (day or datetime.now(UTC).date()).isoformat()}
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in _chosen(folder, target)}
    if (folder / STUDY).is_file():
        files |= dict(_of_ledger(Store(folder)))
    described = croissant(folder, files, tables, creator or folder.resolve().name, said)
    files[DESCRIPTION] = json.dumps(described, indent=1).encode()
    # in the form of `sha256sum -c`, of every file but itself
    sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items()))
    files[SUMS] = sums.encode()
    temporary = target.with_name(f".{target.name}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in sorted(files.items()):
                archive.writestr(zipfile.ZipInfo(name, FIRST_DAY), content, zipfile.ZIP_DEFLATED)
        temporary.replace(target)
    except OSError as error:
        with suppress(OSError):  # a disk that is read-only has none
            temporary.unlink(missing_ok=True)
        raise ValueError(
            f"The archive '{target}' cannot be written: {error.strerror or error}. Choose another --out."
        ) from None
    return sorted(files)


def croissant(
    folder: Path, files: dict[str, bytes], tables: Tables, creator: str, said: dict[str, str]
) -> dict[str, Any]:
    """The description of these files, of which whole tables are record sets; `said` is put into it as it is."""
    runs = tables["runs"]
    problems, methods = (", ".join(sorted(set(runs[name]))) for name in ("problem", "optimizer"))
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": folder.resolve().name,
        "description": f"{len(runs):,} training runs of {methods} on {problems}: in which order they learn.",
        **said,
        "creator": {"@type": "sc:Organization", "name": creator},
        "version": "1.0.0",
        "distribution": [_file(name, content) for name, content in sorted(files.items())],
        "recordSet": [_records(name, path) for name in tables if (path := _whole(name, files))],
    }


def _of_ledger(store: Store) -> Iterator[tuple[str, bytes]]:
    """The runs as they were written, merged, the list of them, and the machines: also of a ledger that is shared."""
    roll = store.roll()
    runs, known = roll["runs"], store.ledger.states()
    for number, start in enumerate(range(0, len(runs), MOST_RUNS), 1):
        rows = store.ledger.rows([run_id for run_id in runs[start : start + MOST_RUNS] if run_id in known])
        if rows is not None:
            held = BytesIO()
            write_merged(held, [rows])
            yield f"{DATASET}/{name_of(number, hashlib.sha256(held.getvalue()).hexdigest()[:8])}", held.getvalue()
    alone = {key: value for key, value in roll.items() if key != "ledger"}
    yield STUDY, json.dumps(alone, separators=(",", ":")).encode()
    for path in (store.ledger.folder / MACHINES).glob("[!.]*"):
        yield f"{MACHINES}/{path.name}", path.read_bytes()


def _file(name: str, content: bytes) -> dict[str, Any]:
    kind = FORMATS.get(Path(name).suffix, "application/octet-stream")
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "contentUrl": name,
        "contentSize": f"{len(content)} B",
        "encodingFormat": kind,
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def _whole(table: str, files: Iterable[str]) -> str | None:
    return next((name for name in (f"{table}.parquet", f"{table}.csv") if name in files), None)


def _records(table: str, path: str) -> dict[str, Any]:
    fields = [
        {
            "@type": "cr:Field",
            "@id": f"{table}/{column}",
            "name": column,
            "dataType": KINDS[kind],
            "source": {"fileObject": {"@id": path}, "extract": {"column": column}},
        }
        for column, kind in declared()[table].items()
    ]
    return {"@type": "cr:RecordSet", "@id": table, "name": table, "field": fields}


def _chosen(folder: Path, target: Path) -> list[Path]:
    """Tables, figures and papers."""
    listed = [path for path in folder.iterdir() if path.is_file() and path.suffix in SUFFIXES]
    listed += [path for name in FOLDERS for path in (folder / name).rglob("*") if path.is_file()]
    here = [path for path in listed if not path.name.startswith(".") and path.resolve() != target.resolve()]
    papers = {FILE, README, ENVIRONMENT, STUDY}
    return sorted(path for path in here if path.suffix in SUFFIXES or path.name in papers)

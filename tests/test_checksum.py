"""A byte that changes anywhere in the part of a run is noticed, or changes nothing that is read."""

import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness.run.runner import run
from harness.run.spec import RunSpec, find_optimizer, find_problem
from harness.study.ledger import part
from harness.study.ledger.checksum import BEFORE, NAME, is_whole
from harness.study.ledger.ledger import Ledger


def written(folder: Path) -> tuple[Path, bytes]:
    spec = RunSpec("control-low", find_problem("control-low"), "gd", find_optimizer("gd"), 0, 60, marks=4)
    path = folder / f"{spec.run_id}.parquet"
    part.write(path, spec.run_id, run(spec))
    return path, path.read_bytes()


with tempfile.TemporaryDirectory() as folder:
    PATH, CONTENT = written(Path(folder))
    ROW = part.read(PATH)
NAMED = CONTENT.rindex(BEFORE)
"""Where the name of the sum stands."""


@settings(max_examples=100, deadline=None)
@example(NAMED, 1)
@given(st.integers(0, len(CONTENT) - 1), st.integers(1, 255))
def test_a_flipped_byte_is_noticed_or_harmless(place: int, bits: int) -> None:
    flipped = bytearray(CONTENT)
    flipped[place] ^= bits
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder))
        path = Path(folder) / "parts" / PATH.name
        path.parent.mkdir()
        path.write_bytes(flipped)
        ledger.states()  # which reads footers alone, and ends nothing
        if not ledger.check():
            assert place in range(NAMED, NAMED + len(BEFORE))
            # frames, as to Arrow NaN is not even itself
            found, written_rows = part.unpack(part.read(path)), part.unpack(ROW)
            assert all(found[name].equals(rows) for name, rows in written_rows.items())
        else:
            assert ledger.states() == {}
            assert (Path(folder) / "refused" / PATH.name).read_bytes() == flipped


@pytest.mark.parametrize("name", ["data page", "version", "status"])
def test_what_page_checksums_do_not_cover_is_noticed(tmp_path: Path, name: str) -> None:
    metadata = pq.ParquetFile(pa.BufferReader(CONTENT)).metadata
    places = {
        "data page": metadata.row_group(0).column(3).data_page_offset + 1,  # in the page's header
        "version": CONTENT.rindex(b":version") + len(b":version") + 2,
        "status": CONTENT.rindex(b":status") + len(b":status") + 2,
    }
    flipped = bytearray(CONTENT)
    flipped[places[name]] ^= 4
    path = tmp_path / PATH.name
    path.write_bytes(flipped)
    with pytest.raises(part.Unreadable, match="its checksum does not fit"):
        part.read(path)


def test_every_reader_of_parquet_opens_it_and_finds_the_sum() -> None:
    footer = pq.read_metadata(pa.BufferReader(CONTENT)).metadata
    assert len(footer[NAME]) == 64
    assert int(footer[NAME][:32], 16) != int(footer[NAME][32:], 16)
    assert is_whole(CONTENT)


def test_a_part_of_an_earlier_version_without_a_sum_is_read(tmp_path: Path) -> None:
    earlier = tmp_path / PATH.name
    row = part.pack(PATH.stem, part.unpack(ROW))
    with pq.ParquetWriter(earlier, row.schema.remove_metadata(), write_page_checksum=True) as writer:
        writer.write_table(row.replace_schema_metadata(None))
        writer.add_key_value_metadata(row.schema.metadata)
    assert NAME not in earlier.read_bytes()
    assert part.unpack(part.read(earlier))["curves"].equals(part.unpack(ROW)["curves"])

"""Collections of images: formats, checks, where they are looked for, and downloads from a server of our own."""

import gzip
import hashlib
import io
import os
import struct
import tarfile
import threading
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import prod

import numpy as np
import pytest

from harness import cli
from problems.datasets import DATASETS, cifar, find, idx
from problems.datasets.base import DataAbsent, DataError, Dataset, Download
from problems.datasets.fetch import OFFLINE, fetch, unpack
from problems.datasets.find import DATA, load, locate, places

PIXELS = (np.arange(2 * 3 * 4) * 7 % 256).astype(np.uint8).reshape(2, 3, 4)


def idx_bytes(array, magic=None, shape=None) -> bytes:
    shape = array.shape if shape is None else shape
    return (magic or bytes((0, 0, 8, len(shape)))) + struct.pack(f">{len(shape)}I", *shape) + array.tobytes()


@pytest.fixture
def homeless(monkeypatch, tmp_path):
    """No data, an empty cache, and no internet."""
    monkeypatch.delenv(DATA, raising=False)
    monkeypatch.setenv(OFFLINE, "1")
    monkeypatch.setattr(find, "cache", lambda: tmp_path / "cache")
    return tmp_path


# idx


@pytest.mark.parametrize("pack", [gzip.compress, bytes], ids=["gzipped", "plain"])
def test_an_idx_file_is_read_as_its_array(tmp_path, pack):
    path = tmp_path / "images"
    path.write_bytes(pack(idx_bytes(PIXELS)))
    np.testing.assert_array_equal(idx.read_idx(path, PIXELS.shape), PIXELS)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (idx_bytes(PIXELS, magic=b"\0\0\x0d\3"), "begins with 00000d03 where the magic number 00000803"),
        (b"", "begins with nothing"),
        (idx_bytes(PIXELS)[:10], r"announces the shape \(2, .*this collection has \(2, 3, 4\)"),
        (idx_bytes(PIXELS, shape=(2, 4, 3)), r"announces the shape \(2, 4, 3\); this collection has \(2, 3, 4\)"),
        (idx_bytes(PIXELS)[:-5], "holds 19 bytes of data where its header announces 24: it is truncated"),
        (idx_bytes(PIXELS) + b"!", "holds 25 bytes of data where its header announces 24: it is too long"),
        (gzip.compress(idx_bytes(PIXELS), mtime=0)[:-12], "is truncated: its gzip stream breaks off"),
        (gzip.compress(idx_bytes(PIXELS), mtime=0)[:-8] + b"????????", "is corrupt: CRC check failed"),
        (gzip.compress(idx_bytes(PIXELS), mtime=0)[:10] + b"\x07" * 40, "is corrupt: .*invalid block type"),
    ],
    ids=["magic", "empty", "header", "shape", "short", "long", "gzip-cut", "gzip-sum", "gzip-stream"],
)
def test_a_broken_idx_file_is_named_with_what_is_wrong_and_what_to_do(tmp_path, content, words):
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"(?s){path.name}.*{words}.*Delete it and run 'harness data fetch'"):
        idx.read_idx(path, PIXELS.shape)


def test_other_contents_than_the_original_are_told_by_their_checksum(tmp_path):
    path = tmp_path / "images"
    path.write_bytes(idx_bytes(PIXELS))
    right = hashlib.sha256(idx_bytes(PIXELS)).hexdigest()
    np.testing.assert_array_equal(idx.read_idx(path, PIXELS.shape, right), PIXELS)
    with pytest.raises(DataError, match=f"other contents than the original: sha256 {right}, not 0000"):
        idx.read_idx(path, PIXELS.shape, "0" * 64)


def test_a_file_that_cannot_be_read_is_a_sentence(tmp_path):
    with pytest.raises(DataError, match=r"nowhere cannot be read: No such file"):
        idx.read_idx(tmp_path / "nowhere", (1,))


def small_collection(monkeypatch, folder, last_label=9):
    """Four idx files of few images; the folder's name is `mnist`."""
    shapes = {name: (n // 10_000, *rest) for name, (n, *rest) in idx.SHAPES.items()}
    monkeypatch.setattr(idx, "SHAPES", shapes)
    folder.mkdir(parents=True)
    for name, shape in shapes.items():
        array = np.arange(prod(shape)).reshape(shape).astype(np.uint8)
        array = np.full(shape, last_label, np.uint8) if len(shape) == 1 else array
        (folder / f"{name}.gz").write_bytes(gzip.compress(idx_bytes(array)))
    return Dataset("few", "mnist", idx.lacking, partial(idx.read_folder, sha256={}), ())


def test_labels_above_nine_are_refused(monkeypatch, homeless):
    dataset = small_collection(monkeypatch, homeless / "mnist", last_label=10)
    with pytest.raises(DataError, match="go up to 10; they must be from 0 to 9"):
        dataset.read(homeless / "mnist")


# CIFAR-10


def cifar_bytes(labels):
    rng = np.random.default_rng(len(labels))
    records = rng.integers(0, 256, (len(labels), 3073), np.uint8)
    records[:, 0] = labels
    return records.tobytes()


def test_cifar_takes_the_batches_that_are_there_and_says_how_many_images(tmp_path):
    (tmp_path / "data_batch_2.bin").write_bytes(cifar_bytes([3, 1]))
    (tmp_path / "data_batch_4.bin").write_bytes(cifar_bytes([9]))
    images = cifar.read_folder(tmp_path)
    assert images.train_labels.tolist() == [3, 1, 9]
    assert images.train.shape == (3, 3072)
    assert images.train[2].tobytes() == cifar_bytes([9])[1:]
    assert images.test.shape == (0, 3072)
    assert "3 training and 0 test images" in images.about
    assert "data_batch_2.bin, data_batch_4.bin" in images.about
    (tmp_path / "test_batch.bin").write_bytes(cifar_bytes([0]))
    assert cifar.read_folder(tmp_path).test_labels.tolist() == [0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (cifar_bytes([1])[:-1], "has 3,072 bytes, which is no whole number of records of 3,073 bytes"),
        (b"", "has 0 bytes"),
        (cifar_bytes([10]), "labels up to 10"),
    ],
    ids=["short", "empty", "label"],
)
def test_a_broken_cifar_batch_is_named_with_what_is_wrong_and_what_to_do(tmp_path, content, words):
    (tmp_path / "data_batch_1.bin").write_bytes(content)
    with pytest.raises(DataError, match=f"data_batch_1.bin.*{words}.*harness data fetch cifar10"):
        cifar.read_folder(tmp_path)


# where


def test_the_users_folder_comes_before_the_cache_and_an_incomplete_one_is_passed_over(monkeypatch, homeless):
    own, cached = homeless / "own" / "mnist", homeless / "cache" / "mnist"
    dataset = small_collection(monkeypatch, own)
    monkeypatch.setenv(DATA, str(homeless / "own"))
    assert places(dataset) == [own, cached]
    assert locate(dataset) == own
    own.parent.rename(homeless / "cache")
    (homeless / "own" / "mnist").mkdir(parents=True)
    assert locate(dataset) == cached
    (cached / "t10k-labels-idx1-ubyte.gz").unlink()
    assert locate(dataset) is None


def test_the_folders_of_torchvision_are_found_and_named(monkeypatch, homeless):
    raw = homeless / "own" / "MNIST" / "raw"
    dataset = replace(small_collection(monkeypatch, raw), others=("MNIST/raw",))
    monkeypatch.setenv(DATA, str(homeless / "own"))
    assert DATASETS["mnist"].others == ("MNIST/raw",)
    assert locate(dataset) == raw
    assert str(raw) in load("few", dataset).about


def test_what_torchvision_has_pickled_is_named_and_not_read(monkeypatch, homeless):
    (homeless / "own" / "cifar-10-batches-py").mkdir(parents=True)
    monkeypatch.setenv(DATA, str(homeless / "own"))
    with pytest.raises(DataAbsent, match=r"cifar-10-batches-py is pickled.*get the binary version, .*batches-bin"):
        load("cifar10", DATASETS["cifar10"])


def test_without_data_and_internet_the_embedded_digits_are_named(homeless, monkeypatch):
    monkeypatch.setenv(DATA, str(homeless / "own"))
    with pytest.raises(DataAbsent, match=r"(?s)own/mnist \(lacks train-im.*FREQUENCY_HARNESS_OFFLINE.*digits-pca"):
        load("mnist", DATASETS["mnist"])


def test_nobody_may_write_into_images_that_are_shared(monkeypatch, homeless):
    dataset = small_collection(monkeypatch, homeless / "cache" / "mnist")
    images = load("mnist", dataset)
    assert images is load("mnist", dataset)
    assert not any(array.flags.writeable for array in images[:4])


def test_digits_are_embedded():
    images = load("digits", DATASETS["digits"])
    assert (images.train.shape, images.test.shape, images.peak) == ((1300, 64), (497, 64), 16)
    assert images.train.max() == 16
    assert images.train_labels[:10].tolist() == list(range(10))


def test_mnist_is_the_original():
    if locate(DATASETS["mnist"]) is None:
        pytest.skip(f"MNIST is not here: name its folder with {DATA}")
    images = load("mnist", DATASETS["mnist"])
    assert images.train_labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert np.bincount(images.train_labels)[:3].tolist() == [5923, 6742, 5958]
    assert images.train.mean() == pytest.approx(255 * 0.1307, abs=0.02)  # the mean that torchvision's examples subtract


# archives


def archive(path, members):
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            if content is None:
                info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
                tar.addfile(info)
            else:
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return path


def test_an_archive_cannot_write_outside_the_folder(tmp_path):
    folder = tmp_path / "deep" / "folder"
    folder.mkdir(parents=True)
    path = archive(tmp_path / "a.tar.gz", [("../../evil/one", b"1"), ("/two", b"2"), ("../unwanted", b"3")])
    unpack(path, folder, ["one", "two"])
    assert sorted(file.name for file in folder.iterdir()) == ["one", "two"]
    assert sorted(file.name for file in tmp_path.rglob("*")) == ["a.tar.gz", "deep", "folder", "one", "two"]
    assert (folder / "two").read_bytes() == b"2"


def test_a_link_in_an_archive_is_not_followed(tmp_path):
    path = archive(tmp_path / "a.tar.gz", [("one", None)])
    with pytest.raises(DataError, match="does not contain 'one'"):
        unpack(path, tmp_path, ["one"])
    assert not (tmp_path / "one").exists()


def test_a_broken_archive_is_named(tmp_path):
    whole = archive(tmp_path / "a.tar.gz", [("one", np.random.default_rng(0).bytes(5000))])
    whole.write_bytes(whole.read_bytes()[:2000])
    with pytest.raises(DataError, match=r"a\.tar\.gz cannot be unpacked"):
        unpack(whole, tmp_path, ["one"])
    assert not (tmp_path / "one").exists()


# downloads


class Server:
    """Serves `files` on this machine, with ranges; `breaks` is after how many bytes an answer breaks off."""

    def __init__(self):
        self.files, self.ranges, self.breaks = {}, [], None
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                name = self.path.rpartition("/")[2]
                if name not in owner.files:
                    self.send_error(404)
                    return
                content, asked = owner.files[name], self.headers.get("Range")
                owner.ranges.append(asked)
                start = int(asked[6:-1]) if asked else 0
                if start >= len(content):
                    self.send_error(416)
                    return
                self.send_response(206 if asked else 200)
                self.send_header("Content-Length", str(len(content) - start))
                self.end_headers()
                self.wfile.write(content[start:][: owner.breaks])

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def server(monkeypatch):
    monkeypatch.delenv(OFFLINE, raising=False)
    made = Server()
    yield made
    made.stop()


CONTENT = np.random.default_rng(0).bytes(300_000)


def one_file(server, content=CONTENT, mirrors=None):
    checksum = "md5:" + hashlib.md5(content).hexdigest()
    return Dataset("one", "thing", lambda _: [], lambda _: None, (Download("f", mirrors or (server.url,), checksum),))


def test_a_download_is_checked_and_lies_under_its_name(server, tmp_path):
    server.files["f"] = CONTENT
    folder = fetch("thing", one_file(server), tmp_path)
    assert [(file.name, file.read_bytes() == CONTENT) for file in folder.iterdir()] == [("f", True)]
    fetch("thing", one_file(server), tmp_path)
    assert server.ranges == [None], "what is here is not downloaded again"


def test_an_interrupted_download_leaves_no_half_file_and_goes_on_where_it_broke_off(server, tmp_path):
    server.files["f"], server.breaks = CONTENT, 100_000
    with pytest.raises(DataAbsent, match=r"f could not be fetched from 127\.0\.0\.1"):
        fetch("thing", one_file(server), tmp_path)
    assert not (tmp_path / "thing" / "f").exists()
    partial_size = (tmp_path / "thing" / "f.part").stat().st_size
    assert 0 < partial_size <= 100_000
    server.breaks = None
    folder = fetch("thing", one_file(server), tmp_path)
    assert server.ranges == [None, f"bytes={partial_size}-"]
    assert [(file.name, file.read_bytes() == CONTENT) for file in folder.iterdir()] == [("f", True)]


def test_another_content_than_the_original_is_refused_and_not_kept(server, tmp_path):
    server.files["f"] = CONTENT[:-1] + b"?"
    with pytest.raises(DataError, match="not the original") as caught:
        fetch("thing", one_file(server), tmp_path)
    assert not isinstance(caught.value, DataAbsent)
    assert list((tmp_path / "thing").iterdir()) == []


def test_the_second_mirror_is_asked_where_the_first_fails(server, tmp_path):
    server.files["f"] = CONTENT
    mirrors = ("http://127.0.0.1:9/", server.url)
    assert (fetch("thing", one_file(server, mirrors=mirrors), tmp_path) / "f").read_bytes() == CONTENT


def test_an_archive_is_fetched_and_unpacked_and_removed(server, tmp_path):
    path = archive(tmp_path / "f", [("inside/one", b"1"), ("inside/two", b"2"), ("inside/three", b"3")])
    content = path.read_bytes()
    path.unlink()
    server.files["f"] = content
    downloads = one_file(server, content).downloads
    packed = Dataset("packed", "thing", lambda _: [], lambda _: None, downloads, unpacked=("one", "two"))
    folder = fetch("thing", packed, tmp_path)
    assert sorted(file.name for file in folder.iterdir()) == ["one", "two"]
    assert [file.name for file in tmp_path.iterdir()] == ["thing"]
    fetch("thing", packed, tmp_path)
    assert len(server.ranges) == 1


# the command


def test_the_command_line_sets_the_variable_that_is_read(monkeypatch, homeless, capsys):
    assert cli.DATA == DATA
    small_collection(monkeypatch, homeless / "own" / "mnist")
    monkeypatch.setenv(DATA, "elsewhere")
    assert cli.main(["data", "where", "mnist", "--data-dir", str(homeless / "own")]) == 0
    assert capsys.readouterr().out == f"mnist: {homeless / 'own' / 'mnist'}\n"


@pytest.mark.parametrize("before", [None, "elsewhere"])
def test_who_calls_the_command_line_gets_the_environment_back(monkeypatch, homeless, before):
    monkeypatch.setenv(DATA, "restored afterwards")
    monkeypatch.delenv(DATA) if before is None else monkeypatch.setenv(DATA, before)
    for name in ("mnist", "no such collection"):
        cli.main(["data", "where", name, "--data-dir", str(homeless / "own")])
        assert os.environ.get(DATA) == before
    cli.main(["compare", "--problem", "no such problem", "--data-dir", str(homeless)])
    assert os.environ.get(DATA) == before


def test_verify_tells_a_wrong_file_and_fetch_cannot_mend_it_offline(monkeypatch, homeless, capsys):
    small_collection(monkeypatch, homeless / "own" / "mnist")
    monkeypatch.setenv(DATA, str(homeless / "own"))
    assert cli.main(["data", "verify", "mnist"]) == 1
    assert "has other contents than the original" in capsys.readouterr().err
    assert cli.main(["data", "verify", "cifar10"]) == 1
    assert "not here (looked in" in capsys.readouterr().out
    assert cli.main(["data", "fetch", "cifar10"]) == 1
    assert "digits-pca" in capsys.readouterr().err
    assert cli.main(["data", "fetch", "digits"]) == 0
    assert cli.main(["data", "where", "mnits"]) == 2
    assert "Did you mean 'mnist'?" in capsys.readouterr().err

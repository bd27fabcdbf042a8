"""Collections of labelled images. `DATASETS` is the one registry."""

from functools import partial

from problems.datasets import cifar, idx
from problems.datasets.base import Dataset, Download, Embedded
from problems.datasets.embedded import read_digits

MNIST_MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
FASHION_MIRRORS = (
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
)
MNIST_CONTENTS = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
"""sha256 of the decompressed files, which recompressing does not change."""
MNIST_MD5 = (
    "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "d53e105ee54ea40749a09fcbcd1e9432",
    "9fb629c4189551a2d022fa330f9573f3",
    "ec29112dd5afa0611ce80d1b7f02629c",
)
FASHION_MD5 = (
    "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    "25c81989df183df01b3e8a0aad5dffbe",
    "bef4ecab320f06d8554ea6380940ec79",
    "bb300cfdad3c16e7a12a480ee83cd310",
)
"""Of the gzipped files, in the order of `idx.SHAPES`, as torchvision and the authors give them."""


def _idx_downloads(mirrors: tuple[str, ...], md5: tuple[str, ...]) -> tuple[Download, ...]:
    return tuple(Download(f"{name}.gz", mirrors, f"md5:{sum_}") for name, sum_ in zip(idx.SHAPES, md5, strict=True))


DATASETS: dict[str, Dataset | Embedded] = {
    "mnist": Dataset(
        about="handwritten digits, 28 x 28, 60,000 and 10,000 (LeCun, Cortes, Burges)",
        folder="mnist",
        others=("MNIST/raw",),
        lacking=idx.lacking,
        read=partial(idx.read_folder, sha256=MNIST_CONTENTS),
        downloads=_idx_downloads(MNIST_MIRRORS, MNIST_MD5),
    ),
    "fashion-mnist": Dataset(
        about="pictures of clothes, 28 x 28, 60,000 and 10,000 (Xiao, Rasul, Vollgraf 2017)",
        folder="fashion-mnist",
        others=("FashionMNIST/raw",),
        lacking=idx.lacking,
        read=partial(idx.read_folder, sha256={}),
        downloads=_idx_downloads(FASHION_MIRRORS, FASHION_MD5),
    ),
    "cifar10": Dataset(
        about="colour photographs of ten kinds of things, 32 x 32, 50,000 and 10,000 (Krizhevsky 2009)",
        folder="cifar-10-batches-bin",
        unreadable="cifar-10-batches-py",
        lacking=cifar.lacking,
        read=cifar.read_folder,
        downloads=(
            Download(
                "cifar-10-binary.tar.gz",
                ("https://www.cs.toronto.edu/~kriz/",),
                "md5:c32a1d4ab5d03f1284b67883e8d87530",
            ),
        ),
        unpacked=(*cifar.BATCHES, cifar.TEST),
    ),
    "digits": Embedded(about="handwritten digits, 8 x 8, 1,797, embedded in scikit-learn", read=read_digits),
}

"""Handwritten digits that come with scikit-learn: 1,797 real ones of 8 x 8 pixels, no file and no network needed."""

import numpy as np

from problems.datasets.base import Images

TRAIN = 1_300


def read_digits() -> Images:
    """The first 1,300 of `sklearn.datasets.load_digits` for training, the last 497 for testing; pixels 0 to 16.

    Writers differ from the first part to the last, as the source collection has it."""
    from sklearn.datasets import load_digits

    data = load_digits()
    pixels, labels = data.data.astype(np.uint8), data.target.astype(np.uint8)
    about = f"scikit-learn's digits: {TRAIN:,} training and {len(pixels) - TRAIN:,} test images of 8 x 8 pixels"
    return Images(pixels[:TRAIN], labels[:TRAIN], pixels[TRAIN:], labels[TRAIN:], 16, about)

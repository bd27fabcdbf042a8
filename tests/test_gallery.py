"""The gallery is drawn from committed tables alone, and what is committed is what they give."""

import sys

import numpy as np
import pytest
from PIL import Image

from benchmarks import gallery
from harness.figures import FIGURES
from harness.study.store import read_exported


def test_every_picture_of_the_gallery_is_committed_and_of_a_figure_that_there_is():
    folder = gallery.ROOT / "docs" / "figures"
    expected = {f"gallery-{name}.png" for name in gallery.FIGURES_OF_SEVEN} | {"gallery-animation.gif"}
    others = {f"{name}.png" for name, *_ in gallery.OTHERS}
    assert others <= {path.name for path in folder.glob("*.png")}
    expected |= {"gallery-robustness.png"} | {name for name in others if name.startswith("gallery-")}
    assert {path.name for path in folder.glob("gallery-*")} == expected
    assert set(gallery.FIGURES_OF_SEVEN) <= set(FIGURES)


def test_the_tables_hold_the_seven_methods_and_their_predictions():
    tables = gallery.only(read_exported(gallery.TABLES), gallery.SEVEN)
    assert set(tables["runs"]["optimizer"]) == set(gallery.SEVEN) == set(tables["order"]["optimizer"])
    known = tables["runs"][tables["runs"]["run_id"].isin(tables["outputs"]["run_id"])]
    assert known["optimizer"].tolist() == list(gallery.SEVEN)
    assert (known["seed"] == 0).all()


@pytest.mark.slow
def test_what_is_committed_is_what_the_tables_give(tmp_path, monkeypatch):
    monkeypatch.setattr(gallery, "FIGURES_OF_SEVEN", ("profile", "snapshots"))
    monkeypatch.setattr(gallery.film, "FRAMES", 3)
    monkeypatch.setattr(sys, "argv", ["gallery", "--out", str(tmp_path)])
    gallery.main()
    assert (tmp_path / "gallery-animation.gif").is_file()
    for name in ("gallery-profile", "gallery-snapshots", "gallery-robustness", *(name for name, *_ in gallery.OTHERS)):
        made, kept = (
            np.asarray(Image.open(folder / f"{name}.png").convert("L"), float)
            for folder in (tmp_path, gallery.ROOT / "docs" / "figures")
        )
        assert made.shape == kept.shape
        assert np.abs(made - kept).mean() < 0.5

"""A page of many meshes does not keep a canvas for each of them."""

import numpy as np
import pytest
from matplotlib.backends import backend_mixed, backend_pdf, backend_svg
from matplotlib.figure import Figure

from harness.figures import save


@pytest.mark.parametrize(("kind", "renderer"), [("pdf", backend_pdf.RendererPdf), ("svg", backend_svg.RendererSVG)])
def test_an_image_of_a_mesh_holds_no_more_than_its_own_pixels(tmp_path, monkeypatch, kind, renderer):
    held, draw = [], renderer.draw_image

    def watched(self, gc, x, y, image, *more):
        held.append((image.nbytes, image.nbytes if image.base is None else image.base.nbytes))
        draw(self, gc, x, y, image, *more)

    monkeypatch.setattr(renderer, "draw_image", watched)
    figure = Figure(figsize=(4, 4))
    figure.add_axes((0.1, 0.1, 0.2, 0.2)).pcolormesh(np.eye(3), rasterized=True)
    save(figure, tmp_path / "mesh", (kind,))
    assert held
    assert all(own == kept for own, kept in held)
    assert backend_pdf.MixedModeRenderer is backend_svg.MixedModeRenderer is backend_mixed.MixedModeRenderer

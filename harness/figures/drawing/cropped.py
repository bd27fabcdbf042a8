"""Meshes of pixels in a PDF or SVG, without what is around them.

matplotlib draws each on a canvas as large as the page, and keeps a view of it: the whole canvas stays in memory until
the file is written, 74 MB for every panel of a long page.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from matplotlib.backends import backend_pdf, backend_svg
from matplotlib.backends.backend_mixed import MixedModeRenderer

BACKENDS: tuple[ModuleType, ...] = (backend_pdf, backend_svg)


class CroppingRenderer(MixedModeRenderer):
    """Hands over copies of images, so that their canvases are let go."""

    def __init__(self, figure: Any, width: float, height: float, dpi: float, vector: Any, **options: Any) -> None:
        super().__init__(figure, width, height, dpi, vector, **options)  # type: ignore[no-untyped-call]  # matplotlib has no types here
        draw = vector.draw_image
        vector.draw_image = lambda gc, x, y, image, *more: draw(gc, x, y, image.copy(), *more)


@contextmanager
def cropped() -> Iterator[None]:
    """While it lasts, PDF and SVG files are written so."""
    for backend in BACKENDS:
        backend.MixedModeRenderer = CroppingRenderer  # type: ignore[attr-defined]  # the module's own name for it
    try:
        yield
    finally:
        for backend in BACKENDS:
            backend.MixedModeRenderer = MixedModeRenderer  # type: ignore[attr-defined]  # as above

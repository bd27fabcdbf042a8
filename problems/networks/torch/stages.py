"""What the named networks for images are made of: `ARCHITECTURES` is the one registry, without torch, for lists."""

from collections.abc import Sequence

VGG16 = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
"""Channels of the convolutions between one pooling and the next."""
ARCHITECTURES: dict[str, tuple[Sequence[Sequence[int]], Sequence[int]]] = {
    "cnn": (((64,), (128,)), (800, 400, 400, 400)),
    "cnn-small": (((32,), (64,)), (400,)),
    "dnn": ((), (400, 200)),
    "vgg16": (VGG16, (1024,)),
}
"""Channels of the convolutions in each stage, and widths of the hidden full layers behind them."""

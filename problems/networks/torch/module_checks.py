"""What a torch module must be to stand behind a flat vector, and where it can be computed."""

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm, _NormBase
from torch.nn.modules.dropout import _DropoutNd


def check_device(device: str) -> None:
    """Raise ValueError unless torch can compute on `device`."""
    if device not in ("cpu", "cuda"):
        raise ValueError(f"The device is cpu or cuda; got '{device}'.")
    if device == "cuda" and not torch.cuda.is_available():
        raise ValueError(
            f"--device cuda needs a GPU and a torch that was built for it; torch {torch.__version__} finds none here. "
            "Leave the option out to compute on the CPU."
        )


def check_module(module: nn.Module) -> None:
    """Raise ValueError if more than parameters and one sample decides a module's output."""
    for name, layer in module.named_modules():
        share = getattr(layer, "dropout", 0.0)  # a number in recurrent and attention layers
        if isinstance(layer, _DropoutNd | nn.RReLU) or (isinstance(share, float) and share > 0):
            _refuse(
                name, layer, "draws random numbers at every call, and a run must depend on its own generators alone"
            )
        if isinstance(layer, _BatchNorm) or (isinstance(layer, _NormBase) and layer.track_running_stats):
            _refuse(name, layer, "mixes the samples of a batch or keeps their statistics beside the parameters")
    buffers = [name for name, _ in module.named_buffers()]
    if buffers:
        raise ValueError(
            f"A network is a function of one flat vector, and this module's buffers lie outside it: "
            f"{', '.join(buffers)}. Make them parameters or constants."
        )
    if not list(module.parameters()):
        raise ValueError("A network has parameters to train; this module has none.")


def _refuse(name: str, layer: nn.Module, reason: str) -> None:
    raise ValueError(
        f"The layer '{name}' is a {type(layer).__name__}, which {reason}. Leave it out, or take a layer without state, "
        "such as GroupNorm."
    )

"""Where a torch network can be computed."""

import torch


def check_device(device: str) -> None:
    """Raise ValueError unless torch can compute on `device`."""
    if device not in ("cpu", "cuda"):
        raise ValueError(f"The device is cpu or cuda; got '{device}'.")
    if device == "cuda" and not torch.cuda.is_available():
        raise ValueError(
            f"--device cuda needs a GPU and a torch that was built for it; torch {torch.__version__} finds none here. "
            "Leave the option out to compute on the CPU."
        )

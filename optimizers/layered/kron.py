"""PSGD with Kronecker factors: a preconditioner for each axis, fitted by random probes of the gradient."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from optimizers.base import Doubles, Need, Objective, Optimizer, Streams, setting
from optimizers.layered.matrix_methods import UNKNOWN, move_by_layers


@dataclass(frozen=True)
class Kron(Optimizer):
    """Momentum, multiplied by triangular factors of each axis that whiten it."""

    family: ClassVar[str] = "layered"
    needs: ClassVar[frozenset[Need]] = frozenset({"gradient", "layout"})
    source: ClassVar[str] = "Li 2018, arXiv 1512.04202; Kron of pytorch_optimizer"
    expected: ClassVar[str] = UNKNOWN
    library: ClassVar[str] = "pytorch_optimizer"
    max_dim: ClassVar[int] = 500_000
    caveat: ClassVar[str] = "the slowest step of all: the library contracts small tensors one by one"
    lr: float = setting(3e-3, "step length", above=0.0, tune=(1e-5, 0.1))
    momentum: float = setting(0.9, "decay of the momentum", at_least=0.0, below=1.0, tune=(0.5, 0.99))
    fitting: float = setting(0.1, "share of the steps, by chance, that fit the factors", above=0.0, below=1.01)

    def memory(self, dim: int) -> int:
        return 8 * 64 * dim

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        assert isinstance(rng, np.random.Generator)
        with chance_of_torch(rng):
            move_by_layers(objective, theta0, self._build)

    def _build(self, params: list[Any]) -> list[Any]:
        import pytorch_optimizer
        import torch

        options: dict[str, Any] = {"mu_dtype": torch.float64, "precondition_dtype": torch.float64}
        options["pre_conditioner_update_probability"] = self.fitting
        return [pytorch_optimizer.Kron(params, lr=self.lr, momentum=self.momentum, **options)]


@contextmanager
def chance_of_torch(rng: np.random.Generator) -> Iterator[None]:
    """Let torch and numpy's global generator draw from seeds of `rng`, and put both back."""
    import torch

    state = np.random.get_state()  # noqa: NPY002  # the library draws from it
    with torch.random.fork_rng(devices=[]):
        # numpy's old generator takes 32 bits, torch's 64
        torch.manual_seed(int(rng.integers(2**63)))
        np.random.seed(int(rng.integers(2**32)))  # noqa: NPY002
        try:
            yield
        finally:
            np.random.set_state(state)  # noqa: NPY002

"""Methods that see matrices: the flat vector is cut into views by the layout, one torch parameter each.

None of them is elementwise, so none takes lanes, and each would be another method on a flat vector.
"""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from optimizers.base import Doubles, Need, Objective, Optimizer, Streams, setting
from optimizers.isolation import globals_kept

UNKNOWN = "no theory known; its steps have nearly equal singular values, so the bias should be weaker than Adam's"


@dataclass(frozen=True)
class LayeredMethod(Optimizer):
    """A method of torch whose parameters keep their shapes."""

    family: ClassVar[str] = "layered"
    needs: ClassVar[frozenset[Need]] = frozenset({"gradient", "layout"})

    @abstractmethod
    def build(self, matrices: list[Any], others: list[Any]) -> list[Any]:
        """The torch optimizers of the parameters with two axes, and of those with another number."""

    def memory(self, dim: int) -> int:
        return 8 * 8 * dim

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        del rng  # deterministic

        def build(params: list[Any]) -> list[Any]:
            return self.build([p for p in params if p.ndim == 2], [p for p in params if p.ndim != 2])

        move_by_layers(objective, theta0, build)


def move_by_layers(objective: Objective, theta0: Doubles, build: Callable[[list[Any]], list[Any]]) -> None:
    """Step for ever by the torch optimizers that `build` makes of the parameters, in the order of the layout."""
    import torch

    theta = torch.from_numpy(theta0.copy())
    gradient = torch.zeros_like(theta)
    params = []
    for slot in objective.layout:
        end = slot.offset + torch.Size(slot.shape).numel()
        # views: a step on a matrix moves the flat vector itself, and nothing is copied back
        param = theta[slot.offset : end].view(slot.shape)
        param.grad = gradient[slot.offset : end].view(slot.shape)
        params.append(param)
    with globals_kept():
        steppers = build(params)
    views = [param.grad for param in params]
    while True:
        gradient.copy_(torch.from_numpy(objective.value_and_grad(theta.numpy())[1]))
        for param, view in zip(params, views, strict=True):
            param.grad = view  # some methods replace or transpose what they are given
        for stepper in steppers:
            stepper.step()


@dataclass(frozen=True)
class Muon(LayeredMethod):
    """Matrices step along their orthogonalised momentum, everything else by AdamW.

    As published it is for hidden matrices alone: those of the first and the last layer then go to AdamW as well."""

    source: ClassVar[str] = "Jordan et al. 2024; Liu et al. 2025, arXiv 2502.16982; torch.optim.Muon"
    expected: ClassVar[str] = UNKNOWN
    caveat: ClassVar[str] = (
        "torch orthogonalises in bfloat16, so steps have three digits; a matrix with one row or column moves along its "
        "normalised gradient"
    )
    lr: float = setting(0.01, "step length of the matrices", above=0.0, tune=(1e-4, 0.1))
    momentum: float = setting(0.95, "share of the momentum that is kept", at_least=0.0, below=1.0, tune=(0.5, 0.99))
    weight_decay: float = setting(0.0, "decay of the weights", at_least=0.0)
    lr_others: float = setting(3e-3, "step length of AdamW on everything else", above=0.0, tune=(1e-5, 0.1))
    matrices: str = setting("all", "which matrices it moves", choices=("all", "hidden"))

    def build(self, matrices: list[Any], others: list[Any]) -> list[Any]:
        from torch.optim import AdamW
        from torch.optim import Muon as TorchMuon

        decay = self.weight_decay
        if self.matrices == "hidden":
            # where the first matrix is the last as well, `[1:][-1:]` does not take it twice
            matrices, others = matrices[1:-1], [*matrices[:1], *matrices[1:][-1:], *others]
        # W <- W - lr sqrt(max(1, r / c)) U V' for W (r, c), with U V' by five Newton-Schulz steps of fifth degree:
        # singular values come out near 1, from about 0.5 to 1.5
        muon = [TorchMuon(matrices, lr=self.lr, momentum=self.momentum, weight_decay=decay)] if matrices else []
        return muon + ([AdamW(others, lr=self.lr_others, weight_decay=decay)] if others else [])


@dataclass(frozen=True)
class Adafactor(LayeredMethod):
    """Adam whose mean squares of a matrix are kept as one row and one column."""

    source: ClassVar[str] = "Shazeer and Stern 2018, arXiv 1804.04235; torch.optim.Adafactor"
    caveat: ClassVar[str] = "steps are relative: torch multiplies lr by the size of the parameter"
    lr: float = setting(0.01, "largest relative step; it falls as 1 / sqrt(step)", above=0.0, tune=(1e-4, 1.0))

    def build(self, matrices: list[Any], others: list[Any]) -> list[Any]:
        from torch.optim import Adafactor as TorchAdafactor

        # V = R C / mean(R), of rank one; a step has at most the root mean square max(1e-3, rms(W)) min(lr, 1 / sqrt(t))
        return [TorchAdafactor([*matrices, *others], lr=self.lr, foreach=False)]


@dataclass(frozen=True)
class Shampoo(LayeredMethod):
    """Each axis of a gradient is multiplied by an inverse root of its summed outer products."""

    source: ClassVar[str] = "Gupta, Koren, Singer 2018, arXiv 1802.09568, algorithm 1; pytorch_optimizer"
    expected: ClassVar[str] = UNKNOWN
    library: ClassVar[str] = "pytorch_optimizer"
    max_dim: ClassVar[int] = 500_000  # an eigenproblem of every axis
    lr: float = setting(0.1, "step length", above=0.0, tune=(1e-3, 10.0))
    eps: float = setting(1e-6, "added to the outer products", above=0.0, tune=(1e-8, 1e-2))

    def build(self, matrices: list[Any], others: list[Any]) -> list[Any]:
        import pytorch_optimizer

        params = [*matrices, *others]
        # L <- L + GG', R <- R + G'G, W <- W - lr L^(-1/4) G R^(-1/4); of a vector the root is L^(-1/2)
        return [pytorch_optimizer.Shampoo(params, lr=self.lr, matrix_eps=self.eps, preconditioning_compute_steps=1)]

    def memory(self, dim: int) -> int:
        return 8 * 64 * dim


@dataclass(frozen=True)
class SOAP(LayeredMethod):
    """Adam in the eigenvectors of Shampoo's outer products."""

    source: ClassVar[str] = "Vyas et al. 2024, arXiv 2409.11321, algorithm 3; pytorch_optimizer"
    expected: ClassVar[str] = UNKNOWN
    library: ClassVar[str] = "pytorch_optimizer"
    max_dim: ClassVar[int] = 500_000
    caveat: ClassVar[str] = "the library takes no step in the first call, when it only begins its averages"
    lr: float = setting(3e-3, "step length", above=0.0, tune=(1e-5, 0.1))
    every: int = setting(10, "steps between new eigenvectors", at_least=1)

    def build(self, matrices: list[Any], others: list[Any]) -> list[Any]:
        import pytorch_optimizer

        params = [*matrices, *others]
        # G' = Q_L' G Q_R, Adam on G', and back: Q_L, Q_R the eigenvectors of the mean GG' and G'G
        return [pytorch_optimizer.SOAP(params, lr=self.lr, weight_decay=0.0, precondition_frequency=self.every)]

    def memory(self, dim: int) -> int:
        return 8 * 64 * dim

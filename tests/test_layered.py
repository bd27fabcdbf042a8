"""Own code of the methods that see matrices: the points of the libraries, alone and in lanes."""

from functools import partial

import numpy as np
import pytest
import torch
from support.layers import STARTS, library_points, points

from optimizers import OPTIMIZERS

CALLS = 60


def kron(params):
    library = pytest.importorskip("pytorch_optimizer", reason="the group 'more' is not installed")
    rng = np.random.default_rng(0)
    torch.manual_seed(int(rng.integers(2**63)))
    np.random.seed(int(rng.integers(2**32)))  # noqa: NPY002  # the generator of the library
    doubles = {"mu_dtype": torch.float64, "precondition_dtype": torch.float64}
    return [library.Kron(params, lr=3e-3, momentum=0.9, pre_conditioner_update_probability=0.1, **doubles)]


def matrices(params):
    return [param for param in params if param.ndim == 2]


def muon(params, chosen):
    others = [param for param in params if not any(param is one for one in chosen)]
    return [
        torch.optim.Muon(chosen, lr=0.01, momentum=0.95, weight_decay=0.0),
        torch.optim.AdamW(others, lr=3e-3, weight_decay=0.0),
    ]


def of_library(name, params, **settings):
    library = pytest.importorskip("pytorch_optimizer", reason="the group 'more' is not installed")
    return [getattr(library, name)(params, **settings)]


LIBRARIES = {
    "adafactor": lambda params: [torch.optim.Adafactor(params, lr=0.01)],
    "kron": kron,
    "muon": lambda params: muon(params, matrices(params)),
    "muon-hidden": lambda params: muon(params, matrices(params)[1:-1]),
    "shampoo": partial(of_library, "Shampoo", lr=0.1, matrix_eps=1e-6),
    "soap": partial(of_library, "SOAP", lr=3e-3, weight_decay=0.0, precondition_frequency=10),
}


@pytest.mark.parametrize("name", LIBRARIES)
def test_points_are_those_of_the_library(name):
    with torch.random.fork_rng(devices=[]):
        theirs = library_points(LIBRARIES[name], CALLS)
    np.testing.assert_allclose(points(OPTIMIZERS[name], CALLS), theirs, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", LIBRARIES)
def test_lanes_are_single_runs(name):
    together = points(OPTIMIZERS[name], CALLS, STARTS, [np.random.default_rng(lane) for lane in range(3)])
    for lane, start in enumerate(STARTS):
        alone = points(OPTIMIZERS[name], CALLS, start, np.random.default_rng(lane))
        np.testing.assert_allclose(together[:, lane], alone, rtol=0, atol=1e-12)

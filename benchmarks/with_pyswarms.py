"""pyswarms' GlobalBestPSO on a torch objective, one particle after the other or all at once."""

import numpy as np

from benchmarks import with_torch
from optimizers import OPTIMIZERS
from optimizers.swarm.libraries import quiet_pyswarms
from optimizers.swarm.pso import first_positions
from problems.base import Problem


def swarm(problem: Problem, particles: int, iterations: int, *, vectorised: bool):
    """As its documentation shows it; a unit is one iteration of the whole swarm."""
    with quiet_pyswarms():
        from pyswarms.single.global_best import GlobalBestPSO
    settings = OPTIMIZERS["pso"]
    options = {"w": settings.inertia, "c1": settings.own, "c2": settings.shared}
    rng = np.random.default_rng(0)
    theta0 = problem.network.theta0(rng)
    positions = first_positions(theta0[None], particles, settings.spread, [rng])[0]
    one, all_at_once = with_torch.value(problem), with_torch.values(problem)

    def each(thetas: np.ndarray) -> np.ndarray:
        return np.array([one(theta) for theta in thetas])

    def trial() -> int:
        np.random.seed(0)  # noqa: NPY002  # pyswarms knows no other generator
        with quiet_pyswarms():
            optimizer = GlobalBestPSO(*positions.shape, options, init_pos=positions.copy())
            optimizer.optimize(all_at_once if vectorised else each, iterations, verbose=False)
        return iterations

    return trial

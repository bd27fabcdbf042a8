"""The swarm of pyswarms, as a reference for our own: same settings, same first positions."""

import json
import os
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import numpy as np

from optimizers.base import Doubles, Need, Objective, Streams
from optimizers.isolation import globals_kept
from optimizers.swarm.pso import SwarmMethod, first_positions

SEEDS = 2**32
"""The library is seeded by a number below this."""


@contextmanager
def quiet_pyswarms() -> Iterator[None]:
    """While it lasts, pyswarms reads a logging configuration that changes nothing, instead of writing `report.log`."""
    before = os.environ.get("LOG_CFG")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "logging.yaml"
        path.write_text(json.dumps({"version": 1, "incremental": True}))
        os.environ["LOG_CFG"] = str(path)
        try:
            yield
        finally:
            del os.environ["LOG_CFG"]
            if before is not None:
                os.environ["LOG_CFG"] = before


@dataclass(frozen=True)
class PSOPyswarms(SwarmMethod):
    """pyswarms' GlobalBestPSO, with velocities that begin at zero instead of in [0, 1)."""

    needs: ClassVar[frozenset[Need]] = frozenset({"population"})
    source: ClassVar[str] = "Kennedy and Eberhart 1995; pyswarms GlobalBestPSO"

    def memory(self, dim: int) -> int:
        return 8 * 12 * self.particles * dim

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        assert isinstance(rng, np.random.Generator)  # no lanes
        positions = first_positions(theta0[None], self.particles, self.spread, [rng])[0]
        with globals_kept(), quiet_pyswarms():
            np.random.seed(int(rng.integers(SEEDS)))  # noqa: NPY002  # the only generator that pyswarms uses
            self._swarm(positions).optimize(objective.values, sys.maxsize, verbose=False)

    def _swarm(self, positions: Doubles) -> Any:
        from pyswarms.single.global_best import GlobalBestPSO

        options = {"w": self.inertia, "c1": self.own, "c2": self.shared}
        swarm = GlobalBestPSO(*positions.shape, options, init_pos=positions)
        swarm.swarm.velocity = np.zeros_like(positions)
        nothing: deque[Any] = deque(maxlen=0)  # or it keeps every position of every particle
        swarm.pos_history = swarm.velocity_history = nothing
        swarm.cost_history = swarm.mean_pbest_history = swarm.mean_neighbor_history = nothing
        return swarm

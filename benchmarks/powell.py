"""Powell, for each evaluation, scipy's own work included: this project against scipy on a torch objective."""

from dataclasses import replace

import numpy as np
from interleaved import report, seconds
from scipy.optimize import minimize
from torch_script import objective

from harness.account import Terms
from harness.meter import Meter
from harness.run import drive
from harness.spec import find_optimizer, find_problem
from problems.engines import make_engine

EVALUATIONS = 2000


class Enough(Exception):
    """So many evaluations have been made."""


def ours(problem, theta0):
    """A run of the project's Powell with this budget; the meter counts, stops and keeps, and nothing is measured."""

    def work():
        drive(find_optimizer("powell"), Meter(problem, Terms(float(EVALUATIONS))), theta0, np.random.default_rng(0))

    return work


def by_scipy(value, theta0):
    """scipy's Powell with the same settings on a plain function, stopped after as many evaluations."""

    def work():
        left = [EVALUATIONS]

        def counted(theta):
            if not left[0]:
                raise Enough
            left[0] -= 1
            return value(theta)

        try:
            minimize(counted, theta0, method="Powell", options={"xtol": find_optimizer("powell").xtol, "ftol": 0.0})
        except Enough:
            pass

    return work


def ways(network):
    """The same work in several ways."""
    reference = replace(find_problem("sin135"), network=network).build(np.random.default_rng(0))
    compiled = replace(reference, engine=make_engine(reference))
    theta0 = reference.network.theta0(np.random.default_rng(1))
    return {
        "compiled": ours(compiled, theta0),
        "numpy": ours(reference, theta0),
        "scipy on a torch objective": by_scipy(objective(reference), theta0),
    }


if __name__ == "__main__":
    for network in ("1-40-1", "1-200-1"):
        report(f"powell {network}, an evaluation", seconds(ways(network), 7), "compiled", units=EVALUATIONS)

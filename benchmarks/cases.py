"""The table of comparisons: what is done, and by whom; what is asked of the ratios stands in `targets`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from benchmarks import ours, with_jax, with_numpy, with_pyswarms, with_scipy, with_torch
from benchmarks.rates import Rates, limit
from benchmarks.rounds import Trial
from optimizers import OPTIMIZERS
from problems.networks.mlp import parse_widths

LANES = 30
PARTICLES = 100
SAMPLES = 201


@dataclass(frozen=True)
class Case:
    """One piece of work."""

    work: str
    network: str
    dtype: str
    unit: str
    contenders: Callable[[float], Mapping[str, Trial]]
    """Given a scale of the effort, 1 for a full measurement, the trials by name; `ours` is one of them."""
    gradient: bool = True
    evaluations: int = 1
    """Evaluations of one network in a unit, for the limit of the arithmetic; 0 where a unit is no fixed number."""

    def limit(self, rates: Mapping[str, Rates]) -> float:
        """Seconds that a unit's evaluations take at the rates of this machine."""
        once = limit(parse_widths(self.network), SAMPLES, rates[self.dtype], gradient=self.gradient)
        return self.evaluations * once


def _gradient(network: str, dtype: str) -> Case:
    def contenders(scale: float) -> Mapping[str, Trial]:
        problem, calls = ours.sin135(network, dtype), max(3, int(300 * scale))
        return {
            "ours": ours.gradients(problem, calls),
            "torch": with_torch.gradients(problem, calls),
            "numpy": with_numpy.gradients(problem, calls),
        }

    return Case("loss and gradient", network, dtype, "evaluation", contenders)


def _adam(network: str, dtype: str, full: int) -> Case:
    def contenders(scale: float) -> Mapping[str, Trial]:
        problem, steps = ours.sin135(network, dtype), max(3, int(full * scale))
        method = replace(OPTIMIZERS["adam"])
        trials = {
            "ours": ours.together(problem, method, LANES, 3 * steps, steps),
            "torch": with_torch.adam(problem, steps),
        }
        if network.count("-") == 2:
            trials["numpy"] = with_numpy.adam(problem, steps)
        if with_jax.AVAILABLE:
            trials["jax"] = with_jax.adam(problem, LANES, steps)
        return trials

    return Case(f"adam, {LANES} lanes", network, dtype, "step and lane", contenders)


def _powell(network: str) -> Case:
    def contenders(scale: float) -> Mapping[str, Trial]:
        problem, evaluations = ours.sin135(network, "float64"), max(10, int(3000 * scale))
        return {
            "ours": ours.alone(problem, OPTIMIZERS["powell"], evaluations, evaluations),
            "scipy on torch": with_scipy.powell(problem, evaluations),
        }

    return Case("powell", network, "float64", "evaluation", contenders, gradient=False)


def _pso(network: str) -> Case:
    def contenders(scale: float) -> Mapping[str, Trial]:
        problem, iterations = ours.sin135(network, "float64"), max(2, int(20 * scale))
        method, budget = replace(OPTIMIZERS["pso"], particles=PARTICLES), PARTICLES * iterations  # type: ignore[call-arg]  # a swarm
        return {
            "ours": ours.alone(problem, method, budget, iterations),
            "pyswarms on torch, each": with_pyswarms.swarm(problem, PARTICLES, iterations, vectorised=False),
            "pyswarms on torch, vectorised": with_pyswarms.swarm(problem, PARTICLES, iterations, vectorised=True),
        }

    work = f"pso, {PARTICLES} particles"
    return Case(work, network, "float64", "iteration", contenders, gradient=False, evaluations=PARTICLES)


def _bfgs(network: str) -> Case:
    def contenders(scale: float) -> Mapping[str, Trial]:
        problem = ours.sin135(network, "float64")
        scipys = with_scipy.Bfgs(problem, max(2, int(6 * scale)))
        iterations = scipys()  # the same iterates take the same evaluations
        return {
            "ours": ours.alone(problem, OPTIMIZERS["bfgs"], 3 * scipys.gradients, iterations),
            "scipy": scipys,
        }

    return Case("bfgs", network, "float64", "iteration", contenders, evaluations=0)


CASES = (
    _gradient("1-40-1", "float32"),
    _gradient("1-40-1", "float64"),
    _adam("1-40-1", "float32", 150),
    _adam("1-40-1", "float64", 150),
    _adam("1-200-50-1", "float32", 30),
    _powell("1-40-1"),
    _powell("1-200-1"),
    _pso("1-40-1"),
    _bfgs("1-667-1"),
)

"""The rules of `harness.rules.conformance` about what a method does in a run."""

import logging
import random
import sys
import threading
import warnings
from contextlib import chdir, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from harness.prices import KINDS, price
from harness.rules.faults import Fault, NetworkBroke, breaking_at, nothing_but_nan, one_nan, sound, wall_near
from harness.rules.spied_run import Trial, attempt, attempt_lanes, bowl, network, odd, start
from harness.run.metering.account import Terms
from optimizers.base import Optimizer
from problems.engines.numpy_evaluator import NumpyEvaluator

PRICES = {need: price(kind, Terms.cost_per_gradient) for kind, needs in KINDS.items() for need in needs}
"""Forward passes of one evaluation that meets a need."""
SHORT = 333
LONG = 1000
SEEDS = (0, 1, 2)
LANE_STEPS = 100
LANE_TOLERANCE = 1e-10


@cache
def usual(method: Optimizer) -> Trial:
    """A short run with nothing special about it, made once for all rules that look at one."""
    return attempt(method, SHORT)


def starts_at_theta0(method: Optimizer) -> str | None:
    """The first point evaluated, or row 0 of the first population, is theta0 exactly."""
    points, theta0 = usual(method).points, start(network())
    if not len(points):
        return "the first point evaluated is theta0 exactly; nothing was evaluated"
    off = float(np.abs(points[0] - theta0).max())
    if np.array_equal(points[0], theta0.astype(np.float32)) and off:
        return "the first point evaluated is theta0 exactly; it came in single precision: keep points in double"
    return None if off == 0 else f"the first point evaluated is theta0 exactly; it was off by up to {off:.3g}"


def leaves_theta0_alone(method: Optimizer) -> str | None:
    """theta0 is not changed."""
    return None if np.array_equal(usual(method).theta0, start(network())) else "theta0 is not changed"


def keeps_the_budget(method: Optimizer) -> str | None:
    """No budget is exceeded, and each is spent until nothing more fits, unless the method has converged."""
    dim = network().dim
    dearest = max(PRICES.get(need, 1) for need in method.needs)
    # a simplex or a difference gradient takes dim or dim + 1; the small ones end within whatever is done at once
    for budget in (1, 2, 3, 7, dim, dim + 1, SHORT):
        trial = attempt(method, budget)
        cost = trial.meter.account.cost
        if cost > budget:
            return f"a budget of {budget} is not exceeded; {cost:g} was spent"
        if trial.status not in ("budget", "converged"):
            return f"a run ends by its budget or has converged; with a budget of {budget} it ended as '{trial.status}'"
        if trial.status == "budget" and budget - cost >= dearest:
            return f"a budget of {budget} is spent; {budget - cost:g} was left"
    return None


def asks_for_what_it_needs(method: Optimizer) -> str | None:
    """It evaluates nothing that its needs do not announce."""
    counts = usual(method).meter.account.counts
    for kind, needs in KINDS.items():
        if getattr(counts, kind) and not needs & method.needs:
            return f"a method that evaluates {kind} declares the need {' or '.join(sorted(needs))}"
    return None


def lowers_the_loss(method: Optimizer) -> str | None:
    """A thousand forward passes halve a loss whose Hessian is the identity; a sampler of starts finds a better one."""
    evaluator = NumpyEvaluator(bowl())
    first = float(evaluator.values(start(bowl())[None])[0])
    trial = attempt(method, LONG, problem=bowl())
    meter = trial.meter
    last = float(evaluator.values(meter.last[None])[0])  # a minibatch's loss is never the best
    best = min(last, float(np.min(meter.best_loss)))
    enough = 1.0 if "starts" in method.needs else 0.5  # the law of the start need not reach the minimum
    if best < enough * first:
        return None
    early = f", where it returned, after {meter.account.cost:g}: loop for ever" * (trial.status == "converged")
    return f"{LONG} forward passes halve an easy loss; {first:.3g} became {best:.3g}{early}"


def repeats_itself(method: Optimizer) -> str | None:
    """The same seed gives the same points, whatever others have drawn from the global generators."""
    first = usual(method).points
    np.random.random(7)  # noqa: NPY002  # the very thing that must not matter
    random.random()
    if "torch" in sys.modules:
        sys.modules["torch"].rand(7)
    second = attempt(method, SHORT).points
    # a point that is not a number has a rule of its own
    if np.array_equal(first, second, equal_nan=True):
        return None
    return "the same seed gives the same points; draw from the generator that a parameter `rng` is given, and no other"


def leaves_no_trace(method: Optimizer) -> str | None:
    """Random states, root logger, warnings filters, threads, files: as before, after an end and after an error."""
    with TemporaryDirectory() as folder, chdir(folder):
        for fault in (sound, breaking_at(SHORT // 10, NetworkBroke())):
            before = process_state()
            with suppress(NetworkBroke):
                attempt(method, SHORT, fault)
            after = process_state()
            changed = [name for name, state in before.items() if after[name] != state]
            if changed:
                return f"a run leaves the process as it was; changed: {', '.join(changed)}"
    return None


def process_state() -> dict[str, Any]:
    """What a run may not change, by name."""
    root = logging.getLogger()
    torch = sys.modules.get("torch")
    state: dict[str, Any] = {
        "numpy's random state": repr(np.random.get_state()),  # noqa: NPY002  # not drawn from
        "random's state": random.getstate(),
        "root logger": (root.level, list(root.handlers), list(root.filters), root.disabled),
        "warnings filters": list(warnings.filters),
        "floating-point errors": np.geterr(),
        "threads": set(threading.enumerate()),
        "files": sorted(path.name for path in Path().iterdir()),
        "folder": Path.cwd(),
    }
    if torch is not None:
        state["torch's random state"] = torch.random.get_rng_state().tolist()
        state["torch's settings"] = (torch.get_num_threads(), torch.get_default_dtype(), torch.is_grad_enabled())
    return state


def passes_errors_on(method: Optimizer) -> str | None:
    """An error inside the network comes out as it is."""
    made = len(usual(method).points)
    for evaluation in sorted({0, 1, min(30, made - 1)} & set(range(made))):  # none that was not made
        error = NetworkBroke()
        caught = None
        try:
            attempt(method, SHORT, breaking_at(evaluation, error))
        except Exception as raised:  # noqa: BLE001  # whatever it is, it should have been `error`
            caught = raised
        if caught is not error:
            got = repr(caught) if caught else "None, as something catches it: let `fun` raise"
            return f"an error in evaluation {evaluation} comes out as it is; got {got}"
    return None


def survives_one_nan(method: Optimizer) -> str | None:
    """A single loss that is not a number neither ends the run nor sends it to points that are none."""
    return _survives(method, one_nan, {"budget", "converged"})


def survives_nothing_but_nan(method: Optimizer) -> str | None:
    """A run without one finite loss ends by itself."""
    return _survives(method, nothing_but_nan, {"diverged", "budget"})


def survives_a_wall_of_infinity(method: Optimizer) -> str | None:
    """A run next to infinite losses ends by itself."""
    return _survives(method, wall_near(start(network())), {"diverged", "converged", "budget"})


def _survives(method: Optimizer, fault: Fault, statuses: set[str]) -> str | None:
    trial = attempt(method, SHORT, fault)
    if trial.status not in statuses:
        return f"a run with losses that are not finite ends as {' or '.join(sorted(statuses))}; got '{trial.status}'"
    if not np.isfinite(trial.points).all():
        return "only finite points are evaluated"
    return None


def runs_lanes_as_if_alone(method: Optimizer) -> str | None:
    """If lanes are declared: for a hundred calls each evaluates what its run alone evaluates, to 1e-10, and ends so."""
    if not method.lanes:
        return None
    dearest = max(PRICES.get(need, 1) for need in method.needs)
    budget = LANE_STEPS * (dearest if dearest > 1 else 20)  # enough for populations of 20
    together = attempt_lanes(method, budget, SEEDS)
    for lane, seed in enumerate(SEEDS):
        done, alone = 0, attempt(method, budget, seed=seed, problem=odd())
        for call, own in enumerate(alone.calls[:LANE_STEPS]):
            # a call of lanes evaluates the rows of one after those of another: (lanes, rows, P)
            shared = together.points[done : done + len(SEEDS) * len(own)]
            if len(shared) < len(SEEDS) * len(own):
                return f"lanes make at least as many calls as a run alone; they end before call {call}"
            mine = shared.reshape(len(SEEDS), *own.shape)[lane]
            if not np.allclose(mine, own, rtol=LANE_TOLERANCE, atol=LANE_TOLERANCE):
                return f"lane {lane} equals its run alone; in call {call} they differ by {np.abs(mine - own).max():.1e}"
            done += len(shared)
        ended = together.meter.outcome(lane)
        status = ended.stop.status if ended.stop else together.status
        spent = alone.meter.account.counts
        if (status, ended.counts) != (alone.status, spent):
            return (
                f"lane {lane} ends as its run alone, '{alone.status}' after {spent}; it ended as '{status}' after "
                f"{ended.counts}: `objective.leave` ends lanes that have converged"
            )
    return None

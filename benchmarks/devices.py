"""`python -m benchmarks.devices [--device cuda]`: runs on one device of torch against the loop one writes with torch.

Rows of this device replace those in `results/reference/bench_devices.csv`; those of others stay.
"""

import argparse
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn

from benchmarks.ours import together
from benchmarks.page import DEVICES, ROOT, write
from benchmarks.rounds import Trial, interleaved, ratio
from harness.run.drive import drive
from harness.run.metering.account import Terms
from harness.run.metering.tensors import TensorMeter
from harness.run.spec import stream
from optimizers import OPTIMIZERS
from optimizers.base import Optimizer
from problems import PROBLEMS
from problems.base import Problem
from problems.engines.torch_evaluator import TorchEvaluator
from problems.networks.torch import architectures
from problems.networks.torch.module import ModuleNetwork

BATCH = 128
LANES = 256
WORK = {
    "mnist": ("dnn", "adam", 5000),
    "cifar10-cnn": ("cnn", "adam-minibatch", 2560),
    "cifar10-vgg16": ("vgg16", "adam-minibatch", 768),
}
"""Problem to its architecture, method and samples, of which there are enough for a minibatch in each step."""
STEPS = 6


def measure(device: str, rounds: int, only: str) -> pd.DataFrame:
    """A row for each piece of work."""
    cases = {name: partial(against_torch, name, device) for name in WORK}
    if device != "cpu":
        cases[f"sin135, {LANES} lanes in the time of one"] = partial(many_lanes, device)
    rows = []
    for name, contenders in cases.items():
        if only not in name:
            continue
        timed = interleaved(contenders(), rounds)
        ours = timed.pop("ours")
        for rival, theirs in timed.items():
            middle, low, high = ratio(theirs, ours)
            rows.append({"device": named(device), "work": name, "against": rival, "seconds_ours": ours.median})
            rows[-1] |= {"seconds_theirs": theirs.median, "ratio": middle, "ratio_low": low, "ratio_high": high}
            print(rows[-1], flush=True)
    return pd.DataFrame(rows)


def named(device: str) -> str:
    """What the table calls it."""
    return "cpu" if device == "cpu" else torch.cuda.get_device_name()


def against_torch(name: str, device: str) -> dict[str, Trial]:
    """One run of a few steps, and the loop that makes the same steps from the same weights."""
    architecture, optimizer, samples = WORK[name]
    recipe = replace(PROBLEMS[name], n_train=samples, n_test=10, filters=())  # type: ignore[call-arg]  # images
    registered = recipe.build(stream(0, "data"))
    on_torch = replace(recipe, network=architecture, device=device).build(stream(0, "data"))
    method: Optimizer = OPTIMIZERS[optimizer]
    cost = 3.0 * STEPS * (1 if optimizer == "adam" else BATCH / samples)
    # on a CPU a fully connected network is none of torch's: what is measured is what a user gets
    own = device == "cpu" and not isinstance(registered.network, ModuleNetwork)
    return {
        "ours": together(registered, method, 1, cost, STEPS) if own else ours(on_torch, method, 1, cost, STEPS, device),
        "torch": plain(on_torch, STEPS, device, minibatch=optimizer != "adam"),
    }


def many_lanes(device: str) -> dict[str, Trial]:
    """As many steps of one lane and of many: a unit is a step, however many lanes it has."""
    waves = PROBLEMS["sin135"].build(stream(0, "data"))
    network = ModuleNetwork("1-40-1", architectures.widths((1, 40, 1), "tanh"), (1,), "own", "float32", device)
    problem, steps = replace(waves, network=network), 300
    one, many = (ours(problem, OPTIMIZERS["adam"], lanes, 3.0 * steps, steps, device) for lanes in (1, LANES))
    return {"ours": many, "one lane": one}


def ours(problem: Problem, method: Optimizer, lanes: int, budget: float, steps: int, device: str) -> Trial:
    """A run as the harness makes it, without measuring."""
    evaluator = TorchEvaluator(problem)
    thetas = evaluator.placed(starts(problem, lanes))

    def trial() -> int:
        meter = TensorMeter(evaluator, Terms(budget), lanes)
        drive(method, meter, thetas, [stream(seed, "optimizer") for seed in range(lanes)])
        finish(device)
        return steps

    return trial


def plain(problem: Problem, steps: int, device: str, *, minibatch: bool) -> Trial:
    """The usual loop with everything on the device, fused Adam, and no look at a loss."""
    (x, y), make, loss = data(problem), problem.network.make, nn.CrossEntropyLoss()
    assert not minibatch or steps * BATCH <= len(x), "a step beyond the data would have no images, and take no time"

    def trial() -> int:
        torch.manual_seed(0)
        # the layers alone, as one writes them, without what ours does for its convolutions
        net = nn.Sequential(*make()).to(device)
        stepper = torch.optim.Adam(net.parameters(), fused=True)
        order = torch.randperm(len(x), device=device)
        for step in range(steps):
            rows = order[step * BATCH : (step + 1) * BATCH] if minibatch else slice(None)
            stepper.zero_grad()
            loss(net(x[rows]), y[rows]).backward()
            stepper.step()
        finish(device)
        return steps

    return trial


def data(problem: Problem) -> tuple[torch.Tensor, torch.Tensor]:
    """Images and their classes, on the device."""
    network = problem.network
    return network.sampled(problem.inputs), network.placed(problem.targets).argmax(dim=1)


def starts(problem: Problem, lanes: int):
    """First parameters of the runs with seeds 0, 1, ..., `(lanes, P)`."""
    return np.array([problem.network.theta0(stream(seed, "weights")) for seed in range(lanes)])


def finish(device: str) -> None:
    """Wait for what the device has been told."""
    if device != "cpu":
        torch.cuda.synchronize()


def main(argv: list[str] | None = None) -> int:
    """Measure, and write the table and the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.devices", description=__doc__)
    parser.add_argument("--device", default="cpu", metavar="NAME", help="cpu or cuda (default: cpu)")
    parser.add_argument("--rounds", type=int, default=7, metavar="N", help="turns of each (default: 7)")
    parser.add_argument("--only", default="", metavar="WORK", help="only the work whose name contains this")
    parser.add_argument("--out", type=Path, default=ROOT, metavar="DIR", help="where results/ and docs/ are")
    arguments = parser.parse_args(argv)
    torch.set_num_threads(1)
    rows = measure(arguments.device, arguments.rounds, arguments.only)
    path = arguments.out / DEVICES
    if path.exists():
        before = pd.read_csv(path)
        again = pd.MultiIndex.from_frame(rows[["device", "work"]])
        rows = pd.concat([before[~pd.MultiIndex.from_frame(before[["device", "work"]]).isin(again)], rows])
    path.parent.mkdir(parents=True, exist_ok=True)
    rows.to_csv(path, index=False, float_format="%.6g")
    write(arguments.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""`docs/performance.md` and its figures, from the tables alone: `python -m benchmarks.page` draws them again."""

from math import isnan
from pathlib import Path

import pandas as pd

from benchmarks.figures import cost_figure, ratio_figure, save
from benchmarks.slopes import slopes
from benchmarks.targets import asked
from harness.quantities import duration

TABLE = "results/reference/bench.csv"
RATES = "results/reference/bench_rates.csv"
COSTS = "results/reference/costs.csv"
DEEP = "results/reference/bench_deep.csv"
DEVICES = "results/reference/bench_devices.csv"
PAGE = "docs/performance.md"
FIGURES = "docs/figures"
ROOT = Path(__file__).parents[1]

INTRODUCTION = """\
# Performance

Written by `make bench` from [`bench.csv`](../results/reference/bench.csv); do not edit.

Each row is the same work done by this project and by what a user would write instead, in one process on one core (the
study as a whole: two cores), in turns, with one thread. The ratio is the median over rounds of *their seconds / our
seconds*, with its quartiles. Our side is a run as the harness makes it: counting, stopping, keeping the best and
guarding are in it, measuring spectra is not. Imports and compilation are in the rows of the whole study alone.

The limit is the time in which this core could do the arithmetic of the network alone, at the rates measured below:
matrix products as BLAS does them on {size} x {size} matrices, tanh as numpy does it in cache.
"""
COST_TEXT = """
## What an optimizer costs

Time and memory of one evaluation or step against the number of parameters P, of samples n, of lanes and of particles,
each on `sin135`, from [`costs.csv`](../results/reference/costs.csv), which `python -m benchmarks.costs` measures in
seconds of the processor. Memory is the growth of the process's largest resident size in a run, in a process of its own,
beside what the optimizer's own estimate says (dotted).

![Time and memory of optimizers](figures/costs.png)

Slopes of the logarithm of time on the logarithm of what grows, by least squares over all points, with the standard
error. Seeds of a method that steps in lanes are lanes; those of others are runs of their own, and take so many times
as long. Of the arithmetic: what time is proportional to where nothing but the products of numbers is left, in P its
square where a method keeps a matrix of P x P or solves with one. A slope above that by two standard errors is bold.
"""

BY_JAX = """\
## JAX as an evaluator

Loss and gradient of deep networks of float32, as `python -m benchmarks.deep` measures them against `jit` of `vmap` of
`value_and_grad`, in [`bench_deep.csv`](../results/reference/bench_deep.csv): *jax* keeps its arrays, *numpy in and out*
is what an evaluator of this project would be. It is slower on every one of them, and so it is none. Whether it were
worth it on a GPU is not measured: no GPU was at hand.

{table}
"""

ON_DEVICES = """\
## On a device

What `python -m benchmarks.devices` measures, in [`bench_devices.csv`](../results/reference/bench_devices.csv): a step
of one run whose parameters, gradients and Adam's state are tensors of one device, counted and guarded as every run,
against the loop that one writes with torch, whose data lie on the device, whose Adam is fused and which looks at no
loss. `mnist` takes all of 5,000 images in a step, the others 128. Below one, the loop is faster than we. Rows of the
CPU are of another AMD EPYC than the tables above, and `mnist` there runs by our own kernels, as it is registered.

{table}

A step copies nothing between the host and the device; a mark copies eight times at most (`tests/test_on_a_device.py`
counts, on the CPU), and minibatches copy the order of an epoch. Not measured, as no GPU was at hand: all of this on a
GPU, among it whether 256 lanes of `sin135` take at most twice the time of one, which `--device cuda` measures. CUDA
graphs and `torch.compile` are not used: neither could be tried where it helps. Methods that ask for losses alone
(populations, line searches) or for the matrices in the vector (Muon and its kin) go over the host.
"""

LIMITS = """\
## What is not met, and why

Measured on two cores of the machine of the tables (AMD EPYC, Zen 4), which did nothing else; before that round two
others, in whose environment OPENBLAS_CORETYPE named a processor without AVX-512, which halves the products of numpy.
What was not met was measured again on another AMD EPYC with AVX-512, idle, on which a network takes twice as long.

- *Loss and gradient, float32*, was 29.4 times torch's in this round and 26.5 with the other BLAS, where 30 were asked,
  and is met since: 40.3 (39.4 to 43.0) on the second EPYC. The way from Python to the kernel took 1.2 us of 4.8 and
  takes 0.8 now (4.8 to 4.4 us in all, in turns). On an Intel (Ice Lake) it had been 35 (33 to 37).
- *bfgs* is asked to be 160 times as fast as scipy; the three rounds gave 312, 166 and 106 (quartiles of the last 88
  to 285), and the second EPYC, with half of the matrix alone, 408 (358 to 452): 1.5 ms an iteration, and scipy 628. An
  iteration passes once over that half, 16 MB that are read and written, which takes 1.3 to 6 ms on the Intel with what
  else is in the cache and on the bus. There the ratio was 209 (182 to 217), and before, beside other work, 152.
- *pso.* Twenty times pyswarms would be 0.34 ms an iteration, of which 100 networks alone take 0.28; it took 0.39 in
  all three rounds. Since then the swarm moves in one compiled pass, of 6 us where it took some 35 (757 to 730 us in
  turns on the second EPYC). There 100 networks alone take 0.62 ms, half of what they would with numpy's tanh,
  and twenty times pyswarms would be 0.56: the ratio is 14.1 (13.8 to 14.2) and could not be above 18. Of what
  is left 0.05 ms are the 24,200 random numbers, which are those of numpy's generator. On the Intel it was 12.
- *adam, 1-200-50-1, against JAX* is met (1.42; with the other BLAS 0.93, as XLA brings products of its own), and by
  this. It took 273 us, of which 115 were matrix products, 105 the passes between them and 50 Adam and the meter, in
  float64. Parameters, gradients and Adam's state are float32 now, as XLA has them, which leaves 5 us for Adam and 3
  for the meter, a lane's share each. The passes take about 40: the product of the single input is made in the pass of
  its activations (16 us for 200 x 201, where it took 26), slopes are told from values and not kept, rows are whole
  registers, and the gradients of the first layer are summed as its cotangents are made (8 us). What XLA does and we
  do not: it makes the whole step one program, with no call between its parts. What it does not: its products of a
  batch of matrices take about a fifth longer than OpenBLAS's one by one, and its tanh alone (27 us) longer than ours
  with the product. (This profile was taken beside other work.)
- *The loop of torch on a CPU* is met (the rows above, five rounds, idle). `mnist` runs as it is registered, by our own
  kernels of float32 with the products of OpenBLAS; it had been measured as a torch module (0.94 of the loop's speed on
  the Intel, 0.99 here), which nobody gets who does not ask for one. Images lie channels last in memory, which spares
  convolutions and poolings a new order of numbers; the loop is the one that one writes, without that. Of a step of
  VGG16, 2.2 s of processor, joining the slopes of the layers to one vector takes 26 ms, writing the last point down 5
  to 13 and looking whether all slopes are finite 5. On the Intel it was 0.94 (0.90 to 1.01) of the loop's speed.
- *Methods that run their seeds one by one although their steps could be batched.* In lanes they are slower; tried
  with 3 and 8 seeds of `sin135`, in turns with runs alone, on two cores beside other work. A step of
  `natural-gradient` takes 245 and 224 us alone, 267 and 237 a lane in a batch, with the same numbers: 170 of it are
  one product of the Jacobian, one Cholesky factor and the Jacobian, which LAPACK makes one matrix at a time all the
  same (a batched Cholesky of numpy takes longer), and eight Jacobians at once leave the second-level cache.
  `levenberg-marquardt` has the same parts and `gauss-newton` a least-squares solution of 1.4 ms, which no library
  batches. An evaluation of `pattern-search` took 4.2 to 4.5 us alone and at least 13 and 10 in a batch: alone, one
  unit of the network changes and the others are kept. Its loop is compiled instead, as that of `coordinate-descent`
  (6.5 us an evaluation); now they take 1.0 and 1.1.
- *What `plan` foretells* is within a factor of 1.5 but for `sr1` on Fourier features, and no short probe could. Each
  step solves a model of rank one higher, by conjugate gradients: with `fourier(8,0)` and with `fourier(16,1)` (seed 0)
  they took 17 and 29 rounds a step over the first 120 steps, 64 and 65 over 480, 413 and 108 over 1,920, and 1,439 and
  315 over 6,000. So two runs that agree after 480 steps are a factor of five apart in the end, by how far the loss
  falls. A probe whose passes take longer than those of the one before it makes `plan` say "at least".
- *The study* is met: the second run takes 6 seconds (5.7, 5.9), where ten were asked and it had taken 10.4, and with
  a budget of 10, which is all but the runs, 2.6, where three were asked. Measuring is 2.3 % of the runs' time and had
  been 5: both points of a mark, the last and the best, are one batch now, by the kernel of losses.
- *The first run*, where nothing has been compiled before, takes 14.4 seconds (13.8, 15.0) where 15 were asked, so
  that it is met by little: 131 functions are typed, lowered and compiled by numba, each by itself before it is
  inlined (the core of BFGS 8 s, of Powell's method 4 s, the kernel of gradients 2 s, of one process on a busy
  machine). The two processes begin with runs that need different code, as each compiles what both need. `make
  install` compiles them, and the first run after it is like the second; who installs the package alone waits once. No
  cache travels with the wheel: numba's is for one processor and one place.
"""


def publish(rows: pd.DataFrame, rates: pd.DataFrame, root: Path) -> None:
    """Write the tables under `root`, and the page with its figures."""
    for name, table in ((TABLE, rows), (RATES, rates)):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        table.to_csv(root / name, index=False, float_format="%.6g")
    print(write(root))


def write(root: Path) -> str:
    """The page from the tables that lie under `root`; the table of ratios, to print."""
    rows, rates = asked(pd.read_csv(root / TABLE)), pd.read_csv(root / RATES)
    (root / FIGURES).mkdir(parents=True, exist_ok=True)
    save(ratio_figure(rows), root / FIGURES / "performance.png")
    table = markdown(rows)
    parts = [
        INTRODUCTION.format(size=512),
        "## Ratios\n",
        table,
        "\n![Ratios](figures/performance.png)\n",
        _rates(rates),
        LIMITS,
    ]
    if (root / DEEP).is_file():
        parts.append(BY_JAX.format(table=_ratios(pd.read_csv(root / DEEP), ("network", "samples", "lanes"))))
    if (root / DEVICES).is_file():
        parts.append(ON_DEVICES.format(table=_ratios(pd.read_csv(root / DEVICES), ("device", "work"))))
    if (root / COSTS).is_file():
        costs = pd.read_csv(root / COSTS)
        save(cost_figure(costs), root / FIGURES / "costs.png")
        parts += [COST_TEXT, _slopes(costs)]
    (root / PAGE).write_text("\n".join(parts))
    return table


def markdown(rows: pd.DataFrame) -> str:
    """The table of ratios, a line for each rival."""
    head = "| work | network | dtype | a unit | against | ours | theirs | ratio | quartiles | target | | ours / limit |"
    lines = [head, "|" + "---|" * 12]
    lines += ["| " + " | ".join(_cells(row)) + " |" for row in rows.to_dict("records")]
    return "\n".join(lines)


def _cells(row: dict) -> list[str]:
    wanted = not isnan(row["target"])
    return [
        *(str(row[name]) for name in ("work", "network", "dtype", "unit", "against")),
        duration(row["seconds_ours"]),
        duration(row["seconds_theirs"]),
        f"{row['ratio']:.3g}",
        "" if isnan(row.get("ratio_low", float("nan"))) else f"{row['ratio_low']:.3g} to {row['ratio_high']:.3g}",
        f"{row['target']:g}" if wanted else "",
        ("met" if row["ratio"] >= row["target"] else "**not met**") if wanted else "",
        "" if isnan(row.get("seconds_limit", float("nan"))) else f"{row['seconds_ours'] / row['seconds_limit']:.1f}",
    ]


def _ratios(rows: pd.DataFrame, labels: tuple[str, ...]) -> str:
    lines = [
        f"| {' | '.join(labels)} | against | ours | theirs | ratio | quartiles |",
        "|" + "---|" * (len(labels) + 5),
    ]
    for row in rows.to_dict("records"):
        cells = [*(str(row[name]) for name in (*labels, "against"))]
        cells += [duration(row["seconds_ours"]), duration(row["seconds_theirs"]), f"{row['ratio']:.3g}"]
        lines.append(f"| {' | '.join(cells)} | {row['ratio_low']:.3g} to {row['ratio_high']:.3g} |")
    return "\n".join(lines)


def _slopes(costs: pd.DataFrame) -> str:
    """A line for each optimizer and axis; what grows faster than the arithmetic is bold."""
    lines = ["| optimizer | against | from | to | slope | of the arithmetic |", "|---|---|---|---|---|---|"]
    rows = list(slopes(costs))
    for row in rows:
        slope = f"{row.slope:.2f} +- {row.error:.2f}"
        cells = (row.optimizer, row.axis, f"{row.first:g}", f"{row.last:g}", f"**{slope}**" if row.above else slope)
        lines.append(f"| {' | '.join(cells)} | {row.arithmetic:g} |")
    above = ", ".join(f"{row.optimizer} against {row.axis}" for row in rows if row.above)
    return "\n".join([*lines, "", f"Above the arithmetic: {above or 'none'}.", ""])


def _rates(rates: pd.DataFrame) -> str:
    lines = ["## Rates of the machine\n", "| dtype | matrix product | tanh |", "|---|---|---|"]
    lines += [
        f"| {row['dtype']} | {row['flops'] / 1e9:.1f} GFLOP/s | {1e9 / row['tanhs']:.2f} ns an element |"
        for row in rates.to_dict("records")
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(write(ROOT))

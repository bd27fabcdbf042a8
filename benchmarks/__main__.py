"""`python -m benchmarks [--quick] [--only adam]`: measure, print, and write the tables, the page and the figure."""

import argparse
import os
import sys
from pathlib import Path

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

from benchmarks.measure import measure_all

ROOT = Path(__file__).parents[1]


def main(argv: list[str] | None = None) -> int:
    """Carry it out; the exit code is 0 whether targets are met or not."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="tiny rounds, to see that everything works")
    parser.add_argument("--only", default="", metavar="WORK", help="only work, network, dtype with this in it")
    parser.add_argument("--out", type=Path, default=ROOT, metavar="DIR", help="where results/ and docs/ are written")
    arguments = parser.parse_args(argv)
    measure_all(arguments.out, quick=arguments.quick, only=arguments.only)
    return 0


if __name__ == "__main__":
    sys.exit(main())

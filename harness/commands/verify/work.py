"""`harness verify`: whether the rows of a study come out again."""

import argparse
import sys
from pathlib import Path

from harness.commands.folders import study_at_home
from harness.study.sharing.verify import sample, verify
from harness.study.store import Store


def main(arguments: argparse.Namespace) -> int:
    """Print a line a run; 0 if all are the same but for rounding, 1 if not."""
    with study_at_home(Path(arguments.folder)) as (folder, study):
        store = Store(folder)
        specs = sample(store, study.plan.specs, arguments.sample, arguments.draw)
        if not specs:
            raise ValueError(f"The study in '{folder}' has no finished run that could be made again.")
        verdicts = verify(store, specs)
    for spec, identical, difference, damaged in verdicts:
        how = "the same" if identical else damaged or f"differs by {difference:.2g}, relative"
        sys.stdout.write(f"{spec.problem}, {spec.optimizer}, seed {spec.seed}: {how}\n")
    passed = sum(verdict.passed for verdict in verdicts)
    sys.stdout.write(f"{passed} of {len(verdicts)} runs came out the same, but for rounding\n")
    return 0 if passed == len(verdicts) else 1

"""What the missing runs of a study will take, by what its finished ones took."""

from collections.abc import Sequence

import pandas as pd

from harness.study.foretelling.finished import SECONDS


def seconds_left(runs: pd.DataFrame, missing: Sequence[tuple[str, str]]) -> float:
    """Processor seconds of runs of these problems and optimizers, by the table `runs` of those that are finished.

    Each takes what those of its problem and optimizer took on the mean; where none is finished, those of its optimizer,
    and else all. NaN where nothing is known and something missing."""
    seconds = runs[SECONDS].sum(axis=1)
    alike = seconds.groupby([runs["problem"], runs["optimizer"]]).mean().to_dict()
    by_method = seconds.groupby(runs["optimizer"]).mean().to_dict()
    overall = float(seconds.mean()) if len(runs) else float("nan")
    return sum((alike.get(both, by_method.get(both[1], overall)) for both in missing), 0.0)

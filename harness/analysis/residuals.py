"""The residual's own spectrum at equal loss: a comparison that the amplitude of the target cannot confound.

The relative error divides by the target's amplitude, so that what falls with frequency seems learned late. The residual
itself, |h_k - f_k|, is compared here at equal loss, as in `harness.analysis.clocks`, in two units: that of its own
*start*, which says by how much each frequency has shrunk, and that of its *mean* over frequencies, which says where the
residual now lies."""

import numpy as np
import pandas as pd

from harness.analysis.clocks import side_by_side, to_digits, wins
from harness.analysis.hits import SERIES
from harness.analysis.incumbents import as_declared
from harness.analysis.order import PRIMARY_THRESHOLD, ordered
from harness.tables import LABELS, Tables

UNITS = ("its start", "its mean over frequencies")


def residual_spectra(spectra: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """For each unit the table `spectra` with the residual in this unit in place of the error."""
    # back to |h_k - f_k|: the error is relative to |f_k|
    residual = spectra["error"] * spectra["target_amplitude"]
    ordered = spectra.assign(residual=residual).sort_values("mark")
    first = ordered.drop_duplicates(SERIES)[[*SERIES, "residual"]].rename(columns={"residual": "unit"})
    start = spectra.merge(first, on=SERIES, how="left")["unit"].to_numpy(np.float64)
    of_mark = ["run_id", "probe", "component", "mark"]
    positive = spectra["frequency"] > 0
    # k = 0 takes no part in the mean over frequencies
    mean = residual.where(positive).groupby([spectra[name] for name in of_mark]).transform("mean")
    return {
        unit: spectra.assign(error=residual.to_numpy() / np.where(below > 0, below, np.nan))
        for unit, below in zip(UNITS, (start, mean.to_numpy()), strict=True)
    }


def residual_order(tables: Tables) -> pd.DataFrame:
    """One row for each configuration, probe and unit: C at equal loss with its interval, and p, the run as the unit.

    Raises ValueError where runs that were measured have no curves and spectra here."""
    _check_measured(tables)
    hits = tables["hits"][np.isclose(tables["hits"]["threshold"], PRIMARY_THRESHOLD)]
    tables = as_declared(tables)
    rows = []
    for unit, spectra in residual_spectra(tables["spectra"]).items():
        for laid in side_by_side(tables["runs"], tables["curves"], spectra, hits):
            # a residual has no threshold: a pair counts unless both are 0
            compared = wins(to_digits(laid.errors)[:, None], 0.0)[0]
            rows.append({**laid.labels, "unit": unit, "n_runs": laid.n_runs, **ordered(compared, laid)})
    return pd.DataFrame(rows, columns=[*LABELS, "probe", "unit", "n_runs", "concordance", "low", "high", "p_value"])


def _check_measured(tables: Tables) -> None:
    measured, there = set(tables["hits"]["run_id"]), set(tables["curves"]["run_id"]) & set(tables["spectra"]["run_id"])
    if not measured:
        raise ValueError("Nothing was measured in this study, so there is no residual to compare.")
    if not measured <= there:
        raise ValueError(
            "The residual is compared at equal loss, which curves and spectra tell; these tables have none of "
            f"{len(measured - there):,} of {len(measured):,} runs. Make the study again by harness sweep "
            "FOLDER/STUDY.toml, or unpack its archive, and name that folder."
        )

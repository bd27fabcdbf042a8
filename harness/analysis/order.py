"""Order: does a configuration learn low frequencies before high ones? Tables in, the table `order` out.

*concordance* is Harrell's C over all runs and all pairs k_low < k_high of watched frequencies of one component:
the share of comparable pairs in which the lower one comes first, ties counting one half; 0.5 is no order.

- `matched_by = "cost"`: the lower one comes first if its hit costs less. A pair is comparable unless both are
  censored; a censored one counts as later than any hit of the same run, and one that was hit before the run's first
  mark as earlier.
- `matched_by = "loss"`: the lower one comes first if its error is smaller at equal loss. A pair is compared once at
  each level of loss that the run reaches (`harness.analysis.clocks` defines them), if at least one of the two errors is
  above the threshold. An error that is not finite is larger than any other; two of them are not comparable.

*low, high* and *p_value* take the run as the unit (`statistics.signs`), *spread* and *exponent* with their intervals
are those of `statistics.spread` and `statistics.censored`; by loss they are about the factor by which the loss has
fallen at the hit. *kendall_tau*: mean over runs and components of tau-b between the frequency and when it was hit;
censored ones are last and tied. Where all are tied there is no tau to average.

*p_adjusted*: Benjamini and Hochberg's over the configurations of the table, for each probe, threshold and clock; those
with too few runs for a verdict have none. *p_mixed* stands as it was found; for the verdict it is corrected alike.
*verdict*: `harness.analysis.statistics.verdicts`. All intervals are of 95 %. `docs/statistics.md` has the reasons.

Source of C: Harrell et al., Evaluating the yield of medical tests, JAMA 247 (1982) 2543-2546.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.analysis.clocks import SideBySide, side_by_side, to_digits, wins
from harness.analysis.incumbents import BEST, judged_at
from harness.analysis.nulls import with_nulls
from harness.analysis.statistics.censored import Censored, exponent
from harness.analysis.statistics.laws import false_discovery
from harness.analysis.statistics.signs import concordance_interval, contradiction_p, sign_test
from harness.analysis.statistics.spread import Spread, median_ratio, run_bounds
from harness.analysis.statistics.verdicts import FEWEST_RUNS, FLAT_SPREAD, MIXED_ADJUSTED, Evidence, verdict
from harness.tables import SCHEMA, Doubles, Tables, empty, frame

LEVEL = 0.95
EQUIVALENCE = 0.90
"""Level of the intervals that must lie within the margins: two one-sided tests of 5 %."""
FAMILY = ["probe", "threshold", "matched_by"]
"""Within these, the p-values of the configurations of a study are corrected together."""
PRIMARY_THRESHOLD, PRIMARY_CLOCK = 0.1, "cost"
"""The primary endpoint, of the problem's first probe; declared before anything was measured."""


def order_table(
    runs: pd.DataFrame,
    curves: pd.DataFrame,
    spectra: pd.DataFrame,
    hits: pd.DataFrame,
    nulls: pd.DataFrame | None = None,
    incumbent: str = BEST,
) -> pd.DataFrame:
    """The table `order`: one row per configuration, probe, threshold and `matched_by`.

    `nulls`, where given, is the table of what amplitude alone would give (`harness.analysis.nulls`). `hits` are
    those of the same `incumbent`, the point of a run that is judged (`harness.analysis.incumbents`). A configuration
    without any hits rows (all of its runs failed before their first mark) has no row here."""
    curves, spectra = judged_at(curves, incumbent), judged_at(spectra, incumbent)
    found = [row for laid in side_by_side(runs, curves, spectra, hits) for row in _rows(laid)]
    if not found:
        return empty("order")
    rows = pd.DataFrame(found)
    principal = principal_probes(runs, spectra)
    of_problem = zip(rows["problem"], rows["probe"], strict=True)
    is_principal = np.array([principal.get(problem, probe) == probe for problem, probe in of_problem])
    is_primary = is_principal & (rows["threshold"] == PRIMARY_THRESHOLD) & (rows["matched_by"] == PRIMARY_CLOCK)
    rows["endpoint"] = np.where(is_primary, "primary", "secondary")
    # what has too few runs for any verdict is no hypothesis that was tested, and must not weaken those that were
    for corrected, name in (("p_adjusted", "p_value"), (MIXED_ADJUSTED, "p_mixed")):
        tested = rows[name].where(rows["n_runs"] >= FEWEST_RUNS)
        rows[corrected] = tested.groupby([rows[label] for label in FAMILY], sort=False).transform(adjusted)
    rows["incumbent"] = incumbent
    rows = with_nulls(rows, nulls)
    rows["verdict"] = [verdict(row["evidence"], row) for _, row in rows.iterrows()]
    return frame("order", {name: rows[name] for name in SCHEMA["order"]})


def principal_probes(runs: pd.DataFrame, spectra: pd.DataFrame) -> dict[str, str]:
    """The first probe of each problem, which the primary endpoint is about; one mark of one run tells it."""
    first = spectra.drop_duplicates("run_id").merge(runs[["run_id", "problem"]], on="run_id")
    return dict(zip(first["problem"], first["probe"], strict=True))


def of_first_probes(rows: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """Of `rows`, which have a problem or a run, those of the first probe of each problem.

    It is that of the primary rows of `order`, and where there are none, that of the first mark."""
    order = tables["order"]
    primary = order[order["endpoint"] == "primary"]
    principal = principal_probes(tables["runs"], tables["spectra"])
    principal |= dict(zip(primary["problem"], primary["probe"], strict=True))
    problem_of = tables["runs"].drop_duplicates("run_id").set_index("run_id")["problem"]
    problems = rows["problem"] if "problem" in rows else rows["run_id"].map(problem_of)
    return rows[rows["probe"] == problems.map(principal)]


def adjusted(p_values: "pd.Series[float]") -> "pd.Series[float]":
    """Benjamini and Hochberg's p of those that are known."""
    known = p_values.dropna()
    return pd.Series(false_discovery(np.asarray(known, np.float64)), known.index, float).reindex(p_values.index)


def _rows(laid: SideBySide) -> Iterator[dict[str, object]]:
    # (1, T, G, Q) to (T, G, Q, Q); a censored one comes after every hit (or before), and two of them are not comparable
    by_cost = wins(laid.place[None])
    # errors (levels, 1, G, Q) against thresholds (T, 1, 1, 1), again to (T, G, Q, Q)
    by_loss = wins(to_digits(laid.errors)[:, None], laid.thresholds[:, None, None, None])
    with np.errstate(all="ignore"):  # what is not finite is left out
        log_drop = -np.log(np.where(laid.loss > 0, laid.loss, np.nan))  # the first loss goes into the intercept
    # the loss falls while time goes on, so that its negative is a clock
    clocks = {"cost": (by_cost, laid.cost, log_cost(laid.cost)), "loss": (by_loss, -laid.loss, log_drop)}
    for matched_by, (compared, clock, when) in clocks.items():
        for t, threshold in enumerate(laid.thresholds):
            row = {"threshold": threshold, "matched_by": matched_by, "n_runs": laid.n_runs}
            row["kendall_tau"] = mean_tau(np.where(laid.censored[t], laid.place[t], to_digits(clock[t])))
            yield {**laid.labels, **row, **ordered(compared[t], laid), **sized(when[t], laid.censored[t], laid)}


def log_cost(cost: Doubles) -> Doubles:
    """The logarithm; a cost of zero counts as one forward pass, or as the smallest positive cost below that."""
    positive = cost[cost > 0]
    smallest = min(1.0, float(positive.min())) if len(positive) else 1.0
    logarithm: Doubles = np.log(np.where(cost == 0, smallest, cost))
    return logarithm


def ordered(compared: Doubles, laid: SideBySide) -> dict[str, object]:
    """What the wins `(G, Q, Q)` say: C, its interval, and the tests on runs."""
    concordant, pairs = run_pairs(compared, laid.slot, laid.n_runs)
    deciding = pairs > 0
    low, high = concordance_interval(concordant[deciding], pairs[deciding], LEVEL)
    flat = concordance_interval(concordant[deciding], pairs[deciding], EQUIVALENCE)
    next_ones = np.arange(compared.shape[-1] - 1)
    # (G, Q - 1): wins of each frequency over the next higher one, less those of the latter
    ahead = compared[:, next_ones, next_ones + 1] - compared[:, next_ones + 1, next_ones]
    # (runs, G), so that of_run @ ahead adds up the components of a run
    of_run = (laid.slot == np.arange(laid.n_runs)[:, None]).astype(float)
    return {
        "pairs": int(pairs.sum()),
        "concordance": concordant.sum() / pairs.sum() if pairs.sum() else np.nan,
        "low": low,
        "high": high,
        # wins beyond one half of the pairs: 0 if there is no order
        "p_value": sign_test((concordant - pairs / 2)[deciding]),
        "p_mixed": contradiction_p(np.sign(of_run @ ahead)[deciding]) if deciding.any() else np.nan,
        "evidence": Evidence(
            laid.n_runs, int(deciding.sum()), flat, int(np.isfinite(laid.frequency).sum(axis=-1).max())
        ),
    }


def run_pairs(compared: Doubles, slot: NDArray[np.int64], n_runs: int) -> tuple[Doubles, Doubles]:
    """Concordant and comparable pairs of each run, `(runs,)`, from the wins `(G, Q, Q)`."""
    # frequencies ascend: above the diagonal the lower one has come first
    concordant = np.triu(compared, 1).sum(axis=(-1, -2))
    pairs = concordant + np.tril(compared, -1).sum(axis=(-1, -2))
    by_run: Doubles = np.array([np.bincount(slot, values, n_runs) for values in (concordant, pairs)], float)
    return by_run[0], by_run[1]


def sized(when: Doubles, censored: Censored, laid: SideBySide) -> dict[str, object]:
    """How large the order is, from the logarithms of when frequencies were hit `(G, Q)`."""
    bounds = run_bounds(when, censored, laid.frequency, laid.slot, laid.n_runs)
    spread = median_ratio(*bounds, LEVEL)
    flat_low, flat_high = flat_ends(when, censored, laid, median_ratio(*bounds, EQUIVALENCE))
    # the low part of a filter, k = 0, has no logarithm
    frequency = np.where(laid.frequency > 0, laid.frequency, np.nan)
    slope = exponent(np.log(frequency), when, censored, laid.slot, laid.n_runs)
    low, high = slope.interval(LEVEL)
    return {
        "spread_bound": spread.bound,
        "spread": spread.value,
        "spread_low": spread.low,
        "spread_high": spread.high,
        "flat_low": flat_low,
        "flat_high": flat_high,
        "exponent": slope.value,
        "exponent_low": low,
        "exponent_high": high,
    }


def flat_ends(when: Doubles, censored: Censored, laid: SideBySide, flat: Spread) -> tuple[float, float]:
    """The interval that must lie within the margins of `no order`: of several components with the median of each.

    Where half of them run low first and half high first the median over components is 1, and says nothing of them."""
    low, high = flat.low, flat.high
    if FLAT_SPREAD[0] <= low and high <= FLAT_SPREAD[1]:  # elsewhere it is not asked
        for one in np.unique(laid.component):
            own = laid.component == one
            bounds = run_bounds(when[own], censored[own], laid.frequency[own], laid.slot[own], laid.n_runs)
            ends = [np.median(end[~np.isnan(end)]) if not np.isnan(end).all() else np.nan for end in bounds]
            low, high = np.fmin(low, np.exp(ends[0])), np.fmax(high, np.exp(ends[1]))
    return float(low), float(high)


def mean_tau(when: Doubles) -> float:
    """Mean over series of tau-b of `(G, Q)`, (later - earlier) / sqrt(all pairs x untied pairs)."""
    won = wins(when[None])
    # 1 where the higher frequency is later, -1 where it is earlier, 0 where they are tied or one is absent
    sign = np.triu(won - np.swapaxes(won, -1, -2), 1)
    present = (~np.isnan(when)).sum(axis=-1)
    untied = np.abs(sign).sum(axis=(-1, -2))
    # tau-b = S / sqrt(n0 (n0 - ties)) over n0 pairs: only times are tied, frequencies never
    below = np.sqrt(present * (present - 1) / 2 * untied)
    taus = sign.sum(axis=(-1, -2))[below > 0] / below[below > 0]
    return float(taus.mean()) if len(taus) else float("nan")

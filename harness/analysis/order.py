"""Order: does a configuration learn low frequencies before high ones? Tables in, the table `order` out.

*concordance* is Harrell's C over all runs and all pairs k_low < k_high of watched frequencies of one component:
the share of comparable pairs in which the lower one comes first, ties counting one half; 0.5 is no order.

- `matched_by = "cost"`: the lower one comes first if its hit costs less. A pair is comparable unless both are
  censored; a censored one counts as later than any hit of the same run.
- `matched_by = "loss"`: the lower one comes first if its error is smaller at equal loss. A pair is compared once at
  each level of loss that the run reaches (`harness.analysis.clocks` defines them), if at least one of the two errors is
  above the threshold. An error that is not finite is larger than any other; two of them are not comparable.

*low, high*: 95 % percentile bootstrap over runs of (sum of concordant) / (sum of comparable). The resamples depend on
nothing but the number of runs, which are sorted by seed: they are paired across optimizers.

*p_value*: two-sided about 0.5, permuting the frequencies within each run and component, alike at all levels of loss.
Exact to twelve decimals for up to six frequencies (the scores of all orderings, convolved over runs; never below
1e-12), else Monte Carlo. Each run is a draw of its own: an ordering that all share without being monotone, such as
3, 1, 5 (concordance 2/3), is undecided with five runs and low-first with thirty, so read C beside the verdict.

*kendall_tau*: mean over runs and components of tau-b between the frequency and when it was hit, which is the cost, or
minus the loss, at the hit. Censored ones are last and tied. Where all are tied there is no tau to average.

*slope*: least squares on log frequency of log(cost at the hit), or of log(first_loss / loss at the hit), over
uncensored hits, with an intercept for each run and component.

*verdict*: `too few hits` where fewer than half of the runs have a comparable pair. Else `low-first` if the interval
lies above 0.5 and p <= 0.10 (5 % in each direction), `high-first` if it lies below and p <= 0.10, else `undecided`.
The interval alone is too narrow for a few runs: of orderless optimizers with three frequencies it calls all ordered
with one run, half with two and one in seven with five. The permutation test keeps its level however few the runs are;
with both conditions about 6 % are called ordered (`tests/test_order.py` holds the bound).

Source of C: Harrell et al., Evaluating the yield of medical tests, JAMA 247 (1982) 2543-2546.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import permutations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft

from harness.analysis.clocks import Panel, panels, wins
from harness.tables import SCHEMA, Doubles, empty, frame

TAILS = (0.025, 0.975)
P_LIMIT = 0.10
DECIMALS = 12
"""What the Fourier transforms of the convolution leave exact in p."""
EXACT_FREQUENCIES = 6


def order_table(
    runs: pd.DataFrame,
    curves: pd.DataFrame,
    spectra: pd.DataFrame,
    hits: pd.DataFrame,
    draws: int = 2000,
    seed: int = 0,
) -> pd.DataFrame:
    """The table `order`: one row per configuration, probe, threshold and `matched_by`.

    `draws` is the number of bootstrap resamples and of Monte Carlo permutations; `seed` decides both. A configuration
    without any hits rows (all of its runs failed before their first mark) has no row here."""
    rows = [row for panel in panels(runs, curves, spectra, hits) for row in _panel_rows(panel, draws, seed)]
    return frame("order", {name: [row[name] for row in rows] for name in SCHEMA["order"]}) if rows else empty("order")


def _panel_rows(panel: Panel, draws: int, seed: int) -> Iterator[dict[str, object]]:
    by_cost = wins(panel.cost[None])
    by_loss = wins(panel.errors[:, None], panel.thresholds[:, None, None, None])
    with np.errstate(all="ignore"):  # what is not finite is left out of the slope
        log_cost = np.log(panel.cost)
        log_drop = -np.log(panel.loss)  # the first loss goes into the intercept
    clocks = {"cost": (by_cost, panel.cost, log_cost), "loss": (by_loss, -panel.loss, log_drop)}
    for matched_by, (compared, when, log_when) in clocks.items():
        columns = _concordance(compared, panel, draws, seed)
        columns["p_value"] = permutation_p(compared, draws, seed)
        columns["kendall_tau"] = _mean_tau(when)
        columns["slope"] = _slope(panel.frequency, log_when)
        for t, threshold in enumerate(panel.thresholds):
            row = {name: float(values[t]) for name, values in columns.items()}
            verdict = _verdict(row.pop("deciding"), row["low"], row["high"], row["p_value"])
            fixed = {"threshold": threshold, "matched_by": matched_by, "n_runs": panel.n_runs, "verdict": verdict}
            yield {**panel.labels, **fixed, **row}


def _pairs(compared: Doubles) -> tuple[Doubles, Doubles]:
    """Concordant and comparable pairs of each series, `(T, G)`, from the wins."""
    concordant = np.triu(compared, 1).sum(axis=(-1, -2))
    return concordant, concordant + np.tril(compared, -1).sum(axis=(-1, -2))


def _concordance(compared: Doubles, panel: Panel, draws: int, seed: int) -> dict[str, Doubles]:
    of_run = (panel.slot[:, None] == np.arange(panel.n_runs)).astype(float)
    concordant, pairs = (of_series @ of_run for of_series in _pairs(compared))
    weights = _resamples(panel.n_runs, draws, seed)
    resampled = _ratio(concordant @ weights, pairs @ weights)
    kept = (shares[~np.isnan(shares)] for shares in resampled)
    interval = np.array([np.quantile(shares, TAILS) if len(shares) else (np.nan, np.nan) for shares in kept])
    return {
        "pairs": pairs.sum(axis=1),
        "deciding": (pairs > 0).mean(axis=1),
        "concordance": _ratio(concordant.sum(axis=1), pairs.sum(axis=1)),
        "low": interval[:, 0],
        "high": interval[:, 1],
    }


@lru_cache(maxsize=8)
def _resamples(n_runs: int, draws: int, seed: int) -> Doubles:
    """How often each run is drawn in each resample, `(n_runs, draws)`."""
    return np.random.default_rng(seed).multinomial(n_runs, np.full(n_runs, 1 / n_runs), draws).T.astype(float)


def permutation_p(compared: Doubles, draws: int, seed: int) -> Doubles:
    """Two-sided p `(T,)` of the concordance, permuting the frequencies within each series; NaN without pairs.

    The number of comparable pairs is the same for all permutations, so the number of concordant ones is the score."""
    T, G, Q, _ = compared.shape
    concordant, pairs = (of_series.sum(axis=1) for of_series in _pairs(compared))
    rng = np.random.default_rng(seed)
    exact = Q <= EXACT_FREQUENCIES
    ranks = np.array(list(permutations(range(Q)))) if exact else _random_ranks(Q, draws, rng)
    before = (ranks[:, :, None] < ranks[:, None, :]).reshape(len(ranks), Q * Q)
    scores = compared.reshape(T, G, Q * Q) @ before.T.astype(float)
    if exact:
        p = np.array([_convolved_p(*row) for row in zip(scores, concordant, pairs, strict=True)])
    else:
        picks = rng.permuted(np.tile(np.arange(len(ranks)), (1, G, 1)), axis=2)
        null = np.take_along_axis(scores, picks, axis=2).sum(axis=1)
        extreme = np.abs(null - pairs[:, None] / 2) >= np.abs(concordant - pairs / 2)[:, None]
        p = (1 + extreme.sum(axis=1)) / (1 + len(ranks))
    return np.where(pairs > 0, p, np.nan)


def _random_ranks(Q: int, draws: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Random orderings, each with its reverse: the mean score is then exactly half of the pairs, as in the null."""
    half = rng.permuted(np.tile(np.arange(Q), (max(draws // 2, 1), 1)), axis=1)
    return np.concatenate([half, Q - 1 - half])


def _convolved_p(scores: Doubles, concordant: float, pairs: float) -> float:
    """The exact p from the scores `(G, orderings)`: scores of different series add up independently."""
    width = round(2 * pairs) + 1  # scores are multiples of one half
    size = next_fast_len(width, real=True)
    product = np.ones(size // 2 + 1, complex)
    for series in np.rint(2 * scores).astype(int):
        product *= rfft(np.bincount(series) / len(series), size)
    distance = np.abs(np.arange(width) - round(pairs))
    p = irfft(product, size)[:width][distance >= abs(round(2 * concordant) - round(pairs))].sum()
    return max(round(float(p), DECIMALS), 10.0**-DECIMALS)


def _mean_tau(when: Doubles) -> Doubles:
    """Mean over series of tau-b of `(T, G, Q)`, (later - earlier) / sqrt(all pairs x untied pairs)."""
    won = wins(when[None])
    sign = np.triu(won - np.swapaxes(won, -1, -2), 1)
    present = (~np.isnan(when)).sum(axis=-1)
    untied = np.abs(sign).sum(axis=(-1, -2))
    tau = _ratio(sign.sum(axis=(-1, -2)), np.sqrt(present * (present - 1) / 2 * untied))
    return _ratio(np.nansum(tau, axis=1), (~np.isnan(tau)).sum(axis=1))


def _slope(frequency: Doubles, log_when: Doubles) -> Doubles:
    """Least squares on log frequency with an intercept per series, over finite values; NaN where nothing varies."""
    log_frequency = np.log(frequency, out=np.full(frequency.shape, np.nan), where=frequency > 0)
    used = np.isfinite(log_frequency) & np.isfinite(log_when)
    x, y = (_centred(values, used) for values in (log_frequency, log_when))
    return _ratio((x * y).sum(axis=(1, 2)), (x * x).sum(axis=(1, 2)))


def _centred(values: Doubles, used: NDArray[np.bool_]) -> Doubles:
    """Deviations from each series' mean over the used values; 0 where not used."""
    chosen = np.where(used, values, 0.0)
    mean = chosen.sum(axis=-1, keepdims=True) / np.maximum(used.sum(axis=-1, keepdims=True), 1)
    return np.where(used, chosen - mean, 0.0)


def _verdict(deciding: float, low: float, high: float, p_value: float) -> str:
    """`deciding` is the share of runs with a comparable pair; comparisons with NaN are false."""
    if deciding < 0.5:
        return "too few hits"
    if p_value <= P_LIMIT and low > 0.5:
        return "low-first"
    if p_value <= P_LIMIT and high < 0.5:
        return "high-first"
    return "undecided"


def _ratio(above: Doubles, below: Doubles) -> Doubles:
    """The quotient; NaN where the divisor is 0."""
    quotient: Doubles = np.divide(above, below, out=np.full(above.shape, np.nan), where=below != 0)
    return quotient

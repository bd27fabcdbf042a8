"""What else `harness order` answers: against a method or samplers, over other choices and targets, by the residual."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from harness.analysis.asked.against import ALONE, against
from harness.analysis.asked.forecasts import forecasts
from harness.analysis.asked.robustness import PRIMARY, agreement_of_choices, robustness
from harness.analysis.asked.samplers import against_samplers
from harness.analysis.asked.targets import over_targets
from harness.analysis.configurations import configuration_names
from harness.analysis.residuals import residual_order
from harness.figures import save
from harness.figures.asked.robustness import robustness_figure
from harness.quantities import held, held_ends
from harness.tables import LABELS, Tables
from harness.whole_files import replace_file, writing_into

NO_NULL = (
    "these verdicts are not held against what amplitude alone would give; those of 'compare' and of the table order are"
)


def say_against(tables: Tables, folder: Path, console: Console, reference: str) -> None:
    """A sentence for each configuration, and the table."""
    _told(against(tables, reference), folder / f"against-{reference}.csv", console)


def say_samplers(tables: Tables, folder: Path, console: Console) -> None:
    """A sentence for each configuration and sampler of the initial law, and the table."""
    _told(against_samplers(tables), folder / "samplers.csv", console)


def say_robustness(tables: Tables, folder: Path, console: Console) -> None:
    """The share of other choices that agree with each verdict, the table and the figure."""
    rows = robustness(tables)
    figure = robustness_figure(rows)  # it refuses a study in which nothing was measured, before anything is printed
    shares = agreement_of_choices(rows)
    table = Table("optimizer", "verdict", "agree", "otherwise", title="verdicts under other reasonable choices")
    for name, (_, row) in zip(configuration_names(shares[[*LABELS]]), shares.iterrows(), strict=True):
        own = rows[(rows[[*LABELS]] == row[[*LABELS]]).all(axis=1) & ~rows["agrees"] & (rows["choice"] != PRIMARY)]
        otherwise = ", ".join(f"{r['choice']} {r['value']}: {r['verdict']}" for _, r in own.iterrows())
        table.add_row(name, row["verdict"], f"{row['agreeing'] * row['choices']:.0f} of {row['choices']}", otherwise)
    console.print(table)
    console.print(NO_NULL, soft_wrap=True, highlight=False)
    save(figure, folder / "robustness")
    console.print(f"figure: {folder / 'robustness.png'}", soft_wrap=True, highlight=False)
    _written(rows, folder / "robustness.csv", console)


def say_targets(tables: Tables, folder: Path, console: Console) -> None:
    """The mean over targets, and how far targets differ."""
    rows = over_targets(tables)
    table = Table("optimizer", "measure", "mean", "between targets", "between runs", "range of targets", "targets")
    # the rows are over targets, and so over problems: a name of one of them would mislead
    for name, (_, row) in zip(
        configuration_names(rows.assign(problem="", problem_settings="")), rows.iterrows(), strict=True
    ):
        bound, form = row["bound"], ".2g" if row["bound"] else ".2f"
        low, high = held_ends(row["low"], row["high"], bound)
        mean = f"{bound}{held(row['mean'], bound):{form}} [{low:{form}}, {high:{form}}]"
        shown = [f"{row['between']:.2f}", f"{row['within']:.2f}", f"{row['smallest']:.2f} to {row['largest']:.2f}"]
        table.add_row(name, row["measure"], mean, *shown, str(row["n_targets"]))
    if (rows["bound"] != "").any():
        table.caption = "a run of whose spread a bound is known counts as it stands"
    console.print(table)
    _written(rows, folder / "targets.csv", console)


def say_residuals(tables: Tables, folder: Path, console: Console) -> None:
    """Whether low frequencies leave the residual first, at equal loss, in both units."""
    rows = residual_order(tables)
    table = Table("optimizer", "in units of", "C", "p", title="residual at equal loss: is the lower frequency smaller?")
    for name, (_, row) in zip(configuration_names(rows[[*LABELS]]), rows.iterrows(), strict=True):
        known = np.isfinite(row["concordance"])
        shown = f"{row['concordance']:.2f} [{row['low']:.2f}, {row['high']:.2f}]" if known else "-"
        table.add_row(name, row["unit"], shown, f"{row['p_value']:.2g}" if np.isfinite(row["p_value"]) else "-")
    console.print(table)
    _written(rows, folder / "residuals.csv", console)


def say_forecasts(tables: Tables, folder: Path, console: Console) -> None:
    """How many of the predicted hits may be believed, and what came of them."""
    rows = forecasts(tables)
    table = Table(
        "optimizer", "k", "predicted", "measured", "trusted", title="forecast of the tangent kernel, error 0.1"
    )
    for key, own in rows.groupby([*LABELS, "probe", "frequency"], sort=False, dropna=False):
        labels = pd.DataFrame([dict(zip(LABELS, key, strict=False))])
        # never is later than any cost, so that the median needs no model of what is missing
        measured = own["cost"].where(~own["censored"], float("inf")).median()
        trusted = ", ".join(f"{word} {count}" for word, count in own["predicted_trusted"].value_counts().items())
        shown = [f"{own['predicted_cost'].median():,.0f}", f"{measured:,.0f}", trusted]
        table.add_row(configuration_names(labels)[0], f"{key[-1]:g}", *shown)
    console.print(table)
    _written(rows, folder / "forecasts.csv", console)


ANSWERS: dict[str, Callable[[Tables, Path, Console], None]] = {
    "robust": say_robustness,
    "targets": say_targets,
    "residual": say_residuals,
    "samplers": say_samplers,
    "theory": say_forecasts,
}


def _told(rows: pd.DataFrame, path: Path, console: Console) -> None:
    for sentence in rows["sentence"] if len(rows) else [ALONE]:
        console.print(sentence, soft_wrap=True, highlight=False)
    _written(rows, path, console)


def _written(rows: pd.DataFrame, path: Path, console: Console) -> None:
    with writing_into(path.parent):
        replace_file(path, lambda file: rows.to_csv(file, index=False))
    console.print(f"table: {path}", soft_wrap=True, highlight=False)

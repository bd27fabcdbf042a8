"""The claims at their small size: `make claim-a` makes the studies of one, its tables, its figure and the page.

Each has two studies, the registered settings and those that `harness tune` has found by the loss alone
(`SMALL-tuned.toml`). What is kept beside them is `order.csv`, where p-values are corrected over both, `ends.csv`, how
well each method has learned in the end, and `pairs.csv`, each against the reference seed by seed; the figure is drawn
from the first two alone."""

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.claims_figure import USUAL, draw
from benchmarks.claims_pairs import DEFAULT, TUNED, pairs
from benchmarks.page import ROOT
from harness.analysis.order import PRIMARY_THRESHOLD
from harness.commands.docs.claims_page import claims_page, listed, rows_of
from harness.study.comparison import load
from harness.study.file.searches import searches_of
from harness.study.file.study_file import read_study
from harness.study.making import sweep
from harness.study.sharing.merge import merge
from harness.study.tune import ranges
from harness.tables import LABELS
from optimizers import OPTIMIZERS

CLAIMS = ROOT / "claims"
FIGURES = ROOT / "docs" / "figures"
REFERENCE = "adam"
PLACE = [name for name in LABELS if name not in ("optimizer", "settings")]


def make(folder: Path, out: Path, jobs: int, reference) -> None:
    """The runs of both studies, or what is missing of them, and the tables that are kept."""
    files = [file for file in (folder / "SMALL.toml", folder / "SMALL-tuned.toml") if file.is_file()]
    parts = [out / f"claim-{folder.name}-{file.stem.lower()}" for file in files]
    for file, part in zip(files, parts, strict=True):
        sweep(file, out=part, jobs=jobs)
    keep(parts, out / f"claim-{folder.name}", folder, reference)


def keep(parts, target: Path, folder: Path, reference) -> None:
    """Both studies as one, and of it the tables that are kept."""
    merge(parts, target)
    tables = load(target).tables
    registered, *searched = (set(load(part).tables["runs"]["run_id"]) for part in parts)
    # a study of winners has registered settings where no trial was better than any
    tuned = set().union(*searched) - registered
    searches, _ = searches_of(read_study(folder / "SMALL.toml"))
    trials = max(one.tuning.trials for one in searches) if searched else 0
    marks = _marks(tables["runs"], tuned, trials)
    order = tables["order"].merge(marks, on=[*LABELS], how="left")
    _sorted(order, "threshold", "matched_by").to_csv(folder / "order.csv", index=False, float_format="%.6g")
    runs = measured(tables, marks)
    compared = pairs(tables, runs, reference)
    for name, rows, more in (("ends", ends(runs), ()), ("pairs", compared, ("compared",))):
        shown = _sorted(rows.merge(marks, on=[*LABELS], how="left"), *more)
        shown.to_csv(folder / f"{name}.csv", index=False, float_format="%.4g")


def _sorted(rows, *more):
    return rows.sort_values([*PLACE, "optimizer", "fixed", "settings_are", *more], kind="stable", ignore_index=True)


def _marks(runs, tuned, trials):
    """Of each configuration whether it is tuned, what is not searched of its settings, and what is written of it."""
    configurations = runs.drop_duplicates([*LABELS])[[*LABELS, "run_id"]]
    rows = []
    for row in configurations.to_dict("records"):
        method, settings = OPTIMIZERS[row["optimizer"]], json.loads(row["settings"])
        free = ranges(method)
        usual = {name: getattr(method, name) for name in settings}
        fixed = {name: value for name, value in settings.items() if name not in free and value != usual[name]}
        changed = {name: value for name, value in settings.items() if value != usual[name]}
        are = TUNED if row["run_id"] in tuned else DEFAULT
        rows.append({**row, "settings_are": are, "fixed": _said(fixed), "shown": _said(changed)})
    found = pd.DataFrame(rows)
    pair = [*PLACE, "optimizer", "fixed"]
    both = found.groupby(pair)["settings_are"].transform("nunique") > 1
    # nothing that was tried had a lower loss
    best = f"{DEFAULT}, the best of {trials}"
    free = np.array([bool(ranges(OPTIMIZERS[name])) for name in found["optimizer"]])
    alone = (found["settings_are"] == DEFAULT) & ~both & free & bool(trials)
    found.loc[alone, "settings_are"] = best
    return found.drop(columns="run_id")


def _said(settings) -> str:
    return ", ".join(
        f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}" for name, value in settings.items()
    )


def measured(tables, marks):
    """The runs with their marks and what each has in the end: `error`, `psnr`, ranks, `share`."""
    runs = tables["runs"].merge(marks, on=[*LABELS])
    spectra = tables["spectra"]
    # the rows of the last mark, one a frequency; the problem's own probe comes first
    last = spectra[spectra["mark"] == spectra.groupby("run_id")["mark"].transform("max")]
    watched = last[(last["probe"] == last["probe"].iloc[0]) & (last["frequency"] > 0)]
    runs["error"] = runs["run_id"].map(watched.groupby("run_id")["error"].max())
    if (last["probe"] == "psnr").any():
        runs["psnr"] = runs["run_id"].map(last[last["probe"] == "psnr"].set_index("run_id")["amplitude"])
    if len(tables.get("rank", ())):
        hidden = tables["rank"][tables["rank"]["rows"] == tables["rank"]["columns"]]
        means = hidden.groupby(["run_id", "mark"])["stable_rank"].mean().reset_index().sort_values("mark")
        runs["rank_start"] = runs["run_id"].map(means.groupby("run_id")["stable_rank"].first())
        runs["rank"] = runs["run_id"].map(means.groupby("run_id")["stable_rank"].last())
    return _learned(runs.assign(share=shares(runs, tables["curves"])), tables["hits"])


def _learned(runs, hits):
    """`lowest`, the passes after which the lowest watched frequency is learned, and whether the highest is."""
    first = hits["probe"].iloc[0]
    hits = hits[(hits["probe"] == first) & (hits["frequency"] > 0) & np.isclose(hits["threshold"], PRIMARY_THRESHOLD)]
    costs = hits.assign(cost=hits["cost"].where(~hits["censored"], np.inf)).sort_values("frequency")
    # of several components the last one
    ends = costs.groupby(["run_id", "frequency"])["cost"].max().groupby("run_id")
    return runs.assign(lowest=runs["run_id"].map(ends.first()), learned=np.isfinite(runs["run_id"].map(ends.last())))


def ends(runs):
    """Medians and quartiles over the runs of each configuration, of the shares the range."""
    grouped = runs.groupby([*LABELS], sort=False)
    rows = (
        grouped["best_loss"]
        .quantile([0.25, 0.5, 0.75])
        .unstack()
        .set_axis(["loss_low", "loss_end", "loss_high"], axis=1)
    )
    rows.insert(0, "n_runs", grouped.size())
    rows["share"] = grouped["share"].median()
    # of eight runs the interval of a median is that from the least to the most
    rows["share_low"], rows["share_high"] = grouped["share"].min(), grouped["share"].max()
    rows["learned"] = grouped["learned"].sum()
    for name in ("lowest", "error", "psnr", "rank_start", "rank"):
        if name in runs:
            rows[name] = grouped[name].median()
    return rows.reset_index()


def shares(runs, curves):
    """The share of the budget after which each run has the loss that Adam's run of its seed ends with; inf if never."""
    found = {}
    ends = runs[runs["optimizer"] == REFERENCE]
    for row in runs.to_dict("records"):
        of = ends[
            (ends[PLACE] == pd.Series({name: row[name] for name in PLACE})).all(axis=1) & (ends["seed"] == row["seed"])
        ]
        same = of[of["settings_are"] == row["settings_are"]]
        of = same if len(same) else of
        if len(of):
            own = curves[curves["run_id"] == row["run_id"]]
            reached = own.loc[own["loss"] <= of["best_loss"].iloc[-1] * (1 + 1e-9), "cost"]
            found[row["run_id"]] = reached.min() / row["budget"] if len(reached) else np.inf
    return runs["run_id"].map(found).to_numpy()


def judged_anew(before, after) -> list[str]:
    """Which rows of a claim have another verdict than those that stood here, a line each."""
    old, new = ({row["name"]: row["verdict"] for row in rows} for rows in (before, after))
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    if not names:
        return [f"All {len(new)} rows are judged as before."]
    lines = [f"  {name}: {old.get(name, 'not there')}, now {new.get(name, 'not there')}" for name in names]
    return [f"{len(names)} of {len({**old, **new})} rows are judged otherwise than before:", *lines]


def main() -> None:
    """Make the claims that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("letters", nargs="*", metavar="LETTER")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--out", type=Path, default=ROOT / "results")
    given = parser.parse_args()
    claims = listed(CLAIMS)
    unknown = set(given.letters) - {claim["letter"] for claim in claims}
    if unknown:
        parser.error(
            f"a claim is one of {', '.join(claim['letter'] for claim in claims)}; got {', '.join(sorted(unknown))}"
        )
    for claim in claims:
        if not given.letters or claim["letter"] in given.letters:
            folder = CLAIMS / claim["folder"]
            before = rows_of(folder) if (folder / "order.csv").is_file() else []
            make(folder, given.out, given.jobs, claim["reference"])
            draw(folder, FIGURES / f"claim-{claim['letter']}.png", claim.get("panels", USUAL))
            print(f"\n({claim['letter']}) {claim['title']}", *judged_anew(before, rows_of(folder)), sep="\n")
            print("Its verdict in claims/claims.toml is written by hand: read it beside the new tables.")
    (ROOT / "docs" / "claims.md").write_text(claims_page(CLAIMS), encoding="utf-8")


if __name__ == "__main__":
    main()

"""The page of what a large study is made of: its problems with their methods, and who does not fit where, and why."""

from collections.abc import Iterator, Sequence

import pandas as pd

from harness.quantities import duration
from harness.run.spec import RunSpec
from harness.study.file.study_file import Study
from harness.study.file.written import changed
from harness.study.foretelling.finished import SECONDS
from problems import PROBLEMS

HEAD = """\
<!-- Made by `python -m harness docs atlas` from {file}; change the study, not this page. -->
# What {file} is made of

{methods} methods on {blocks} problems, {runs:,} runs at registered settings; problems marked as tuned are searched as
well, with {trials} trials for each method. The {made:,} that are made, and kept in `tables/`, have taken {taken} of one
core. How long others take is foretold by `python -m harness plan {file}`, which measures probes.

| problem | changed | targets | methods | seeds | budget | tuned | made |
|---|---|---|---|---|---|---|---|
"""


def grid_page(study: Study, runs: pd.DataFrame) -> str:
    """The page for a study's file; `runs` are the kept ones."""
    specs = study.plan.specs
    blocks: dict[tuple[str, object], list[RunSpec]] = {}
    for spec in specs:
        blocks.setdefault((spec.problem, spec.recipe.lane_group), []).append(spec)
    tuned = {spec.recipe for _, planned in study.searched for spec in planned.specs}
    trials = " or ".join(map(str, sorted({terms.trials for terms, _ in study.searched}))) or "no"
    counts = {"methods": len({spec.optimizer for spec in specs}), "blocks": len(blocks), "runs": len(specs)}
    own = runs[runs["run_id"].isin([spec.run_id for spec in specs])]
    made, taken = set(own["run_id"]), duration(float(own[[*SECONDS]].to_numpy().sum()))
    head = HEAD.format(file=study.path.as_posix(), trials=trials, made=len(made), taken=taken, **counts)
    rows = [_row(own, made, searched=own[0].recipe in tuned) for own in blocks.values()]
    return head + "\n".join([*rows, "", *_left_out(study), ""])


def _row(own: Sequence[RunSpec], made: set[str], *, searched: bool) -> str:
    first = own[0]
    usual = changed(first.recipe, PROBLEMS[first.problem])
    said = ", ".join(f"{name} {value}" for name, value in usual.items() if name != "target")
    counts = [len({getattr(spec, name) for spec in own}) for name in ("recipe", "optimizer", "seed")]
    cells = [f"`{first.problem}`", said or "-", *map(str, counts), f"{first.budget:,.0f}", "yes" if searched else "no"]
    cells.append(f"{sum(spec.run_id in made for spec in own):,} of {len(own):,}")
    return f"| {' | '.join(cells)} |"


def _left_out(study: Study) -> Iterator[str]:
    """The methods that do not fit, by reason."""
    yield "## What does not fit, and why"
    yield ""
    yield "A problem is named where a method does not fit one of its networks."
    yield ""
    reasons: dict[str, list[str]] = {}
    for key, reason in study.plan.left_out.items():
        # up to the sizes of the one network, which are others for each
        short = " ".join(reason.partition(";")[0].split()).rstrip(".")
        reasons.setdefault(short, []).append(key.partition(":")[0])
    for reason, problems in sorted(reasons.items()):
        yield f"- {reason}: {', '.join(dict.fromkeys(problems))}."
    if not reasons:
        yield "Every method fits everywhere."

"""The page: what is said of a study, its charts and its tables, in one HTML file that asks nothing of the network."""

import base64
import hashlib
import json
from importlib.resources import files
from typing import Any, NamedTuple

import pandas as pd
from jinja2 import Environment
from markupsafe import Markup

from harness.analysis.configurations import of_problems
from harness.analysis.incumbents import as_declared, declared
from harness.analysis.repeated import repeats
from harness.analysis.thinned import LACKING, lacks_marks
from harness.report.again import commands
from harness.report.answers import answers, place, ratio_axis, sentences, short
from harness.report.by_chance import beside_samplers
from harness.report.charts import charts
from harness.report.choices import Varied, varied
from harness.report.library import plotly_source
from harness.report.problems import standings
from harness.report.words import VERDICTS
from harness.tables import Tables

SCRIPTS = ("theme.js", "sorting.js", "state.js", "curves.js", "heatmaps.js")
"""In the order in which they run."""
MOST_FAILURES, MOST_IDS = 200, 2000


class Story(NamedTuple):
    """What is known of a study beside its tables: its folder's name, what was understood, and the ids of its runs."""

    name: str
    understood: tuple[str, ...] = ()


def report(tables: Tables, story: Story, *, robust: bool = True) -> str:
    """The page as text; the same tables give the same page. Raises ValueError if there is no run.

    Without `robust` the verdicts under other choices, which take some 13 s of 500 runs, are left out. So are they, and
    what samplers say, where marks are missing."""
    if tables["runs"].empty:
        raise ValueError("The table 'runs' has no rows, so there is nothing to report. Finish at least one run first.")
    rows = answers(tables)
    whole = not lacks_marks(tables)
    others, refused = _varied(tables) if robust and whole else ([], "" if whole else LACKING)
    library, scripts = _inert(plotly_source()), [_inert(_asset(name)) for name in SCRIPTS]
    axes = {"ratio": ratio_axis(rows)}
    # names, settings and reasons come from users: only what is wrapped in `Markup` stays unescaped
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"short": short}
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":")}
    return environment.from_string(_asset("page.html")).render(
        story=story,
        problems=list(dict.fromkeys(row.problem for row in rows)),
        rows=rows,
        sentences=sentences(rows),
        repeats=repeats(tables),
        place_share=lambda value: place(value, 0.0, 1.0, ratio=False),
        place_ratio=lambda value: place(value, *axes["ratio"], ratio=True),
        verdicts={word: text for word, text in VERDICTS.items() if any(row.verdict.startswith(word) for row in rows)},
        robust=robust,
        varied=others,
        refused=refused,
        standing=standings(tables),
        beside=beside_samplers(tables) if whole else [],
        charts=charts(as_declared(tables)),
        incumbent=declared(tables),
        failures=_failures(tables["runs"]),
        machines=[_machine(row) for row in tables["machines"].to_dict("records")],
        terms=_terms(tables["runs"]),
        commands=commands(tables["runs"]),
        ids=tables["runs"]["run_id"].head(MOST_IDS).tolist(),
        style=Markup(_asset("page.css")),  # noqa: S704  # our own file
        library=library,
        scripts=scripts,
        hashes=" ".join(f"'sha256-{_digest(script)}'" for script in (library, *scripts)),
    )


def _varied(tables: Tables) -> tuple[list[Varied], str]:
    """The table of other choices, or why there is none."""
    try:
        return varied(tables), ""
    except ValueError as error:  # an older study without the counts of a price
        return [], str(error)


def _failures(runs: pd.DataFrame) -> list[dict[str, Any]]:
    """The runs that ended otherwise than by their budget, a method's own end or a target."""
    names = {run_id: name for name, own in of_problems(runs) for run_id in own["run_id"]}
    failed = runs[runs["status"].isin(["failed", "crashed", "diverged", "timeout"])]
    rows = failed.head(MOST_FAILURES).to_dict("records")
    return [{**{str(key): value for key, value in row.items()}, "name": names[row["run_id"]]} for row in rows]


def _terms(runs: pd.DataFrame) -> list[tuple[str, str]]:
    """What all runs share, or the range of it."""
    told = [("runs", f"{len(runs):,}")]
    for column in ("seed", "budget", "cost_per_gradient", "n_samples", "dim"):
        ends = dict.fromkeys(short(float(end)) for end in (runs[column].min(), runs[column].max()))
        told.append((column, " to ".join(ends)))
    texts = ("problem", "network", "activation", "init", "loss", "dtype", "engine", "observers")
    told += [(column, ", ".join(dict.fromkeys(text for text in runs[column].astype(str) if text))) for column in texts]
    seconds = runs[["seconds_objective", "seconds_optimizer", "seconds_measuring"]].sum()
    told.append(("seconds in objectives, optimizers, measuring", ", ".join(short(value) for value in seconds)))
    return [(name, value) for name, value in told if value]


def _machine(row: dict[Any, Any]) -> dict[str, str]:
    try:
        libraries = ", ".join(f"{name} {version}" for name, version in json.loads(row["libraries"]).items())
    except (ValueError, AttributeError):  # tables that were written by hand
        libraries = str(row["libraries"])
    return {str(key): str(value) for key, value in row.items()} | {"libraries": libraries}


def _asset(name: str) -> str:
    return files("harness.report").joinpath("assets", name).read_text(encoding="utf-8")


def _inert(script: str) -> Markup:
    """A script that cannot end its own element; it is our own or plotly's, and holds nothing of the user's."""
    return Markup(script.replace("</script", "<\\/script").replace("<!--", "<\\!--").replace("\r\n", "\n"))  # noqa: S704  # our own file


def _digest(script: str) -> str:
    """What the page's policy knows a script by: nothing else may run."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()

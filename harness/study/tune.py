"""Tuning: settings are searched by the loss alone, never by a spectrum, on seeds that no comparison uses."""

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, fields, replace
from math import log
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from harness.analysis.asked.trials import verdicts_of_trials
from harness.run.build import build
from harness.run.fit import check_fit
from harness.run.spec import RunSpec, canonical, digest, settings_of, stream
from harness.study.comparison import load
from harness.study.execution.execute import execute
from harness.study.settings_files import kept_settings, update_settings
from harness.study.store import STUDY, Store
from harness.whole_files import replace_file, replace_text
from optimizers.base import Optimizer, Setting
from problems.base import Recipe

Sampler: TypeAlias = Literal["random", "optuna"]
SAMPLERS: tuple[Sampler, ...] = ("random", "optuna")
Search: TypeAlias = Generator[list[Optimizer], list[float], None]
"""Gives the methods of the next trials, none in the end, and is sent their losses."""
FIRST_SEED = 1000
"""Comparisons count their seeds from 0, so tuning counts from here."""
VERDICTS = "trial_verdicts.csv"
"""The verdicts over the best quarter of the trials; the loss alone chooses them, so that no order was searched for."""
LOG_RATIO = 10
"""A range whose ends are this far apart is searched on a logarithmic scale."""


@dataclass(frozen=True)
class Tuning:
    """A first run, whose settings are the first trial, and how to search around it."""

    spec: RunSpec
    trials: int = 20
    seeds: int = 5
    sampler: Sampler = "random"
    draw: int = 0
    """The seed of the search itself."""
    recipes: tuple[Recipe, ...] = ()
    """Targets on which is searched in place of that of `spec`, in turn, a run each."""

    def __post_init__(self) -> None:
        if self.trials < 1 or not self.seeds >= 1:
            raise ValueError(f"Trials and seeds must be at least 1; got {self.trials} and {self.seeds}.")
        if self.sampler not in SAMPLERS:
            raise ValueError(f"The sampler is {' or '.join(SAMPLERS)}; got '{self.sampler}'.")
        if not ranges(self.spec.method):
            raise ValueError(f"Optimizer '{self.spec.optimizer}' declares no range to search: nothing can be tuned.")
        check_fit(self.spec.optimizer, self.spec.method, build(self.spec), self.spec.engine)

    @property
    def identity(self) -> str:
        """What makes this search the same one when it is started again."""
        ids = [spec.run_id for spec in self.runs(self.spec.method)]
        return digest({"runs": ids, "trials": self.trials, "sampler": self.sampler, "draw": self.draw})

    @property
    def folder(self) -> Path:
        """Where its runs go, apart from every comparison."""
        return Path("results") / f"tuning-{self.spec.problem}-{self.spec.optimizer}-{self.identity[:8]}"

    def runs(self, method: Optimizer) -> list[RunSpec]:
        """The runs of one trial."""
        recipes = self.recipes or (self.spec.recipe,)
        return [
            replace(self.spec, method=method, seed=FIRST_SEED + index, recipe=recipes[index % len(recipes)])
            for index in range(self.seeds)
        ]

    def trials_at_once(self) -> list[Optimizer]:
        """The methods of a search by chance, which are known before any loss is."""
        return next(_random(self))


def ranges(method: Optimizer) -> dict[str, tuple[float, float]]:
    """The declared ranges of the settings that are searched."""
    rules: Mapping[str, Setting] = {spec.name: spec.metadata["setting"] for spec in fields(method)}
    return {name: rule.tune for name, rule in rules.items() if rule.tune is not None}


def is_log(low: float, high: float) -> bool:
    """Whether a range is searched on a logarithmic scale."""
    return low > 0 and high / low >= LOG_RATIO


def sample(method: Optimizer, rng: np.random.Generator) -> Optimizer:
    """`method` with every searched setting drawn from its range."""
    drawn: dict[str, Any] = {}
    for name, (low, high) in ranges(method).items():
        # a log-uniform draw is exp of a uniform one between the logarithms of the ends
        value = float(np.exp(rng.uniform(log(low), log(high)))) if is_log(low, high) else float(rng.uniform(low, high))
        drawn[name] = round(value) if isinstance(getattr(method, name), int) else value
    return replace(method, **drawn)


def tune(tuning: Tuning, jobs: int = 1, out: Path | None = None) -> tuple[pd.DataFrame, Optimizer]:
    """Make the runs; the table of trials, best first, and the winner. Trials, verdicts and settings are written.

    Where no trial has a loss at its end, no settings are."""
    store = Store(out or tuning.folder)
    search = {"random": _random, "optuna": _optuna}[tuning.sampler](tuning)
    tried: dict[Optimizer, float] = {}
    # before anything is written: a library may be missing, or what is there be no TOML
    methods = next(search)
    kept_settings(store.folder / "settings.toml")
    store.open({"study_id": tuning.identity, "purpose": "tuning", "runs": []})
    while methods:
        specs = [spec for method in methods for spec in tuning.runs(method)]
        # listed before they are made: a search that is killed finds all its runs when it goes on
        _enlist(store, tuning, specs)
        execute(specs, store, jobs)
        runs = store.read()["runs"]
        tried |= {method: judge(runs, tuning.runs(method)) for method in methods}
        methods = search.send([tried[method] for method in methods])
    order = sorted(tried, key=lambda method: tried[method])
    table = pd.DataFrame([{"loss": tried[method], **settings_of(method)} for method in order])
    table.insert(0, "trial", [list(tried).index(method) for method in order])
    replace_file(store.folder / "trials.csv", lambda file: table.to_csv(file, index=False))
    if np.isfinite(tried[order[0]]):  # or there is nothing to choose by
        update_settings(store.folder / "settings.toml", tuning.spec.optimizer, settings_of(order[0]))
    verdicts = verdicts_of_trials(load(store.folder).tables)
    replace_file(store.folder / VERDICTS, lambda file: verdicts.to_csv(file, index=False))
    return table, order[0]


def judge(runs: pd.DataFrame, specs: list[RunSpec]) -> float:
    """Median over the seeds of the best loss at the end."""
    own = runs[runs["run_id"].isin([spec.run_id for spec in specs])]
    losses = own["best_loss"]
    finished = own["status"].isin(["budget", "converged", "target", "timeout"]) & np.isfinite(losses)
    # infinity and not a gap: a seed that failed is the worst of them, and no reason to judge by the others
    return float(losses.where(finished, np.inf).median())


def _enlist(store: Store, tuning: Tuning, specs: list[RunSpec]) -> None:
    """Add runs to the list of the study, which grows as the search goes on."""
    path = store.folder / STUDY
    study = json.loads(path.read_text())
    study["runs"] = list(dict.fromkeys([*study["runs"], *(spec.run_id for spec in specs)]))
    study["tuning"] = canonical({"trials": tuning.trials, "seeds": tuning.seeds, "sampler": tuning.sampler})
    replace_text(path, json.dumps(study, indent=1))


def _random(tuning: Tuning) -> Search:
    """The registered settings and random ones, all at once."""
    rng = stream(tuning.draw, "tuning")
    method = tuning.spec.method
    # whole numbers may be drawn twice, and a trial is one method
    yield list(dict.fromkeys([method, *(sample(method, rng) for _ in range(tuning.trials - 1))]))
    yield []


def _optuna(tuning: Tuning) -> Search:
    """Optuna's tree-structured Parzen estimator, one trial after the other, the registered settings first."""
    try:
        import optuna  # noqa: PLC0415  # an optional library
    except ModuleNotFoundError:
        raise ValueError("--sampler optuna needs the library optuna: pip install 'frequency-harness[more]'") from None
    method = tuning.spec.method
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=tuning.draw))
    study.enqueue_trial({name: getattr(method, name) for name in ranges(method)})
    for _ in range(tuning.trials):
        trial = study.ask()
        chosen = {name: _suggest(trial, method, name, *ends) for name, ends in ranges(method).items()}
        # one at a time: the estimator learns from each before it proposes the next
        losses = yield [replace(method, **chosen)]
        # the estimator takes no infinity
        study.tell(trial, min(losses[0], 1e300))
    yield []


def _suggest(trial: Any, method: Optimizer, name: str, low: float, high: float) -> Any:
    if isinstance(getattr(method, name), int):
        return trial.suggest_int(name, int(low), int(high), log=is_log(low, high))
    return trial.suggest_float(name, low, high, log=is_log(low, high))

"""`harness.Watch`: three lines in a training loop of one's own.

watch = harness.Watch("my-study", inputs, targets, optimizer="my-adam", seed=0)
for step, batch in enumerate(loader):
    ...
    watch(step, lambda: model(inputs))
watch.close()
"""

from collections.abc import Mapping
from dataclasses import asdict
from math import inf, isfinite
from os import getpid
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import Any, Self, Unpack
from warnings import warn

import numpy as np

from harness.plugins.names import check_name
from harness.run.marks.record import Recorder
from harness.run.marks.schedule import log_marks
from harness.run.metering.account import Counts, Snapshot
from harness.run.numbers import is_whole
from harness.tables import AnyRows, Tables
from harness.watch.arrays import Predict, as_predictions, precision_of
from harness.watch.costs import check_risen, spent, told
from harness.watch.entry import Entry, at_exit
from harness.watch.identity import About, check_text, terms
from harness.watch.row import UNFINISHED, Seen, summary, tables
from harness.watch.shown import NOWHERE, Shown, shaped
from harness.watch.sources import check_model, check_predict, parameters_of, precision_of_parameters, sources
from harness.watch.untouched import untouched
from harness.watch.watched import what_is_there
from problems.engines.numpy_evaluator import NumpyEvaluator
from problems.networks.registered import unregistered
from problems.probes.summary import sentences
from problems.user_files import user_path

RATIO = 1.15
"""Of the costs of neighbouring marks where no budget is given: about 16 marks for each factor of ten."""
SAVE_SECONDS = 10.0
"""Between two writings of a run that goes on, at least."""


class Watch:
    """Records predictions at log-spaced costs, and writes them as a run of a study in `results/STUDY`.

    Called after each step with its number, from 0, and what gives the outputs `(n, m)` on all `inputs`; cost is
    then `(step + 1)` times `cost`, or what is given. `start` measures the beginning. A loop that is first seen at a
    later step was resumed, and goes on from the marks before it that its run in the study has. With `problem`, the
    name of one of the house, inputs and targets may be left out and are found in `inputs` and `targets`. Further
    options are those of `identity.About`: among them `unit` of cost (steps, samples, passes, seconds), `watch`,
    frequencies such as `[1, 5]`, `model`, whose parameters are counted, and `out`, another folder. What the target
    does not have is left out: a warning says it, the run's `reason`, and `left_out`. Raises ValueError."""

    def __init__(
        self,
        study: str,
        inputs: Any = None,
        targets: Any = None,
        *,
        optimizer: str,
        seed: int = 0,
        **about: Unpack[About],
    ) -> None:
        check_text("study", study)
        check_name("study", study)
        self._terms = terms(optimizer, seed, **about)
        self._data, named = sources(self._terms, inputs, targets)
        self.inputs, self.targets = self._data.inputs, self._data.targets
        folder = user_path(self._terms.out) if self._terms.out else Path("results") / study
        # where it is now: the loop may go to another folder
        self._entry = Entry(folder.absolute(), named, self._terms)
        self._warned: tuple[str, ...] = ()
        self.model = self._terms.model
        self._network = Shown(self._terms.dim, self._terms.network)
        problem, self.left_out = what_is_there(self._data, self._network, self._terms.watch)
        if self.left_out:
            warn(" ".join(self.left_out), stacklevel=2)
        samples = f"{len(self.inputs):,} samples and {self.targets.shape[1]} output(s), in a loop that is watched."
        self._entry.understood = (samples, *sentences(problem), *self.left_out)
        self._recorder = Recorder(NumpyEvaluator(problem), [problem])
        self._marks = log_marks(self._terms.budget, self._terms.marks) if self._terms.budget else ()
        self._next = self._marks[0] if self._marks else min(1.0, self._terms.cost)
        self._cost, self._measured_at = 0.0, -1.0
        self._last: Predict | None = None
        self._before: Tables | None = None
        self._measuring = 0.0
        self._saved = perf_counter()
        for probe in problem.probes:
            probe.measure(self.targets)  # what the probes prepare is no part of the loop
        self._saved_at, self._process = -1.0, getpid()
        self._began, self._closed = perf_counter(), False
        at_exit(self.__del__)

    def start(self, predict: Predict) -> None:
        """Measure before the first step, at cost 0; raises ValueError once the loop is on its way."""
        self._check(predict)
        if self._last is not None or self._measured_at >= 0:
            raise ValueError(
                "`start` measures before the first step, once; this loop is on its way. Leave it out here."
            )
        self._measure(predict, 0.0)

    def __call__(self, step: int, predict: Predict, *, cost: float | None = None) -> None:
        """Measure if a mark is due after this step; `cost` is all that was spent so far, in the unit of the watch."""
        self._check(predict)
        is_first = self._last is None and self._measured_at < 0
        now = told(cost) if cost is not None else spent(self._terms, step, self.seconds, is_first=is_first)
        check_risen(now, self._cost, self._terms.unit, f"step {step}" if cost is None else "")
        self._cost = now
        if is_first and is_whole(step) and step > 0:
            self._before = self._entry.earlier(now)
        self._last = predict
        # sums of fractional costs fall short of a mark by rounding
        if self._cost >= self._next * (1 - 1e-9):
            self._measure(predict, self._cost)

    def _check(self, predict: Predict) -> None:
        if self._closed:
            raise ValueError("This watch is closed; make another for another run.")
        if not callable(predict):
            check_predict(predict)

    @property
    def model(self) -> Any:
        """The module whose parameters are counted; it may be told later. Raises ValueError for what is none."""
        return self._model

    @model.setter
    def model(self, model: Any) -> None:
        check_model(model)
        self._model = model
        self._warn_of([] if model is None else [model])

    def _warn_of(self, models: list[Any]) -> None:
        """What they hold that nothing trains, once."""
        beside = dict.fromkeys(filter(None, map(unregistered, models)))
        for sentence in [sentence for sentence in beside if sentence not in self._warned]:
            self._warned = (*self._warned, sentence)
            warn(sentence, stacklevel=4)

    @property
    def seconds(self) -> float:
        """Seconds of the loop so far, without measuring."""
        return perf_counter() - self._began - self._measuring

    @property
    def overhead(self) -> float:
        """Seconds spent in measuring, as a share of those of the loop."""
        return self._seen.overhead

    def _measure(self, predict: Predict, cost: float) -> None:
        check_predict(predict)
        # what a loop evaluates is not known: its whole cost stands as `values`
        snapshot = Snapshot(cost=cost, **asdict(Counts(values=cost)), seconds=self.seconds)
        began = perf_counter()
        with untouched(self.model, predict) as look:
            outputs = predict()
        if self._measured_at < 0:
            self._warn_of(look.found)
        predictions = shaped(self._data, as_predictions(outputs))
        self._network.show(predictions, look.precision or precision_of(outputs))
        with np.errstate(all="ignore"):  # a loop that diverges is watched to its end
            self._recorder.observe([0], snapshot, NOWHERE, NOWHERE)  # the best is that of marks
        self._measured_at = cost
        self._advance(cost)
        if began - self._saved > SAVE_SECONDS:
            self.save()
            self._saved = perf_counter()
        self._measuring += perf_counter() - began

    def save(self) -> None:
        """Write the marks so far, for the case that the loop is killed; done by itself every ten seconds, at a mark.

        Until the watch is closed its run stands as `failed`."""
        self._entry.write(self._tables("failed", UNFINISHED))
        self._saved_at = self._measured_at

    def _advance(self, cost: float) -> None:
        if self._marks:
            self._next = next((mark for mark in self._marks if mark > cost), inf)
        else:
            # at least a step ahead: at the start a ratio of 1.15 is less than one
            self._next = max(cost * RATIO, cost + min(1.0, self._terms.cost))

    def close(self, status: str = "watched", reason: str = "") -> None:
        """Measure the end, unless that is done, and write the run; a second call does nothing.

        A run that is there already is not replaced by one without marks."""
        if self._closed:
            return
        if self._last is not None and self._measured_at < self._cost:
            self._measure(self._last, self._cost)
        self._closed = True
        if self._measured_at < 0 and self._entry.earlier(inf) is not None:
            return  # as where training goes on from its last step: what the run has already is worth more than nothing
        if self._measured_at < 0 and status == "watched":
            status, reason = "failed", "The loop has never called its watch: nothing was measured."
        elif not isfinite(self._recorder.last_loss(0)) and status == "watched":
            since = "no longer" if isfinite(self._recorder.first_loss(0)) else "not"
            status, reason = "diverged", f"The predictions are {since} finite."
        said = " ".join((summary(self._terms, self._recorder, self._seen), *self.left_out, *self._warned))
        self._entry.write(self._tables(status, reason or said))

    def fail(self, error: BaseException) -> None:
        """Write what was measured before the loop ended by `error`."""
        self._last = None  # whatever raised may be the model
        self.close("failed", " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":"))

    def __del__(self) -> None:
        """What was measured is kept, whoever forgot the watch: a loop that failed within somebody else's."""
        # a process that was forked off has a copy, which is not its own; `_closed` is the last that is made
        if getattr(self, "_closed", True) or self._process != getpid():
            return
        if self._measured_at > self._saved_at and self._entry.is_ours:
            self.save()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        del kind, trace
        if error is None:
            self.close()
        else:
            self.fail(error)

    def _tables(self, status: str, reason: str) -> Mapping[str, AnyRows]:
        ended = {"status": status, "reason": reason}
        return tables(self._entry, self._terms, self._recorder, self._seen, ended)

    @property
    def _seen(self) -> Seen:
        return Seen(
            cost=self._cost,
            seconds=self.seconds,
            measuring=self._measuring,
            precision=self._network.precision or precision_of_parameters(self.model),
            dim=self._terms.dim or parameters_of(self.model),
            samples=len(self.inputs),
            before=self._before,
        )

"""Bars of a running study in a Jupyter notebook, one for each optimizer; a script shows none."""

import sys
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from html import escape
from time import monotonic
from typing import Any

from harness.run.spec import RunSpec
from harness.study.execution.execute import Watch
from harness.study.execution.jobs import Job
from harness.study.execution.progress import amounts

LEAST_PAUSE = 0.2
"""Seconds between two pictures: a notebook's page is slower than runs are."""


@contextmanager
def notebook_bars(specs: Sequence[RunSpec], done: Collection[str]) -> Iterator[Watch | None]:
    """A watcher that draws in the cell, or None outside of a notebook."""
    display = _display()
    if display is None:
        yield None
        return
    totals = Counter(spec.optimizer for spec in specs)
    before = Counter(spec.optimizer for spec in specs if spec.run_id in done)
    bars = _Bars(display, totals, before)
    yield bars.watch
    bars.show()


class _Bars:
    def __init__(self, display: Any, totals: Counter[str], before: Counter[str]) -> None:
        self._display, self._totals, self._before = display, totals, before
        self._made: dict[str, float] = dict(before)
        self._shown = monotonic()
        # one output with an id, which is replaced: printed anew, bars would fill the notebook
        self._handle = display.display(display.HTML(self._html()), display_id=True)

    def watch(self, jobs: Sequence[Job], shares: Sequence[float]) -> None:
        """Take in how far the jobs are."""
        for name, amount in amounts(jobs, shares).items():
            self._made[name] = self._before[name] + amount
        if monotonic() - self._shown > LEAST_PAUSE:
            self.show()

    def show(self) -> None:
        """Draw the bars as they stand."""
        self._shown = monotonic()
        self._handle.update(self._display.HTML(self._html()))

    def _html(self) -> str:
        rows = []
        for name, total in self._totals.items():
            made = self._made.get(name, 0.0)
            text, label = f"{made:.1f} of {total} runs", escape(name, quote=True)
            bar = f'<progress aria-label="{label}" max="{total}" value="{made:.3f}"></progress>'
            rows.append(f"<tr><td>{label}</td><td>{bar}</td><td>{text}</td></tr>")
        return f"<table>{''.join(rows)}</table>"


def _display() -> Any:
    """IPython's `display` module where this is the kernel of a notebook: asked of what is loaded, and never loaded."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return sys.modules.get("IPython.display") if hasattr(shell, "kernel") else None

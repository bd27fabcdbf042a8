"""The process in which a plugin is checked: what it finds is written line by line to a file, for the one that waits.

python -m harness.rules.inside PLUGIN.py FINDINGS.jsonl SKIP
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from harness.plugins import load
from harness.rules.check import Task, tasks
from harness.run.tracebacks import told


def main(plugin: str, findings: str, skip: int) -> None:
    """Load the plugin and try one rule after another, without the first `skip`."""
    with Path(findings).open("a", encoding="utf-8") as file:

        def write(**line: Any) -> None:
            file.write(json.dumps(line) + "\n")
            # at once: whoever ends this process reads off the last line which rule it stood at
            file.flush()

        write(began="", rule="loads")
        try:
            loaded = load(plugin)
        except ValueError as error:
            write(refused=str(error))
            return
        planned = list(tasks(loaded))
        write(names=[task.name for task in planned])
        for task in planned[skip:]:
            write(began=task.name, rule=task.rule)
            write(complaint=_complaint(task))
        write(all=True)


def _complaint(task: Task) -> str | None:
    try:
        return task.complaint()
    except BaseException as error:  # noqa: BLE001  # SystemExit too: the others are still to be checked
        return f"nothing but its answer comes out of a rule; got {told(error)}"


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    os._exit(0)  # a thread that the plugin has left behind would hold the process

"""What is asked of a network during a run, beside its spectrum. `OBSERVERS` is the one registry."""

from harness.questions.response import Response
from harness.questions.samples import Samples
from harness.run.observer import Observer

OBSERVERS: dict[str, Observer] = {
    "response": Response(),
    "samples": Samples(),
}

"""What is asked of a network during a run, beside its spectrum. `OBSERVERS` is the one registry."""

from harness.questions.kernel import Kernel
from harness.questions.predictions import Predictions
from harness.questions.rank import Rank
from harness.questions.response import Response
from harness.questions.samples import Samples
from harness.questions.sharpness import Sharpness
from harness.run.marks.observer import Observer

OBSERVERS: dict[str, Observer] = {
    "kernel": Kernel(),
    "predictions": Predictions(),
    "rank": Rank(),
    "response": Response(),
    "samples": Samples(),
    "sharpness": Sharpness(),
}

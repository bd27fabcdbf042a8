"""Options of `harness response`."""

from harness.commands.comparison_options import add_runs
from harness.commands.options import add_format
from harness.commands.parser import Parser
from harness.commands.values import number, seed_list, whole

SECTION = "studies"
ABOUT = "Train a network, and take the spectrum of its output along directions in the space of inputs."
EXAMPLES = """\
examples:
  python -m harness response --problem digits --budget 3000
  python -m harness response --problem mnist --optimizers adam,lbfgs --budget 600 --seeds 2
"""


def add_options(word: Parser) -> None:
    """Runs, and the cuts through the inputs of their networks."""
    word.add_argument("--optimizers", default="adam", metavar="A,B", help="who trains the network (default: adam)")
    seeds = "runs of each, with seeds 0 to N-1, or a range A..B, or both between commas (default: 1)"
    word.add_argument("--seeds", type=seed_list, default=1, metavar="N|A..B", help=seeds)
    text = "samples cut through (default: 32)"
    word.add_argument("--through", type=whole(1), default=32, metavar="N", help=text)
    word.add_argument("--places", type=whole(4), default=256, metavar="N", help="places on each cut (default: 256)")
    word.add_argument("--extent", type=number, default=0.0, metavar="L", help="length of a cut (default: the data's)")
    add_runs(word)
    add_format(word)

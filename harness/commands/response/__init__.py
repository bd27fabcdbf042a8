"""Options of `harness response`: one run, so nothing is varied and nothing runs beside it."""

from harness.commands.options import add_format, add_out, add_problem, add_settings, add_terms
from harness.commands.parser import Parser
from harness.commands.values import number, whole

SECTION = "studies"
ABOUT = "Train a network, and take the spectrum of its output along directions in the space of inputs."
EXAMPLES = """\
examples:
  python -m harness response --problem digits --budget 3000
  python -m harness response --problem mnist --optimizer adam --budget 600 --seed 1
"""


def add_options(word: Parser) -> None:
    """One run, and the cuts through its inputs."""
    word.add_argument("--optimizer", default="adam", metavar="NAME", help="who trains the network (default: adam)")
    word.add_argument("--seed", type=whole(0), default=0, metavar="N", help="the run's seed (default: 0)")
    text = "samples cut through (default: 32)"
    word.add_argument("--through", type=whole(1), default=32, metavar="N", help=text)
    word.add_argument("--places", type=whole(4), default=256, metavar="N", help="places on each cut (default: 256)")
    word.add_argument("--extent", type=number, default=0.0, metavar="L", help="length of a cut (default: the data's)")
    add_settings(word)
    add_problem(word)
    add_terms(word)
    add_out(word, "results/response-PROBLEM-ID")
    add_format(word)

"""Options of `harness run`: one run, so nothing is varied and nothing runs beside it."""

from harness.commands.options import (
    add_format,
    add_incumbent,
    add_observe,
    add_out,
    add_problem,
    add_settings,
    add_terms,
)
from harness.commands.parser import Parser
from harness.commands.values import LARGEST_SEED, whole

SECTION = "studies"
ABOUT = "Run one optimizer once, and print what it learned when."
EXAMPLES = """\
examples:
  python -m harness run --problem sin135 --optimizer bfgs
  python -m harness run --problem sin135 --optimizer adam --seed 7 --set adam.lr=0.001
"""


def add_options(word: Parser) -> None:
    """One run, specified."""
    word.add_argument("--optimizer", required=True, metavar="NAME", help="a name from 'harness list optimizers'")
    word.add_argument("--seed", type=whole(0, LARGEST_SEED), default=0, metavar="N", help="the run's seed (default: 0)")
    add_settings(word)
    add_problem(word)
    add_terms(word)
    add_observe(word)
    add_out(word)
    add_incumbent(word)
    add_format(word)

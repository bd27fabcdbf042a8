"""Options of `harness order`."""

from harness.commands.options import add_source
from harness.commands.parser import Parser

SECTION = "tables"
ABOUT = "Say whether the verdicts depend on what a gradient is taken to cost."
EXAMPLES = """\
examples:
  python -m harness order --from results/sin135-1234abcd --cost-per-gradient 1,2,3,5
"""


def add_options(word: Parser) -> None:
    """A study, and prices."""
    add_source(word)
    text = "forward passes of a gradient (default: 1,2,3,5)"
    word.add_argument("--cost-per-gradient", default="1,2,3,5", metavar="C,C", help=text)

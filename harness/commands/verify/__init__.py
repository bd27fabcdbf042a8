"""Options of `harness verify`."""

from harness.commands.parser import Parser
from harness.commands.values import whole

SECTION = "studies"
ABOUT = "Make a sample of a study's runs again, and say whether the rows are the same."
EXAMPLES = """\
examples:
  python -m harness verify results/mine
  python -m harness verify results/mine --sample 50
"""


def add_options(word: Parser) -> None:
    """The folder, and how many runs."""
    word.add_argument("folder", metavar="DIR", help="the folder of a study")
    word.add_argument("--sample", type=whole(1), default=5, metavar="N", help="how many runs (default: 5)")
    draw = "seed by which they are chosen (default: 0)"
    word.add_argument("--draw", type=whole(0), default=0, metavar="N", help=draw)

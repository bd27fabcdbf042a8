"""Options of `harness figure`."""

from harness.commands.options import add_source
from harness.commands.parser import Parser
from harness.commands.values import numbers

SECTION = "tables"
ABOUT = "Draw a figure of a study again, from its tables alone."
EXAMPLES = """\
examples:
  python -m harness figure order results/sin135-1234abcd
  python -m harness figure heatmap results/sin135-1234abcd --optimizers adam,bfgs --out paper/figure2
  python -m harness figure snapshots results/sin15-1234abcd --at 0,2000,17000
  python -m harness figure animation results/sin15-1234abcd
  python -m harness figure spread results/sin135-1234abcd --against adam
"""


def add_options(word: Parser) -> None:
    """Which figure, of which study."""
    word.add_argument("name", metavar="NAME", help="a name from 'harness list figures', or 'animation'")
    add_source(word)
    word.add_argument(
        "--out", metavar="STEM", help="writes STEM.png, .pdf, .svg and its numbers as .csv (default: DIR/NAME)"
    )
    word.add_argument("--optimizers", metavar="A,B", help="draw these alone (default: all of the study)")
    word.add_argument("--at", type=numbers, metavar="COST,COST", help="of 'snapshots': the costs (default: log-spaced)")
    against = "of 'spread': the optimizer that the others are compared with (default: adam, or the first)"
    word.add_argument("--against", metavar="NAME", help=against)

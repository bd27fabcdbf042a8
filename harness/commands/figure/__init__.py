"""Options of `harness figure`."""

from harness.commands.options import add_source
from harness.commands.parser import Parser

SECTION = "tables"
ABOUT = "Draw a figure of a study again, from its tables alone."
EXAMPLES = """\
examples:
  python -m harness figure pictures results/image-1234abcd
  python -m harness figure heatmap results/sin135-1234abcd --out paper/figure2
"""


def add_options(word: Parser) -> None:
    """Which figure, of which study."""
    word.add_argument("name", metavar="NAME", help="a name from 'harness list figures'")
    add_source(word)
    word.add_argument(
        "--out", metavar="STEM", help="writes STEM.png, .pdf, .svg and its numbers as .csv (default: DIR/NAME)"
    )

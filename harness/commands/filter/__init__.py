"""Options of `harness filter`."""

from harness.commands.options import add_data_dir
from harness.commands.parser import Parser
from harness.commands.values import positives

SECTION = "house"
ABOUT = "Show what the Gaussian filter does to a problem's target, over its width."
EXAMPLES = """\
examples:
  python -m harness filter --problem digits --deltas 1,3,7 --out results/filter
"""


def add_options(word: Parser) -> None:
    """A problem, and widths."""
    word.add_argument("--problem", required=True, metavar="NAME", help="a name from 'harness list problems'")
    widths = "widths, as variances in squared units of the inputs"
    word.add_argument("--deltas", type=positives, metavar="D,D", help=widths)
    text = "as for compare"
    word.add_argument("--set", action="append", default=[], metavar="problem.SETTING=VALUE", help=text)
    word.add_argument("--out", metavar="STEM", help="draws STEM.png and STEM.pdf")
    add_data_dir(word)

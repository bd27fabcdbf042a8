"""Options of `harness samples`."""

from harness.commands.comparison_options import add_runs
from harness.commands.options import add_format
from harness.commands.parser import Parser
from harness.commands.values import number, seed_list, whole

SECTION = "studies"
ABOUT = "Which samples are learned early, and which late: the same ones by every network and optimizer?"
EXAMPLES = """\
examples:
  python -m harness samples --problem digits --optimizers adam,momentum --networks 64-40-10,64-100-100-10
  python -m harness samples --problem mnist --seeds 2 --budget 600 --search 100 --radius 0.05
"""


def add_options(word: Parser) -> None:
    """Runs, and what is asked of their samples."""
    word.add_argument("--optimizers", default="adam", metavar="A,B", help="names from 'harness list optimizers'")
    word.add_argument("--networks", metavar="A,B", help="networks to compare (default: the problem's)")
    seeds = "runs of each, with seeds 0 to N-1, or a range A..B, or both between commas (default: 3)"
    word.add_argument("--seeds", type=seed_list, default=3, metavar="N|A..B", help=seeds)
    text = "samples searched for another answer nearby (default: 200)"
    word.add_argument("--search", type=whole(1), default=200, metavar="N", help=text)
    text = "half width of that box (default: 0.1)"
    word.add_argument("--radius", type=number, default=0.1, metavar="R", help=text)
    add_runs(word)
    add_format(word)

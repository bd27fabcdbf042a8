"""Options of `harness selftest`."""

from harness.commands.parser import Parser
from harness.commands.values import whole

SECTION = "house"
ABOUT = "Run the problems whose order is known, and say whether to trust the harness."
EXAMPLES = """\
examples:
  python -m harness selftest
  python -m harness selftest --seeds 8 --networks
"""


def add_options(word: Parser) -> None:
    """How thoroughly."""
    word.add_argument("--seeds", type=whole(5), default=5, metavar="N", help="runs of each control (default: 5)")
    text = "also the published networks that lose the order; takes minutes"
    word.add_argument("--networks", action="store_true", help=text)

"""Options of `harness docs`."""

from harness.commands.parser import Parser
from harness.commands.values import one_of

SECTION = "house"
ABOUT = "Write the pages that are made from the registry."
EXAMPLES = """\
examples:
  python -m harness docs optimizers --out docs/optimizers
"""


def add_options(word: Parser) -> None:
    """Which pages, and where."""
    word.add_argument("what", type=one_of(("optimizers",)), metavar="WHAT", help="optimizers")
    word.add_argument("--out", default="docs/optimizers", metavar="DIR", help="folder (default: docs/optimizers)")

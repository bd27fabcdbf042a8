"""Options of `harness data`."""

from harness.commands.options import add_data_dir
from harness.commands.parser import Parser
from harness.commands.values import one_of

SECTION = "house"
ABOUT = "Fetch, verify or find the collections of images."
EXAMPLES = """\
examples:
  python -m harness data where
  python -m harness data fetch mnist
  python -m harness data verify mnist --data-dir ~/data
"""


def add_options(word: Parser) -> None:
    """What to do with which collection."""
    text = "fetch, verify or where"
    word.add_argument("what", type=one_of(("fetch", "verify", "where")), metavar="WHAT", help=text)
    text = "mnist, fashion-mnist, cifar10 or digits (default: all)"
    word.add_argument("name", nargs="?", metavar="NAME", help=text)
    add_data_dir(word)

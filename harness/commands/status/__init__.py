"""Options of `harness status`."""

from harness.commands.parser import Parser

SECTION = "studies"
ABOUT = "Say how a study stands: what is finished, how it ended, what is missing, and who works on it."
EXAMPLES = """\
examples:
  python -m harness status results/mine
"""


def add_options(word: Parser) -> None:
    """The folder."""
    word.add_argument("folder", metavar="DIR", help="the folder of a study")

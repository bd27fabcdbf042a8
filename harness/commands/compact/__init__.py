"""Options of `harness compact`."""

from harness.commands.parser import Parser

SECTION = "studies"
ABOUT = "Merge the files of a study's runs into few; nothing else changes."
EXAMPLES = """\
examples:
  python -m harness compact results/mine
"""


def add_options(word: Parser) -> None:
    """The folder."""
    word.add_argument("folder", metavar="DIR", help="the folder of a study")

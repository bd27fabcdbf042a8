"""Options of `harness clean`."""

from harness.commands.parser import Parser

SECTION = "studies"
ABOUT = "Remove what killed processes have left in a study's folder; every finished run stays."
EXAMPLES = """\
examples:
  python -m harness clean results/mine
"""


def add_options(word: Parser) -> None:
    """The folder."""
    word.add_argument("folder", metavar="DIR", help="the folder of a study")

"""Options of `harness merge`."""

from harness.commands.options import add_format
from harness.commands.parser import Parser

SECTION = "studies"
ABOUT = "Let one folder hold the runs of several studies, none twice."
EXAMPLES = """\
examples:
  python -m harness merge results/a results/b --out results/both
"""


def add_options(word: Parser) -> None:
    """The folders."""
    word.add_argument("folders", nargs="+", metavar="DIR", help="the folders of studies")
    text = "the folder of all of them; it may be one of them, or a study of its own"
    word.add_argument("--out", required=True, metavar="DIR", help=text)
    add_format(word)

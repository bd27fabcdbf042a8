"""Options of `harness resume`."""

from harness.commands.options import add_dask, add_format, add_jobs, add_traceback
from harness.commands.parser import Parser

SECTION = "studies"
ABOUT = "Go on with a study where it stopped: the same as its sweep again."
EXAMPLES = """\
examples:
  python -m harness resume results/mine
"""


def add_options(word: Parser) -> None:
    """The folder, and how to carry it out."""
    word.add_argument("folder", metavar="DIR", help="the folder of a study")
    add_jobs(word)
    add_dask(word)
    add_format(word)
    add_traceback(word)

"""Options of `harness retry`."""

from harness.commands.options import add_dask, add_format, add_jobs, add_traceback
from harness.commands.parser import Parser

SECTION = "studies"
ABOUT = "Make the runs of a study again that failed, crashed or ran out of time."
EXAMPLES = """\
examples:
  python -m harness retry results/mine
  python -m harness retry results/mine --only crashed
"""


def add_options(word: Parser) -> None:
    """The folder, which runs, and how to carry it out."""
    word.add_argument("folder", metavar="DIR", help="the folder of a study")
    text = "statuses, of failed, crashed and timeout (default: all three)"
    word.add_argument("--only", metavar="A,B", help=text)
    add_jobs(word)
    add_dask(word)
    add_format(word)
    add_traceback(word)

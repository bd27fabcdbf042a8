"""Options of `harness report`."""

from harness.commands.options import add_source
from harness.commands.parser import Parser
from harness.commands.values import file_of

SECTION = "tables"
ABOUT = "Write one self-contained page of a study: its answer, interactive curves, failures, and how to make it again."
EXAMPLES = """\
examples:
  python -m harness report results/sin135-1234abcd
  python -m harness report results/sin135-1234abcd --out paper/supplement.html
  python -m harness report results/sin135-1234abcd --no-robust
"""


def add_options(word: Parser) -> None:
    """Of which study, and where to."""
    add_source(word)
    text = "the page (default: DIR/report.html)"
    word.add_argument("--out", type=file_of(".html", ".htm"), metavar="FILE.html", help=text)
    text = "leave out the verdicts under other choices, which take some 13 s of 500 runs"
    word.add_argument("--no-robust", action="store_true", help=text)

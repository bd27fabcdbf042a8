"""Options of `harness serve`."""

from harness.commands.parser import Parser
from harness.commands.values import whole

SECTION = "tables"
ABOUT = (
    "Show a study in a browser on this machine while it runs: how far it is, and its report. Nothing can be changed."
)
EXAMPLES = """\
examples:
  python -m harness serve results/sin135-1234abcd
  python -m harness serve results/mine --port 9000
"""
LARGEST_PORT = 65535


def add_options(word: Parser) -> None:
    """Which study, and where."""
    word.add_argument("folder", metavar="DIR", help="the folder of a study, finished or not")
    text = "port of 127.0.0.1; 0 is any that is free (default: 8765)"
    word.add_argument("--port", type=whole(0, LARGEST_PORT), default=8765, metavar="N", help=text)

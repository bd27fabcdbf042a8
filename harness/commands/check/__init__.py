"""Options of `harness check`."""

from harness.commands.parser import Parser
from harness.commands.values import number

SECTION = "house"
ABOUT = "Check a plugin against the rules of the house, and say what to change."
EXAMPLES = """\
examples:
  python -m harness check my.py
  python -m harness compare --problem sin135 --plugin my.py --optimizers my-method,adam
"""


def add_options(word: Parser) -> None:
    """What to check."""
    word.add_argument("file", metavar="FILE.py", help="a Python file with @optimizer, @problem, @probe or @observer")
    about = "what one rule may take before it is ended from outside (default: 60)"
    word.add_argument("--seconds", type=number, default=60.0, metavar="S", help=about)

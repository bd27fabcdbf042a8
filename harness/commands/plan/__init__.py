"""Options of `harness plan`: those of a comparison but the format, as no table is written."""

from harness.commands.comparison_options import add_comparison
from harness.commands.parser import Parser

SECTION = "studies"
ABOUT = "Say what a comparison would make, and foretell its time and memory from short probes; nothing is written."
EXAMPLES = """\
examples:
  python -m harness plan --problem sin135 --seeds 32 --jobs 2
"""


def add_options(word: Parser) -> None:
    """Everything about a comparison."""
    add_comparison(word)

"""Options of `harness docs`."""

from harness.commands.parser import Parser
from harness.commands.values import one_of

SECTION = "house"
ABOUT = "Write the pages that are made: of optimizers from the registry, of references from the BibTeX file."
EXAMPLES = """\
examples:
  python -m harness docs optimizers --out docs/optimizers
  python -m harness docs references --out docs
"""


def add_options(word: Parser) -> None:
    """Which pages, and where."""
    word.add_argument(
        "what", type=one_of(("optimizers", "references")), metavar="WHAT", help="optimizers or references"
    )
    word.add_argument(
        "--out", metavar="DIR", help="folder (default: docs/optimizers, or docs, where references.bib lies)"
    )

"""Options of `harness docs`."""

from harness.commands.parser import Parser
from harness.commands.values import one_of

SECTION = "house"
ABOUT = (
    "Write the pages that are made: optimizers (registry), references (BibTeX), rooms (docstrings), claims (studies), "
    "atlas (what its study is made of)."
)
EXAMPLES = """\
examples:
  python -m harness docs optimizers --out docs/optimizers
  python -m harness docs references --out docs
  python -m harness docs rooms
  python -m harness docs claims
  python -m harness docs atlas
"""


def add_options(word: Parser) -> None:
    """Which pages, and where."""
    pages = ("atlas", "claims", "optimizers", "references", "rooms")
    word.add_argument("what", type=one_of(pages), metavar="WHAT", help="atlas, claims, optimizers, references or rooms")
    word.add_argument(
        "--out", metavar="DIR", help="folder (default: docs/optimizers, or docs, where references.bib lies)"
    )

"""Options of `harness plan`: a study's file, or those of a comparison but the format, as no table is written."""

from harness.commands.comparison_options import add_comparison
from harness.commands.parser import Parser

SECTION = "studies"
ABOUT = "Say what a study or a comparison would make, and foretell time, memory and bytes; nothing is written."
EXAMPLES = """\
examples:
  python -m harness plan --problem sin135 --seeds 32 --jobs 2
  python -m harness plan STUDY.toml
"""
STARTS_WORKERS = False


def add_options(word: Parser) -> None:
    """The file of a study, or everything about a comparison."""
    file = "the file of a study, in place of --problem and what belongs to it"
    word.add_argument("file", nargs="?", metavar="STUDY.toml", help=file)
    add_comparison(word)

"""Options of `harness publish`."""

from harness.commands.parser import Parser

SECTION = "studies"
ABOUT = "Pack a study's tables, figures and papers for an archive, with checksums and a description."
EXAMPLES = """\
examples:
  python -m harness publish results/mine
  python -m harness publish results/mine --out mine.zip --creator 'A. Author'
"""


def add_options(word: Parser) -> None:
    """The folder, the archive, and what is said of it."""
    word.add_argument("folder", metavar="DIR", help="the folder of a study")
    word.add_argument("--out", metavar="FILE.zip", help="the archive (default: DIR.zip)")
    word.add_argument("--creator", default="", metavar="NAME", help="who made it, as the description says")
    licence = "address of its licence (default: CC BY 4.0)"
    word.add_argument("--license", default="", metavar="URL", help=licence)

"""Options of `harness publish`."""

from harness.commands.parser import Parser
from harness.commands.values import day, file_of
from harness.study.sharing.licences import LICENSE

SECTION = "studies"
ABOUT = "Pack a study's tables, figures and papers for an archive, with checksums and a description."
EXAMPLES = """\
examples:
  python -m harness publish results/mine
  python -m harness publish results/mine --out mine.zip --creator 'A. Author' --date 2026-01-31
"""


def add_options(word: Parser) -> None:
    """The folder, the archive, and what is said of it."""
    word.add_argument("folder", metavar="DIR", help="the folder of a study")
    word.add_argument("--out", type=file_of(".zip"), metavar="FILE.zip", help="the archive (default: DIR.zip)")
    word.add_argument("--creator", default="", metavar="NAME", help="who made it, as the description says")
    licence = f"its licence: an address, or an identifier of spdx.org/licenses (default: {LICENSE})"
    word.add_argument("--license", default=LICENSE, metavar="NAME", help=licence)
    text = "day of publication, of which and of the study the archive is made to the byte (default: today)"
    word.add_argument("--date", type=day, metavar="YYYY-MM-DD", help=text)

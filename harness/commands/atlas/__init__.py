"""Options of `harness atlas`."""

from harness.commands.parser import Parser
from harness.commands.values import file_of, whole

SECTION = "house"
ABOUT = "Keep the tables of a finished study as an Atlas, and write its page and its figure."
EXAMPLES = """\
examples:
  python -m harness sweep atlas/core.toml --out results/atlas-core
  python -m harness atlas results/atlas-core --atlas results/core --page results/core.md
  python -m harness atlas results/atlas-heat --part heat
  python -m harness atlas --verify 12
  python -m harness atlas --row "adam on random-waves"
  python -m harness atlas
"""


def add_options(word: Parser) -> None:
    """The study, and where its tables, its page and its figure go."""
    text = "the folder of the finished study (default: page and figure of what is kept already)"
    word.add_argument("folder", metavar="DIR", nargs="?", help=text)
    word.add_argument(
        "--atlas", default="atlas/tables", metavar="DIR", help="where tables are kept (default: atlas/tables)"
    )
    text = "keep the study as a part of this name beside what is kept, of other problems (default: in place of it)"
    word.add_argument("--part", metavar="NAME", help=text)
    text = "the folder of the finished study of tuned settings, kept beside (in DIR-tuned)"
    word.add_argument("--tuned", metavar="DIR", help=text)
    text = "make so many of the kept runs again, drawn at random, and say how far their rows are from the kept ones"
    word.add_argument("--verify", type=whole(1), metavar="N", help=text)
    text = (
        "make the runs of one row again, such as 'adam on random-waves' or 'adam tuned on sin135', and say what it is "
    )
    text += "then; nothing is written"
    word.add_argument("--row", metavar="'METHOD on PROBLEM'", help=text)
    word.add_argument("--page", type=file_of(".md"), metavar="FILE.md", help="the page (default: docs/atlas.md)")

"""Options of `harness place`."""

from harness.commands.options import add_jobs, add_out
from harness.commands.parser import Parser

SECTION = "tables"
ABOUT = "Place an optimizer of your own among those of the Atlas: its runs alone are made, on the same problems."
EXAMPLES = """\
examples:
  python -m harness place my.py
  python -m harness place adamax --seeds 0..7
  python -m harness place --problem my_problem.py
  python -m harness place --problem sin15
"""


def add_options(word: Parser) -> None:
    """What is placed, and among what."""
    what = "a file with optimizers of your own (docs/tutorial-own-optimizer.md), or the name of a registered one"
    word.add_argument("what", metavar="FILE.py|NAME", nargs="?", help=what)
    problem = "instead, a problem: which optimizers of the Atlas keep the order on it?"
    word.add_argument("--problem", metavar="FILE.py|NAME", help=problem)
    word.add_argument("--atlas", default="atlas/tables", metavar="DIR", help="the Atlas (default: atlas/tables)")
    study = "a study file whose problems are taken (default: atlas/core.toml among atlas/tables, else the Atlas' own)"
    word.add_argument("--study", metavar="STUDY.toml", help=study)
    seeds = "only these seeds, such as 0..7 (default: those of the Atlas)"
    word.add_argument("--seeds", metavar="A..B", help=seeds)
    add_jobs(word)
    add_out(word, "results/place-NAME")

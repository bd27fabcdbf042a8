"""Options of `harness place`."""

from harness.commands.options import add_jobs, add_out, add_problem, add_settings, add_terms
from harness.commands.parser import Parser
from harness.commands.values import seed_list

SECTION = "tables"
ABOUT = "Place an optimizer of your own among those of the Atlas: its runs alone are made, on the same problems."
EXAMPLES = """\
examples:
  python -m harness place my.py
  python -m harness place my.py --seeds 0..7
  python -m harness place adamax
  python -m harness place --problem my_problem.py
  python -m harness place --problem sin15 --activation relu --optimizers adam,lbfgs,powell
  python -m harness place --target data.csv --budget 6000
"""


def add_options(word: Parser) -> None:
    """What is placed, and among what."""
    what = "a file with optimizers of your own (docs/tutorial-own-optimizer.md), or the name of a registered one; in "
    what += "its place a problem, by the options below: which optimizers of the Atlas keep the order on it?"
    word.add_argument("what", metavar="FILE.py|NAME", nargs="?", help=what)
    word.add_argument("--atlas", default="atlas/tables", metavar="DIR", help="the Atlas (default: atlas/tables)")
    study = "a study file whose problems are taken (default: atlas/core.toml among atlas/tables, else the Atlas' own)"
    word.add_argument("--study", metavar="STUDY.toml", help=study)
    seeds = "only these seeds: 8 for 0 to 7, or a range 0..7 (default: of a method those of the Atlas, of a problem 8)"
    word.add_argument("--seeds", type=seed_list, metavar="N|A..B", help=seeds)
    names = "of a problem: methods that are run on it, between commas (default: all of the Atlas that fit)"
    word.add_argument("--optimizers", metavar="A,B", help=names)
    add_settings(word)
    add_problem(word, "FILE.py|NAME")
    add_terms(word)
    add_jobs(word)
    add_out(word, "results/place-NAME-ID")
    # what the words have that write tables in a format of choice
    word.set_defaults(format="parquet")

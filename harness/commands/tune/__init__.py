"""Options of `harness tune`: one optimizer on one problem, searched rather than varied, or all of a study's file."""

from harness.commands.options import add_dask, add_jobs, add_out, add_problem, add_settings, add_terms
from harness.commands.parser import Parser
from harness.commands.values import LARGEST_SEED, file_of, one_of, whole

SECTION = "studies"
ABOUT = "Search an optimizer's settings by the loss alone, on seeds of its own."
EXAMPLES = """\
examples:
  python -m harness tune --problem sin135 --optimizer adam --trials 20
  python -m harness compare --problem sin135 --optimizers adam,lion --settings tuned
  python -m harness tune atlas/core.toml --write atlas/tuned.toml
"""
SAMPLERS = ("random", "optuna")


def add_options(word: Parser) -> None:
    """A search, and the runs it is made of."""
    file = "the file of a study with 'tuning' in its parts: every optimizer of them is searched, with equal trials"
    word.add_argument("file", nargs="?", metavar="STUDY.toml", help=file)
    text = "where the study of the winners of a file is written (default: FILE-tuned.toml beside it)"
    word.add_argument("--write", type=file_of(".toml"), metavar="FILE.toml", help=text)
    word.add_argument("--optimizer", metavar="NAME", help="a name from 'harness list optimizers'")
    word.add_argument("--trials", type=whole(1), metavar="N", help="settings to try (default: 20)")
    seeds = "runs of each, from seed 1000 (default: 5, the fewest of which an order is told)"
    word.add_argument("--seeds", type=whole(1), metavar="N", help=seeds)
    sampler = "random or optuna (default: random)"
    word.add_argument("--sampler", type=one_of(SAMPLERS), metavar="NAME", help=sampler)
    word.add_argument("--draw", type=whole(0, LARGEST_SEED), metavar="N", help="seed of the search itself (default: 0)")
    add_settings(word)
    add_problem(word)
    add_terms(word)
    add_jobs(word)
    add_dask(word)
    add_out(word, "results/tuning-PROBLEM-OPTIMIZER-ID")

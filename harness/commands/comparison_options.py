"""Options of the words that are about a comparison, made or only planned, or asked a question of its own."""

from harness.commands.options import add_jobs, add_observe, add_out, add_problem, add_settings, add_terms, add_vary
from harness.commands.parser import Parser
from harness.commands.values import seed_list


def add_comparison(word: Parser) -> None:
    """Which runs a comparison has."""
    names = "names from 'harness list optimizers', or 'all' that fit (default: seven families)"
    word.add_argument("--optimizers", metavar="A,B", help=names)
    seeds = "runs of each optimizer, with seeds 0 to N-1, or a range A..B, or both between commas (default: 8)"
    word.add_argument("--seeds", type=seed_list, metavar="N|A..B", help=seeds)
    add_runs(word)


def add_runs(word: Parser) -> None:
    """What the runs of any methods are about, and how they are made."""
    add_settings(word)
    add_vary(word)
    add_problem(word)
    add_terms(word)
    add_observe(word)
    add_jobs(word)
    add_out(word)

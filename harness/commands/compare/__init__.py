"""Options of `harness compare`."""

from harness.commands.comparison_options import add_comparison
from harness.commands.options import add_format, add_incumbent
from harness.commands.parser import Parser

SECTION = "studies"
ABOUT = "Run several optimizers on one problem at equal cost, and say in which order each learns."
EXAMPLES = """\
examples:
  python -m harness compare --problem sin135
  python -m harness compare --problem sin15 --optimizers adam,lbfgs,powell --seeds 8 --budget 30000
  python -m harness compare --problem sin135 --network 1-80-1 --activation relu --format csv --out results/relu
  python -m harness compare --problem sin135 --optimizers adam --set adam.lr=0.001 --set problem.samples=401
  python -m harness compare --target "sin(x)+0.5*cos(7*x)" --domain -pi,pi --samples 201
  python -m harness compare --problem tone --optimizers gd --vary problem.k=1..30 --seeds 1
"""


def add_options(word: Parser) -> None:
    """Everything about a comparison."""
    add_comparison(word)
    add_incumbent(word)
    add_format(word)

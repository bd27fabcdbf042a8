"""Options of `harness list`."""

from harness.commands.options import add_plugin
from harness.commands.parser import Parser
from harness.commands.values import one_of

SECTION = "house"
ABOUT = "List what can be named on the command line."
EXAMPLES = """\
examples:
  python -m harness list
  python -m harness list activations
"""
LISTS = (
    "problems",
    "optimizers",
    "figures",
    "activations",
    "inits",
    "losses",
    "embeddings",
    "networks",
    "engines",
    "observers",
    "probes",
)


def add_options(word: Parser) -> None:
    """What to list."""
    text = f"{', '.join(LISTS)} (default: problems and optimizers)"
    word.add_argument("what", nargs="?", type=one_of(LISTS), metavar="WHAT", help=text)
    add_plugin(word)

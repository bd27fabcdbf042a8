"""Options of `harness order`."""

from harness.commands.options import add_incumbent, add_source
from harness.commands.parser import Parser
from harness.commands.values import positives

SECTION = "tables"
ABOUT = "Say what the tables of a study say of the order: of its methods, of one against the others, of other choices."
EXAMPLES = """\
examples:
  python -m harness order results/sin135-1234abcd --against adam
  python -m harness order results/sin135-1234abcd --robust
  python -m harness order results/tone-1234abcd --targets
  python -m harness order results/sin135-1234abcd --cost-per-gradient 1,2,3,5
"""


def add_options(word: Parser) -> None:
    """A study, and what is asked of it: by default its verdicts at several prices of a gradient."""
    add_source(word)
    add_incumbent(word, None)
    asked = word.add_mutually_exclusive_group()
    asked.add_argument("--against", metavar="NAME", help="compare spreads and exponents with those of this optimizer")
    asked.add_argument("--robust", action="store_true", help="vary threshold, price, budget, clock and incumbent")
    asked.add_argument("--targets", action="store_true", help="take the study's targets as a sample of many")
    asked.add_argument("--residual", action="store_true", help="compare residuals, which amplitude cannot confound")
    text = "compare residuals with those of samplers of the network's initial law"
    asked.add_argument("--samplers", action="store_true", help=text)
    text = "say which forecasts of the tangent kernel may be believed (of a study with --observe kernel)"
    asked.add_argument("--theory", action="store_true", help=text)
    text = "forward passes of a gradient (default: 1,2,3,5)"
    asked.add_argument("--cost-per-gradient", type=positives, metavar="C,C", help=text)

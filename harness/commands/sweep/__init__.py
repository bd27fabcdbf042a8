"""Options of `harness sweep`."""

from harness.commands.options import add_dask, add_format, add_jobs, add_out, add_traceback
from harness.commands.parser import Parser
from harness.commands.values import seed_spans

SECTION = "studies"
ABOUT = "Make the runs of a study that a file describes: what is missing of them."
EXAMPLES = """\
examples:
  python -m harness sweep STUDY.toml
  python -m harness sweep STUDY.toml --seeds 5..9 --jobs 8 --out results/mine
  python -m harness sweep STUDY.toml --dask tcp://10.0.0.1:8786
"""


def add_options(word: Parser) -> None:
    """The file, and how to carry it out."""
    text = "the file of a study (docs/howto-studies.md)"
    word.add_argument("file", metavar="STUDY.toml", help=text)
    seeds = "only these seeds: 5 for 0 to 4, a range such as 5..9, or 0,3 (default: those of the file)"
    word.add_argument("--seeds", type=seed_spans, metavar="N|A..B", help=seeds)
    add_jobs(word)
    add_dask(word)
    add_out(word, "results/NAME, by the name of the study")
    add_format(word)
    add_traceback(word)

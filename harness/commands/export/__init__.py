"""Options of `harness export`."""

from harness.commands.options import add_out, add_source
from harness.commands.parser import Parser
from harness.commands.values import one_of

FORMS = ("csv", "parquet", "duckdb", "ioh")
SECTION = "tables"
ABOUT = "Write the tables of a study as CSV, Parquet, a DuckDB database, or for IOHanalyzer."
EXAMPLES = """\
examples:
  python -m harness export csv results/mine --out paper/data
  python -m harness export ioh results/mine --out for-iohanalyzer
"""


def add_options(word: Parser) -> None:
    """The form and the folders."""
    word.add_argument("form", type=one_of(FORMS), metavar="FORM", help=", ".join(FORMS))
    add_source(word)
    add_out(word, "the folder of the study")

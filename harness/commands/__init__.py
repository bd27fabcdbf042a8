"""The words of the command line. A folder here is a word; a module here is shared by several words.

To add a word, make a folder of its name with two files, and register nothing:

    harness/commands/WORD/__init__.py   what it takes; loaded for every `--help`, so it imports nothing heavy
        SECTION = "studies"             under which of `SECTIONS` the overview lists it
        ABOUT = "One sentence."
        EXAMPLES = "examples:\\n  python -m harness WORD --problem sin135\\n"
        STARTS_WORKERS = False          only where it takes --jobs and starts none
        def add_options(word: Parser) -> None: ...
    harness/commands/WORD/work.py       what it does; loaded when the word is said
        def main(arguments: argparse.Namespace) -> int: ...     the exit code: 0, or 1 where something failed

Options that several words take are functions of `options.py`, each in one place; a word asks for those it honours and
no others, and the parser refuses the rest. Types of values are in `values.py`. A user's mistake is a ValueError of one
sentence, which ends the command with code 2. `tests/test_options.py` wants evidence for each option of each word.
"""

from importlib import import_module
from pathlib import Path
from types import ModuleType

SECTIONS = {
    "studies": "make runs",
    "tables": "read what was made",
    "house": "ask the house",
}
"""Sections of the overview, and what their words do."""


def names() -> list[str]:
    """The words there are, sorted."""
    return sorted(path.parent.name for path in Path(__file__).parent.glob("*/__init__.py"))


def options_of(word: str) -> ModuleType:
    """The file that says what a word takes."""
    return import_module(f"harness.commands.{word}")


def work_of(word: str) -> ModuleType:
    """The file that says what a word does."""
    return import_module(f"harness.commands.{word}.work")

"""The parser of one word: argparse, whose complaints become one sentence with the nearest match."""

import argparse
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from harness.commands import names, options_of

# in this order, as the last takes all that names an argument
REPHRASED = (
    (r"argument (\S+): expected one argument", r"\1 needs a value."),
    (r"argument (\S+): ignored explicit argument (.*)", r"\1 takes no value; got \2."),
    (r"the following arguments are required: (.*)", r"\1 must be given. See: {} --help"),
    (r"argument (\S+): not allowed with argument (\S+)", r"\1 and \2 ask two things; ask one at a time."),
    (r"unrecognized arguments: (.*)", r"'\1' belongs to no option. See: {} --help"),
    (r"argument (\S+): (.*)", r"\1 \2"),
)
"""What argparse says, and what it is to say; `{}` is the word."""


PLACE = re.compile(r"DIR|STEM|\.[a-z]+")
"""In the metavar of folders and files of ours; those of data are part of a run's identity, as they are named."""


class Last(argparse.Action):
    """Keeps the last value of an option, as scripts expect that add to a command; for one parser that reads once."""

    given: Any = None

    def __call__(self, parser: Any, namespace: argparse.Namespace, values: Any, option_string: Any = None) -> None:
        """Keep it, and say so where another was given before; argparse alone would drop that in silence."""
        if option_string is not None and self.given is not None and self.given != values:
            sys.stderr.write(
                f"{parser.prog}: {option_string} was given twice: '{values}' counts, and not '{self.given}'.\n"
            )
        self.given = values
        setattr(namespace, self.dest, values)


class Parser(argparse.ArgumentParser):
    """The options of a word; every complaint is a ValueError."""

    def __init__(self, word: str, about: str, examples: str) -> None:
        super().__init__(
            prog=f"harness {word}",
            description=about,
            epilog=examples,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            # an abbreviation in somebody's script would mean something else with the next option
            allow_abbrev=False,
        )
        self.word = word
        for name in (None, "store"):
            self.register("action", name, Last)

    @property
    def options(self) -> dict[str, argparse.Action]:
        """Each option as it is spelled, such as `--out`."""
        return self._option_string_actions

    def understand(self, said: Sequence[str]) -> argparse.Namespace:
        """What was said after the word; raises ValueError."""
        joined = self._joined(said)
        for text in joined:
            name, equals, value = text.partition("=")
            if name.startswith("-") and name not in self.options and not _is_number(text):
                raise ValueError(self._unknown(name))
            if name in self.options and equals and value in ("", "--"):  # argparse would drop the second
                self.error(f"{name} needs a value; got '{value}'.")
        found = self.parse_intermixed_args(joined)  # or `figure NAME --out STEM DIR` would not find DIR
        for action in self._actions:
            if PLACE.search(str(action.metavar)):
                setattr(found, action.dest, _from_home(getattr(found, action.dest)))
        return found

    def error(self, message: str) -> NoReturn:
        """Raise what argparse complains of as a ValueError."""
        for pattern, sentence in REPHRASED:
            said = sentence.replace("{}", self.prog)
            message, found = re.subn(f"^{pattern}$", said, message, flags=re.DOTALL)
            if found:
                break
        raise ValueError(message)

    def _joined(self, said: Sequence[str]) -> list[str]:
        """`--domain -pi,pi` as `--domain=-pi,pi`, or argparse takes a leading minus for an option of its own."""
        joined: list[str] = []
        for text in said:
            option = self.options.get(joined[-1]) if joined else None
            if option is not None and option.nargs is None and not text.startswith("--"):
                joined[-1] += f"={text}"
            else:
                joined.append(text)
        return joined

    def _unknown(self, name: str) -> str:
        """The sentence on an option that this word does not take."""
        others = [word for word in names() if name in parser_of(word).options]
        hint: str = import_module("problems.nearest").hint(name, self.options)
        more = f" It belongs to: {', '.join(others)}." if others else hint
        return f"There is no option '{name}' here.{more} See: {self.prog} --help"


def parser_of(word: str) -> Parser:
    """The parser of a word."""
    about = options_of(word)
    parser = Parser(word, about.ABOUT, about.EXAMPLES)
    about.add_options(parser)
    return parser


def _from_home(given: Any) -> Any:
    """`~/a` as the folder that it stands for: shells leave it in `--out=~/a`, and libraries differ in reading it."""
    if isinstance(given, list):
        return [_from_home(one) for one in given]
    return str(Path(given).expanduser()) if isinstance(given, str) and Path(given).parts[:1] == ("~",) else given


def _is_number(text: str) -> bool:
    # -1 and -.5e-3 are values, though they begin like options
    return re.fullmatch(r"-\d*\.?\d*(e[-+]?\d+)?", text) is not None

"""`harness completion`: scripts for shells, made from the options that each word declares and from the registries.

Plugins are not asked: their names differ from folder to folder. Where no name is known, files are offered."""

import argparse
import sys
from collections.abc import Callable, Iterable
from typing import NamedTuple

from harness.commands import names, options_of
from harness.commands.completion import SHELLS
from harness.commands.list import LISTS
from harness.commands.options import FORMATS, INCUMBENTS, KEPT
from harness.commands.parser import parser_of
from harness.figures import DRAWINGS
from harness.questions import OBSERVERS
from optimizers import OPTIMIZERS
from problems import PROBLEMS
from problems.engines.choose import engine_names
from problems.losses.regression import LOSSES
from problems.networks.activations import ACTIVATIONS
from problems.networks.inits import INITS

PROGRAM = "frequency-harness"
HELP = ("-h", "--help")


class Word(NamedTuple):
    """A word, what it is about, its options with their help, and what may stand in place of a name after it."""

    name: str
    about: str
    options: dict[str, str]
    firsts: tuple[str, ...]


def main(arguments: argparse.Namespace) -> int:
    """Print the script; the exit code."""
    sys.stdout.write(SCRIPTS[arguments.shell](words(), values()))
    return 0


def words() -> list[Word]:
    """All words, sorted."""
    firsts = {"figure": (*DRAWINGS, "animation"), "list": LISTS, "completion": SHELLS}
    found = []
    for name in names():
        about = options_of(name).ABOUT
        actions = parser_of(name).options.items()
        options = {option: action.help or "" for option, action in actions if option not in HELP}
        found.append(Word(name, about, options, tuple(firsts.get(name, ()))))
    return found


def values() -> dict[str, list[str]]:
    """Names that may stand after an option."""
    # names alone: of 'sin(10)' a shell can offer `sin`, and no number
    known: dict[str, Iterable[str]] = {
        "--problem": PROBLEMS,
        "--optimizer": OPTIMIZERS,
        "--optimizers": OPTIMIZERS,
        "--against": OPTIMIZERS,
        "--activation": ACTIVATIONS,
        "--init": INITS,
        "--loss": LOSSES,
        "--engine": engine_names(),
        "--observe": OBSERVERS,
        "--format": FORMATS,
        "--incumbent": INCUMBENTS,
        "--keep": KEPT,
    }
    return {option: sorted(names) for option, names in known.items()}


def bash(all_words: list[Word], after: dict[str, list[str]]) -> str:
    """A function for bash 3.2 and later."""
    # neither `mapfile` nor `compopt`: macOS has bash 3.2
    previous = "".join(f'    {option}) offered="{" ".join(own)}" ;;\n' for option, own in after.items())
    own = "".join(
        f'    {word.name}) options="{" ".join(word.options)}"; firsts="{" ".join(word.firsts)}" ;;\n'
        for word in all_words
    )
    return f"""# bash completion of {PROGRAM}: {PROGRAM} completion bash
_frequency_harness() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD-1]}}" offered="" options="" firsts=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "{" ".join(word.name for word in all_words)} --help --version" -- "$current"))
    return
  fi
  case "$previous" in
{previous}  esac
  case "${{COMP_WORDS[1]}}" in
{own}  esac
  if [ -z "$offered" ] && [ "${{current#-}}" != "$current" ]; then offered="$options --help"; fi
  if [ -z "$offered" ] && [ "$COMP_CWORD" -eq 2 ]; then offered="$firsts"; fi
  if [ -n "$offered" ]; then
    COMPREPLY=($(compgen -W "$offered" -- "$current"))
  else
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}}
complete -o filenames -F _frequency_harness {PROGRAM}
"""


def zsh(all_words: list[Word], after: dict[str, list[str]]) -> str:
    """A function for zsh's completion system."""
    previous = "".join(f"    {option}) compadd -- {' '.join(own)}; return ;;\n" for option, own in after.items())
    own = "".join(
        f"    {word.name}) options=({' '.join(word.options)}); firsts=({' '.join(word.firsts)}) ;;\n"
        for word in all_words
    )
    return f"""#compdef {PROGRAM}
_frequency_harness() {{
  local -a options firsts
  if (( CURRENT == 2 )); then
    compadd -- {" ".join(word.name for word in all_words)} --help --version
    return
  fi
  case "$words[CURRENT-1]" in
{previous}  esac
  case "$words[2]" in
{own}  esac
  if [[ "$PREFIX" == -* ]]; then compadd -- $options --help; return; fi
  if (( CURRENT == 3 && $#firsts )); then compadd -- $firsts; return; fi
  _files
}}
compdef _frequency_harness {PROGRAM}
"""


def fish(all_words: list[Word], after: dict[str, list[str]]) -> str:
    """A line for each word and option, with what it is about."""
    lines = [f"complete -c {PROGRAM} -n __fish_use_subcommand -f"]
    for word in all_words:
        lines.append(f"complete -c {PROGRAM} -n __fish_use_subcommand -a {word.name} -d {_quoted(word.about)}")
        seen = f"-n '__fish_seen_subcommand_from {word.name}'"
        if word.firsts:
            lines.append(f"complete -c {PROGRAM} {seen} -a '{' '.join(word.firsts)}'")
        for option, about in word.options.items():
            # -x: a value is required, and files are no candidates
            taken = f" -x -a '{' '.join(after[option])}'" if option in after else ""
            lines.append(f"complete -c {PROGRAM} {seen} -l {option.lstrip('-')} -d {_quoted(about)}{taken}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """In single quotes, as fish reads them."""
    return "'" + " ".join(text.replace("\\", "\\\\").replace("'", "\\'").split()) + "'"


SCRIPTS: dict[str, Callable[[list[Word], dict[str, list[str]]], str]] = {"bash": bash, "fish": fish, "zsh": zsh}

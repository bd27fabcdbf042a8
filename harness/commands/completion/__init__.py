"""Options of `harness completion`."""

from harness.commands.parser import Parser
from harness.commands.values import one_of

SECTION = "house"
ABOUT = "Print a script that lets a shell complete words, options and names."
EXAMPLES = """\
examples:
  python -m harness completion bash
  python -m harness completion fish
"""
SHELLS = ("bash", "fish", "zsh")
PLACES = (
    "the script belongs into ~/.local/share/bash-completion/completions/frequency-harness, "
    "~/.config/fish/completions/frequency-harness.fish, or _frequency-harness in a folder of zsh's fpath"
)


def add_options(word: Parser) -> None:
    """For which shell."""
    word.add_argument("shell", type=one_of(SHELLS), metavar="SHELL", help=f"{', '.join(SHELLS)}; {PLACES}")

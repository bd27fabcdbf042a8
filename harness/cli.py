"""The command line. What a word takes and does stands in its folder in `harness.commands`, loaded when it is said."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from harness.commands import SECTIONS, names, options_of, work_of
from harness.commands.options import DATA, TRACEBACK
from harness.commands.parser import parser_of

HELP = ("-h", "--help")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 if every run ended as data, 1 if one failed, 2 for a usage error, 130 for an interrupt."""
    said = list(sys.argv[1:] if argv is None else argv)
    if said[:1] == ["--version"]:
        sys.stdout.write(f"frequency-harness {import_module('importlib.metadata').version('frequency-harness')}\n")
        return 0
    if said and said[0] in HELP:
        sys.stdout.write(overview())
        return 0
    folder = os.environ.get(DATA)
    try:
        return _say(said)
    except BrokenPipeError:  # the reader of our output has left, as `head` does
        # or the interpreter's last flush, at its exit, would complain once more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted\n")
        return 130
    except (ValueError, OSError, MemoryError) as error:
        word = f" {said[0]}" if said and said[0] in names() else ""
        if ("--traceback" in said or os.environ.get(TRACEBACK)) and error.__cause__ is not None:
            import_module("traceback").print_exception(error.__cause__)
        sys.stderr.write(f"harness{word}: {' '.join(str(error).split())}\n")
        return 2 if isinstance(error, ValueError) else 1
    finally:  # who calls this in a process of their own gets their environment back
        if folder is None:
            os.environ.pop(DATA, None)
        else:
            os.environ[DATA] = folder


def overview() -> str:
    """What `harness --help` prints: a line a word, section by section."""
    lines = ["usage: harness WORD [options]", "", "In which order do training algorithms learn frequencies?"]
    width = max(map(len, names()))
    for section, title in SECTIONS.items():
        lines += ["", f"{title}:"]
        own = [word for word in names() if section == options_of(word).SECTION]
        lines += [f"  {word:<{width}}  {options_of(word).ABOUT}" for word in own]
    start = "Start with: python -m harness compare --problem sin135"
    short = "Here and in messages 'harness' stands for 'python -m harness', or for 'frequency-harness' once installed."
    return "\n".join([*lines, "", "Each word says what it takes: harness WORD --help", start, short, ""])


def _say(said: Sequence[str]) -> int:
    if not said:
        raise ValueError("Name what to do, such as: harness compare --problem sin135. See: harness --help")
    word = said[0]
    if word not in names():
        raise import_module("problems.nearest").unknown("word", word, names())
    arguments = parser_of(word).understand(said[1:])
    if getattr(arguments, "data_dir", None):
        os.environ[DATA] = arguments.data_dir  # where workers look, too
    if getattr(arguments, "jobs", 1) > 1 and getattr(options_of(word), "STARTS_WORKERS", True):
        # before this process loads anything itself: both load side by side
        import_module("harness.study.workers.nursery").prepare()
    _open_door(arguments)
    code: int = work_of(word).main(arguments)
    return code


def _open_door(arguments: argparse.Namespace) -> None:
    """Register what installed packages and the files given with `--plugin` bring."""
    if not hasattr(arguments, "plugin"):
        return
    plugins = import_module("harness.plugins")
    plugins.load_installed()
    for path in arguments.plugin:
        plugins.load(path)

"""The words of the command line that are about plugins, tuning and analysis; `harness.cli` asks for them."""

import argparse
from collections.abc import Callable
from typing import TypeAlias

Make: TypeAlias = Callable[[str, str, str], argparse.ArgumentParser]
"""Makes a word from its name, its purpose and its examples."""

CHECK_EXAMPLES = """\
examples:
  python -m harness check my.py
  python -m harness compare --problem sin135 --plugin my.py --optimizers my-method,adam
"""
TUNE_EXAMPLES = """\
examples:
  python -m harness tune --problem sin135 --optimizer adam --trials 20
  python -m harness compare --problem sin135 --optimizers adam,lion --settings tuned
"""
ORDER_EXAMPLES = """\
examples:
  python -m harness order --from results/sin135-1234abcd --cost-per-gradient 1,2,3,5
"""
DOCS_EXAMPLES = """\
examples:
  python -m harness docs optimizers --out docs/optimizers
"""


def add_check(make: Make) -> None:
    """`check`."""
    word = make("check", "Check a plugin against the rules of the house, and say what to change.", CHECK_EXAMPLES)
    word.add_argument("file", metavar="FILE.py", help="a Python file that uses @optimizer or @problem")


def add_tune(make: Make, add_terms: Callable[[argparse.ArgumentParser], None]) -> None:
    """`tune`."""
    word = make("tune", "Search an optimizer's settings by the loss alone, on seeds of its own.", TUNE_EXAMPLES)
    word.add_argument("--optimizer", required=True, metavar="NAME", help="a name from 'harness list optimizers'")
    word.add_argument("--trials", type=int, default=20, metavar="N", help="settings to try (default: 20)")
    word.add_argument("--seeds", type=int, default=3, metavar="N", help="runs of each, from seed 1000 (default: 3)")
    word.add_argument("--sampler", default="random", metavar="NAME", help="random or optuna (default: random)")
    word.add_argument("--draw", type=int, default=0, metavar="N", help="seed of the search itself (default: 0)")
    add_terms(word)


def add_order(make: Make) -> None:
    """`order`."""
    word = make("order", "Say whether the verdicts depend on what a gradient is taken to cost.", ORDER_EXAMPLES)
    word.add_argument("--from", dest="source", required=True, metavar="DIR", help="the folder of the study")
    word.add_argument(
        "--cost-per-gradient", default="1,2,3,5", metavar="C,C", help="forward passes of a gradient (default: 1,2,3,5)"
    )


def add_docs(make: Make) -> None:
    """`docs`."""
    word = make("docs", "Write the pages that are made from the registry.", DOCS_EXAMPLES)
    word.add_argument("what", choices=("optimizers",), help="what to write about")
    word.add_argument("--out", default="docs/optimizers", metavar="DIR", help="folder (default: docs/optimizers)")


def add_plugin(word: argparse.ArgumentParser) -> None:
    """`--plugin`."""
    word.add_argument(
        "--plugin",
        action="append",
        default=[],
        metavar="FILE.py",
        help="a file with optimizers or problems of your own; repeatable",
    )


def add_settings(word: argparse.ArgumentParser) -> None:
    """`--settings`."""
    word.add_argument(
        "--settings",
        metavar="tuned|FILE.toml",
        help="settings of the optimizers: the winners of 'harness tune', or a file; --set goes before",
    )

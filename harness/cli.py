"""The command line: words and options. What a word does stands in `harness.commands`, loaded when it is said."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TypeAlias

from harness.commands.words import add_check, add_docs, add_order, add_plugin, add_settings, add_tune

COMPARE_EXAMPLES = """\
examples:
  python -m harness compare --problem sin135
  python -m harness compare --problem sin15 --optimizers adam,lbfgs,powell --seeds 8 --budget 30000
  python -m harness compare --problem sin135 --network 1-80-1 --activation relu --format csv --out results/relu
  python -m harness compare --problem sin135 --optimizers adam --set adam.lr=0.001 --set problem.samples=401
  python -m harness compare --target "sin(x)+0.5*cos(7*x)" --domain -pi,pi --samples 201
  python -m harness compare --problem tone --optimizers gd --vary problem.k=1..30 --seeds 1
"""
PLAN_EXAMPLES = """\
examples:
  python -m harness plan --problem sin135 --seeds 32 --jobs 2
"""
RUN_EXAMPLES = """\
examples:
  python -m harness run --problem sin135 --optimizer bfgs
  python -m harness run --problem sin135 --optimizer adam --seed 7 --set adam.lr=0.001
"""
FIGURE_EXAMPLES = """\
examples:
  python -m harness figure pictures --from results/image-1234abcd
  python -m harness figure heatmap --from results/sin135-1234abcd --out paper/figure2
"""
DATA_EXAMPLES = """\
examples:
  python -m harness data where
  python -m harness data fetch mnist
  python -m harness data verify mnist --data-dir ~/data
"""
RESPONSE_EXAMPLES = """\
examples:
  python -m harness response --problem digits --budget 3000
  python -m harness response --problem mnist --optimizer adam --budget 600 --seed 1
"""
SAMPLES_EXAMPLES = """\
examples:
  python -m harness samples --problem digits --optimizers adam,momentum --networks 64-40-10,64-100-100-10
  python -m harness samples --problem mnist --seeds 2 --budget 600 --search 100 --radius 0.05
"""
DATA = "FREQUENCY_HARNESS_DATA"
"""The environment variable of `problems.datasets.find`, which is too heavy to load here."""
Words: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  # its only name
SIGNED = ("--target", "--domain")
"""Options whose value may begin with a minus."""
LISTS = ("problems", "optimizers", "figures", "activations", "inits", "losses", "embeddings", "engines")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 if every run ended as data, 1 if one failed, 2 for a usage error, 130 for an interrupt."""
    arguments = _parser().parse_args(_joined(sys.argv[1:] if argv is None else argv))
    command: Callable[[argparse.Namespace], int] = import_module(f"harness.commands.{arguments.word}").main
    if getattr(arguments, "data_dir", None):
        os.environ[DATA] = arguments.data_dir  # where workers look, too
    try:
        _open_door(arguments)
        return command(arguments)
    except ValueError as error:
        sys.stderr.write(f"harness {arguments.word}: {error}\n")
        return 2
    except BrokenPipeError:  # the reader of our output has left, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _joined(argv: Sequence[str]) -> list[str]:
    """`--domain -pi,pi` as `--domain=-pi,pi`, or argparse takes a leading minus for an option of its own."""
    joined: list[str] = []
    for word in argv:
        if joined and joined[-1] in SIGNED:
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="harness",
        description="In which order do training algorithms learn frequencies?",
        epilog="Start with: python -m harness compare --problem sin135",
    )
    words = parser.add_subparsers(dest="word", metavar="COMMAND", required=True)
    _add_compare(words)
    _add_plan(words)
    _add_run(words)
    _add_list(words)
    _add_figure(words)
    _add_selftest(words)
    _add_data(words)
    _add_filter(words)
    _add_response(words)
    _add_samples(words)

    def make(name: str, about: str, examples: str) -> argparse.ArgumentParser:
        return _word(words, name, about, examples)

    add_check(make)
    add_tune(make, _add_terms)
    add_order(make)
    add_docs(make)
    return parser


def _open_door(arguments: argparse.Namespace) -> None:
    """Register what installed packages and the files given with `--plugin` bring."""
    if not hasattr(arguments, "plugin"):
        return
    plugins = import_module("harness.plugins")
    plugins.load_installed()
    for path in arguments.plugin:
        plugins.load(path)


def _add_compare(words: Words) -> None:
    word = _word(
        words,
        "compare",
        "Run several optimizers on one problem at equal cost, and say in which order each learns.",
        COMPARE_EXAMPLES,
    )
    _add_comparison(word)


def _add_plan(words: Words) -> None:
    about = "Say what a comparison would make, and foretell its time and memory from short probes; nothing is written."
    _add_comparison(_word(words, "plan", about, PLAN_EXAMPLES))


def _add_comparison(word: argparse.ArgumentParser) -> None:
    word.add_argument(
        "--optimizers",
        metavar="A,B",
        help="names from 'harness list optimizers', or 'all' that fit (default: seven families)",
    )
    word.add_argument("--seeds", type=int, metavar="N", help="runs of each optimizer, with seeds 0 to N-1 (default: 5)")
    _add_terms(word)


def _add_run(words: Words) -> None:
    word = _word(words, "run", "Run one optimizer once, and print what it learned when.", RUN_EXAMPLES)
    word.add_argument("--optimizer", required=True, metavar="NAME", help="a name from 'harness list optimizers'")
    word.add_argument("--seed", type=int, default=0, metavar="N", help="the run's seed (default: 0)")
    _add_terms(word)


def _add_list(words: Words) -> None:
    word = _word(words, "list", "List what can be named on the command line.", "")
    word.add_argument("what", nargs="?", choices=LISTS, help="default: problems and optimizers")
    add_plugin(word)


def _add_figure(words: Words) -> None:
    word = _word(words, "figure", "Draw a figure of a study again, from its tables alone.", FIGURE_EXAMPLES)
    word.add_argument("name", metavar="NAME", help="a name from 'harness list figures'")
    word.add_argument("--from", dest="source", required=True, metavar="DIR", help="the folder of the study")
    word.add_argument("--out", metavar="STEM", help="writes STEM.png and STEM.pdf (default: DIR/NAME)")


def _add_selftest(words: Words) -> None:
    word = _word(words, "selftest", "Run the problems whose order is known, and say whether to trust the harness.", "")
    word.add_argument("--seeds", type=int, default=5, metavar="N", help="runs of each control (default: 5)")
    word.add_argument(
        "--networks", action="store_true", help="also the published networks that lose the order; takes minutes"
    )


def _add_data(words: Words) -> None:
    word = _word(words, "data", "Fetch, verify or find the collections of images.", DATA_EXAMPLES)
    word.add_argument("what", choices=("fetch", "verify", "where"), help="what to do")
    word.add_argument("name", nargs="?", metavar="NAME", help="mnist, fashion-mnist, cifar10 or digits (default: all)")
    _add_data_dir(word)


def _add_filter(words: Words) -> None:
    word = _word(words, "filter", "Show what the Gaussian filter does to a problem's target, over its width.", "")
    word.add_argument("--problem", required=True, metavar="NAME", help="a name from 'harness list problems'")
    word.add_argument("--deltas", metavar="D,D", help="widths, as variances in squared units of the inputs")
    word.add_argument("--set", action="append", default=[], metavar="problem.SETTING=VALUE", help="as for compare")
    word.add_argument("--out", metavar="STEM", help="draws STEM.png and STEM.pdf")
    _add_data_dir(word)


def _add_response(words: Words) -> None:
    about = "Train a network, and take the spectrum of its output along directions in the space of inputs."
    word = _word(words, "response", about, RESPONSE_EXAMPLES)
    word.add_argument("--optimizer", default="adam", metavar="NAME", help="who trains the network (default: adam)")
    word.add_argument("--seed", type=int, default=0, metavar="N", help="the run's seed (default: 0)")
    word.add_argument("--through", type=int, default=32, metavar="N", help="samples cut through (default: 32)")
    word.add_argument("--places", type=int, default=256, metavar="N", help="places on each cut (default: 256)")
    word.add_argument("--extent", type=float, default=0.0, metavar="L", help="length of a cut (default: the data's)")
    _add_terms(word)


def _add_samples(words: Words) -> None:
    about = "Which samples are learned early, and which late: the same ones by every network and optimizer?"
    word = _word(words, "samples", about, SAMPLES_EXAMPLES)
    word.add_argument("--optimizers", default="adam", metavar="A,B", help="names from 'harness list optimizers'")
    word.add_argument("--networks", metavar="A,B", help="networks to compare (default: the problem's)")
    word.add_argument("--seeds", type=int, default=3, metavar="N", help="runs of each (default: 3)")
    word.add_argument("--search", type=int, default=200, metavar="N", help="samples searched for another answer nearby")
    word.add_argument("--radius", type=float, default=0.1, metavar="R", help="half width of that box (default: 0.1)")
    _add_terms(word)


def _add_data_dir(word: argparse.ArgumentParser) -> None:
    word.add_argument("--data-dir", metavar="DIR", help=f"where collections of images lie (default: ${DATA})")


def _add_terms(word: argparse.ArgumentParser) -> None:
    add = word.add_argument
    add("--problem", metavar="NAME", help="a name from 'harness list problems'; may be left out with data of your own")
    add("--target", metavar="FORMULA|FILE.csv", help="a target of your own: a formula of x, or a file of x and y")
    add("--domain", metavar="A,B", help="where a formula is sampled, its end left out (default: -pi,pi)")
    add("--embedding", metavar="NAME", help="what a network of one variable sees of it, such as 'fourier(16,1)'")
    add("--samples", metavar="N", help="how many samples are taken (default: the problem's)")
    add("--image", metavar="NAME|FILE", help="portrait, china, flower, or a picture of your own")
    add("--size", metavar="WxH", help="pixels to which a picture is shrunk (default: 64x64)")
    add("--points", metavar="FILE", help="a point cloud of your own: CSV of x, y, z, intensity, or .npz")
    add(
        "--budget",
        type=float,
        metavar="COST",
        help="forward passes of each run; a gradient costs three (default: the problem's)",
    )
    add("--network", metavar="WIDTHS|NAME", help="widths such as 1-40-1; for images also cnn, cnn-small, dnn, vgg16")
    add("--activation", metavar="NAME", help="such as tanh, relu, 'sin(10)'")
    add("--init", metavar="NAME", help="such as pytorch-uniform, 'normal(0.1)', ntk")
    add("--loss", metavar="NAME", help="such as mse, mae, mse+gradient")
    add("--dtype", metavar="NAME", help="float32 or float64, the arithmetic of the network")
    add("--device", metavar="NAME", help="cpu or cuda, where a network for images is computed (default: cpu)")
    add(
        "--set",
        action="append",
        default=[],
        metavar="OWNER.SETTING=VALUE",
        help="a setting of an optimizer, or of 'problem'; repeatable",
    )
    add(
        "--vary",
        action="append",
        default=[],
        metavar="OWNER.SETTING=A,B,C",
        help="several values of a setting, or 1..30; all are crossed with each other; repeatable",
    )
    add(
        "--cost-per-gradient", type=float, metavar="C", help="forward passes that a loss and gradient cost (default: 3)"
    )
    add("--engine", metavar="NAME", help="what evaluates: auto, compiled or numpy (default: auto)")
    add("--marks", type=int, metavar="N", help="log-spaced measurements of each run (default: 100)")
    add("--time-limit", type=float, metavar="SECONDS", help="soft limit of each run (default: none)")
    add("--target-loss", type=float, metavar="LOSS", help="end a run when its loss reaches this (default: none)")
    add("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="processes (default: one a core)")
    _add_data_dir(word)
    add("--out", metavar="DIR", help="folder of the results (default: results/PROBLEM-ID)")
    add("--format", choices=("parquet", "csv"), default="parquet", help="format of the tables (default: parquet)")
    add_plugin(word)
    add_settings(word)


def _word(words: Words, name: str, about: str, examples: str) -> argparse.ArgumentParser:
    word = words.add_parser(
        name, help=about, description=about, epilog=examples, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    word.set_defaults(word=name)
    return word

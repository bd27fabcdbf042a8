"""Options that several words take, a function for each group of them."""

import os
from argparse import Namespace
from collections.abc import Callable

from harness.commands.parser import Parser
from harness.commands.values import number, one_of, whole
from harness.study.workers.cores import available_cores

DATA = "FREQUENCY_HARNESS_DATA"
"""The environment variable of `problems.datasets.find`, which is too heavy to load here."""
TRACEBACK = "FREQUENCY_HARNESS_TRACEBACK"
"""Set to anything, an error in a user's own code is shown with its traceback, as with `--traceback`."""
FORMATS = ("parquet", "csv")
KEPT = ("predictions",)
INCUMBENTS = ("best", "last")
"""Those of `harness.analysis.incumbents`, which is too heavy to load here."""


def add_problem(word: Parser, name: str = "NAME") -> None:
    """What is learned, and by which network; `name` is what names a problem."""
    add = word.add_argument_group("what is learned").add_argument
    # values stay text: which of them a problem takes, and as what, its recipe alone knows
    add("--problem", metavar=name, help="a name from 'harness list problems'; may be left out with data of your own")
    add("--target", metavar="FORMULA|FILE", help="a target of your own: a formula of x, or a file of columns")
    add("--columns", metavar="X,Y", help="a file's columns: x,y or y alone; of a cloud x,y,z,r,g,b; of --data a,b:u,v")
    add("--sep", metavar="LETTER", help="what separates a text file's columns, where it is not found by itself")
    add("--domain", metavar="A,B", help="where a formula is sampled, its end left out (default: -pi,pi)")
    add("--embedding", metavar="NAME", help="what a network sees of its variables, such as 'fourier(16,1)'")
    add("--watch", metavar="K,K", help="frequencies to watch, such as 1,5 (default: the problem's choice)")
    _repeatable(add, "--probe", "NAME(NUMBERS)", "watch this too, from 'harness list probes'; repeatable")
    add("--samples", metavar="N", help="how many samples are taken (default: the problem's)")
    add("--image", metavar="NAME|FILE", help="portrait, china, flower, or a picture of your own")
    add("--size", metavar="WxH", help="pixels to which a picture is shrunk (default: 64x64)")
    add("--points", metavar="FILE", help="a point cloud of your own: columns of text, PLY, PCD, or .npz")
    add("--mesh", metavar="FILE", help="a closed surface of triangles, as the solid: STL, OBJ or PLY")
    add(
        "--data",
        metavar="FILE",
        help="samples of your own: .npz with inputs (n, d) and targets (n, m), or columns of any file",
    )
    add(
        "--network",
        metavar="WIDTHS|NAME",
        help="widths such as 1-40-1, a name such as siren, or for images cnn, dnn, vgg16",
    )
    add("--activation", metavar="NAME", help="such as tanh, relu, 'sin(10)'")
    add("--init", metavar="NAME", help="such as pytorch-uniform, 'normal(0.1)', ntk")
    add("--loss", metavar="NAME", help="such as mse, mae, mse+gradient")
    add("--dtype", metavar="NAME", help="float32 or float64, the arithmetic of the network")
    add("--device", metavar="NAME", help="cpu or cuda, where a network for images is computed (default: cpu)")
    add_data_dir(word)


def add_terms(word: Parser) -> None:
    """What a run may spend, and when it is measured and ends."""
    add = word.add_argument_group("terms of each run").add_argument
    cost = "forward passes of each run; a gradient costs three (default: the problem's)"
    add("--budget", type=number, metavar="COST", help=cost)
    price = "forward passes that a loss and gradient cost (default: 3)"
    add("--cost-per-gradient", type=number, metavar="C", help=price)
    add("--engine", metavar="NAME", help="what evaluates, from 'harness list engines' (default: auto)")
    add("--marks", type=whole(1), metavar="N", help="log-spaced measurements of each run (default: 100)")
    add("--time-limit", type=number, metavar="SECONDS", help="soft limit of each run (default: none)")
    add("--target-loss", type=number, metavar="LOSS", help="end a run when its loss reaches this (default: none)")


def add_settings(word: Parser) -> None:
    """Settings of the optimizers and of the problem."""
    own = "a setting of an optimizer, or of 'problem'; repeatable"
    _repeatable(word.add_argument, "--set", "OWNER.SETTING=VALUE", own)
    winners = "settings of the optimizers: the winners of 'harness tune', or a file; --set goes before"
    word.add_argument("--settings", metavar="tuned|FILE.toml", help=winners)
    add_plugin(word)


def add_vary(word: Parser) -> None:
    """Settings with several values, for words that make several runs."""
    text = "several values of a setting, or 1..30; all are crossed with each other; repeatable"
    _repeatable(word.add_argument, "--vary", "OWNER.SETTING=A,B,C", text)


def add_plugin(word: Parser) -> None:
    """Files of the user's own."""
    text = "a file with optimizers, problems, probes or observers of your own; repeatable"
    _repeatable(word.add_argument, "--plugin", "FILE.py", text)
    add_traceback(word)


def wants_traceback(arguments: Namespace) -> bool:
    """Whether the user has asked for the tracebacks of their own code."""
    return bool(getattr(arguments, "traceback", None) or os.environ.get(TRACEBACK))


def add_traceback(word: Parser) -> None:
    """The user's own traceback, for words that run code of theirs."""
    text = "show where in your own code an error arose"
    word.add_argument("--traceback", action="store_const", const=True, help=text)


def add_jobs(word: Parser) -> None:
    """Processes, for words that make several runs."""
    # by affinity and cgroup: a batch system lends a part of the machine
    text = "processes (default: one for each core that this process may use)"
    word.add_argument("--jobs", type=whole(1), default=available_cores(), metavar="N", help=text)


def add_dask(word: Parser) -> None:
    """A cluster."""
    text = "make the runs on a Dask cluster: the address of its scheduler, or 'local' for one of --jobs processes here"
    word.add_argument("--dask", metavar="ADDRESS", help=text)


def add_out(word: Parser, default: str = "results/PROBLEM-ID") -> None:
    """The folder of the results."""
    word.add_argument("--out", metavar="DIR", help=f"folder of the results (default: {default})")


def add_format(word: Parser) -> None:
    """The format of the tables."""
    text = "parquet or csv, the format of the tables (default: parquet)"
    word.add_argument("--format", type=one_of(FORMATS), default=FORMATS[0], metavar="NAME", help=text)


def add_incumbent(word: Parser, default: str | None = "best") -> None:
    """Which point of a run is judged."""
    text = f"the point of a run that hits and order are about: best so far, or last (default: {default or 'as made'})"
    word.add_argument("--incumbent", type=one_of(INCUMBENTS), default=default, metavar="best|last", help=text)


def add_observe(word: Parser) -> None:
    """What is written about each run beside its spectra."""
    text = "what else is written about each run: names from 'harness list observers', with settings in brackets"
    word.add_argument("--observe", metavar="A,B", help=text)
    text = "keep the predictions at log-spaced marks, which some figures are drawn from; 'plan' says how large that is"
    word.add_argument("--keep", type=one_of(KEPT), metavar="predictions", help=text)


def add_source(word: Parser) -> None:
    """A finished study, `DIR` or `--from DIR`; `commands.folders.source_of` tells which."""
    word.add_argument("folder", nargs="?", metavar="DIR", help="the folder of the study")
    word.add_argument("--from", dest="source", metavar="DIR", help="the same, as an option")


def add_data_dir(word: Parser) -> None:
    """Where collections of images lie."""
    text = f"where collections of images lie (default: ${DATA})"
    word.add_argument("--data-dir", metavar="DIR", help=text)


def _repeatable(add: Callable[..., object], name: str, form: str, text: str) -> None:
    add(name, action="append", default=[], metavar=form, help=text)

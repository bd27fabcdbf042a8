"""Nothing that a user types ends in a traceback: a word ends with 0, 1, 2 or 130, and says in one sentence why."""

import contextlib
import io
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from harness.cli import main
from harness.commands import names
from harness.commands.parser import parser_of
from harness.commands.requested import requested_comparison, requested_run
from harness.run.tracebacks import MOST_LETTERS, text_of

ODD = [
    "",
    "--",
    "-",
    ",",
    "=",
    "nan",
    "inf",
    "-inf",
    "-1",
    "0",
    "-0",
    "0.5",
    "1e308",
    "1e-300",
    "9" * 400,
    "3,3",
    "1,nan",
]
FILES = ["folder", "binary", "unreadable", "nowhere", "table.csv", "bad.toml", "latin.toml", "broken.py", "../.."]
FORMS = [
    *(
        "adam.lr=nan",
        "adam.lr=inf",
        "adam.lr=",
        "adam.beta1=2",
        "adam.nothing=1",
        "problem.samples=0",
        "problem.omegas=",
    ),
    *(
        "problem.omegas=0,0",
        "problem.amplitudes=nan,1,1",
        "problem.amplitudes=1",
        "problem.samples=2;3",
        "adam.lr=1..3",
    ),
    *("1-0-1", "-1-2", "1-40", "sin(x", "sin(x)/0", "x", "1..3", "all", "cuda", "ü∂π", "two\nlines", "\ud800", "4x4"),
]
VALUES = st.sampled_from([*ODD, *FILES, *FORMS]) | st.floats().map(str) | st.integers().map(str) | st.text(max_size=8)
SAFE = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
BASES = {
    "compare": ["--optimizers", "adam", "--seeds", "1", "--budget", "9"],
    "run": ["--optimizer", "adam", "--budget", "9"],
    "tune": ["--optimizer", "adam", "--budget", "9"],
    "response": ["--optimizers", "adam", "--seeds", "1", "--budget", "9"],
}
OWN = {"--target": [], "--image": [], "--points": [], "--problem": [], "--domain": ["--target", "sin(x)"]}
"""Options that want no problem beside them."""


@pytest.fixture(scope="module", autouse=True)
def _inside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with contextlib.chdir(tmp_path_factory.mktemp("mistakes")):
        Path("folder").mkdir()
        Path("binary").write_bytes(bytes(range(256)))
        Path("unreadable").touch(mode=0)
        Path("table.csv").write_text("a,b\n1,2\n")
        Path("bad.toml").write_text('[adam]\nlr = "fast"\n[adam.more]\nx = 1\n')
        Path("latin.toml").write_bytes(b"\xff\xfe")
        Path("broken.py").write_text("import nothing_of_this_name\n")
        yield


def said(words: list[str]) -> tuple[int, str]:
    """The exit code, and the complaint."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(words)
    return code, err.getvalue()


@settings(SAFE, max_examples=100)
@given(data=st.data(), word=st.sampled_from(sorted(BASES)), value=VALUES)
def test_odd_values_of_options_of_runs_are_understood_or_refused(data: st.DataObject, word: str, value: str) -> None:
    parser = parser_of(word)
    option = data.draw(st.sampled_from([name for name in parser.options if name not in ("-h", "--help")]))
    words = [*BASES[word], *OWN.get(option, ["--problem", "digits" if word == "response" else "sin135"])]
    with warnings.catch_warnings(), contextlib.suppress(ValueError, OSError, MemoryError):
        warnings.simplefilter("ignore")  # numbers near 1e308 overflow on their way to a refusal
        arguments = parser.understand([*words, f"{option}={value}"])
        planned = requested_comparison(arguments) if "optimizers" in arguments else requested_run(arguments, 0)
        assert planned.specs


@settings(SAFE, max_examples=100)
@given(
    words=st.sampled_from(
        [
            ["order", "--from=X"],
            ["order", "--from=nowhere", "--cost-per-gradient=X"],
            ["figure", "X", "--from=nowhere"],
            ["figure", "heatmap", "--from=X"],
            ["list", "X"],
            ["list", "--plugin=X"],
            ["data", "X"],
            ["data", "where", "X"],
            ["data", "where", "mnist", "--data-dir=X"],
            ["check", "X"],
            ["docs", "X"],
            ["filter", "--problem=X"],
            ["filter", "--problem=sin135", "--deltas=X"],
            ["filter", "--problem=sin135", "--set=X"],
            ["selftest", "--seeds=X"],
            ["X"],
            ["compare", "X"],
        ]
    ),
    value=VALUES.filter(lambda value: value not in ("2", "3", "selftest") and not value.startswith("-h")),
)
@example(words=["docs", "optimizers", "--out=X"], value="binary")
def test_odd_words_end_with_a_code_and_one_sentence(words: list[str], value: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        code, complaint = said([part.replace("X", value) if part != value else part for part in words])
    assert code in (0, 1, 2)
    assert code == 0 or len(complaint.splitlines()) >= 1
    assert "Traceback" not in complaint


WITH_A_VALUE = {word: [name for name, one in parser_of(word).options.items() if one.nargs is None] for word in names()}


@pytest.mark.parametrize("word", [word for word, options in WITH_A_VALUE.items() if options])
def test_a_value_that_is_missing_is_asked_for(word: str) -> None:
    for name in WITH_A_VALUE[word]:
        code, complaint = said([word, name])
        assert code == 2
        assert name in complaint
        assert len(complaint.splitlines()) == 1


ODD_RUNS = [
    ("adam", ["--set", "adam.lr=1e308"]),
    ("adam", ["--cost-per-gradient", "1e308", "--set", "problem.amplitudes=1e-308,1,1"]),
    ("gd", ["--budget", "1"]),
]


@pytest.mark.parametrize(("optimizer", "words"), ODD_RUNS, ids=[" ".join(words) for _, words in ODD_RUNS])
def test_odd_settings_that_are_legal_end_as_data(optimizer: str, words: list[str], tmp_path: Path) -> None:
    usual = ["--problem", "sin135", "--marks", "3", "--out", str(tmp_path / "o")]
    budget = [] if "--budget" in words else ["--budget", "30"]
    code, complaint = said(["run", *usual, *budget, "--optimizer", optimizer, *words])
    assert code in (0, 1), complaint
    assert (tmp_path / "o" / "runs.parquet").exists()


def test_an_interrupt_ends_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sys.stdout", type("Pressed", (io.StringIO,), {"write": interrupted})())
    assert main(["list"]) == 130


FOLDER = ("order", "report", "export", "status", "verify", "resume", "retry", "compact", "clean", "publish")
RUN = ["--seeds", "1", "--budget", "9", "--jobs", "1"]
WORDS = {
    **{word: ["study"] for word in FOLDER},
    "check": ["own.py"],
    "compare": ["--problem", "sin135", "--optimizers", "gd", *RUN],
    "data": ["where"],
    "docs": ["rooms"],
    "figure": ["heatmap", "study"],
    "filter": ["--problem", "sin135"],
    "list": ["problems"],
    "merge": ["study", "study"],
    "plan": ["S.toml"],
    "run": ["--problem", "sin135", "--optimizer", "gd", "--budget", "9"],
    "sweep": ["S.toml", "--jobs", "1"],
}
"""Words that end soon, with what makes them succeed; the others are tried above or make hundreds of runs."""
FITTING = [
    *("study", "S.toml", "own.py", "gd", "rank(3)", "kernel(1)", "fourier(1)", "bands(0,1,2)", "sines(3)"),
    *("filter(1e-300)", "fourier(1e300)", "accuracy", "last", "numpy", "csv", "0..2", "failed", "0.1,0.5", "tuned"),
    *("gd.lr=0.1,0.2", "problem.samples=50", "heatmap", "float32", "loss"),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small study, a study's file and a plugin."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "S.toml").write_text('name = "s"\nproblems = "sin135"\noptimizers = "gd"\nseeds = "0..1"\nbudget = 9\n')
    (folder / "own.py").write_text("from harness import probe\n@probe('t-own')\ndef own(inputs, targets): return 1\n")
    with contextlib.chdir(folder):
        code, complaint = said([*["compare", "--problem", "sin135", "--optimizers", "gd,adam", "--out", "study"], *RUN])
    assert code == 0, complaint
    return folder


@pytest.mark.slow
@settings(SAFE, max_examples=60)
@given(data=st.data(), word=st.sampled_from(sorted(WORDS)))
def test_no_word_ends_in_an_error_of_ours_whatever_its_options(made: Path, data: st.DataObject, word: str) -> None:
    value = st.sampled_from([*ODD, *FILES, *FORMS, *FITTING])
    options = {
        name: option for name, option in parser_of(word).options.items() if name not in ("-h", "--help", "--dask")
    }
    words = [word, *WORDS[word]]
    if data.draw(st.integers(0, 5)) == 0:
        words[data.draw(st.integers(1, len(words) - 1))] = data.draw(value)
    for name in data.draw(st.lists(st.sampled_from(sorted(options)), max_size=2, unique=True)) if options else ():
        if name in words:
            del words[words.index(name) : words.index(name) + 2]
        words.append(name if options[name].nargs == 0 else f"{name}={data.draw(value)}")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(made, folder, dirs_exist_ok=True)
        with contextlib.chdir(folder), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code, complaint = said(words)
    assert code in (0, 1, 2), words
    assert code != 2 or len(complaint.splitlines()) >= 1, words
    assert "Traceback" not in complaint, words


BROKEN_PROBLEM = """
from harness import problem

@problem("broken-NAME")
def mine():
    return [][3]
"""


@pytest.mark.parametrize(("name", "asked"), [("silent", []), ("talking", ["--traceback"])])
def test_the_traceback_of_ones_own_code_is_shown_if_asked_for(
    name: str, asked: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(BROKEN_PROBLEM.replace("NAME", name))
    assert main(["run", "--plugin", str(path), "--problem", f"broken-{name}", "--optimizer", "gd", *asked]) == 2
    said = capsys.readouterr().err
    assert "IndexError: list index out of range. With --traceback" in said.splitlines()[-1]
    assert ("return [][3]" in said) == bool(asked)


BROKEN_METHOD = """
from harness import optimizer

def step(theta):
    return theta[len(theta)]  # this line is to be shown

@optimizer("broken-in-the-run-NAME")
def mine(objective, theta0, rng):
    objective(theta0)
    step(theta0)
"""


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_traceback_of_ones_own_method_is_kept_with_its_run_also_from_a_worker(
    jobs: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.py"
    name = f"broken-in-the-run-{jobs}"
    path.write_text(BROKEN_METHOD.replace("NAME", str(jobs)))
    folder = tmp_path / "out"
    words = ["compare", "--plugin", str(path), "--problem", "control-flat", "--budget", "30", "--seeds", "2"]
    words += ["--optimizers", name, "--jobs", str(jobs), "--out", str(folder)]
    assert main(words) == 1
    said = capsys.readouterr().err
    assert f"failed: {name}, seed 0 and 1 more: IndexError" in said
    assert f"--traceback, or {folder}/tracebacks" in said
    assert "this line is to be shown" not in said
    kept = [file.read_text() for file in (folder / "tracebacks").iterdir()]
    assert len(kept) == 2
    # from the first line that is not ours
    assert all(text.splitlines()[1].startswith(f'  File "{path}", line 10') for text in kept)
    assert main([*words, "--traceback"]) == 1
    said = capsys.readouterr().err
    # two seeds failed alike
    assert said.count("this line is to be shown") == 1


def test_a_long_traceback_is_cut_and_keeps_its_end() -> None:
    def deep(depth: int) -> None:
        if depth == 0:
            raise KeyError("x" * 20_000)
        deep(depth - 1)

    with pytest.raises(KeyError) as error:
        deep(30)
    assert len(text_of(error.value)) == MOST_LETTERS
    assert text_of(error.value).endswith("x'\n")

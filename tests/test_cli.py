"""The command line as a stranger meets it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from harness.cli import main
from harness.study.comparison import load, plan
from harness.study.making import compare

QUICK = ["--seeds", "2", "--budget", "300", "--jobs", "1"]


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The one sentence with which a command is refused."""
    assert main(list(words)) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.strip().splitlines()) == 1
    return captured.err


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_compare_prints_the_answer_and_writes_every_file(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "--problem", "control-low", "--optimizers", "gd,powell", *QUICK, "--out", "here"]) == 0
    out = capsys.readouterr().out
    assert all(
        word in out for word in ("gd", "powell", "k=1", "k=5", "spread", "exponent", "verdict", "here/*.parquet")
    )
    names = {path.name for path in (inside / "here").iterdir()}
    tables = {"runs", "curves", "spectra", "predictions", "hits", "order", "nulls", "machines"}
    assert names == {f"{name}.parquet" for name in tables} | {
        "study.json",
        "STUDY.toml",
        "README.md",
        "environment.txt",
        "tables.json",
        "nulls.json",
        "parts",
        "machines",
        "heatmap.png",
        "heatmap.pdf",
        "understood.txt",
    }


def test_the_same_command_again_makes_no_run_twice(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["compare", "--problem", "control-low", "--optimizers", "gd", *QUICK]
    assert main(words) == 0
    parts = {path: path.stat().st_mtime_ns for path in inside.rglob("parts/*")}
    assert main(words) == 0
    assert {path: path.stat().st_mtime_ns for path in inside.rglob("parts/*")} == parts
    assert "2 of 2 runs were finished before" in capsys.readouterr().err


def test_csv_and_parquet_hold_the_same_tables(inside: Path) -> None:
    results = compare("control-low", ["gd", "powell"], 2, budget=300, out="a", file_format="csv")
    (inside / "a" / "study.json").rename(inside / "a" / "elsewhere")
    for name, table in load("a").tables.items():
        pd.testing.assert_frame_equal(table, results.tables[name], check_exact=True)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--problem", "sin315"], "Unknown problem 'sin315'. Did you mean 'sin15'? Choose from: a"),
        (["--problem", "sin135", "--optimizers", "lbfg"], "Did you mean 'lbfgs'?"),
        (["--problem", "sin135", "--set", "adam.lrr=1"], "Unknown setting of adam 'lrr'. Did you mean 'lr'?"),
        (["--problem", "sin135", "--set", "adam.lr=fast"], "Setting 'adam.lr' takes a number; got 'fast'."),
        (["--problem", "sin135", "--set", "adam.lr=-1"], "must be"),
        (["--problem", "sin135", "--set", "lr=1"], "OWNER.SETTING=VALUE"),
        (["--problem", "sin135", "--set", "momentum.lr=1"], "'momentum', which is not compared"),
        (["--problem", "sin135", "--budget", "0"], "budget must be a finite number of at least 1; got 0"),
        (["--problem", "sin135", "--budget", "-5"], "budget must be a finite number of at least 1; got -5"),
        (["--problem", "sin135", "--seeds", "0"], "at least 1, or a list of different seeds; got 0"),
        (["--problem", "sin135", "--network", "2-40-1"], "starts with 1 and ends with 1"),
        (["--problem", "sin135", "--network", "forty"], "such as 1-40-1; got 'forty'"),
        (["--problem", "sin135", "--activation", "tanhh"], "Did you mean 'tanh'?"),
        (["--problem", "sin135", "--init", "normal(x)"], "written normal(std)"),
        (["--problem", "sin135", "--dtype", "float16"], "float32 or float64; got 'float16'"),
        (["--problem", "sin135", "--set", "problem.samples=9"], "samples must exceed"),
        (["--problem", "sin135-deep", "--optimizers", "bfgs"], "bytes"),
        (["--problem", "sin135", "--loss", "cross-entropy"], "these are 1, the least -2.23. Take mse, or give classes"),
        (["--target", "nan"], "tan, tanh; got 'nan'"),
        (["--problem", "sin135", "--jobs", "0"], "--jobs must be at least 1; got 0"),
    ],
)
def test_a_mistake_is_answered_with_one_sentence_and_nothing_is_written(
    inside: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    assert sentence in refused(capsys, "compare", *words)
    assert list(inside.iterdir()) == []


def test_more_seeds_and_more_problems_join_the_study_in_a_folder(
    inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["compare", "--optimizers", "gd", "--budget", "300", "--jobs", "1", "--out", "here"]
    assert main([*words, "--problem", "control-low", "--seeds", "2"]) == 0
    parts = {path: path.stat().st_mtime_ns for path in inside.rglob("parts/*")}
    assert main([*words, "--problem", "control-low", "--seeds", "3"]) == 0
    assert main([*words, "--problem", "control-high", "--seeds", "1"]) == 0
    assert {path: path.stat().st_mtime_ns for path in parts} == parts
    runs = load("here").runs
    assert list(zip(runs["problem"], runs["seed"], strict=True)) == [
        ("control-low", 0),
        ("control-low", 1),
        ("control-low", 2),
        ("control-high", 0),
    ]


def test_a_folder_with_anything_else_is_left_alone(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (inside / "here").mkdir()
    (inside / "here" / "thesis.tex").write_text("years of work")
    error = refused(capsys, "compare", "--problem", "control-high", "--optimizers", "gd", *QUICK, "--out", "here")
    assert "'here' holds something else" in error
    assert [path.name for path in (inside / "here").iterdir()] == ["thesis.tex"]


def test_an_unwritable_folder_is_named(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (inside / "file").write_text("")
    error = refused(capsys, "compare", "--problem", "control-low", "--optimizers", "gd", *QUICK, "--out", "file/below")
    assert "'file/below' must be writable" in error


def test_a_diverging_run_is_data_and_the_others_are_unharmed(inside: Path) -> None:
    words = ["compare", "--problem", "sin135", "--optimizers", "gd,bfgs", "--set", "gd.lr=100", *QUICK, "--out", "here"]
    assert main(words) == 0
    runs, curves = load("here").runs, load("here").curves
    assert dict(runs.groupby("optimizer")["status"].unique().map(list)) == {"gd": ["diverged"], "bfgs": ["budget"]}
    assert curves.groupby("run_id").size().min() > 3


def test_a_method_too_large_by_default_is_left_out_with_the_reason() -> None:
    planned = plan("sin135-deep")
    assert {"bfgs", "powell"} <= planned.left_out.keys()
    assert "bytes" in planned.left_out["powell"]
    assert "adam" in {spec.optimizer for spec in planned.specs}


def test_run_prints_the_course_of_one_run(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--problem", "control-low", "--optimizer", "gd", "--seed", "3", "--budget", "300"]) == 0
    assert "budget: The budget of 300 forward passes is spent." in capsys.readouterr().out


def test_run_prints_the_run_that_was_asked_for_beside_others_of_its_folder(
    inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["run", "--problem", "control-low", "--optimizer", "gd", "--budget", "300"]
    assert main([*words, "--seed", "1", "--out", "alone"]) == 0
    alone = capsys.readouterr().out
    assert main([*words, "--seed", "0", "--out", "both"]) == 0
    assert capsys.readouterr().out.splitlines()[1:-1] != alone.splitlines()[1:-1]
    for _ in range(2):  # made, and found there
        assert main([*words, "--seed", "1", "--out", "both"]) == 0
        assert capsys.readouterr().out == alone.replace("alone", "both")


@pytest.mark.parametrize("what", ["problems", "optimizers", "figures", "activations", "inits", "losses", "embeddings"])
def test_list_names_and_describes(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", what]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{what}:"
    assert lines[1:]
    assert all(len(line.split(maxsplit=1)) == 2 for line in lines[1:])


@pytest.mark.parametrize("words", [["--help"], ["list"], ["compare", "--help"]])
def test_help_and_list_load_no_heavy_library(words: list[str]) -> None:
    code = (
        "import sys; from harness.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'pandas', 'scipy', 'matplotlib', 'pyswarms', 'nevergrad', 'numba'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "compare" in done.stdout or "sin135" in done.stdout


@pytest.mark.slow
def test_ctrl_c_keeps_every_finished_run_and_says_how_many(tmp_path: Path) -> None:
    words = ["compare", "--problem", "sin135", "--optimizers", "bfgs", "--seeds", "50", "--jobs", "2", "--out", "here"]
    listening = (  # also where the tests themselves were started in the background, deaf to Ctrl-C
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from harness.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", listening, *words],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
    )
    parts = tmp_path / "here" / "parts"
    while process.poll() is None and not (parts.is_dir() and list(parts.glob("[!.]*"))):
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    error = process.communicate(timeout=30)[1]
    kept = len(list(parts.glob("[!.]*.parquet")))
    assert process.returncode == 130
    assert f"{kept} of 50 runs are finished and kept in here" in error
    assert 1 <= kept < 50
    assert "Traceback" not in error


def test_compare_is_the_function_however_often_it_is_imported() -> None:
    code = "from harness import compare; from harness import compare as again; assert again is compare, again"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)

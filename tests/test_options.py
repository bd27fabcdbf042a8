"""An option is honoured or refused: for each option of each word there is evidence here, and a new one without fails.

Options that describe runs must change the runs that a word asks for, whose identities are hashes of all that rows
depend on. Options of output must change what is written or said; where that takes long, a test is named that shows it.
"""

import contextlib
import io
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest

import harness
from harness.analysis import incumbents
from harness.cli import main
from harness.commands import SECTIONS, names, options, options_of, work_of
from harness.commands.parser import parser_of
from harness.commands.requested import PROBLEM_OPTIONS, requested_comparison, requested_run
from harness.commands.values import stem
from harness.figures import FIGURES
from harness.study import comparison, tune
from harness.study.comparison import RECIPE_OPTIONS
from harness.study.sharing import export
from harness.study.store import Store
from problems.datasets import find

ROOT = Path(__file__).parents[1]
PAIRS = [(word, option) for word in names() for option in parser_of(word).options if option not in ("-h", "--help")]
ALONE = ["--problem", "sin135", "--budget", "60"]
Evidence: TypeAlias = Callable[[str], None] | str
"""A check that takes the word, or the test that shows it, as FILE::NAME."""
SEVERAL = {"compare", "plan", "samples", "response", "place"}
"""Words of several runs; the others that make runs make one."""
RUNS = SEVERAL | {"run", "tune"}

CHANGES: dict[str, tuple[list[str], list[str]]] = {
    "--problem": (ALONE, ["--problem", "sin15"]),
    "--target": (["--target", "sin(x)"], ["--target", "sin(2*x)"]),
    "--domain": (["--target", "sin(x)"], ["--domain", "0,2*pi"]),
    "--samples": (ALONE, ["--samples", "101"]),
    "--columns": (["--target", "pairs.csv", "--columns", "x,y"], ["--columns", "x,z"]),
    "--sep": (["--target", "pairs.csv", "--columns", "x,y"], ["--sep", ","]),
    "--embedding": (ALONE, ["--embedding", "fourier(4,1)"]),
    "--image": (["--image", "china"], ["--image", "flower"]),
    "--size": (["--image", "china"], ["--size", "16x16"]),
    "--points": (["--problem", "solid"], ["--points", "cloud.csv"]),
    "--mesh": (["--problem", "solid-distance", "--set", "problem.cells=6"], ["--mesh", "pyramid.obj"]),
    "--network": (ALONE, ["--network", "1-8-1"]),
    "--activation": (ALONE, ["--activation", "relu"]),
    "--init": (ALONE, ["--init", "xavier"]),
    "--loss": (ALONE, ["--loss", "mae"]),
    "--dtype": (ALONE, ["--dtype", "float32"]),
    "--budget": (ALONE, ["--budget", "90"]),
    "--cost-per-gradient": (ALONE, ["--cost-per-gradient", "2"]),
    "--engine": (ALONE, ["--engine", "numpy"]),
    "--marks": (ALONE, ["--marks", "7"]),
    "--time-limit": (ALONE, ["--time-limit", "5"]),
    "--target-loss": (ALONE, ["--target-loss", "0.5"]),
    "--set": (ALONE, ["--set", "adam.lr=0.1"]),
    "--vary": (ALONE, ["--vary", "adam.lr=0.1,0.2"]),
    "--settings": (ALONE, ["--settings", "own.toml"]),
    "--optimizers": (ALONE, ["--optimizers", "gd"]),
    "--optimizer": (ALONE, ["--optimizer", "gd"]),
    "--seeds": (ALONE, ["--seeds", "2"]),
    "--seed": (ALONE, ["--seed", "7"]),
    "--watch": (["--target", "sin(x)+sin(5*x)"], ["--watch", "1"]),
    "--data": (["--data", "own.npz"], ["--data", "other.npz"]),
    "--probe": (ALONE, ["--probe", "fourier(1)"]),
    "--observe": (["--problem", "digits"], ["--observe", "samples"]),
    "--keep": (ALONE, ["--keep", "predictions"]),
}
"""Options that change the runs: words before, and the words that change them; what has one value is replaced."""
QUICK = ["--problem", "control-low", "--budget", "9", "--marks", "3"]


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("own.toml").write_text("[adam]\nlr = 0.5\n")
    Path("of-problem.toml").write_text("[problem]\nsamples = 90\n")
    Path("own.py").write_text("")
    Path("pairs.csv").write_text("x,y,z\n" + "".join(f"{i / 10},{(i * 7) % 10},{i % 3}\n" for i in range(40)))
    Path("pyramid.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n")
    Path("cloud.csv").write_text("".join(f"{i % 3},{i % 5},{i % 7},{i % 2}\n" for i in range(80)))
    inputs = np.linspace(0, 1, 200)[:, None]
    for name, k in (("own", 3), ("other", 5)):
        np.savez(f"{name}.npz", inputs=inputs, targets=np.sin(2 * np.pi * k * inputs))
    return tmp_path


def runs_of(word: str, words: list[str]) -> list[object]:
    """The identities of the runs that are asked for, and what else is written about them."""
    base = ["--optimizers", "adam", "--seeds", "1"] if word in SEVERAL else ["--optimizer", "adam"]
    arguments = parser_of(word).understand(replaced(word, base, words))
    if word in SEVERAL:
        planned = requested_comparison(arguments)
    else:
        planned = requested_run(arguments, arguments.seed if "seed" in arguments else 0)
    return [(spec.run_id, spec.observers) for spec in planned.specs]


def changes_runs(word: str, option: str) -> None:
    before, words = CHANGES[option]
    assert runs_of(word, before) != runs_of(word, replaced(word, before, words))


def replaced(word: str, before: list[str], words: list[str]) -> list[str]:
    """Both, as pairs of an option and its value; what has one value is given once."""
    given = [option for option in words[::2] if parser_of(word).options[option].default != []]
    pairs = zip(before[::2], before[1::2], strict=True)
    return [text for pair in pairs if pair[0] not in given for text in pair] + words


def changes_the_search(option: str, value: str) -> Callable[[str], None]:
    def check(word: str) -> None:
        words = ["--optimizer", "adam", *ALONE]
        usual, other = (
            work_of(word).requested_search(parser_of(word).understand([*words, *more])).identity
            for more in ([], [option, value])
        )
        assert usual != other

    return check


def complains(word: str, sentence: str, *words: str) -> None:
    error = io.StringIO()
    with contextlib.redirect_stderr(error):
        assert main([word, *words]) == 2
    assert sentence in error.getvalue()


def loads_it(word: str) -> None:
    complains(word, "own.py' registers nothing", *needed(word), "--plugin", "own.py")


def is_refused_where_nothing_is_read(word: str) -> None:
    with pytest.raises(ValueError, match="'sin135' reads none"):
        runs_of(word, [*ALONE, "--data-dir", "."])


def belongs_to_images(word: str) -> None:
    with pytest.raises(ValueError, match="Unknown setting of sin135 'device'"):
        runs_of(word, [*ALONE, "--device", "cpu"])
    with pytest.raises(ValueError, match="cpu or cuda; got 'abacus'"):
        runs_of(word, ["--problem", "digits", "--device", "abacus"])


def needed(word: str) -> list[str]:
    return ["--optimizer", "adam"] if word in {"run", "tune"} else []


def writes(*words: str, where: str) -> Callable[[str], None]:
    """The command ends well, and this file is there."""

    def check(word: str) -> None:
        assert not Path(where).exists()
        assert main([word, *words]) == 0
        assert Path(where).exists()

    return check


def finds_a_study(word: str) -> None:
    before = ["heatmap"] if word == "figure" else []
    for named in (["nowhere"], ["--from", "nowhere"]):
        complains(word, "'nowhere' holds none", *before, *named)


RESPONSE = (
    "tests/test_response.py::test_the_word_makes_an_ordinary_study_of_several_runs_whose_figure_can_be_drawn_again"
)
SHARING = "tests/test_sharing.py"
WORDS = f"{SHARING}::test_the_words_of_a_study_from_its_file_to_its_end"
ARCHIVE = f"{SHARING}::test_an_archive_has_checksums_and_describes_every_table"
CLUSTER = "tests/test_cluster.py::test_a_study_is_made_on_a_cluster_by_a_word"
TUNED_BESIDE = "tests/test_atlas.py::test_tuned_settings_stand_beside_the_registered_ones_on_the_same_seeds_and_targets"
WINNERS = "tests/test_tune_study.py::test_the_file_of_the_winners_is_a_study_of_the_lowest_losses_and_searching_goes_on"
JOBS = "tests/test_execute.py::test_processes_and_one_process_give_the_same_rows"
SAMPLES = "tests/test_easy_and_hard_samples.py::test_the_command_writes_its_tables_and_its_figure"
PUBLISHED = "tests/test_selftest.py::test_the_published_networks_that_lose_the_order_learn_the_upper_two_together"
ASKED = "tests/test_order_asked.py::test_the_command_answers_each_question_and_writes_its_table"
ORDER = "tests/test_sensitivity.py::test_the_command_prints_and_writes_the_table"
ASKED_OF_A_FIGURE = "tests/test_figures_of_questions.py::test_what_a_figure_is_asked_is_honoured"
SERVE = "tests/test_serve.py::test_it_listens_on_this_machine_alone_and_says_of_a_port_that_it_is_taken"
INCUMBENT = "tests/test_incumbents.py::test_the_words_judge_the_point_that_is_asked_for"
TUNE = "tests/test_tune.py::test_tuned_settings_are_used_from_the_command_line"
FILTER = "tests/test_image_studies.py::test_the_filter_command_says_which_widths_are_uninformative_and_draws"
ATLAS = "tests/test_atlas.py::test_the_word_writes_page_figure_and_tables_and_a_second_time_the_same"
PLACED = "tests/test_atlas.py::test_a_method_of_ones_own_finds_its_place"
PLACED_PROBLEM = "tests/test_atlas.py::test_a_problem_is_placed_by_the_methods_that_keep_the_order_on_it"
TRACEBACK = "tests/test_user_mistakes.py::test_the_traceback_of_ones_own_code_is_shown_if_asked_for"
HERE = [*QUICK, "--out", "o", "--format", "csv"]
COMPARED = writes("--optimizers", "gd", "--seeds", "1", "--jobs", "1", *HERE, where="o/runs.csv")
RAN = writes("--optimizer", "gd", *HERE, where="o/runs.csv")
SEARCH = ["--optimizer", "gd", *QUICK, "--trials", "1", "--seeds", "1", "--jobs", "1", "--out", "o"]
EVIDENCE: dict[tuple[str, str], Evidence] = {
    **{(word, "--plugin"): loads_it for word in {*RUNS, "list"}},
    **{(word, "--traceback"): TRACEBACK for word in {*RUNS, "list", "sweep", "resume", "retry"}},
    **{(word, "--data-dir"): is_refused_where_nothing_is_read for word in RUNS},
    **{(word, "--device"): belongs_to_images for word in RUNS},
    ("compare", "--out"): COMPARED,
    ("compare", "--format"): COMPARED,
    **{(word, "--jobs"): JOBS for word in ("compare", "samples", "response")},
    ("check", "--seconds"): "tests/test_broken_plugins.py::test_what_does_not_end_is_ended_from_outside",
    ("plan", "--out"): "tests/test_estimate.py::test_plan_leaves_out_what_is_done_already",
    ("plan", "--jobs"): "tests/test_estimate.py::test_plan_says_what_would_be_made_and_writes_nothing",
    ("run", "--out"): RAN,
    ("run", "--format"): RAN,
    ("tune", "--trials"): changes_the_search("--trials", "3"),
    ("tune", "--seeds"): changes_the_search("--seeds", "2"),
    ("tune", "--sampler"): changes_the_search("--sampler", "optuna"),
    ("tune", "--draw"): changes_the_search("--draw", "1"),
    ("tune", "--jobs"): TUNE,
    ("tune", "--write"): WINNERS,
    ("tune", "--dask"): CLUSTER,
    (
        "atlas",
        "--tuned",
    ): "tests/test_atlas.py::test_tuned_settings_stand_beside_the_registered_ones_on_the_same_seeds_and_targets",
    ("atlas", "--verify"): "tests/test_atlas.py::test_a_sample_of_kept_runs_comes_out_again_and_a_changed_row_is_told",
    ("atlas", "--part"): "tests/test_atlas.py::test_an_atlas_that_grew_by_a_part_has_what_was_there_and_what_was_added",
    ("atlas", "--row"): "tests/test_atlas.py::test_a_row_that_is_doubted_is_made_again_also_of_tuned_settings",
    ("tune", "--out"): writes(*SEARCH, where="o/trials.csv"),
    **{("response", option): RESPONSE for option in ("--through", "--places", "--out", "--format")},
    ("response", "--extent"): "tests/test_response.py::test_every_direction_has_every_frequency",
    **{("samples", option): SAMPLES for option in ("--networks", "--search", "--radius", "--out", "--format")},
    **{(word, "--incumbent"): INCUMBENT for word in ("compare", "run", "order")},
    ("order", "--from"): finds_a_study,
    ("order", "--cost-per-gradient"): ORDER,
    **{
        ("order", option): ASKED
        for option in ("--against", "--robust", "--targets", "--residual", "--samplers", "--theory")
    },
    ("figure", "--from"): finds_a_study,
    ("figure", "--out"): "tests/test_images.py::test_compare_on_a_picture_keeps_predictions_and_draws_both_figures",
    **dict.fromkeys((("figure", "--at"), ("figure", "--against"), ("figure", "--optimizers")), ASKED_OF_A_FIGURE),
    (
        "serve",
        "--port",
    ): SERVE,
    ("report", "--from"): finds_a_study,
    ("report", "--no-robust"): "tests/test_report.py::test_the_command_writes_the_page_and_a_mistake_is_a_sentence",
    ("report", "--out"): "tests/test_report.py::test_the_command_writes_the_page_and_a_mistake_is_a_sentence",
    ("selftest", "--seeds"): "tests/test_selftest.py::test_all_controls_pass_and_one_line_says_so",
    (
        "selftest",
        "--networks",
    ): PUBLISHED,
    ("data", "--data-dir"): "tests/test_datasets.py::test_the_command_line_sets_the_variable_that_is_read",
    **{("filter", option): FILTER for option in ("--problem", "--deltas", "--out", "--set")},
    ("filter", "--data-dir"): lambda word: complains(word, "reads none", "--problem", "sin135", "--data-dir", "."),
    **{("sweep", option): WORDS for option in ("--seeds", "--jobs", "--out", "--format")},
    **{(word, "--dask"): CLUSTER for word in ("sweep", "resume", "retry")},
    **{(word, option): WORDS for word in ("resume", "retry") for option in ("--jobs", "--format")},
    ("retry", "--only"): WORDS,
    **dict.fromkeys((("merge", "--out"), ("merge", "--format")), WORDS),
    **{("verify", option): WORDS for option in ("--sample", "--draw")},
    **{("export", option): f"{SHARING}::test_exported_tables_are_those_of_the_study" for option in ("--from", "--out")},
    **{("publish", option): ARCHIVE for option in ("--out", "--creator", "--license")},
    ("publish", "--date"): f"{SHARING}::test_an_archive_is_the_same_to_the_byte_and_unpacked_it_is_the_study",
    **dict.fromkeys((("atlas", "--atlas"), ("atlas", "--page")), ATLAS),
    **dict.fromkeys((("place", "--atlas"), ("place", "--study"), ("place", "--out"), ("place", "--jobs")), PLACED),
    **dict.fromkeys((("place", "--problem"), ("place", "--seeds")), PLACED_PROBLEM),
    ("docs", "--out"): writes("optimizers", "--out", "pages", where="pages/README.md"),
}


@pytest.mark.parametrize(("word", "option"), PAIRS, ids=[f"{word}{option}" for word, option in PAIRS])
def test_every_option_of_every_word_is_honoured(word: str, option: str, inside: Path) -> None:
    if word in RUNS and option in CHANGES and (word, option) not in EVIDENCE:
        changes_runs(word, option)
        return
    evidence = EVIDENCE.get((word, option))
    assert evidence is not None, f"no evidence that '{word}' honours '{option}': add some to EVIDENCE or CHANGES"
    if isinstance(evidence, str):
        file, _, name = evidence.partition("::")
        assert f"def {name}(" in (ROOT / file).read_text(), evidence
    else:
        evidence(word)


def test_no_evidence_is_for_an_option_that_is_gone() -> None:
    assert [pair for pair in EVIDENCE if pair not in PAIRS] == []
    assert [option for option in CHANGES if option not in {other for _, other in PAIRS}] == []


@pytest.mark.parametrize("word", names())
def test_a_word_is_two_files_and_in_a_section(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    options, work = options_of(word), work_of(word)
    assert options.SECTION in SECTIONS
    assert options.ABOUT.endswith((".", "?"))
    assert f"python -m harness {word}" in options.EXAMPLES
    assert callable(work.main)
    with pytest.raises(SystemExit) as end:
        main([word, "--help"])
    assert end.value.code == 0
    assert main(["--help"]) == 0
    assert f"\n  {word} " in capsys.readouterr().out


def test_the_examples_of_every_word_are_understood() -> None:
    for word in names():
        for line in options_of(word).EXAMPLES.splitlines()[1:]:
            said = shlex.split(line)
            assert said[:3] == ["python", "-m", "harness"]
            parser_of(said[3]).understand(said[4:])


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ["compar"],
            "harness: Unknown word 'compar'. Did you mean 'compare'? Choose from: atlas, check, clean",
        ),
        ([], "harness: Name what to do, such as: harness compare --problem sin135. See: harness --help"),
        (["run", "--optimiser", "gd"], "There is no option '--optimiser' here. Did you mean '--optimizer'?"),
        (["run", "--optimizer", "gd", "--vary", "gd.lr=1,2"], "no option '--vary' here. It belongs to: compare, plan"),
        (["tune", "--vary", "gd.lr=1,2"], "no option '--vary' here. It belongs to: compare"),
        (["compare", "--optimizer", "gd"], "no option '--optimizer' here. It belongs to: run, tune"),
        (["compare", "--form", "csv"], "no option '--form' here. Did you mean '--format'?"),
        (["compare", "--format", "xls"], "--format takes one of parquet, csv; got 'xls'."),
        (["compare", "--format", "cvs"], "Did you mean 'csv'?"),
        (["compare", "--budget"], "--budget needs a value."),
        (["compare", "--out", ""], "--out needs a value; got ''."),
        (["compare", "--budget", "-inf"], "--budget takes a finite number; got '-inf'."),
        (["compare", "--target-loss", "nan"], "--target-loss takes a finite number; got 'nan'."),
        (["compare", "--seeds", "1e3"], "--seeds takes a whole number; got '1e3'."),
        (["compare", "--seeds", "9" * 30], "--seeds must be at most 1000000"),
        (["compare", "more"], "'more' belongs to no option. See: harness compare --help"),
        (["report", "one", "two", "three"], "'two three' belongs to no option. See: harness report --help"),
        (["run", "--problem", "sin135", "--optimizer", "all"], "Unknown optimizer 'all'"),
        (["run"], "--optimizer must be given. See: harness run --help"),
        (["figure"], "NAME must be given. See: harness figure --help"),
        (["figure", "order"], "Name the folder of a study, as 'harness compare' prints it: DIR, or --from DIR."),
        (["order", "one", "--from", "two"], "One study's folder is required; got 'one' and --from 'two'."),
        (["list", "activatoins"], "Did you mean 'activations'?"),
        (["selftest", "--networks=3"], "--networks takes no value; got '3'."),
        (["filter", "--problem", "sin135", "--set", "adam.lr=1"], "--set takes settings of the problem here"),
        (["filter", "--problem", "sin135", "--data-dir", "."], "'sin135' reads none"),
        (
            ["order", "--from", "x", "--cost-per-gradient", "1,0"],
            "--cost-per-gradient takes positive numbers separated by",
        ),
        (
            ["compare", *ALONE, "--set", "gd.lr=1", "--set", "gd.lr=2"],
            "got 'gd.lr' twice, as 1 and as 2. Leave",
        ),
        (["compare", *ALONE, "--vary", "gd.lr=1,2", "--vary", "gd.lr=2"], "got 'gd.lr' twice"),
        (["compare", *ALONE, "--vary", "gd.lr=1,2", "--set", "gd.lr=3"], "got 'gd.lr' both ways, as 3 and to cross"),
        (["compare", *ALONE, "--vary", "problem.k=1", "--vary", "sin135.k=2"], "got 'problem.k' twice"),
        (["compare", *ALONE, "--init", "ntk", "--vary", "problem.init=ntk,xavier"], "got 'sin135.init' both ways"),
        (["compare", *ALONE, "--observe", "samples(9,search=8)"], "got 'samples.search' twice"),
        (["compare", *ALONE, "--settings", "of-problem.toml"], "are of optimizers, and [problem] is none"),
        (["samples", *ALONE, "--networks", "1-8-1", "--vary", "problem.network=1-9-1"], "got 'problem.network' twice"),
        (
            ["filter", "--problem", "sin135", "--set", "problem.samples=90", "--set", "sin135.samples=80"],
            "got 'problem.samples' twice",
        ),
    ],
)
def test_what_a_word_does_not_take_is_one_sentence(
    words: list[str], sentence: str, inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert sentence in said.err
    assert len(said.err.splitlines()) == 1


@pytest.mark.parametrize(("word", "option"), PAIRS, ids=[f"{word}{option}" for word, option in PAIRS])
def test_of_two_values_of_an_option_the_last_counts_and_it_is_said(
    word: str, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = parser_of(word)
    action = parser.options[option]
    if action.nargs == 0 or action.default == []:  # a flag, or repeatable
        return
    action.type = None
    needed = [other for other in parser.options.values() if other.required and other is not action]
    others = [each for other in needed for each in (other.option_strings[0], "x")]
    empty = [other for other in parser._actions if not other.option_strings and other.nargs not in ("?", "*")]
    for other in (*needed, *empty):
        other.type = None
    found = parser.understand([*("x" for _ in empty), *others, option, "one", f"{option}=two"])
    assert getattr(found, action.dest) == "two"
    assert f"{option} was given twice: 'two' counts, and not 'one'.\n" in capsys.readouterr().err


def test_an_option_may_be_given_twice_with_one_value(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = parser_of("compare").understand(["--budget", "900", "--out", "a", "--budget=9e2", "--out", "a"])
    assert (arguments.budget, arguments.out) == (900, "a")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("option", [*RECIPE_OPTIONS, *PROBLEM_OPTIONS])
def test_an_option_and_a_setting_of_one_name_are_refused_unless_they_are_equal(option: str) -> None:
    words = ["--problem", "sin135", f"--{option}", "one", "--set", f"{{}}.{option}={{}}"]
    for owner in ("problem", "sin135"):
        last = words[-1].format(owner, "two")
        with pytest.raises(ValueError, match=f"A setting has one value; got 'problem.{option}' twice"):
            requested_comparison(parser_of("compare").understand([*words[:-1], last]))
        with pytest.raises(ValueError, match=f"{option} must|{option}'|'one'"):  # one value, and no such one
            requested_comparison(parser_of("compare").understand([*words[:-1], words[-1].format(owner, "one")]))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["report", "x", "--out", "page"], "--out is a file that ends in .html; got 'page'."),
        (["publish", "x", "--out", "x.tar.gz"], "--out is a file that ends in .zip; got 'x.tar.gz'."),
        # the list of trials lies beside it, and would take its place
        (["tune", "x.toml", "--write", "won.csv"], "--write is a file that ends in .toml; got 'won.csv'."),
        (["atlas", "--page", "page.png"], "--page is a file that ends in .md; got 'page.png'."),
        (["atlas", "--row", "adam on sin135", "--page", "mine.md"], "writes nothing; leave out page."),
        (["filter", "--problem", "sin135", "--out", "f.svg"], "of which STEM.png, STEM.pdf are written; got 'f.svg'"),
        (
            ["filter", "--problem", "sin135", "--out", "figures/"],
            "--out names the figure, not its folder, and STEM.png",
        ),
        (["filter", "--problem", "sin135", "--out", ".."], "--out names the figure, not its folder, and STEM.png"),
        (["figure", "order", "x", "--out", "f.gif"], "STEM.png, STEM.pdf, STEM.svg, STEM.csv are written; got 'f.gif'"),
        (["figure", "animation", "x", "--out", "f.PNG"], "STEM.gif, STEM.mp4, STEM.csv are written; got 'f.PNG'"),
    ],
)
def test_a_name_of_another_kind_of_file_is_refused_before_anything_is_done(
    words: list[str], sentence: str, inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(inside.iterdir())
    assert main(words) == 2
    assert sentence in capsys.readouterr().err
    assert sorted(inside.iterdir()) == before


@pytest.mark.parametrize(
    "words",
    [["figure", name, "o"] for name in FIGURES]
    + [["export", "ioh", "o"], ["order", "o"], ["report", "o"], ["publish", "o"]],
    ids=" ".join,
)
def test_a_study_without_a_finished_run_is_told(
    words: list[str], inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planned = harness.plan("control-low", ["gd"], 1, budget=30)
    Store(Path("o")).open(planned.study)
    assert main(words) == 2
    assert "The study in 'o' has no finished run yet" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "name"), [("a/f", "a/f"), ("a/f.png", "a/f"), ("f.PDF", "f"), ("v1.2", "v1.2"), ("v1.2.csv", "v1.2")]
)
def test_a_figure_is_named_with_or_without_its_ending(text: str, name: str) -> None:
    assert stem(text, ("png", "pdf", "csv")) == Path(name)


def test_a_folder_below_ones_home_is_found_where_the_shell_has_left_it_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    found = parser_of("compare").understand(["--out=~/o", "--plugin=~/p.py", "--target=~/t.csv"])
    assert (found.out, found.plugin, found.target) == (f"{tmp_path}/o", [f"{tmp_path}/p.py"], "~/t.csv")
    assert parser_of("merge").understand(["~/a", "b", "--out", "c~/d"]).folders == [f"{tmp_path}/a", "b"]
    assert parser_of("report").understand(["~backup"]).folder == "~backup"
    results = harness.compare("control-low", ["gd"], 1, budget=30, out="~/o")
    assert results.folder == tmp_path / "o"
    for option in ("target", "image", "points", "mesh", "data"):  # editors call their copies so
        assert main(["compare", f"--{option}", "~copy.csv"]) == 2
    assert len(harness.load("~/o").runs) == len(harness.load_table("~/o", "runs")) == 1


def test_what_is_listed_without_loading_the_library_that_takes_it_is_what_it_takes() -> None:
    assert (options.FORMATS, options.INCUMBENTS) == (comparison.FORMATS, incumbents.INCUMBENTS)
    assert (options_of("tune").SAMPLERS, options.DATA) == (tune.SAMPLERS, find.DATA)
    assert tuple(export.FORMS) == options_of("export").FORMS
    assert tuple(work_of("completion").SCRIPTS) == options_of("completion").SHELLS
    assert tuple(work_of("list").LISTS) == options_of("list").LISTS


def test_a_value_may_begin_with_a_minus() -> None:
    arguments = parser_of("compare").understand(
        ["--target", "-x", "--domain", "-1,2", "--budget", "-5", "--seeds", "-1"]
    )
    assert (arguments.target, arguments.domain, arguments.budget, arguments.seeds) == ("-x", "-1,2", -5.0, -1)

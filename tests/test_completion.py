"""Shells complete what the words declare, and nothing that is gone."""

import re
import shutil
import subprocess

import pytest

from harness.cli import main
from harness.commands import names
from harness.commands.completion import SHELLS
from harness.commands.completion.work import SCRIPTS, values, words
from harness.commands.parser import parser_of
from optimizers import OPTIMIZERS
from problems import PROBLEMS


@pytest.fixture(scope="module")
def scripts():
    return {shell: make(words(), values()) for shell, make in SCRIPTS.items()}


def completed(script, *said):
    """What bash would offer after these words, the last of which is begun."""
    line = "frequency-harness", *said
    ask = f"COMP_WORDS=({' '.join(repr(word) for word in line)}); COMP_CWORD={len(said)}; _frequency_harness"
    program = f'{script}\n{ask}; printf "%s\\n" "${{COMPREPLY[@]}}"'
    return subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_offers_words_options_and_names(scripts, tmp_path, monkeypatch):
    script = scripts["bash"]
    assert completed(script, "") == [*names(), "--help", "--version"]
    assert completed(script, "com") == [word for word in names() if word.startswith("com")]
    options = {option for option in parser_of("compare").options if option.startswith("--bu")}
    assert set(completed(script, "compare", "--bu")) == options == {"--budget"}
    assert completed(script, "compare", "--problem", "sin1") == sorted(n for n in PROBLEMS if n.startswith("sin1"))
    assert completed(script, "run", "--optimizer", "lb") == sorted(n for n in OPTIMIZERS if n.startswith("lb"))
    assert completed(script, "figure", "snap") == ["snapshots"]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "STUDY.toml").write_text("")
    assert completed(script, "sweep", "STU") == ["STUDY.toml"]


def test_each_script_has_every_word_and_every_option(scripts):
    for word in names():
        for option in parser_of(word).options:
            if option not in ("-h", "--help"):
                assert re.search(rf"^ +{word}\).*[ \"(]{option}[ \")]", scripts["bash"], re.MULTILINE)
                assert re.search(rf"^ +{word}\).*[ (]{option}[ )]", scripts["zsh"], re.MULTILINE)
                assert f"seen_subcommand_from {word}' -l {option[2:]} -d " in scripts["fish"]


def test_names_follow_options_that_there_are():
    known = {option for word in names() for option in parser_of(word).options}
    assert values().keys() <= known


@pytest.mark.parametrize("shell", SHELLS)
def test_the_word_prints_a_script_that_its_shell_can_read(shell, tmp_path, capsys):
    assert main(["completion", shell]) == 0
    script = tmp_path / "script"
    script.write_text(capsys.readouterr().out)
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    assert subprocess.run([shell, "-n", str(script)], check=False).returncode == 0

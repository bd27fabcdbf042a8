"""Wheel and source archive are built, installed into an empty environment, and run outside of the checkout."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[1]
OWN = ("harness", "optimizers", "problems")
BUILD = "import setuptools.build_meta as b, sys; print(getattr(b, 'build_' + sys.argv[1])(sys.argv[2]))"


def alone(*words, cwd):
    """Run outside of the checkout: no path of ours is inherited."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    ended = subprocess.run([*map(str, words)], cwd=cwd, env=kept, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, f"{words}: {ended.stdout[-500:]}{ended.stderr[-2000:]}"
    return ended.stdout


def built(kind, tree, into):
    into.mkdir(exist_ok=True)
    return into / alone(sys.executable, "-W", "ignore", "-c", BUILD, kind, into, cwd=tree).split()[-1]


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    """The wheel of what git knows, the source archive, and the wheel that is built from that."""
    top = tmp_path_factory.mktemp("built")
    known = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    tree = top / "tree"
    for name in known.decode().split("\0"):
        if name.startswith(OWN) or name in ("pyproject.toml", "README.md", "LICENSE"):
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_bytes((ROOT / name).read_bytes())
    source, wheel = built("sdist", tree, top / "out"), built("wheel", tree, top / "out")
    # by the word of the library: the filter that newer versions ask for came in 3.11.4
    alone(sys.executable, "-m", "tarfile", "-e", source, top / "unpacked", cwd=top)
    (unpacked,) = (top / "unpacked").iterdir()
    return tree, source, wheel, built("wheel", unpacked, top / "again")


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="what is shipped is what git knows, and this is no checkout")
def test_the_wheel_has_every_file_of_the_packages_and_so_has_that_of_the_source_archive(archives):
    tree, _, wheel, again = archives
    with zipfile.ZipFile(wheel) as one, zipfile.ZipFile(again) as other:
        names = one.namelist()
        assert names == other.namelist()
    expected = {path.relative_to(tree).as_posix() for top in OWN for path in (tree / top).rglob("*") if path.is_file()}
    shipped = {name for name in names if not name.partition("/")[0].endswith(".dist-info")}
    assert {name for name in shipped if ".egg-info" not in name} == {n for n in expected if ".egg-info" not in n}
    assert {f"{top}/py.typed" for top in OWN} <= shipped
    assert any(name.endswith("LICENSE") for name in names)


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="what is shipped is what git knows, and this is no checkout")
def test_what_is_installed_runs_outside_of_the_checkout(archives, tmp_path):
    *_, wheel = archives
    home, outside = tmp_path / "venv", tmp_path / "outside"
    outside.mkdir()
    alone(sys.executable, "-m", "venv", "--without-pip", home, cwd=outside)
    python = home / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check")
    alone(*pip, "install", "-q", "--no-deps", "--no-index", wheel, cwd=outside)
    # the libraries are those of these tests; a path in a .pth runs no .pth of its own: no editable install is seen
    own = Path(alone(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=outside).strip())
    (own / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    where = alone(python, "-c", "import harness, optimizers, problems; print(harness.__file__)", cwd=outside)
    assert Path(where.strip()).is_relative_to(own)
    program = home / "bin" / "frequency-harness"
    assert alone(program, "--version", cwd=outside).startswith("frequency-harness ")
    words = "compare --problem control-low --optimizers gd --seeds 1 --budget 9 --marks 3 --jobs 1 --out study"
    assert "too few runs" in alone(program, *words.split(), cwd=outside)
    alone(program, "report", "study", cwd=outside)
    assert (outside / "study" / "report.html").stat().st_size > 1e6

"""A result in a notebook: its table and its picture, bars while it is made, and the tutorial, which runs."""

import base64
import json
import re
import sys
from contextlib import redirect_stdout
from io import BytesIO, StringIO
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from support.hand_made import NASTY, hand_made

from harness import compare
from harness.figures.inline import study_html
from harness.study.comparison import Results
from harness.tables import SCHEMA, empty

TUTORIAL = Path(__file__).parents[1] / "docs" / "tutorial.ipynb"


def test_a_result_shows_its_verdicts_and_its_heat_map():
    html = Results.of(Path("here"), hand_made(["adam", "bfgs"], 5, [1.0, 3.0]))._repr_html_()
    assert html.count("<tr>") == 3
    assert re.search(
        r"<td>adam</td><td>5</td><td>9[.\d]* \[.*?\]</td><td>2</td><td>1.00 \[.*?\]</td><td>low-first</td>", html
    )
    picture = re.search(r'<img alt="[^"]+heat map[^"]*" src="data:image/png;base64,([^"]+)">', html)
    pixels = np.asarray(Image.open(BytesIO(base64.b64decode(picture[1]))).convert("L"))
    assert pixels.min() < 100
    assert pixels.mean() > 100


def test_names_of_the_user_are_text():
    html = study_html(hand_made([NASTY], 5, [1.0, 3.0]))
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_a_study_without_runs_or_order_says_so():
    assert study_html({name: empty(name) for name in SCHEMA}) == "<p>A study without runs.</p>"
    assert "No order was judged" in study_html(hand_made(["adam"], 1, [1.0], judged=False))


@pytest.fixture
def cell(monkeypatch):
    """What a notebook's cell would show: a kernel in place of IPython, which is not installed for the tests."""
    shown: list[str] = []
    ipython, display = ModuleType("IPython"), ModuleType("IPython.display")
    ipython.version_info = (9, 0)  # matplotlib asks
    ipython.get_ipython = lambda: SimpleNamespace(kernel=object())
    display.HTML = str
    display.display = lambda html, display_id: shown.append(html) or SimpleNamespace(update=shown.append)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    return shown


def test_a_notebook_shows_bars_that_end_full(cell, tmp_path):
    compare("control-low", ["gd"], 2, budget=9, out=tmp_path / "s", marks=3)
    assert 'aria-label="gd" max="2" value="0.000"' in cell[0]
    assert "2.0 of 2 runs" in cell[-1]


def test_a_script_shows_none(tmp_path, capsys):
    compare("control-low", ["gd"], 1, budget=9, out=tmp_path / "s", marks=3)
    said = capsys.readouterr()
    assert said.out + said.err == ""


def executed(notebook):
    """The outputs of each code cell, as a kernel would give them: what is printed, and the last value."""
    names = {"__name__": "__main__"}
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        *before, last = [*"".join(cell["source"]).rstrip().split("\n"), ""][:-1] or [""]
        printed, value = StringIO(), None
        with redirect_stdout(printed):
            exec(compile("\n".join(before), "cell", "exec"), names)
            try:
                value = eval(compile(last, "cell", "eval"), names)
            except SyntaxError:
                exec(compile(last, "cell", "exec"), names)
        cell["outputs"] = [{"name": "stdout", "output_type": "stream", "text": printed.getvalue()}] * bool(
            printed.getvalue()
        )
        if value is not None:
            data = {"text/plain": repr(value)}
            if hasattr(value, "_repr_html_"):
                data["text/html"] = value._repr_html_()
            cell["outputs"].append(
                {"data": data, "metadata": {}, "output_type": "execute_result", "execution_count": None}
            )
    return notebook


def tables_of(notebook):
    html = [
        output["data"]["text/html"]
        for cell in notebook["cells"]
        for output in cell.get("outputs", [])
        if "text/html" in output.get("data", {})
    ]
    return [re.findall(r"<td>([^<]*)</td>", one) for one in html]


def test_the_tutorial_runs_and_says_what_it_said(tmp_path, monkeypatch):
    written = json.loads(TUTORIAL.read_text())
    monkeypatch.chdir(tmp_path)
    made = executed(json.loads(TUTORIAL.read_text()))
    told, said = tables_of(written)[0], tables_of(made)[0]
    assert told[::6] == said[::6]  # names
    assert told[5::6] == said[5::6]  # verdicts
    assert "low-first" in said
    assert (tmp_path / "results").is_dir()


if __name__ == "__main__":
    import os
    import tempfile

    text = TUTORIAL.read_text()
    os.chdir(tempfile.mkdtemp())
    TUTORIAL.write_text(json.dumps(executed(json.loads(text)), indent=1, ensure_ascii=False) + "\n")

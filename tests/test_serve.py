"""A study is shown on loopback while it grows, and nothing can be changed through it."""

import http.client
import socket
import struct
import threading
from contextlib import contextmanager

import pytest
from selenium.webdriver.support.ui import WebDriverWait
from support.browser import chromium, complaints, faults, needs_browser, screen

from harness.cli import main
from harness.commands.serve.pages import Study
from harness.commands.serve.work import server
from harness.study.comparison import plan
from harness.study.execution.execute import execute
from harness.study.store import Store


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A study of which one of four runs is made."""
    folder = tmp_path_factory.mktemp("served") / "waves<b>"
    planned = plan("control-low", ["gd", "adam"], 2, budget=9, marks=3)
    store = Store(folder)
    store.open(planned.study)
    execute(planned.specs[:1], store)
    return folder, planned, store


@contextmanager
def serving(folder):
    with server(folder, 0) as one:
        thread = threading.Thread(target=one.serve_forever)
        thread.start()
        try:
            yield one.server_port
        finally:
            one.shutdown()
            thread.join()


def ask(port, path="/", method="GET", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text, answer.headers


def test_progress_is_live_and_names_are_text(study):
    folder, planned, store = study
    with serving(folder) as port:
        status, page, headers = ask(port)
        assert status == 200
        assert "1 of 4 runs are finished" in page
        assert 'aria-label="control-low, gd" max="2" value="1"' in page
        assert "<main data-going>" in page
        assert "<b>" not in page
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        first = ask(port, "/report.html")
        assert first[0] == 200
        execute(planned.specs, store)
        page = ask(port)[1]
        assert "4 of 4 runs are finished" in page
        assert "<main>" in page
        grown = ask(port, "/report.html")[1]
        assert planned.specs[-1].run_id in grown
        assert planned.specs[-1].run_id not in first[1]


@needs_browser
def test_in_a_browser_progress_moves_by_itself_fits_a_phone_and_has_no_fault(tmp_path):
    planned = plan("control-low", ["gd", "adam"], 1, budget=9, marks=3)
    store = Store(tmp_path / "study")
    store.open(planned.study)
    execute(planned.specs[:1], store)
    with serving(store.folder) as port, chromium() as browser:
        for width, scheme in ((390, "dark"), (1280, "light")):
            screen(browser, width, scheme)
            browser.get(f"http://127.0.0.1:{port}/")
            assert browser.execute_script("return document.documentElement.scrollWidth") == width
            assert faults(browser) == []
        assert "1 of 2 runs" in browser.find_element("tag name", "main").text
        execute(planned.specs, store)
        WebDriverWait(browser, 60).until(lambda one: "2 of 2 runs" in one.find_element("tag name", "main").text)
        assert [line for line in complaints(browser) if "favicon" not in line["message"]] == []


def test_nothing_can_be_changed_and_nothing_else_be_read(study):
    folder, *_ = study
    before = sorted((path, path.stat().st_mtime_ns) for path in folder.rglob("*"))
    with serving(folder) as port:
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            assert ask(port, "/", method)[0] == 501
        for path in ("/study.json", "/../study.json", "/%2e%2e/etc/passwd"):
            assert ask(port, path)[0] == 404
        assert ask(port, "/", Host="evil.example")[0] == 403
        assert ask(port, "/", "HEAD")[1] == ""
    assert sorted((path, path.stat().st_mtime_ns) for path in folder.rglob("*")) == before


def test_who_leaves_before_the_answer_is_no_error(study, capfd):
    folder, *_ = study
    with serving(folder) as port:
        for words in (b"", b"GET / HT", b"GET / HTTP/1.0\r\nHost: 127.0.0.1:%d\r\n\r\n" % port):
            with socket.create_connection(("127.0.0.1", port)) as one:
                # closed with a reset, as a browser does that is ended
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                one.sendall(words)
        assert ask(port)[0] == 200
    assert capfd.readouterr().err == ""


@needs_browser
def test_a_page_stands_while_the_list_of_the_runs_cannot_be_read_and_goes_on_afterwards(tmp_path):
    planned = plan("control-low", ["gd"], 2, budget=9, marks=3)
    store = Store(tmp_path / "study")
    store.open(planned.study)
    execute(planned.specs[:1], store)
    listed = store.folder / "study.json"
    whole = listed.read_text()
    with serving(store.folder) as port, chromium() as browser:
        browser.get(f"http://127.0.0.1:{port}/")
        listed.write_text("{")
        note = browser.find_element("id", "note")
        WebDriverWait(browser, 60).until(lambda _: "study.json, is damaged or gone" in note.text)
        assert "1 of 2 runs" in browser.find_element("tag name", "main").text
        listed.write_text(whole)
        execute(planned.specs, store)
        WebDriverWait(browser, 60).until(lambda one: "2 of 2 runs" in one.find_element("tag name", "main").text)
        assert not note.is_displayed()


def test_it_listens_on_this_machine_alone_and_says_of_a_port_that_it_is_taken(study):
    folder, *_ = study
    with server(folder, 0) as one:
        assert one.server_address[0] == "127.0.0.1"
        with pytest.raises(ValueError, match=r"cannot be had.*Choose another --port"):
            server(folder, one.server_port)


def test_a_study_without_runs_has_progress_and_a_report_that_says_so(tmp_path):
    planned = plan("control-low", ["gd"], 1, budget=9, marks=3)
    Store(tmp_path / "s").open(planned.study)
    assert "0 of 1 runs" in Study(tmp_path / "s").progress()
    with serving(tmp_path / "s") as port:
        status, text, _ = ask(port, "/report.html")
        assert status == 503
        assert "has no finished run yet" in text


def test_a_folder_without_a_study_is_refused(tmp_path, capsys):
    assert main(["serve", str(tmp_path)]) == 2
    assert "A study's folder is required" in capsys.readouterr().err

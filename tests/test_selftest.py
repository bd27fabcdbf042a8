"""The self-test: it passes as things are, and notices when the instrument is bent."""

from dataclasses import replace

import numpy as np
import pytest

import harness.run.marks.record
import harness.study.blind
import harness.study.selftest
from harness.cli import main
from harness.study.selftest import CONTROLS, LOST, _checks, selftest
from harness.tables import Rows
from problems.probes.selection import NothingToWatch


def test_all_controls_pass_and_one_line_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["selftest", "--seeds", "5"]) == 0
    lines = capsys.readouterr().out.strip().splitlines()
    assert lines[-1] == "the instrument gives the known answers: all 19 checks passed"
    assert any("control-low" in line and "low-first" in line for line in lines)


@pytest.fixture
def bent(monkeypatch: pytest.MonkeyPatch):
    """Bends what the recorder writes into `error`."""

    def bend(how):
        original = harness.run.marks.record.Recorder.spectra

        def spectra(self, *arguments):
            rows = original(self, *arguments)
            return Rows({**rows.columns, "error": np.asarray(how(rows.frame()), np.float64)})

        monkeypatch.setattr(harness.run.marks.record.Recorder, "spectra", spectra)

    return bend


def test_errors_a_hair_too_large_fail_every_curve_and_nothing_else(bent) -> None:
    bent(lambda table: table["error"] + 1e-9 * (table["mark"] > 0))
    failed = [check.what for check in selftest(5) if not check.passed]
    assert failed == ["error curves", "theory against run"] * 4 + ["error curves"]


def test_frequencies_that_are_mixed_up_fail_the_order_and_the_answer_is_no(bent, capsys) -> None:
    bent(lambda table: table["error"].to_numpy().reshape(table["mark"].nunique(), -1)[:, ::-1].ravel())
    assert main(["selftest", "--seeds", "5"]) == 1
    last = capsys.readouterr().out.strip().splitlines()[-1]
    assert last.startswith("do not trust this instrument: ")
    assert "control-low, gd" in last


def test_a_search_for_frequencies_that_fails_has_not_found_that_there_are_none(monkeypatch) -> None:
    def fails(*_):
        raise ValueError("of another kind")

    monkeypatch.setattr(harness.study.blind, "watch_steps", fails)
    with pytest.raises(ValueError, match="of another kind"):
        harness.study.blind.permuted_and_watched(1)


def test_a_search_for_frequencies_that_never_finds_any_is_told(monkeypatch) -> None:
    def finds_none(*_):
        raise NothingToWatch("nothing stands above the floor")

    monkeypatch.setattr(harness.study.selftest, "CONTROLS", ())
    monkeypatch.setattr(harness.study.blind, "watch_steps", finds_none)
    assert [(check.control, check.measured) for check in selftest(5) if not check.passed] == [
        ("digits-pca, labels in order", "0 above 0")
    ]


@pytest.mark.slow
def test_the_published_networks_that_lose_the_order_learn_the_upper_two_together(monkeypatch) -> None:
    monkeypatch.setattr(harness.study.selftest, "CONTROLS", ())  # they are checked above
    monkeypatch.setattr(harness.study.selftest, "blind_checks", lambda: ())
    checks = {check.control: check for check in selftest(5, networks=True)}
    for control in ("control-gradient-loss, adam", "control-ricker, adam"):
        assert checks[control].expected == "k = 5 within 2 times the cost of k = 3"
        assert checks[control].passed, checks[control].measured
    assert len(checks) == 2


def test_one_seed_is_too_few(capsys) -> None:
    assert main(["selftest", "--seeds", "1"]) == 2
    assert "--seeds must be at least 5" in capsys.readouterr().err


def test_an_order_among_the_upper_two_is_no_lost_order() -> None:
    """The flat model with falling scales, whose k = 5 takes four times the cost of k = 3."""
    (check,) = _checks(replace(CONTROLS[1], verdict=LOST), 5)
    assert not check.passed
    assert check.measured.startswith("4.")

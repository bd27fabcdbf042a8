"""What is said in the end of runs that failed."""

from pathlib import Path

from harness.study.ledger.part import State
from harness.study.status import closing_sentences


def test_failures_are_counted_as_one_says_them():
    before = {"a": State("failed", 1), "b": State("crashed", 1)}
    after = {"a": State("budget", 2), "b": State("failed", 2), "c": State("failed", 3)}
    assert closing_sentences(before, after, Path("my study")) == [
        "2 runs were made again after a bad end; 1 failed once more",
        "1 run was ended by a failure or crash: the next start tries again, twice at most",
        "1 run was begun 3 times, and failed each time; once more with: harness retry 'my study'",
    ]
    assert closing_sentences({}, {"a": State("budget", 1)}, Path("s")) == []

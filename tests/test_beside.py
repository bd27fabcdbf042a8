"""What is prepared while runs are made elsewhere is a gain of time, and nothing else."""

from threading import Event

import pytest

from harness.study.execution.beside import beside


def test_what_has_begun_is_done_when_the_body_ends():
    begun, let_go, done = Event(), Event(), []

    def prepare():
        begun.set()
        let_go.wait(10)
        done.append("prepared")

    with beside(prepare):
        assert begun.wait(10)
        let_go.set()
    assert done == ["prepared"]


def test_what_fails_stops_neither_the_body_nor_what_comes_next():
    done = Event()
    with beside(lambda: 1 / 0, done.set):
        assert done.wait(10)


def test_a_body_that_raises_waits_for_nothing():
    never, more = Event(), []
    with pytest.raises(KeyboardInterrupt), beside(lambda: never.wait(60), lambda: more.append("begun")):
        raise KeyboardInterrupt
    never.set()
    assert not more

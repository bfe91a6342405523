"""The threads that make calls: as many as are needed, and nobody waits for one that hangs."""

from __future__ import annotations

import threading
import time

import pytest

from auditor.aws.crew import Crew, abreast


def test_what_comes_of_each_is_in_their_order():
    def slower_first(number):
        time.sleep((5 - number) / 100)
        return number * 2

    assert abreast(slower_first, range(5)) == [0, 2, 4, 6, 8]
    with pytest.raises(ZeroDivisionError):
        abreast(lambda number: 1 // number, [1, 0])


def test_no_more_threads_than_are_needed_and_allowed():
    crew, seen = Crew(3), set()
    for _ in range(4):
        crew.submit(lambda: seen.add(threading.get_ident())).result(5)
        time.sleep(0.05)
    assert len(seen) == 1
    gate = threading.Barrier(3)
    for future in [crew.submit(gate.wait, 5) for _ in range(3)]:
        future.result(5)  # all three at once, or the barrier breaks
    running = [crew.submit(time.sleep, 0.1) for _ in range(5)]
    assert sum(future.running() for future in running) <= 3
    crew.dismiss()


def test_what_is_cancelled_is_not_done_and_a_hanging_one_is_not_waited_for():
    crew, gate, done = Crew(1), threading.Event(), []
    hanging = crew.submit(gate.wait, 30)
    later = crew.submit(done.append, 1)
    assert later.cancel()
    began = time.monotonic()
    crew.dismiss()
    assert time.monotonic() - began < 1
    gate.set()
    assert hanging.result(5) is True and done == []
    assert all(t.daemon for t in threading.enumerate() if t.name == "auditor")

"""The threads that make calls; none of them keeps the program from ending."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar

A = TypeVar("A")
P = ParamSpec("P")
T = TypeVar("T")
_Task = tuple["Future[Any]", Callable[[], Any]]


class Crew:
    """Threads that do what is given to them; started when there is work that none is free for.

    Whoever stops a scan does not want to wait for a call that hangs: unlike those of a
    ThreadPoolExecutor, these are not waited for, neither by :meth:`dismiss` nor when Python ends.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._count = 0
        self._idle = threading.Semaphore(0)
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()

    def submit(self, work: Callable[P, T], *args: P.args, **named: P.kwargs) -> Future[T]:
        """Give work to do; called from one thread only."""
        future: Future[T] = Future()
        self._tasks.put((future, lambda: work(*args, **named)))
        if not self._idle.acquire(blocking=False) and self._count < self._most:
            self._count += 1
            threading.Thread(target=self._serve, name="auditor", daemon=True).start()
        return future

    def dismiss(self) -> None:
        """Let the threads end, each when it is done with what it does."""
        for _ in range(self._count):
            self._tasks.put(None)

    def _serve(self) -> None:
        while (task := self._tasks.get()) is not None:
            _do(*task)
            del task  # nothing is held while there is nothing to do
            self._idle.release()


def abreast(work: Callable[[A], T], given: Iterable[A], most: int = 8) -> list[T]:
    """Do the same with many things, several at once; returns what came of each, in their order."""
    crew = Crew(most)
    try:
        return [future.result() for future in [crew.submit(work, one) for one in given]]
    finally:
        crew.dismiss()


def _do(future: Future[Any], work: Callable[[], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(work())
    except BaseException as error:  # noqa: BLE001 - whoever asks for the result gets it
        future.set_exception(error)

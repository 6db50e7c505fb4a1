"""A thread that does what many threads ask for together, so that they share what it costs.

This is group commit: whoever comes while a transaction is under way is in the next one. Each caller
waits for its own job, so a process never has more jobs waiting than it has callers, but for those
that gave up; `MOST_WAITING` bounds them all.
"""

import os
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from time import monotonic
from typing import Any, Generic, TypeVar

Work = TypeVar("Work")

MOST_WAITING = 512
"""Jobs of one process; what comes after them is refused at once."""


class Busy(Exception):
    """Too many jobs wait already."""


class Job(Generic[Work]):
    """One piece of work, which is done together with that of others."""

    __slots__ = ("_ended", "abandoned", "error", "result", "work")

    def __init__(self, work: Work) -> None:
        self.work = work
        self.result: Any = None
        self.error: BaseException | None = None
        self.abandoned = False
        self._ended = Lock()
        self._ended.acquire()

    def finish(self, result: Any) -> None:
        """Tells the caller what came of it."""
        self.result = result
        self._ended.release()

    def fail(self, error: BaseException) -> None:
        """Tells the caller why nothing did."""
        self.error = error
        self._ended.release()

    def ended(self, seconds: float) -> bool:
        """Whether it ends in that time; if not, nobody waits for it any more."""
        if self._ended.acquire(timeout=max(0.0, seconds)):
            return True
        self.abandoned = True
        return False


class Group(Generic[Work]):
    """Jobs of this process, performed in their order by one thread, as many at once as there are.

    `perform` finishes or fails each of the jobs that it is given, and raises nothing. The thread is
    begun with the first job, and calls `ended` at its end; a forked process begins its own.
    """

    def __init__(
        self,
        name: str,
        perform: Callable[[Sequence[Job[Work]]], None],
        *,
        most: int,
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        self._name = name
        self._perform = perform
        self._most = most
        self._end = ended
        self._pid = 0
        self._starting = Lock()
        self._jobs: SimpleQueue[Job[Work] | None] = SimpleQueue()
        self._began = 0.0
        self._thread: Thread | None = None

    def submit(self, work: Work) -> Job[Work]:
        """Has the work done; raises Busy."""
        if self._pid != os.getpid():
            self._start()
        if self._jobs.qsize() >= MOST_WAITING:
            raise Busy
        job = Job(work)
        self._jobs.put(job)
        return job

    def stuck(self, seconds: float) -> bool:
        """Whether it has been at the same jobs for longer than that."""
        return bool(self._began) and monotonic() - self._began > seconds

    def close(self) -> None:
        """Ends the thread once it has done what waits."""
        if self._pid == os.getpid():
            self._pid = 0
            self._jobs.put(None)

    def join(self, seconds: float) -> None:
        """Waits for the thread's end, after `close`."""
        if self._thread is not None:
            self._thread.join(seconds)
            self._thread = None

    def _start(self) -> None:
        with self._starting:
            if self._pid != os.getpid():
                self._jobs, self._began = SimpleQueue(), 0.0
                jobs = (self._jobs,)
                self._thread = Thread(target=self._work, args=jobs, name=self._name, daemon=True)
                self._thread.start()
                self._pid = os.getpid()

    def _work(self, jobs: SimpleQueue[Job[Work] | None]) -> None:
        open_ = True
        while open_ and (first := jobs.get()) is not None:
            together = [first]
            try:
                while len(together) < self._most:
                    if (job := jobs.get_nowait()) is None:
                        open_ = False
                        break
                    together.append(job)
            except Empty:
                pass
            self._began = monotonic()
            self._perform(together)
            self._began = 0.0
        self._end()

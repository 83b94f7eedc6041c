# SPDX-License-Identifier: GPL-2.0-or-later
"""Long work in threads of its own: how far it is, how it ended, and how to call it off.

The threads are daemons: an application that is closed waits a moment for what it called off, not
for a mail server.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from reviewtool.errors import RequestError
from reviewtool.progress import Cancelled, Progress, Task

State = Literal["running", "done", "failed", "stopped"]


class Job(Progress):
    """One piece of work; it is its own progress, so that whatever reports can be called off.

    ``work`` gets the job. ``result`` is what it returned, ``error`` the request error it raised,
    ``fault`` any other exception: a mistake of ours, for the application to raise.
    """

    def __init__(self, title: str, work: Callable[["Job"], Any]) -> None:
        self.title = title
        self.state: State = "running"
        self.stop = threading.Event()
        self.result: Any = None
        self.error: RequestError | None = None
        self.fault: BaseException | None = None
        self.began = time.monotonic()
        self.seconds = 0.0
        self._work = work
        self._steps: list[_Step] = []
        self._ended: Callable[[Job], None] = lambda _: None
        self._thread = threading.Thread(target=self._run, name=title, daemon=True)

    def start(self, ended: Callable[["Job"], None]) -> None:
        """Begin; ``ended`` is called in the job's thread when all is over."""
        self._ended = ended
        self._thread.start()

    def cancel(self) -> None:
        """Call it off: it stops at the next thing it reports, builds and guests at once."""
        self.stop.set()

    def join(self, seconds: float) -> bool:
        """Wait for it; whether it is over."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    @property
    def doing(self) -> str:
        """One line: what is being done, how far it is, for how long."""
        steps = list(self._steps)
        told = str(steps[-1]) if steps else self.title
        stopping = "stopping: " if self.stop.is_set() else ""
        return f"{stopping}{told}  {time.monotonic() - self.began:.0f} s"

    @contextmanager
    def task(self, title: str, total: int | None = None) -> Iterator[Task]:
        self.check()
        step = _Step(self, title, total)
        self._steps.append(step)
        try:
            yield step
        finally:
            self._steps.remove(step)

    def check(self) -> None:
        """Raise Cancelled if the work was called off."""
        if self.stop.is_set():
            raise Cancelled(self.title)

    def _run(self) -> None:
        try:
            self.result = self._work(self)
            self.state = "done"
        except Cancelled:
            self.state = "stopped"
        except RequestError as error:
            self.error, self.state = error, "failed"
        except BaseException as fault:  # noqa: BLE001 - handed to the application, which raises it
            self.fault, self.state = fault, "failed"
        self.seconds = time.monotonic() - self.began
        self._ended(self)


class _Step:
    def __init__(self, job: Job, title: str, total: int | None) -> None:
        self._job = job
        self._title = title
        self._total = total
        self._done: int | None = None
        self._note = ""

    def update(self, done: int | None = None, note: str = "", total: int | None = None) -> None:
        self._done = done if done is not None else self._done
        self._total = total if total is not None else self._total
        self._note = note or self._note
        self._job.check()

    def __str__(self) -> str:
        count = ""
        if self._done is not None:
            count = f" {self._done}/{self._total}" if self._total else f" {self._done}"
        return f"{self._title}{count} {self._note}".rstrip()

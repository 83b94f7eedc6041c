# SPDX-License-Identifier: GPL-2.0-or-later
"""Work that needs the processor, in processes of their own.

In a thread of ours it would take half of the time from the keys. A process can also be ended at
once, wherever it is. One that is done is kept, with the tables it has made, for what comes next.
"""

import os
import select
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib import import_module
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from reviewtool.errors import RequestError
from reviewtool.progress import Progress, Task
from reviewtool.tui.jobs import Job

T = TypeVar("T")

_LOOK = 0.05  # seconds between two looks whether the work was called off
_TELL = 0.1  # seconds between two reports of one task


class Workers:
    """Processes that wait for work; one more is started whenever none does."""

    def __init__(self) -> None:
        self._idle: list[_Worker] = []
        self._lock = threading.Lock()

    def warm(self) -> None:
        """See that one is there, so that the first work does not wait for it."""
        self._keep(self._take())

    def run(self, job: Job, work: Callable[..., T], *arguments: object) -> T:
        """``work(*arguments, progress)``; what it reports is ``job``'s, and ``job`` ends it.

        ``work`` is a function of a module; it, ``arguments`` and the result are pickled.
        """
        worker = self._take()
        try:
            result: T = worker.run(job, work, arguments)
        except RequestError:  # an answer as any other
            self._keep(worker)
            raise
        except BaseException:
            worker.end()
            raise
        self._keep(worker)
        return result

    def close(self) -> None:
        """End those that wait."""
        with self._lock:
            idle, self._idle = self._idle, []
        for each in idle:
            each.end()

    def _take(self) -> "_Worker":
        with self._lock:
            while self._idle:
                if (worker := self._idle.pop()).alive:
                    return worker
        return _Worker()

    def _keep(self, worker: "_Worker") -> None:
        with self._lock:
            self._idle.append(worker)


class _Worker:
    """One process, seen from here."""

    def __init__(self) -> None:
        self._pipe, theirs = Pipe()
        try:
            end = theirs.fileno()
            # Its own session: what it starts is ended with it, and no terminal's signal meets it.
            # Its path is ours: "-m" alone would import from whatever folder one stands in.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", __name__, str(end)],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                pass_fds=(end,),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        finally:
            theirs.close()

    @property
    def alive(self) -> bool:
        """Whether nobody ended it while it waited."""
        return self._process.poll() is None

    def run(self, job: Job, work: Callable[..., Any], arguments: tuple[object, ...]) -> Any:
        """Its result; Cancelled if ``job`` was called off meanwhile."""
        with ExitStack() as told:
            tasks: list[tuple[ExitStack, Task]] = []
            try:
                self._pipe.send((dict(os.environ), work, arguments))
                while True:
                    while not self._pipe.poll(_LOOK):
                        job.check()
                    kind, *said = self._pipe.recv()
                    if kind == "task":
                        opened = told.enter_context(ExitStack())
                        tasks.append((opened, opened.enter_context(job.task(*said))))
                    elif kind == "update":
                        tasks[-1][1].update(*said)
                    elif kind == "end":
                        tasks.pop()[0].close()
                    elif kind == "result":
                        return said[0]
                    elif kind == "error":
                        raise said[0]
                    else:
                        raise RuntimeError(said[0])
            except (EOFError, BrokenPipeError, ConnectionResetError) as error:
                status = self._process.wait()
                raise RuntimeError(f"a process for {job.title} ended with {status}") from error

    def end(self) -> None:
        """End it, whatever it does, and what it started."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._pipe.close()


class _Told(Progress):
    """Progress that is told at the other end of the pipe."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    @contextmanager
    def task(self, title: str, total: int | None = None) -> Iterator[Task]:
        self._pipe.send(("task", title, total))
        try:
            yield _Step(self._pipe)
        finally:
            self._pipe.send(("end",))


class _Step:
    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._last = 0.0

    def update(self, done: int | None = None, note: str = "", total: int | None = None) -> None:
        now = time.monotonic()
        if now - self._last >= _TELL:
            self._last = now
            self._pipe.send(("update", done, note, total))


def _serve(pipe: Connection) -> None:
    """Do what comes through ``pipe``, one after the other, until it is closed."""
    threading.Thread(target=_end_with, args=(pipe.fileno(),), daemon=True).start()
    import_module("reviewtool.tui.compared")  # most of what will be asked for
    while True:
        try:
            environment, work, arguments = pipe.recv()
        except EOFError:
            return
        os.environ.clear()
        os.environ.update(environment)
        try:
            pipe.send(("result", work(*arguments, _Told(pipe))))
        except RequestError as error:
            pipe.send(("error", error))
        except Exception:  # noqa: BLE001 - told at the other end, which raises it
            pipe.send(("fault", traceback.format_exc()))


def _end_with(descriptor: int) -> None:
    """End this process when the other one has ended, also in the middle of work."""
    watched = select.poll()
    watched.register(descriptor, select.POLLRDHUP)
    watched.poll()
    os._exit(0)


if __name__ == "__main__":
    _serve(Connection(int(sys.argv[1])))

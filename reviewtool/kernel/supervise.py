# SPDX-License-Identifier: GPL-2.0-or-later
"""Running a command in a sandbox to its end, whatever it does.

Limits of the kernel's own (``setrlimit``) hold per process, so what all of them use together is
looked at from outside, a few times a second: private memory, number of processes, growth of the
writable folders, free memory of the machine. Whatever ends a run, nothing of it survives.
"""

import contextlib
import fcntl
import os
import select
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from reviewtool.kernel import usage
from reviewtool.kernel.enclose import started
from reviewtool.kernel.sandbox import Limits, View

Ended = Literal["exited", "time", "output", "memory", "processes", "disk", "cancelled"]

_TICK = 0.2  # seconds between two looks at what the sandbox uses
_DISK_TICK = 2.0
_LEAST_FREE = 256 << 20  # of the machine's memory, before the sandbox is stopped
_PIPE = 1 << 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a sandboxed command ended."""

    ended: Ended
    status: int  # as a shell gives it: 128 + signal for a process killed by one
    seconds: float

    def reason(self, limits: Limits) -> str:
        """What stopped the command, in words; empty if it ended by itself."""
        return {
            "exited": "",
            "cancelled": "cancelled",
            "time": f"not finished after {limits.seconds:g} s",
            "output": f"more than {limits.output >> 10} KiB of output",
            "memory": f"more than {limits.memory >> 20} MiB of memory used",
            "processes": f"more than {limits.processes} processes started",
            "disk": f"more than {limits.disk >> 20} MiB written to disk",
        }[self.ended]


def ignore(line: str) -> None:
    """What to do with a line nobody asked for."""
    del line


def run(
    view: View,
    command: list[str],
    limits: Limits,
    *,
    log: Path,
    on_line: Callable[[str], None] = ignore,
    chdir: str = "/",
    cancel: threading.Event | None = None,
    open_input: bool = False,
    stdin: int | None = None,
) -> Outcome:
    """Run ``command`` in ``view`` within ``limits``, its output appended to ``log``.

    Output and errors are one stream, as a console is. ``on_line`` gets every line in order,
    without its end, in the calling thread; what it raises ends the run and is raised here.
    Standard input is the descriptor ``stdin``; without one it is empty, or with ``open_input`` a
    pipe in which nothing ever comes.
    """
    begin = time.monotonic()
    if stdin is None:
        stdin = subprocess.PIPE if open_input else subprocess.DEVNULL
    with started(view, command, limits, chdir=chdir, stdin=stdin) as (process, root):
        output = process.stdout
        assert output is not None  # noqa: S101 - for the type checker: it is a pipe
        watch = Watch(root, limits, view.writable(), cancel)
        with log.open("ab") as file:
            ended = _pump(process, output, file, on_line, watch)
    code = process.returncode
    return Outcome(ended, code if code >= 0 else 128 - code, time.monotonic() - begin)


def _pump(
    process: subprocess.Popen[bytes],
    output: IO[bytes],
    log: IO[bytes],
    on_line: Callable[[str], None],
    watch: "Watch",
) -> Ended:
    """Pass the output on until the command ends or has to be ended."""
    descriptor = output.fileno()
    with contextlib.suppress(PermissionError):  # over the user's quota: only slower
        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE)
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    pending, seen, streaming = b"", 0, True
    while True:
        if streaming and poll.poll(_TICK * 1000):
            piece = os.read(descriptor, 1 << 16)
            streaming = bool(piece)
            log.write(piece)
            log.flush()
            seen += len(piece)
            *lines, pending = (pending + piece).split(b"\n")
            for line in lines:
                on_line(_text(line))
        if not streaming:
            if pending:
                on_line(_text(pending))
                pending = b""
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_TICK)
                return "exited"
        if (exceeded := watch.exceeded(seen)) is not None:
            return exceeded


def _text(line: bytes) -> str:
    return line.rstrip(b"\r").decode("utf-8", "replace")


class Watch:
    """What all processes of one sandbox use together, looked at every now and then."""

    def __init__(
        self,
        root: int,
        limits: Limits,
        folders: tuple[Path, ...],
        cancel: threading.Event | None,
    ) -> None:
        self._root = root
        self._limits = limits
        self._folders = folders
        self._cancel = cancel
        self._start = time.monotonic()
        self._next = self._start + _TICK
        self._next_disk = self._start + _DISK_TICK
        self._disk = sum(map(usage.disk, folders))
        self._scarce = usage.free_memory() < 2 * _LEAST_FREE  # then it is not the sandbox's doing

    def exceeded(self, output: int) -> Ended | None:
        """The limit that was passed, if one was, by now and with ``output`` bytes written."""
        now = time.monotonic()
        if output > self._limits.output:
            return "output"
        if now - self._start > self._limits.seconds:
            return "time"
        if self._cancel is not None and self._cancel.is_set():
            return "cancelled"
        if now < self._next:
            return None
        pids = usage.tree(self._root)
        if len(pids) > self._limits.processes:
            return "processes"
        if sum(map(usage.private_memory, pids)) > self._limits.memory or (
            not self._scarce and usage.free_memory() < _LEAST_FREE
        ):
            return "memory"
        if self._folders and now > self._next_disk:
            if sum(map(usage.disk, self._folders)) - self._disk > self._limits.disk:
                return "disk"
            taken = time.monotonic() - now
            self._next_disk = now + max(_DISK_TICK, 20 * taken)  # many files take long to count
        self._next = time.monotonic() + _TICK
        return None

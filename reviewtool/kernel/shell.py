# SPDX-License-Identifier: GPL-2.0-or-later
"""A shell inside a revision's kernel, on the terminal of the person who asked for it.

What the guest prints reaches the terminal as it is, or no shell could be used; it gets no other
hold on it: the guest's terminal is a pseudo-terminal of its own.
"""

import os
import pty
import select
import shutil
import signal
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType

from reviewtool.errors import InputError
from reviewtool.kernel.boot import GuestJob, GuestLimits, staged
from reviewtool.kernel.enclose import started
from reviewtool.kernel.processors import pinned
from reviewtool.kernel.supervise import Watch

_TICK = 0.2
_DAY = 24 * 3600.0
_SHELL = ("/bin/bash", "--norc", "--noprofile", "-i")


def shell(
    kernel: Path,
    job: GuestJob | None = None,
    limits: GuestLimits | None = None,
    *,
    title: str = "guest",
    trusted: bool = False,
) -> int:
    """Boot ``kernel`` into a shell, or into ``job``, and stay until it ends; the exit status of
    the kernel: 0 when it was left, 134 when the kernel panicked.

    Raises :class:`InputError` without a terminal.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise InputError("a shell needs a terminal", "standard input", "run it from one")
    size = shutil.get_terminal_size()
    usual = GuestJob(_SHELL, environment={"PS1": f"{title}:\\w\\$ ", "TERM": _terminal()})
    wanted = replace(job or usual, terminal=(size.lines, size.columns))
    limits = limits or GuestLimits(seconds=_DAY, memory=256, output=1 << 40)
    within = limits.sandbox()
    master, slave = pty.openpty()
    try:
        termios.tcsetwinsize(slave, (size.lines, size.columns))
        tty.setraw(slave)
        with (
            staged(kernel, wanted, limits, ("quiet",), trusted=trusted) as (inside, command),
            pinned() as pin,
            started(inside, command, within, stdin=slave, stdout=slave) as (process, root),
            _raw(sys.stdin.fileno()),
            _following_size(master),
        ):
            pin.release()
            watch = Watch(root, within, (), None)
            while process.poll() is None and watch.exceeded(0) is None:
                _copy(master)
            _copy(master)  # its last words
    finally:
        os.close(slave)
        os.close(master)
    return process.returncode


def _terminal() -> str:
    return os.environ.get("TERM", "linux")


def _copy(master: int) -> None:
    """Pass on what came from either side within a moment."""
    source, sink = sys.stdin.fileno(), sys.stdout.fileno()
    ready, _, _ = select.select([master, source], [], [], _TICK)
    if master in ready:
        _write(sink, os.read(master, 1 << 16))
    if source in ready:
        _write(master, os.read(source, 1 << 12))


def _write(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]


@contextmanager
def _raw(descriptor: int) -> Iterator[None]:
    """The terminal passes on every key, and is given back as it was."""
    before = termios.tcgetattr(descriptor)
    tty.setraw(descriptor)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, before)


@contextmanager
def _following_size(master: int) -> Iterator[None]:
    def follow(number: int, frame: FrameType | None) -> None:
        del number, frame
        size = shutil.get_terminal_size()
        termios.tcsetwinsize(master, (size.lines, size.columns))

    before = signal.signal(signal.SIGWINCH, follow)
    try:
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)

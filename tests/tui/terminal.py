# SPDX-License-Identifier: GPL-2.0-or-later
"""The real program on a real terminal: a pseudo terminal, its bytes, and what it leaves behind."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

_PATIENCE = 60.0  # seconds until something that must be shown counts as missing
_ESCAPES = re.compile(
    rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_]|P.*?\x1b\\)"
)


class Terminal:
    """``reviewtool tui`` with ``arguments`` in a session of its own, as a terminal starts it."""

    def __init__(
        self, arguments: list[str], environment: Mapping[str, str], size: tuple[int, int]
    ) -> None:
        self.pid, self._end = pty.fork()
        if not self.pid:
            words = [sys.executable, "-m", "reviewtool", "tui", *arguments]
            os.execve(sys.executable, words, {**os.environ, **environment})  # noqa: S606 - no shell: meant
        self.output = b""
        self.status: int | None = None
        self.resize(*size)

    @property
    def text(self) -> str:
        """All that was written, without what moves and colours it."""
        return _ESCAPES.sub(b"", self.output).decode("utf-8", "replace")

    def resize(self, columns: int, lines: int) -> None:
        """As a window manager does."""
        fcntl.ioctl(self._end, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGWINCH)

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._end, keys.encode())

    def until(self, wanted: str, since: int = 0) -> int:
        """Read until ``wanted`` is written after byte ``since``; where reading has come to."""
        until = time.monotonic() + _PATIENCE
        while wanted not in _ESCAPES.sub(b"", self.output[since:]).decode("utf-8", "replace"):
            assert time.monotonic() < until, f"never shown: {wanted}\n{self.text[-3000:]}"
            assert self._read(0.1), f"ended without showing: {wanted}\n{self.text[-3000:]}"
        return len(self.output)

    def insist(self, key: str, wanted: str) -> None:
        """Type ``key``, again every two seconds, until ``wanted`` is written: a key that comes
        while a screen is being filled for the first time is lost."""
        until = time.monotonic() + _PATIENCE
        since = len(self.output)
        while wanted not in _ESCAPES.sub(b"", self.output[since:]).decode("utf-8", "replace"):
            assert time.monotonic() < until, f"never shown: {wanted}\n{self.text[-3000:]}"
            self.press(key)
            again = time.monotonic() + 2
            while time.monotonic() < again and self._read(0.1):
                pass

    def _read(self, seconds: float) -> bool:
        """Take what is there; whether the other side is still open."""
        ready, _, _ = select.select([self._end], [], [], seconds)
        if not ready:
            return True
        try:
            piece = os.read(self._end, 1 << 16)
        except OSError:  # EIO: nobody has the other side open any more
            return False
        self.output += piece
        return bool(piece)

    def ended(self) -> int:
        """Wait for its end; the exit status, as a shell gives it."""
        until = time.monotonic() + _PATIENCE
        while self.status is None:
            assert time.monotonic() < until, f"does not end\n{self.text[-3000:]}"
            if self._end >= 0:
                self._read(0.05)
            else:
                time.sleep(0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        while self._end >= 0 and self._read(0):
            if not select.select([self._end], [], [], 0)[0]:
                break
        return self.status

    def close(self) -> None:
        """Close the window: the terminal hangs up."""
        os.close(self._end)
        self._end = -1

    def family(self) -> set[int]:
        """All processes it started that still run, whatever session they are in."""
        return descendants(self.pid)

    def put_away(self) -> None:
        """Leave nothing behind, whatever the test came to."""
        for pid in (*self.family(), self.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self.status is None:
            os.waitpid(self.pid, 0)
        if self._end >= 0:
            os.close(self._end)


def descendants(root: int) -> set[int]:
    """The children of a process and theirs."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                parents[int(entry.name)] = int(fields[1])
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {root}


@contextlib.contextmanager
def terminal(
    *arguments: str, size: tuple[int, int] = (80, 24), **environment: str
) -> Iterator[Terminal]:
    """A terminal with the program in it, for as long as the context lasts."""
    opened = Terminal(list(arguments), {"TERM": "xterm-256color", **environment}, size)
    try:
        yield opened
    finally:
        opened.put_away()

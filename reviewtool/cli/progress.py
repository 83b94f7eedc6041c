# SPDX-License-Identifier: GPL-2.0-or-later
"""Progress on standard error: a moving line on a terminal, now and then a line elsewhere."""

import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from reviewtool.progress import SILENT, Progress, Task
from reviewtool.text import visible_line

_FIRST = 2.0  # seconds of work before a line is printed: quicker work needs no words
_EVERY = 10.0  # seconds between lines where there is no terminal
_REDRAW = 0.2  # seconds between redraws on one


class _Line:
    """One task's line.  A thread draws it, so that it moves also while the work says nothing."""

    def __init__(self, title: str, total: int | None, terminal: bool) -> None:
        self._title = title
        self._total = total
        self._terminal = terminal
        self._done: int | None = None
        self._note = ""
        self._start = time.monotonic()
        self._over = threading.Event()
        self._drawer = threading.Thread(target=self._draw, name=f"progress {title}", daemon=True)
        self._drawer.start()

    def update(self, done: int | None = None, note: str = "", total: int | None = None) -> None:
        self._done = done if done is not None else self._done
        self._total = total if total is not None else self._total
        self._note = note or self._note

    def close(self) -> None:
        self._over.set()
        self._drawer.join()
        if self._terminal:
            sys.stderr.write("\r\x1b[K")
        took = time.monotonic() - self._start
        if took >= _FIRST:
            sys.stderr.write(f"{self._title}: {took:.1f} s\n")
        sys.stderr.flush()

    def _draw(self) -> None:
        wait = _REDRAW if self._terminal else _FIRST
        while not self._over.wait(wait):
            if self._terminal:
                width = shutil.get_terminal_size().columns - 1
                sys.stderr.write(f"\r\x1b[K{self._text()[:width]}")
            else:
                sys.stderr.write(self._text() + "\n")
                wait = _EVERY
            sys.stderr.flush()

    def _text(self) -> str:
        text = self._title
        if self._done is not None:
            text += f" {self._done}" + (f"/{self._total}" if self._total else "")
        text += f" {time.monotonic() - self._start:.0f} s"
        return f"{text} {visible_line(self._note)}" if self._note else text


class _Lines:
    def __init__(self, terminal: bool) -> None:
        self._terminal = terminal

    @contextmanager
    def task(self, title: str, total: int | None = None) -> Iterator[Task]:
        line = _Line(visible_line(title), total, self._terminal)
        try:
            yield line
        finally:
            line.close()


def progress(quiet: bool) -> Progress:
    """Where a command reports: nowhere if ``quiet``, else on standard error."""
    return SILENT if quiet else _Lines(sys.stderr.isatty())

# SPDX-License-Identifier: GPL-2.0-or-later
"""How long work tells the faces how far it is, without knowing any face."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Cancelled(Exception):  # noqa: N818 - what happened, not a mistake
    """Raised out of long work that was asked to stop; nothing of it is left half done."""


class Task(Protocol):
    """One piece of long work."""

    def update(self, done: int | None = None, note: str = "", total: int | None = None) -> None:
        """``done`` units of ``total`` are finished; ``note`` says what is being worked on."""


class Progress(Protocol):
    """Where long work reports."""

    def task(self, title: str, total: int | None = None) -> AbstractContextManager[Task]:
        """Open a piece of work of ``total`` units, or of unknown length."""


class _SilentTask:
    def update(self, done: int | None = None, note: str = "", total: int | None = None) -> None:
        pass


class _Silent:
    @contextmanager
    def task(self, title: str, total: int | None = None) -> Iterator[Task]:
        del title, total
        yield _SilentTask()


SILENT: Progress = _Silent()

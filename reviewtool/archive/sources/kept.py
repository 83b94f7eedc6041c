# SPDX-License-Identifier: GPL-2.0-or-later
"""An archive whose answers are kept: nothing is fetched twice, and offline is a normal state."""

import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from reviewtool.archive.sources.types import Archive
from reviewtool.archive.store import data_root, keep_thread, thread_mails
from reviewtool.cache import digest
from reviewtool.errors import InputError, Unavailable

_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    archive TEXT, question TEXT, thread TEXT, asked REAL, PRIMARY KEY (archive, question)
)
"""


@dataclass(frozen=True)
class Kept:
    """``archive``, asked only what was never asked before, or everything anew if ``refresh``.

    ``offline`` asks nothing at all: what is not kept is :class:`Unavailable`.
    """

    archive: Archive
    refresh: bool = False
    offline: bool = False

    @property
    def name(self) -> str:
        """The archive's own name."""
        return self.archive.name

    def thread(self, message_id: str) -> tuple[bytes, ...]:
        """The thread ``message_id`` is in."""
        return self._kept(f"thread {message_id}", lambda: self.archive.thread(message_id))

    def titled(self, titles: Sequence[str]) -> tuple[bytes, ...]:
        """The threads that hold a mail with one of ``titles``."""
        question = f"titled {digest(*sorted(titles))}"
        return self._kept(question, lambda: self.archive.titled(titles))

    def changed_by(self, change_id: str) -> tuple[bytes, ...]:
        """The threads that carry ``change-id: …``."""
        return self._kept(f"change-id {change_id}", lambda: self.archive.changed_by(change_id))

    def _kept(self, question: str, ask: Callable[[], tuple[bytes, ...]]) -> tuple[bytes, ...]:
        known = None if self.refresh else _look_up(self.name, question)
        if known is not None:
            return thread_mails(known) if known else ()
        if self.offline:
            raise Unavailable(
                f"{question} is not stored and this is offline",
                self.name,
                "run it again without --offline",
            )
        mails = ask()
        # Nothing found is kept too, but asked again with --refresh like all else.
        _note(self.name, question, keep_thread(mails) if mails else "")
        return mails


def _database() -> Path:
    folder = data_root()
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "answers.sqlite"


def _look_up(archive: str, question: str) -> str | None:
    with closing(_connect()) as database:
        row = database.execute(
            "SELECT thread FROM answers WHERE archive = ? AND question = ?", [archive, question]
        ).fetchone()
    return str(row[0]) if row else None


def _note(archive: str, question: str, thread: str) -> None:
    with closing(_connect()) as database, database:
        database.execute(
            "REPLACE INTO answers VALUES (?, ?, ?, ?)", [archive, question, thread, time.time()]
        )


def _connect() -> sqlite3.Connection:
    path = _database()
    try:
        database = sqlite3.connect(path, timeout=30)
        database.execute(_SCHEMA)
    except sqlite3.Error as error:
        raise InputError(
            f"cannot be used: {error}", str(path), "delete it and fetch anew"
        ) from error
    return database

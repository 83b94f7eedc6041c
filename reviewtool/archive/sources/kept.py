# SPDX-License-Identifier: GPL-2.0-or-later
"""An archive whose answers are kept: nothing is fetched twice, and offline is a normal state."""

import re
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from reviewtool.archive.sources.types import Archive
from reviewtool.archive.store import data_root, keep_thread, thread_mails
from reviewtool.errors import InputError, Unavailable

_ID = re.compile(rb"^message-id:\s*<([^<>\s]+)>", re.MULTILINE | re.IGNORECASE)
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
        return self._kept([f"thread {message_id}"], lambda _: self.archive.thread(message_id))

    def titled(self, titles: Sequence[str]) -> tuple[bytes, ...]:
        """The threads that hold a mail with one of ``titles``."""
        named = {f"titled {title}": title for title in titles}
        return self._kept(
            list(named), lambda open_: self.archive.titled([named[key] for key in open_])
        )

    def changed_by(self, change_id: str) -> tuple[bytes, ...]:
        """The threads that carry ``change-id: …``."""
        question = f"change-id {change_id}"
        return self._kept([question], lambda _: self.archive.changed_by(change_id))

    def complaints(self) -> tuple[str, ...]:
        """The archive's own."""
        return self.archive.complaints()

    def _kept(
        self, questions: Sequence[str], ask: Callable[[list[str]], tuple[bytes, ...]]
    ) -> tuple[bytes, ...]:
        """The kept answers to ``questions``, and what ``ask`` gives to those still open."""
        known = {} if self.refresh else _look_up(self.name, questions)
        mails = [
            mail for name in dict.fromkeys(known.values()) if name for mail in thread_mails(name)
        ]
        open_ = [question for question in questions if question not in known]
        if not open_:
            return tuple(mails)
        if self.offline:
            more = f" and {len(open_) - 1} more" if len(open_) > 1 else ""
            raise Unavailable(
                f"“{open_[0]}”{more} was never asked and this is offline",
                self.name,
                "run it again without --offline",
            )
        fresh = ask(open_)
        # Nothing found is kept too, but asked again with --refresh like all else. Answers are
        # whole threads: who asks for another mail of one has it already.
        answered = {*open_, *(f"thread {key}" for key in map(_message_id, fresh) if key)}
        _note(self.name, answered, keep_thread(fresh) if fresh else "")
        return (*mails, *fresh)


def _message_id(mail: bytes) -> str:
    match = _ID.search(mail.partition(b"\n\n")[0])
    return match.group(1).decode("ascii", "replace") if match else ""


def _database() -> Path:
    folder = data_root()
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "answers.sqlite"


def _look_up(archive: str, questions: Sequence[str]) -> dict[str, str]:
    query = "SELECT thread FROM answers WHERE archive = ? AND question = ?"
    with closing(_connect()) as database:
        rows = {key: database.execute(query, [archive, key]).fetchone() for key in questions}
    return {key: str(row[0]) for key, row in rows.items() if row}


def _note(archive: str, questions: Iterable[str], thread: str) -> None:
    now = time.time()
    with closing(_connect()) as database, database:
        database.executemany(
            "REPLACE INTO answers VALUES (?, ?, ?, ?)",
            [(archive, question, thread, now) for question in questions],
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

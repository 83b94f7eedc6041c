# SPDX-License-Identifier: GPL-2.0-or-later
"""A public-inbox v2 inbox on disk: bare repositories with one commit a mail, its text in ``m``.

An index of ids, parents and titles is kept in the cache and continued where it ended; the mails
themselves are read out of git when asked for.
"""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from reviewtool import cache
from reviewtool.archive.mail import parse_mail
from reviewtool.errors import InputError
from reviewtool.process import run, sealed_env
from reviewtool.progress import SILENT, Progress

_SCHEMA = """
CREATE TABLE IF NOT EXISTS mails (blob TEXT, epoch TEXT, id TEXT, title TEXT, change_id TEXT);
CREATE TABLE IF NOT EXISTS parents (id TEXT, parent TEXT);
CREATE TABLE IF NOT EXISTS lost (blob TEXT, epoch TEXT);
CREATE TABLE IF NOT EXISTS heads (epoch TEXT PRIMARY KEY, head TEXT);
CREATE INDEX IF NOT EXISTS mails_id ON mails (id);
CREATE INDEX IF NOT EXISTS mails_title ON mails (title);
CREATE INDEX IF NOT EXISTS mails_change ON mails (change_id);
CREATE INDEX IF NOT EXISTS parents_id ON parents (id);
CREATE INDEX IF NOT EXISTS parents_parent ON parents (parent);
"""
_CHANGE_ID = re.compile(r"^change-id:[ \t]*(\S+)", re.MULTILINE | re.IGNORECASE)
_BATCH = 2000
_AT_ONCE = 512


@dataclass(frozen=True)
class Inbox:
    """The ``epochs`` of one inbox, indexed in the database ``index``."""

    name: str
    epochs: tuple[Path, ...]
    index: Path

    def thread(self, message_id: str) -> tuple[bytes, ...]:
        """The thread ``message_id`` is in."""
        return self._threads([message_id])

    def titled(self, titles: Sequence[str]) -> tuple[bytes, ...]:
        """The threads that hold a mail with one of ``titles``."""
        marks = ",".join("?" * len(titles))
        words = [_plain(title) for title in titles]
        return self._threads(self._ids(f"SELECT id FROM mails WHERE title IN ({marks})", words))  # noqa: S608 - only marks

    def changed_by(self, change_id: str) -> tuple[bytes, ...]:
        """The threads that carry ``change-id: …``."""
        return self._threads(self._ids("SELECT id FROM mails WHERE change_id = ?", [change_id]))

    def complaints(self) -> tuple[str, ...]:
        """What makes its answers less than whole: mails git lists and does not have."""
        with closing(sqlite3.connect(self.index)) as database:
            (lost,) = database.execute("SELECT count(*) FROM lost").fetchone()
        return (f"{self.name}: {lost} of its mails cannot be read from git",) if lost else ()

    def _ids(self, query: str, values: Sequence[str]) -> list[str]:
        with closing(sqlite3.connect(self.index)) as database:
            return [str(row[0]) for row in database.execute(query, values)]

    def _threads(self, ids: Sequence[str]) -> tuple[bytes, ...]:
        with closing(sqlite3.connect(self.index)) as database:
            wanted = _connected(database, ids)
            rows = [
                row
                for key in wanted
                for row in database.execute("SELECT epoch, blob FROM mails WHERE id = ?", [key])
            ]
        found: list[bytes] = []
        for epoch in self.epochs:
            blobs = [blob for place, blob in rows if place == str(epoch)]
            found.extend(content for _, content in _contents(epoch, blobs) if content is not None)
        return tuple(found)


def is_inbox(path: Path) -> bool:
    """Whether ``path`` is an epoch (a bare repository) or a v2 inbox with epochs in ``git/``."""
    return bool(_epochs(path))


def open_inbox(path: Path, *, progress: Progress = SILENT) -> Inbox:
    """The inbox at ``path``, its index brought up to date."""
    epochs = _epochs(path)
    if not epochs:
        raise InputError("is no public-inbox", str(path), "name an epoch (N.git) or a v2 inbox")
    key = cache.digest("epoch-1", *(str(epoch.resolve()) for epoch in epochs))
    inbox = Inbox(str(path), epochs, cache.folder("epochs") / f"{key[:32]}.sqlite")
    try:
        with closing(sqlite3.connect(inbox.index)) as database:
            database.executescript(_SCHEMA)
            for epoch in epochs:
                _catch_up(database, epoch, progress)
    except sqlite3.DatabaseError as error:
        raise InputError(
            f"its index cannot be used: {error}", str(inbox.index), "delete that file"
        ) from error
    return inbox


def epoch_mails(epoch: Path, blobs: Sequence[str] | None = None) -> Iterator[bytes]:
    """The raw mails of one epoch, oldest first, or those named; what git lacks is left out."""
    chosen = _blobs(epoch, "HEAD") if blobs is None else blobs
    for _, content in _contents(epoch, chosen):
        if content is not None:
            yield content


def _epochs(path: Path) -> tuple[Path, ...]:
    def bare(folder: Path) -> bool:
        return (folder / "HEAD").is_file() and (folder / "objects").is_dir()

    if bare(path):
        return (path,)
    if bare(path / ".git"):
        return (path / ".git",)
    found = [folder for folder in (path / "git").glob("*.git") if bare(folder)]
    return tuple(sorted(found, key=lambda folder: (len(folder.name), folder.name)))


def _catch_up(database: sqlite3.Connection, epoch: Path, progress: Progress) -> None:
    head = _git(epoch, "rev-parse", "--verify", "HEAD").decode().strip()
    row = database.execute("SELECT head FROM heads WHERE epoch = ?", [str(epoch)]).fetchone()
    if row and row[0] == head:
        return
    old = row[0] if row and _is_ancestor(epoch, row[0], head) else None
    if row and not old:  # history was rewritten: what is gone must not be found again
        _forget(database, epoch)
    blobs = _blobs(epoch, f"{old}..{head}" if old else head)
    known = {
        blob
        for table in ("mails", "lost")
        for (blob,) in database.execute(
            f"SELECT blob FROM {table} WHERE epoch = ?",  # noqa: S608 - two fixed names
            [str(epoch)],
        )
    }
    fresh = [blob for blob in dict.fromkeys(blobs) if blob not in known]
    with progress.task(f"indexing {epoch}", total=len(fresh)) as task:
        for start in range(0, len(fresh), _BATCH):
            with database:  # a batch at a time: who interrupts it loses little
                for blob, content in _contents(epoch, fresh[start : start + _BATCH]):
                    if content is None:
                        database.execute("INSERT INTO lost VALUES (?, ?)", [blob, str(epoch)])
                    else:
                        _add(database, str(epoch), blob, content)
            task.update(done=min(start + _BATCH, len(fresh)))
    with database:
        database.execute("REPLACE INTO heads VALUES (?, ?)", [str(epoch), head])


def _forget(database: sqlite3.Connection, epoch: Path) -> None:
    with database:
        database.execute("DELETE FROM mails WHERE epoch = ?", [str(epoch)])
        database.execute("DELETE FROM lost WHERE epoch = ?", [str(epoch)])


def _add(database: sqlite3.Connection, epoch: str, blob: str, content: bytes) -> None:
    mail = parse_mail(content)
    change = _CHANGE_ID.search(mail.body)
    row = [_storable(text) for text in (blob, epoch, mail.message_id, _plain(mail.subject.title))]
    database.execute(
        "INSERT INTO mails VALUES (?, ?, ?, ?, ?)",
        [*row, _storable(change.group(1)) if change and not mail.subject.reply else ""],
    )
    database.executemany(
        "INSERT INTO parents VALUES (?, ?)",
        [(_storable(mail.message_id), _storable(parent)) for parent in mail.parents],
    )


def _connected(database: sqlite3.Connection, ids: Sequence[str]) -> list[str]:
    """``ids`` and all ids connected with them by In-Reply-To and References."""
    found = dict.fromkeys(ids)
    waiting = list(found)
    while waiting:
        key = waiting.pop()
        rows = database.execute(
            "SELECT parent FROM parents WHERE id = ? UNION SELECT id FROM parents WHERE parent = ?",
            [key, key],
        )
        for (other,) in rows:
            if other not in found:
                found[other] = None
                waiting.append(other)
    return list(found)


def _contents(epoch: Path, blobs: Sequence[str]) -> Iterator[tuple[str, bytes | None]]:
    """Each blob with its content, None if the repository lists it and does not have it."""
    for start in range(0, len(blobs), _AT_ONCE):
        some = blobs[start : start + _AT_ONCE]
        answer = _git(epoch, "cat-file", "--batch", stdin="\n".join(some).encode() + b"\n")
        yield from _split_batch(answer, some)


def _split_batch(answer: bytes, blobs: Sequence[str]) -> Iterator[tuple[str, bytes | None]]:
    position = 0
    for blob in blobs:
        end = answer.index(b"\n", position)
        words = answer[position:end].split()
        if len(words) != 3:  # "<blob> missing"
            yield blob, None
            position = end + 1
            continue
        size = int(words[2])
        yield blob, answer[end + 1 : end + 1 + size]
        position = end + 1 + size + 1


def _blobs(epoch: Path, commits: str) -> list[str]:
    """The blobs ``m`` of a range of commits, oldest first; commits without one took a mail out."""
    listing = _git(
        epoch, "log", "--reverse", "--format=", "--raw", "--no-abbrev", "--root", commits
    )
    found: list[str] = []
    for line in listing.decode("utf-8", "replace").splitlines():
        words = line.split()
        if len(words) >= 6 and words[5] == "m" and words[4][0] in "AM":
            found.append(words[3])
    return found


def _is_ancestor(epoch: Path, old: str, new: str) -> bool:
    argv = ["git", f"--git-dir={epoch}", "merge-base", "--is-ancestor", old, new]
    return run(argv, env=sealed_env(cache.root())).returncode == 0


def _git(epoch: Path, *words: str, stdin: bytes = b"") -> bytes:
    done = run(["git", f"--git-dir={epoch}", *words], stdin=stdin, env=sealed_env(cache.root()))
    if done.returncode:
        raise InputError(f"git cannot read it: {done.complaint}", str(epoch), "fetch it anew")
    return done.stdout


def _plain(title: str) -> str:
    return " ".join(title.lower().split())


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()

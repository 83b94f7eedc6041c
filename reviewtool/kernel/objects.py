# SPDX-License-Identifier: GPL-2.0-or-later
"""The object folder that builds share: one user at a time, whole after any interruption.

Whatever lies in it was written by a revision's build: it is read as data, never through a link,
and nothing of ours is written into it.
"""

import contextlib
import os
import re
import stat
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from reviewtool import lock
from reviewtool.errors import InputError
from reviewtool.progress import Progress

_COUNTABLE = 200  # changed files; beyond it nearly everything is compiled again


def locked(
    folder: Path, progress: Progress, cancel: threading.Event | None = None
) -> AbstractContextManager[bool]:
    """Hold ``folder`` for this process alone, waiting for whoever has it; False if cancelled."""
    waiting = "waiting for another build with the same object folder"
    return lock.locked(folder / "lock", waiting, progress, cancel)


@contextmanager
def working(folder: Path, objects: Path) -> Iterator[None]:
    """Mark that a build runs; mend first what one that never came to its end has left."""
    mark = folder / "building"
    if mark.exists():
        mend(objects)
    mark.touch()
    yield
    mark.unlink()  # only if the build ended by itself: an exception passes this by


def mend(objects: Path) -> int:
    """Remove targets that may be half-written; their number.

    A killed compiler leaves part of a file that make takes for a whole one. Kbuild writes
    ``.NAME.cmd`` after NAME is complete, so a target newer than that is not to be trusted.
    """
    removed = 0
    for name, command in _commands(objects):
        target = Path(name)
        with contextlib.suppress(FileNotFoundError):
            if target.lstat().st_mtime_ns > command.stat(follow_symlinks=False).st_mtime_ns:
                target.unlink()
                removed += 1
    return removed


def dependents(objects: Path, changed: frozenset[str]) -> int | None:
    """How many targets of an earlier build depend on a file of ``changed``; None if it is many."""
    if len(changed) > _COUNTABLE:
        return None
    if not changed:
        return 0
    names = re.compile(
        rb"/src/(?:" + b"|".join(re.escape(os.fsencode(p)) for p in changed) + rb")\s"
    )
    count = 0
    for _, command in _commands(objects):
        count += bool(names.search(take(Path(command.path), 1 << 22)))
    return count


def _commands(objects: Path) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Every ``.NAME.cmd`` below ``objects``, with the path of the target it belongs to."""
    waiting = [os.fspath(objects)]
    while waiting:
        folder = waiting.pop()
        with contextlib.suppress(FileNotFoundError), os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                elif entry.name.startswith(".") and entry.name.endswith(".cmd"):
                    yield f"{folder}/{entry.name[1:-4]}", entry


def take(path: Path, limit: int) -> bytes:
    """The content of a plain file that a stranger wrote, of at most ``limit`` bytes.

    Raises :class:`InputError` for a link, a device, a pipe or a longer file.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", str(path)) from error
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise InputError("the build left something that is no plain file", str(path))
        if status.st_size > limit:
            raise InputError(f"the build left a file of {status.st_size} bytes", str(path))
        return file.read(limit)

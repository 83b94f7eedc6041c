# SPDX-License-Identifier: GPL-2.0-or-later
"""One at a time, over all processes: whoever else is at it is waited for."""

import fcntl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from reviewtool.progress import Progress

_POLL = 0.1  # seconds between two tries


@contextmanager
def locked(
    file: Path, waiting: str, progress: Progress, cancel: threading.Event | None = None
) -> Iterator[bool]:
    """Hold the lock ``file`` for this process alone; False if cancelled before it was had.

    ``waiting`` tells the user what is waited for. The file stays: to remove it would let a third
    process lock a file of the same name beside it.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as handle:
        if _lock(handle):
            yield True
            return
        with progress.task(waiting):
            while not (had := _lock(handle)) and not (cancel is not None and cancel.is_set()):
                time.sleep(_POLL)
        yield had


def _lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

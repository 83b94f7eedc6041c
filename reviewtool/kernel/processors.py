# SPDX-License-Identifier: GPL-2.0-or-later
"""One processor to a guest. User-Mode Linux hands over to its tracer at every system call and page
fault, which takes a fifth of the time where the two share a processor.
"""

import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

_busy: Counter[int] = Counter()
_lock = threading.Lock()


@contextmanager
def pinned() -> Iterator["Pin"]:
    """Tie the calling thread, and what it starts, to the processor with the fewest guests of ours.
    Where several have as few, another process is likely to choose another.

    :meth:`Pin.release` lets the thread itself run anywhere again; its children stay.
    """
    allowed = os.sched_getaffinity(0)
    with _lock:
        order = sorted(allowed)
        first = os.getpid() % len(order)
        chosen = min(order[first:] + order[:first], key=lambda processor: _busy[processor])
        _busy[chosen] += 1
    pin = Pin(allowed)
    try:
        os.sched_setaffinity(0, {chosen})
        yield pin
    finally:
        pin.release()
        with _lock:
            _busy[chosen] -= 1


class Pin:
    """The calling thread's tie to a processor."""

    def __init__(self, allowed: set[int]) -> None:
        self._allowed: set[int] | None = allowed

    def release(self) -> None:
        """Undo it, once."""
        allowed, self._allowed = self._allowed, None
        if allowed is not None:
            os.sched_setaffinity(0, allowed)

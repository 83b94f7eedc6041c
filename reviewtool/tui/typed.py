# SPDX-License-Identifier: GPL-2.0-or-later
"""Keys in the order they were typed, each handled when what the one before it did is done.

Without this a key that comes while a screen is being filled would act on what is not there yet,
or on the screen before: `D`, Enter, `j` is what somebody types who knows the way.
"""

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING

from textual.events import Key
from textual.screen import Screen

from reviewtool.tui.screens import ReviewScreen

if TYPE_CHECKING:
    from reviewtool.tui.app import ReviewApp

_STILL = 3  # turns of the event loop without a message: what a key did is done
_LOOK = 0.01  # seconds between two looks at what keys wait for
_AT_ONCE = frozenset({"escape", "q", "x", "ctrl+c", "Q", "ctrl+q"})
"""What gives up: keys that wait for long work are dropped by these, which do not wait."""


class Typed:
    """The keys that wait for their turn."""

    def __init__(self, application: "ReviewApp") -> None:
        self._application = application
        self._keys: deque[Key] = deque()
        self._next: Key | None = None
        self.last = 0.0
        """When a key was typed last, as a monotonic clock has it."""
        self._handing: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether a key waits, or is being handled."""
        return self._handing is not None and not self._handing.done()

    @property
    def handing(self) -> bool:
        """Whether one is being handled; those that wait for work are not."""
        return self.busy and not (self._keys and self._works())

    def takes(self, key: Key) -> bool:
        """Whether ``key`` has to wait for its turn; False: now it is its turn."""
        if key is self._next:
            self._next = None
            return False
        self.last = time.monotonic()
        if key.key == "ctrl+j":  # what Enter is until the terminal is ours
            key = Key("enter", "\r")
        if key.key in _AT_ONCE and self._works():
            self._keys.clear()
        self._keys.append(key)
        if not self.busy:
            self._handing = asyncio.create_task(self._hand())
        return True

    async def _hand(self) -> None:
        while self._keys:
            if self._unready(self._keys[0]):
                await asyncio.sleep(_LOOK)
                continue
            self._next = self._keys.popleft()
            self._application.post_message(self._next)
            await self._still()

    def _works(self) -> bool:
        """Whether the first key waits for work, not just for a screen to stand."""
        if not self._keys or not self._unready(self._keys[0]):
            return False
        front = self._front
        return isinstance(front, ReviewScreen) and front.filled

    def _unready(self, key: Key) -> bool:
        front = self._front
        if front is None:
            return True
        if not isinstance(front, ReviewScreen):
            return False
        return not front.filled or (key.key not in _AT_ONCE and front.awaits(key.key))

    @property
    def _front(self) -> Screen[object] | None:
        """The screen in front; None while the first one is on its way."""
        stack = self._application.screen_stack
        return stack[-1] if len(stack) > 1 else None

    async def _still(self) -> None:
        still = 0
        while still < _STILL and self._application.is_running:
            await asyncio.sleep(0)
            still = 0 if self._moving() else still + 1

    def _moving(self) -> bool:
        if self._next is not None:
            return True
        front = self._front
        if front is None:
            return False
        pumps = (self._application, front, *front.walk_children())
        return any(each.message_queue_size for each in pumps)

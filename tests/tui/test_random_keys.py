# SPDX-License-Identifier: GPL-2.0-or-later
"""Somebody leans on the keyboard: two thousand keys, and the application is still there."""

import asyncio
import random
from collections.abc import Callable
from typing import cast

from textual.pilot import Pilot

from reviewtool.review.session import Session
from reviewtool.tui.apart import T, Workers
from reviewtool.tui.app import ReviewApp
from reviewtool.tui.jobs import Job
from tests.tui.conftest import drive, settled, tap

STEPS = 2000
# All keys but those that leave, fetch, start a kernel, or hand the terminal to another program.
KEYS = [*"jkghlGNdDmfntyoraSxq0123456789", "enter", "escape", "escape", "tab", "shift+tab", "space"]
KEYS += ["right_square_bracket", "left_square_bracket", "full_stop", "comma", "backspace"]
KEYS += ["right_curly_bracket", "left_curly_bracket", "question_mark", "slash", "up", "down"]
KEYS += ["left", "right", "home", "end", "pageup", "pagedown", "ctrl+c", "c"]
KEYS += ["ctrl+d", "ctrl+u", "ctrl+f", "ctrl+b"]


class Threads(Workers):
    """Work is done in the thread that asks for it, once: most of it is called off at once here, and
    each time a process would have to be started anew."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[tuple[object, ...], object] = {}

    def warm(self) -> None:
        """There is nothing to start."""

    def run(self, job: Job, work: Callable[..., T], *arguments: object) -> T:
        asked = (work, *arguments[1:])  # the first is the session, the same all along
        if asked not in self._known:
            self._known[asked] = work(*arguments, job)
        return cast("T", self._known[asked])


def test_two_thousand_keys_at_random_are_no_crash(renamed: Session) -> None:
    chance = random.Random(20251130)

    async def use(pilot: Pilot[None]) -> None:
        application = pilot.app
        assert isinstance(application, ReviewApp)
        for number in range(STEPS):
            tap(pilot, chance.choice(KEYS))
            # Not waiting for what a key starts is the point: keys come faster than answers.
            await asyncio.sleep(0)
            if number % 20 == 0:
                await pilot.pause(0)
            if number % 200 == 0:
                await settled(pilot)
            assert application.is_running
        await settled(pilot)

    drive(renamed, use, workers=Threads())

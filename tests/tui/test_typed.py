# SPDX-License-Identifier: GPL-2.0-or-later
"""Keys that are typed faster than screens are filled."""

import time
from collections.abc import Callable

from textual.pilot import Pilot

from reviewtool.review.session import Session
from reviewtool.tui.apart import T, Workers
from reviewtool.tui.app import ReviewApp
from reviewtool.tui.comparison import ComparisonScreen
from reviewtool.tui.jobs import Job
from reviewtool.tui.lineage import LineageScreen
from reviewtool.tui.model import ModelScreen
from reviewtool.tui.revision import RevisionScreen
from reviewtool.tui.rows import Rows
from reviewtool.tui.stepper import StepperScreen
from tests.tui.conftest import WORKERS, drive, settled, tap

SLOW = 0.5


class SlowWorkers(Workers):
    """Work takes its time; where ``ever``, until it is called off."""

    def __init__(self, *, ever: bool = False) -> None:
        super().__init__()
        self._ever = ever

    def warm(self) -> None:
        """None is needed."""

    def run(self, job: Job, work: Callable[..., T], *arguments: object) -> T:
        until = time.monotonic() + SLOW
        while self._ever or time.monotonic() < until:
            job.check()
            time.sleep(0.01)
        return WORKERS.run(job, work, *arguments)


def front(pilot: Pilot[None]) -> type[object]:
    return type(pilot.app.screen)


def type_(pilot: Pilot[None], *keys: str) -> None:
    """All at once, as they come from a terminal somebody types ahead in."""
    for key in keys:
        tap(pilot, key)


def test_keys_wait_for_what_they_act_on(renamed: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        type_(pilot, "D", "enter", "j", "j")
        await settled(pilot)
        stepper = pilot.app.screen
        assert isinstance(stepper, StepperScreen)
        assert stepper.at == 2

    drive(renamed, use, workers=SlowWorkers())


def test_keys_typed_before_there_is_a_screen_are_not_lost(renamed: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        await settled(pilot)
        assert front(pilot) is RevisionScreen
        assert pilot.app.screen.query_one("#list", Rows).at == 1

    # A line feed: what Enter is before the program has the terminal.
    drive(renamed, use, first=("2", "ctrl+j", "right_square_bracket"))


def test_a_key_that_goes_elsewhere_does_not_wait(renamed: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        type_(pilot, "d")
        await settled(pilot, work=False)
        type_(pilot, "m")
        await settled(pilot, work=False)
        assert front(pilot) is ModelScreen
        type_(pilot, "escape", "D")
        await settled(pilot, work=False)
        shown = pilot.app.screen
        assert isinstance(shown, ComparisonScreen)
        assert shown.pair == ("rfc", "v3")
        assert shown.compared is None

    drive(renamed, use, workers=SlowWorkers(ever=True))


def test_escape_gives_up_and_forgets_what_waits(renamed: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        type_(pilot, "d", "enter", "j")
        await settled(pilot, work=False)
        assert front(pilot) is ComparisonScreen
        type_(pilot, "escape")
        await settled(pilot)
        assert front(pilot) is LineageScreen
        assert pilot.app.screen.query_one("#revisions", Rows).at == 3

    drive(renamed, use, workers=SlowWorkers(ever=True))


def test_x_stops_the_work_and_says_so(renamed: Session) -> None:
    async def use(pilot: Pilot[None]) -> None:
        type_(pilot, "d")
        await settled(pilot, work=False)
        type_(pilot, "x")
        await settled(pilot)
        shown = pilot.app.screen
        assert isinstance(shown, ComparisonScreen)
        assert "stopped: comparing v2 with v3" in str(shown.query_one("#doing").render())
        assert not shown.jobs

    drive(renamed, use, workers=SlowWorkers(ever=True))


def test_it_answers_while_work_goes_on(renamed: Session) -> None:
    """In the time of the processor, not the wall's: other tests may run beside this one."""

    async def use(pilot: Pilot[None]) -> None:
        application = pilot.app
        assert isinstance(application, ReviewApp)
        type_(pilot, "m")
        await settled(pilot, work=False)
        for key in ("j", "j", "j", "tab", "question_mark", "escape", "escape"):
            before = time.thread_time()
            type_(pilot, key)
            await settled(pilot, work=False)
            assert time.thread_time() - before < 0.3, key

    drive(renamed, use, (200, 50), workers=SlowWorkers(ever=True))

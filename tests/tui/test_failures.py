# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernels that do not build, do not come up, or die: clear states, and nothing lost."""

from pathlib import Path
from typing import Never

import pytest
from textual.pilot import Pilot

from reviewtool.behaviour.guests import GuestFailed
from reviewtool.errors import Unavailable
from reviewtool.kernel.compiler import Complaint
from reviewtool.kernel.make import BuildFailed
from reviewtool.lineage.fetch import Fetched
from reviewtool.review.session import Session
from reviewtool.review.testing import Failure
from reviewtool.tui.app import ReviewApp
from reviewtool.tui.fetching import FetchScreen
from reviewtool.tui.lineage import LineageScreen
from reviewtool.tui.reading import Pages
from tests.behaviour.pretend import PANIC
from tests.tui import pretended
from tests.tui.conftest import drive, press, settled


def page(pilot: Pilot[None]) -> str:
    return pilot.app.screen.query(Pages).first().plain


def doing(pilot: Pilot[None]) -> str:
    return str(pilot.app.screen.query_one("#doing").render())


def test_a_kernel_that_panics_is_a_finding_with_its_backtrace(
    renamed: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretended.kernels(
        monkeypatch, {"v3": "v3_minor_noalloc"}, deadly=lambda op: op == "continue p0"
    )

    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, "c", "r")
        assert "NOT predicted by the model" in page(pilot)
        assert "mfill_atomic_continue" in page(pilot)
        await press(pilot, "2")
        assert PANIC[0].partition(" in ")[0][:40] in page(pilot)
        await press(pilot, "1", "r")  # and again, as if nothing had happened
        assert "NOT predicted by the model" in page(pilot)

    drive(renamed, use)


def test_a_kernel_that_does_not_compile_shows_the_compilers_words(
    renamed: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    complaint = Complaint("virt/kvm/guest_memfd.c", 12, "implicit declaration of function 'x'")
    error = BuildFailed("v3", "does not compile", (complaint,), Path("/nonexistent/v3.log"))
    monkeypatch.setattr("reviewtool.tui.runs.with_base", lambda session: session)
    monkeypatch.setattr(
        "reviewtool.tui.runs.hold_revision", lambda *_, **__: Failure("v3", "build", error)
    )

    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, "c", "r")
        assert "does not build" in page(pilot)
        assert "virt/kvm/guest_memfd.c:12: implicit declaration of function 'x'" in page(pilot)
        assert "/nonexistent/v3.log" in page(pilot)
        await press(pilot, "3")
        assert "not ok 1" in page(pilot)

    drive(renamed, use)


def test_a_kernel_that_does_not_come_up_says_so(
    renamed: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = GuestFailed("the kernel of v3: no word from it for 15 s", "/nonexistent/console", "")
    monkeypatch.setattr("reviewtool.tui.runs.with_base", lambda session: session)
    monkeypatch.setattr(
        "reviewtool.tui.runs.hold_revision", lambda *_, **__: Failure("v3", "boot", error)
    )

    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, "c", "r")
        assert "no word from it for 15 s" in page(pilot)

    drive(renamed, use)


def test_a_machine_that_cannot_build_says_what_is_missing(
    renamed: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacking(session: Session) -> Never:
        del session
        raise Unavailable("flex is not installed", "", "install flex")

    monkeypatch.setattr("reviewtool.tui.runs.with_base", lacking)

    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, "c", "r")
        assert "flex is not installed" in doing(pilot)

    drive(renamed, use)


def test_a_message_is_fetched_first(renamed: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(message: str, **_: object) -> Fetched:
        assert message == "v3-0@example.org"
        return Fetched(renamed.study, ("v3",), ("the archive said nothing of v4",))

    monkeypatch.setattr("reviewtool.tui.fetching.fetch_message", fetch)

    async def use(pilot: Pilot[None]) -> None:
        application = pilot.app
        assert isinstance(application, ReviewApp)
        application.push_screen(FetchScreen("v3-0@example.org"))
        await settled(pilot)
        assert type(application.screen) is LineageScreen
        assert application.session.study.name == "renamed"

    drive(renamed, use)


def test_a_fetch_that_fails_can_be_tried_again_or_left(
    renamed: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def fetch(message: str, **_: object) -> Never:
        asked.append(message)
        raise Unavailable("no answer", "lore.kernel.org", "try later")

    monkeypatch.setattr("reviewtool.tui.fetching.fetch_message", fetch)

    async def use(pilot: Pilot[None]) -> None:
        pilot.app.push_screen(FetchScreen("x@example.org"))
        await settled(pilot)
        assert "no answer" in page(pilot)
        await press(pilot, "r")
        assert len(asked) == 2
        await press(pilot, "enter")
        assert type(pilot.app.screen) is LineageScreen

    drive(renamed, use)


def test_a_mistake_of_ours_in_a_thread_is_not_swallowed(
    renamed: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(*_: object) -> Never:
        raise ZeroDivisionError("a mistake")

    monkeypatch.setattr("reviewtool.tui.runs.with_base", wrong)

    async def use(pilot: Pilot[None]) -> None:
        await press(pilot, "c", "r")

    with pytest.raises(ZeroDivisionError):
        drive(renamed, use)

# SPDX-License-Identifier: GPL-2.0-or-later
"""Driving the application without a terminal."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from reviewtool.lineage.fetch import fetch_files
from reviewtool.review.session import Session, open_session
from reviewtool.tui.app import ReviewApp

Use = Callable[[Pilot[None]], Awaitable[None]]


@pytest.fixture(scope="session")
def from_mail() -> Session:
    """The embedded study without a tree: nothing to download, build or boot."""
    return open_session("embedded", None)


@pytest.fixture
def november(lore: Path, cache: Path) -> Session:
    """The four postings of November 2025 as mailed, with what reviewers said."""
    del cache
    boxes = [lore / f"rppt-{name}.mbox" for name in ("rfc", "v1", "v2", "v3")]
    return Session(fetch_files(boxes, "november"))


def drive(session: Session, use: Use, size: tuple[int, int] = (80, 24)) -> None:
    """Run the application and hand its pilot to ``use``."""

    async def run() -> None:
        async with ReviewApp(session).run_test(size=size) as pilot:
            await settled(pilot)
            await use(pilot)

    asyncio.run(run())


async def settled(pilot: Pilot[None]) -> None:
    """Wait until no work is under way and everything is drawn."""
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Press keys as a person does: look at what each one does before the next."""
    for key in keys:
        await pilot.press(key)
        await settled(pilot)

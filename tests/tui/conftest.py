# SPDX-License-Identifier: GPL-2.0-or-later
"""Driving the application without a terminal."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Never

import pytest
from textual import events
from textual.pilot import Pilot

from reviewtool import cache as caches
from reviewtool.errors import Unavailable
from reviewtool.lineage.fetch import fetch_files
from reviewtool.lineage.study import load
from reviewtool.progress import Progress
from reviewtool.review.session import Session, open_session
from reviewtool.tui.apart import Workers
from reviewtool.tui.app import ReviewApp
from reviewtool.tui.screens import ReviewScreen
from tests.tui import study

Use = Callable[[Pilot[None]], Awaitable[None]]
SIZES = [(80, 24), (200, 50)]
sizes = pytest.mark.parametrize("size", SIZES, ids=["80x24", "200x50"])

WORKERS = Workers()
"""Shared by all tests: a process that is at hand need not be started."""

_STILL = 12  # turns of the event loop in which nothing happened
_NAMED = {
    "slash": "/",
    "space": " ",
    "full_stop": ".",
    "comma": ",",
    "left_parenthesis": "(",
    "right_parenthesis": ")",
    "underscore": "_",
}


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where these tests keep mail and results: what is read of mail is read once, and no kernel
    tree is at hand, so that every machine shows the same."""
    folder = tmp_path_factory.mktemp("tui")
    (folder / "cache").mkdir()
    for kind in ("am", "revisions", "interface"):
        (folder / "cache" / kind).symlink_to(caches.folder(kind))  # by content: safe to share
    return folder


@pytest.fixture
def apart(home: Path) -> Iterator[Path]:
    """The same, for one test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REVIEWTOOL_CACHE", str(home / "cache"))
        patch.setenv("REVIEWTOOL_DATA", str(home / "data"))
        for name in ("REVIEWTOOL_STUDY", "REVIEWTOOL_TREE", "NO_COLOR", "BROWSER", "DISPLAY"):
            patch.delenv(name, raising=False)
        patch.setenv("TERM", "xterm-256color")
        # All tests of a process share the folder: what one downloads, all later ones would show.
        patch.setattr("reviewtool.tree.debian.source", _no_download)
        yield home


def _no_download(progress: Progress) -> Never:
    del progress
    raise Unavailable("these tests download no kernel")


@pytest.fixture
def embedded(apart: Path) -> Session:
    """The embedded study without a tree: nothing to download, build or boot."""
    del apart
    return open_session("embedded", None)


@pytest.fixture
def renamed(apart: Path) -> Session:
    """The lineage of tests/tui/study.py, fetched from mboxes."""
    path = apart / "data" / "studies" / "renamed.toml"
    if not path.exists():
        boxes = study.write_boxes(apart)
        study.name_models(fetch_files(boxes, "renamed").path)
    return Session(load(path))


@pytest.fixture
def november(apart: Path, lore: Path) -> Session:
    """The four postings of November 2025 as mailed, with what reviewers said."""
    path = apart / "data" / "studies" / "november.toml"
    if not path.exists():
        fetch_files([lore / f"rppt-{name}.mbox" for name in ("rfc", "v1", "v2", "v3")], "november")
    return Session(load(path))


def drive(
    session: Session,
    use: Use,
    size: tuple[int, int] = (80, 24),
    *,
    workers: Workers | None = None,
    first: Sequence[str] = (),
) -> None:
    """Run the application and hand its pilot to ``use``, once it is still.

    ``first`` are keys that are typed before it has drawn anything.
    """
    application = ReviewApp(session, workers=workers or WORKERS)

    async def run() -> None:
        async with application.run_test(size=size) as pilot:
            await settled(pilot)
            await use(pilot)

    async def typing() -> None:
        running = asyncio.create_task(run())
        while not application.is_running:
            await asyncio.sleep(0)
        for key in first:
            application.post_message(_key(key))
        await running

    asyncio.run(typing() if first else run())


async def settled(pilot: Pilot[None], *, work: bool = True) -> None:
    """Wait until no message is waiting, everything is drawn and (``work``) no work under way."""
    application = pilot.app
    assert isinstance(application, ReviewApp)
    still = 0
    while still < _STILL and application.is_running:
        await asyncio.sleep(0.005 if application.under_way else 0)
        still = still + 1 if _quiet(application, work=work) else 0
    await pilot.pause(0)


def _quiet(application: ReviewApp, *, work: bool) -> bool:
    if len(application.screen_stack) < 2:
        return False
    front = application.screen
    if isinstance(front, ReviewScreen) and not front.filled:
        return False
    if application.typed.busy or application.under_way if work else application.typed.handing:
        return False
    return not any(each.message_queue_size for each in (application, front, *front.walk_children()))


def tap(pilot: Pilot[None], key: str) -> None:
    """Press a key, as a terminal reports it."""
    pilot.app.post_message(_key(key))


def _key(key: str) -> events.Key:
    return events.Key(key, key if len(key) == 1 else _NAMED.get(key))


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Press keys as a person does: look at what each one does before the next."""
    for key in keys:
        tap(pilot, key)
        await settled(pilot)

# SPDX-License-Identifier: GPL-2.0-or-later
"""The terminal interface: how soon it is there, how soon it answers, what it takes.

``open`` is from the start of the program on a pseudo terminal to the last row of the matrix.
``answer`` is from a key to the screen it leads to, measured while a model is explored in a thread.
"""

import asyncio
import contextlib
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

from textual import events

from reviewtool.archive.remarks import text_of
from reviewtool.lineage.fetch import fetch_files
from reviewtool.review.lineage import lineage
from reviewtool.review.session import Session, model, open_session
from reviewtool.tui import draw
from reviewtool.tui.app import ReviewApp
from reviewtool.tui.jobs import Job
from reviewtool.tui.reading import Pages
from reviewtool.tui.screens import ReviewScreen
from tests.tui.terminal import terminal

LORE = Path(__file__).resolve().parents[2].parent / "shared" / "lore"
RUNS = 5
LINES = 5000
MIB = 1 << 20


def main() -> None:
    """Print the figures, each the median of some runs; processor time beside the wall's."""
    _open("embedded study", "embedded", "v2-2026" if _embedded_has("v2-2026") else "v3")
    with tempfile.TemporaryDirectory(prefix="reviewtool-bench-") as folder:
        os.environ["REVIEWTOOL_DATA"] = folder
        if LORE.is_dir():
            study = fetch_files(sorted(LORE.glob("*.mbox")), "bench")
            entries = lineage(Session(study))
            mails = sum(len(one.mail.patches) + len(one.mail.replies) + 1 for one in entries)
            told = f"{len(entries)} revisions, {mails} mails"
            _open(told, str(study.path), entries[-1].study.id)
        else:
            print(f"no real mail at {LORE}: not measured on it")
        asyncio.run(_answers(open_session("embedded", None)))


def _embedded_has(name: str) -> bool:
    return name in {one.id for one in open_session("embedded", None).study.revisions}


def _open(told: str, study: str, last: str) -> None:
    walls, cpus = [], []
    memory = 0
    for _ in range(RUNS):
        began = time.monotonic()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with terminal("--study", study) as window:
            window.until(last)
            window.until("hook")
            walls.append(time.monotonic() - began)
            memory = max(memory, _resident(window.pid))
            window.press("Q")
            window.ended()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpus.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    wall, cpu = sorted(walls)[RUNS // 2], sorted(cpus)[RUNS // 2]
    print(f"open {told:28} {wall:6.2f} s  ({cpu:.2f} s of processor, {memory / MIB:.0f} MiB)")


def _resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


async def _answers(session: Session) -> None:
    application = ReviewApp(session)
    async with application.run_test(size=(200, 50)) as pilot:
        await _still(application)
        await _scrolling(application, session)
        for told, busy in (("idle", False), ("while a model is explored", True)):
            job = _explore(application, session) if busy else None
            keys = ("enter", "escape", "D", "escape", "c", "escape", "tab") * 3
            took = [await _answer(application, key) for key in keys]
            if job is not None:
                job.cancel()
            took.sort()
            print(
                f"answer, {told:26} {1000 * took[len(took) // 2]:6.0f} ms median, "
                f"{1000 * took[-1]:.0f} ms at worst of {len(took)} keys"
            )
        await pilot.pause()
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(f"memory of this process, at most     {used / MIB:6.0f} MiB  ({sys.version.split()[0]})")


async def _still(application: ReviewApp) -> None:
    while application.under_way or not getattr(application.screen, "filled", False):
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)


async def _answer(application: ReviewApp, key: str) -> float:
    """Seconds until the key's screen stands, has the focus and is drawn."""
    drawn = asyncio.Event()
    began = time.perf_counter()
    application.post_message(events.Key(key, key if len(key) == 1 else None))
    while application.message_queue_size:
        await asyncio.sleep(0)
    front = application.screen
    while isinstance(front, ReviewScreen) and not front.filled:
        await asyncio.sleep(0.001)
        front = application.screen
    while not drawn.is_set():
        # A screen that closed meanwhile calls nobody: ask the one that is in front now.
        application.screen.call_after_refresh(drawn.set)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(drawn.wait(), 0.2)
    return time.perf_counter() - began


async def _scrolling(application: ReviewApp, session: Session) -> None:
    """A page at a time through a diff of many lines."""
    patches = [patch for entry in lineage(session) for patch in entry.mail.patches]
    lines = [line for patch in patches for line in text_of(patch).split("\n")]
    lines = (lines * (LINES // len(lines) + 1))[:LINES]
    pages = Pages()
    await application.screen.mount(pages)
    began = time.perf_counter()
    pages.show(draw.diff(lines))
    shown = time.perf_counter() - began
    took = []
    for _ in range(100):
        drawn = asyncio.Event()
        began = time.perf_counter()
        pages.action_page_by(1)
        pages.call_after_refresh(drawn.set)
        await drawn.wait()
        took.append(time.perf_counter() - began)
    await pages.remove()
    took.sort()
    print(
        f"diff of {LINES} lines: shown in {1000 * shown:.0f} ms, a page further in "
        f"{1000 * took[50]:.0f} ms median, {1000 * took[-1]:.0f} ms at worst"
    )


def _explore(application: ReviewApp, session: Session) -> Job:
    from refmodel.world import World
    from reviewtool.behaviour.explore import explore

    name = session.study.revisions[0].id
    large = World(pages=3, threads=2, vcpus=1, past_eof=True)
    job = Job("exploring", lambda job: explore(model(session, name), large, progress=job))
    application.begin(job, lambda _: None)
    return job

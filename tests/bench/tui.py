# SPDX-License-Identifier: GPL-2.0-or-later
"""The terminal interface: how soon it is there, how soon it answers, what it takes.

``open`` is from the start of the program on a pseudo terminal to the last row of the matrix.
``answer`` is from a key to the screen it leads to, drawn; also while a model is explored.
"""

import asyncio
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from textual import events
from textual._compositor import CompositorUpdate
from textual.screen import Screen

from reviewtool.archive.remarks import text_of
from reviewtool.lineage.fetch import fetch_files
from reviewtool.progress import Progress
from reviewtool.review.lineage import lineage
from reviewtool.review.session import Session, model, open_session
from reviewtool.tui import app, draw
from reviewtool.tui.app import ReviewApp
from reviewtool.tui.jobs import Job
from reviewtool.tui.reading import Pages
from tests.tui.terminal import terminal

LORE = Path(__file__).resolve().parents[2].parent / "shared" / "lore"
RUNS = 5
LINES = 5000
MIB = 1 << 20
WAYS = [
    ("enter", "right_square_bracket", "right_square_bracket", "full_stop", "space", "escape"),
    ("D", "2", "j", "3", "j", "1", "enter", "j", "j", "escape", "escape"),
    ("c", "2", "3", "escape", "tab", "j", "enter", "f", "escape", "tab"),
    ("m", "j", "j", "escape", "S", "escape", "question_mark", "escape"),
] * 3
"""Every screen, there and back."""


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


class Watched(ReviewApp):
    """Notes when something is drawn, and draws it as for a terminal."""

    CSS_PATH = str(Path(app.__file__).with_name("review.tcss"))
    drawn = 0.0

    def _display(self, screen: Screen[object], renderable: Any) -> None:
        if isinstance(renderable, CompositorUpdate) and not self._batch_count:
            renderable.render_segments(self.console)
            self.drawn = time.perf_counter()
        super()._display(screen, renderable)


async def _answers(session: Session) -> None:
    application = Watched(session)
    async with application.run_test(size=(200, 50)) as pilot:
        await _still(application)
        await _scrolling(application, session)
        for told, busy in (("idle", False), ("while a model is explored", True)):
            job = _explore(application, session) if busy else None
            took = [await _answer(application, key, busy=busy) for way in WAYS for key in way]
            if job is not None:
                assert job.state == "running", "explored too soon to tell anything"
                job.cancel()
            for name, by in (("", 0), (" (processor)", 1)):
                took.sort(key=lambda one: one[by])
                middle, worst = took[len(took) // 2], took[-1]
                print(
                    f"answer, {told + name:38} {1000 * middle[by]:6.0f} ms median, "
                    f"{1000 * worst[by]:.0f} ms at worst of {len(took)} keys: {worst[2]}"
                )
        await pilot.pause()
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(f"memory of this process, at most     {used / MIB:6.0f} MiB  ({sys.version.split()[0]})")


async def _still(application: ReviewApp) -> None:
    while application.under_way or not getattr(application.screen, "filled", False):
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.5)


async def _answer(application: Watched, key: str, *, busy: bool) -> tuple[float, float, str]:
    """Seconds until the key's screen stands and is drawn; of them, the processor's for it."""
    began, processor = time.perf_counter(), time.thread_time()
    application.post_message(events.Key(key, key if len(key) == 1 else None))
    await asyncio.sleep(0.001)
    while application.message_queue_size or application.typed.handing:
        await asyncio.sleep(0.001)
    stood = time.perf_counter()
    while application.drawn < stood and time.perf_counter() < stood + 0.05:
        await asyncio.sleep(0.001)
    drawn = max(application.drawn, stood) if application.drawn > began else stood
    used = time.thread_time() - processor
    told = f"{key} on {type(application.screen).__name__}"
    until = time.perf_counter() + 5
    while not busy and application.under_way and time.perf_counter() < until:
        await asyncio.sleep(0.01)  # its first content is work, not an answer
    return drawn - began, used, told


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
    name = session.study.revisions[0].id
    job = Job("exploring", lambda job: application.apart.run(job, explored, session, name))
    application.begin(job, lambda _: None)
    return job


def explored(session: Session, name: str, progress: Progress) -> int:
    """A model in a world that takes minutes; done in a process, as the screens do it."""
    from refmodel.world import World
    from reviewtool.behaviour.explore import explore

    large = World(pages=3, threads=2, vcpus=1, past_eof=True)
    return len(explore(model(session, name), large, progress=progress).states)

# SPDX-License-Identifier: GPL-2.0-or-later
"""Work in processes of their own: what comes back, and that nothing outlives who asked."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Never

import pytest

from reviewtool.errors import InputError
from reviewtool.progress import Progress
from reviewtool.tui.apart import Workers
from reviewtool.tui.jobs import Job
from tests.tui.conftest import WORKERS
from tests.tui.terminal import descendants

_PATIENCE = 60.0


def told(text: str, progress: Progress) -> tuple[str, int, str]:
    with progress.task("telling", 2) as task:
        task.update(1, "half")
        return text, os.getpid(), os.environ.get("SAID", "")


def refused(progress: Progress) -> Never:
    del progress
    raise InputError("is none", "file:1", "write one")


def wrong(progress: Progress) -> Never:
    del progress
    raise ZeroDivisionError("a mistake of ours")


def endless(started: str, progress: Progress) -> Never:
    with progress.task("for ever"):
        subprocess.Popen(["sleep", "600"])
        Path(started).touch()
        while True:
            time.sleep(0.01)


def until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + _PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def done(work: Callable[..., Any], *arguments: object, workers: Workers = WORKERS) -> Job:
    job = Job("work", lambda job: workers.run(job, work, *arguments))
    job.start(lambda _: None)
    assert job.join(_PATIENCE)
    return job


def test_it_is_done_in_another_process_with_our_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SAID", "now")
    job = done(told, "a")
    assert job.state == "done"
    text, process, said = job.result
    assert (text, said) == ("a", "now")
    assert process != os.getpid()
    assert done(told, "b").result[1] == process  # kept for what comes next


def test_what_cannot_be_done_is_the_same_error_here() -> None:
    error = done(refused).error
    assert isinstance(error, InputError)
    assert str(error) == "file:1: is none; write one"


def test_a_mistake_of_ours_is_not_swallowed() -> None:
    fault = done(wrong).fault
    assert isinstance(fault, RuntimeError)
    assert "ZeroDivisionError: a mistake of ours" in str(fault)


def test_called_off_it_is_ended_at_once_with_what_it_started(tmp_path: Path) -> None:
    before = descendants(os.getpid())
    workers = Workers()
    job = Job("work", lambda job: workers.run(job, endless, str(tmp_path / "started")))
    job.start(lambda _: None)
    until((tmp_path / "started").exists)
    assert "for ever" in job.doing
    assert len(descendants(os.getpid()) - before) == 2
    job.cancel()
    assert job.join(_PATIENCE)
    assert job.state == "stopped"
    assert descendants(os.getpid()) - before == set()


def test_it_ends_with_who_asked_however_that_ends(tmp_path: Path) -> None:
    started = tmp_path / "started"
    script = (
        "from reviewtool.tui.apart import Workers\n"
        "from reviewtool.tui.jobs import Job\n"
        "from tests.tui.test_apart import endless\n"
        f"Workers().run(Job('work', print), endless, {str(started)!r})\n"
    )
    path = os.pathsep.join(filter(None, sys.path))
    asking = subprocess.Popen(
        [sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": path}
    )
    try:
        until(started.exists)
        (worker,) = (pid for pid in descendants(asking.pid) if "reviewtool.tui.apart" in words(pid))
    finally:
        asking.kill()
        asking.wait()
    until(lambda: "reviewtool.tui.apart" not in words(worker))


def words(pid: int) -> str:
    """The command line of a process; nothing once it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def test_one_that_was_ended_while_it_waited_is_not_asked() -> None:
    workers = Workers()
    first = done(told, "a", workers=workers).result[1]
    os.kill(first, 9)
    os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)  # its memory goes a while before it has
    assert done(told, "b", workers=workers).result[0] == "b"
    workers.close()

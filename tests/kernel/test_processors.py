# SPDX-License-Identifier: GPL-2.0-or-later
import os
import subprocess

import pytest

from reviewtool.kernel.processors import pinned

ALLOWED = os.sched_getaffinity(0)


def test_what_is_started_stays_on_one_processor_and_the_thread_does_not() -> None:
    with pinned() as pin:
        mine = os.sched_getaffinity(0)
        with subprocess.Popen(["sleep", "60"]) as child:
            pin.release()
            assert os.sched_getaffinity(0) == ALLOWED
            assert os.sched_getaffinity(child.pid) == mine
            child.kill()
    assert len(mine) == 1
    assert os.sched_getaffinity(0) == ALLOWED


@pytest.mark.skipif(len(ALLOWED) < 2, reason="one processor")
def test_two_at_once_get_a_processor_each() -> None:
    with pinned() as first:
        one = os.sched_getaffinity(0)
        first.release()
        with pinned():
            assert os.sched_getaffinity(0) != one

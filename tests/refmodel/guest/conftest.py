# SPDX-License-Identifier: GPL-2.0-or-later
"""The driver on the host's own userfaultfd and shmem."""

import os
from collections.abc import Callable, Iterator

import pytest

from refmodel.guest import syscalls
from refmodel.guest.driver import Driver, open_driver, stop_driver
from refmodel.guest.world import Layout
from refmodel.vocabulary import parse

Play = Callable[[str], list[str]]


@pytest.fixture(scope="module")
def driver() -> Iterator[Driver]:
    """One page and one past the end of a shmem file, two user threads, one processor."""
    try:
        os.close(syscalls.open_userfaultfd())
    except OSError as error:
        pytest.skip(f"this host gives no userfaultfd for kernel-mode faults: {error}")
    processors = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(processors)})
    driver = open_driver(Layout(pages=1, past_eof=True), threads=2, vm_flags=None)
    yield driver
    stop_driver(driver)
    os.sched_setaffinity(0, processors)


@pytest.fixture
def play(driver: Driver) -> Play:
    """Run a sequence in a fresh world; the observations as text."""

    def run(text: str) -> list[str]:
        driver.fresh()
        return [str(driver.step(request)) for request in parse(text)]

    return run

# SPDX-License-Identifier: GPL-2.0-or-later
"""Userfaultfd messages as text, and the worlds that never come to rest."""

import os
import struct
import time

import pytest

from refmodel.guest import abi, machine_code
from refmodel.guest.driver import Driver
from refmodel.guest.settle import PATIENCE, Hang, describe_event, settle
from refmodel.guest.threads import address_of, anonymous

MAPPING = 0x7F0000000000


def message(flags: int, page: int, thread: int = 42, event: int = 0x12) -> bytes:
    """struct uffd_msg, packed as include/uapi/linux/userfaultfd.h has it."""
    return struct.pack("<BBHIQQI4x", event, 0, 0, 0, flags, MAPPING + page * 4096, thread)


@pytest.mark.parametrize(
    ("flags", "page", "text"),
    [
        (0, 0, "event missing p0 read"),
        (1, 1, "event missing p1 write"),
        (4, 0, "event minor p0 read"),
        (5, 3, "event minor p3 write"),
        (3, 0, "event wp p0 write"),
    ],
)
def test_page_faults(flags: int, page: int, text: str) -> None:
    assert len(message(flags, page)) == abi.MESSAGE_LAYOUT.size == 32
    assert describe_event(message(flags, page), MAPPING) == (text, 42)


def test_an_event_that_is_no_page_fault_is_shown_not_hidden() -> None:
    assert describe_event(message(0, 0, event=0x15), MAPPING) == ("event 0x15", 0)


def test_a_thread_that_keeps_running_is_a_hang(driver: Driver) -> None:
    driver.fresh()
    assert driver.world is not None
    spinner = driver.workers[0]
    much = anonymous(256 << 20)
    spinner.control[machine_code.LENGTH] = len(much)
    spinner.fill_page(address_of(much), 0)
    try:
        with pytest.raises(Hang, match="u0"):
            settle(driver.world, driver.workers, driver.shop.reports, deadline=0)
    finally:
        driver.close()
        spinner.control[machine_code.LENGTH] = abi.PAGE_SIZE


def test_a_thread_asleep_without_an_event_is_believed_blocked(driver: Driver) -> None:
    driver.fresh()
    assert driver.world is not None
    sleeper = driver.workers[0]
    reader, writer = os.pipe()
    began = time.monotonic()
    sleeper.call(0, reader, sleeper.control[machine_code.BUFFER], 1)
    settled = settle(driver.world, driver.workers, driver.shop.reports, deadline=2)
    assert (settled.events, settled.ended) == ((), ())
    assert sleeper.parked
    assert time.monotonic() - began >= PATIENCE
    os.write(writer, b"x")
    assert settle(driver.world, driver.workers, driver.shop.reports, 2).ended == (sleeper,)
    sleeper.take_end()
    assert sleeper.result() == 1
    os.close(reader)
    os.close(writer)

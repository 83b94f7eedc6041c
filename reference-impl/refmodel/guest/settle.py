# SPDX-License-Identifier: GPL-2.0-or-later
"""Letting the world run until every thread is done or blocked, without guessing by time.

A thread is blocked when its fault has been read from the userfaultfd and the scheduler has it
asleep. A wake-up makes it runnable before the waking system call returns, so on the guest's single
processor the two looks cannot miss it. A thread that sleeps without having raised an event (on a
lock that a stopped thread holds) is only believed to be blocked after ``PATIENCE`` seconds.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from refmodel.guest import abi
from refmodel.guest.threads import Worker
from refmodel.guest.world import World

PATIENCE = 0.1
_FIRST_LOOK = 0.005
_MESSAGES = 16


class Hang(Exception):  # noqa: N818 - an observation, not an error of the driver
    """A thread is still running at the deadline."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(", ".join(names))


@dataclass(frozen=True, slots=True)
class Settled:
    """What happened until the world was quiet: events, and workers whose request ended."""

    events: tuple[str, ...]
    ended: tuple[Worker, ...]


def describe_event(message: bytes, mapping: int) -> tuple[str, int]:
    """``event missing p0 read`` and the id of the thread that faulted."""
    event, flags, address, thread = abi.MESSAGE_LAYOUT.unpack(message)
    if event != abi.UFFD_EVENT_PAGEFAULT:
        return f"event {event:#x}", 0
    if flags & abi.UFFD_PAGEFAULT_FLAG_WP:
        kind = "wp"
    else:
        kind = "minor" if flags & abi.UFFD_PAGEFAULT_FLAG_MINOR else "missing"
    access = "write" if flags & abi.UFFD_PAGEFAULT_FLAG_WRITE else "read"
    page = (address - mapping) // abi.PAGE_SIZE
    return f"event {kind} p{page} {access}", thread


def _read_events(world: World, workers: Sequence[Worker]) -> tuple[list[str], list[Worker]]:
    """All pending messages as text, and the workers that wait for an answer to one."""
    messages = os.read(world.userfaultfd, _MESSAGES * abi.MESSAGE_LAYOUT.size)
    events, waiting = [], []
    for start in range(0, len(messages), abi.MESSAGE_LAYOUT.size):
        message = messages[start : start + abi.MESSAGE_LAYOUT.size]
        text, thread = describe_event(message, world.mapping)
        events.append(text)
        waiting += [worker for worker in workers if worker.tid == thread]
    return events, waiting


def settle(
    world: World,
    workers: Sequence[Worker],
    reports: int,
    deadline: float,
    now: Callable[[], float] = time.monotonic,
) -> Settled:
    """Run the world until it is quiet. Raises Hang if a thread still runs after ``deadline`` s.

    Only workers with an outstanding request matter; with none the world is quiet already.
    """
    pending = [worker for worker in workers if worker.outstanding]
    if not pending:
        return Settled((), ())
    events: list[str] = []
    ended: list[Worker] = []
    began: float | None = None
    # A worker blocked before this step may have been woken and be blocked again before the first
    # look at it: its new event is then in the queue, so look there once more at the end.
    look_again = any(worker.parked for worker in pending)
    wait = 0.0 if all(worker.parked for worker in pending) else _FIRST_LOOK
    while True:
        ready = [descriptor for descriptor, _ in world.poll.poll(wait * 1000)]
        waiting: list[Worker] = []
        if world.userfaultfd in ready:
            texts, waiting = _read_events(world, workers)
            events += texts
        if reports in ready:
            os.eventfd_read(reports)
        ended += [worker for worker in pending if worker.ended()]
        pending = [worker for worker in pending if worker not in ended]
        if not pending:
            return Settled(tuple(events), tuple(ended))
        running = [worker for worker in pending if worker not in waiting and worker.runnable()]
        for worker in pending:
            worker.parked = worker in waiting or (worker.parked and worker not in running)
        if all(worker.parked for worker in pending) and not (look_again and world.poll.poll(0)):
            return Settled(tuple(events), tuple(ended))
        began = began or now()
        elapsed = now() - began
        if not running and elapsed >= PATIENCE:
            for worker in pending:
                worker.parked = True
        elif running and elapsed > deadline:
            raise Hang([worker.name for worker in running])
        wait = min(max(wait * 2, _FIRST_LOOK), PATIENCE / 2)

# SPDX-License-Identifier: GPL-2.0-or-later
"""What a guest does: runs the plan's sequences and tells the console what it saw. A plan whose
sequences are null has them asked on standard input, each when the answer to the last is known.

Each line of the protocol is ``RT `` and a JSON object; everything else on the console is the
kernel's. A step's line is out before the next step begins, so the input that kills the kernel is
the one after the last line::

    RT {"ready": {"release": "6.12.117", "threads": ["u0", "k"]}}
    RT {"case": 3, "begin": true}
    RT {"case": 3, "step": 0, "input": "register missing", "obs": "ok"}
    RT {"leak": 1, "case": 3, "step": 0, "allocated": []}
    RT {"case": 3, "end": true}
    RT {"done": {"cases": 4, "steps": 17, "seconds": 0.01}}

A leak is told only where pages were not given back (:mod:`refmodel.guest.leaks`); its step is null
if none could be made out. A run that has lost much to leaks ends early, after ``{"full": cases}``.

The run stops early, without ``done``, after ``{"hang": [threads], "case": n, "step": k}`` (step
null: not even closing the userfaultfd freed the thread), after ``{"refused": "EIO", "case": n}``
(the kernel would not give the memory of a sequence back, or none for the one after it) and after
``{"error": "..."}``, where nothing was to be had from the start.
"""

from __future__ import annotations

import json
import os
import sys
import termios
import threading
import time
from collections.abc import Iterable, Iterator

from refmodel.guest import syscalls
from refmodel.guest.driver import Driver, Unsupported, open_driver
from refmodel.guest.leaks import LeakWatch
from refmodel.guest.quick import run_quick
from refmodel.guest.settle import Hang
from refmodel.guest.world import Layout
from refmodel.vocabulary import VocabularyError, parse

# What a guest imports it waits for: typing, pathlib and platform take it 60 ms.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PLAN = "/run/reviewtool/plan.json"


def say(message: dict[str, Any]) -> None:
    """One line of the protocol, written at once."""
    os.write(1, b"RT " + json.dumps(message, separators=(",", ":")).encode() + b"\n")


def stop() -> None:
    """End at once, although the main thread is stuck: halt the machine whose init this is."""
    if os.getpid() == 1:
        syscalls.power_off()
    os._exit(0)


class Place:
    """Where the run is, for the watchdog: the main thread may be stuck inside the kernel."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self.case = -1
        self.step: int | None = None
        self.cases = 0

    def watch(self) -> None:
        """Report a hang and stop once two looks a deadline apart find the same step."""
        seen = -1
        while True:
            time.sleep(self.driver.deadline)
            ticks = self.driver.ticks
            if ticks % 2 and ticks == seen:
                say({"hang": ["main"], "case": self.case, "step": self.step})
                stop()
            seen = ticks


class Refused(Exception):  # noqa: N818 - an observation, not an error of the driver
    """The kernel refused what any kernel in order allows, after ``case``."""

    def __init__(self, error: OSError, case: int) -> None:
        super().__init__(syscalls.errno_name(error.errno or 0))
        self.case = case


def asked() -> Iterator[dict[str, Any]]:
    """Cases from standard input, a sequence a line, numbered from 0."""
    if os.isatty(0):
        attributes = termios.tcgetattr(0)
        attributes[3] &= ~termios.ECHO
        termios.tcsetattr(0, termios.TCSANOW, attributes)
    number, pending = 0, b""
    while piece := os.read(0, 1 << 12):
        *lines, pending = (pending + piece).split(b"\n")
        for line in lines:
            yield {"case": number, "inputs": line.decode()}
            number += 1


def run_cases(place: Place, cases: Iterable[dict[str, Any]], leaks: LeakWatch | None) -> int:
    """Run them all; the number of steps done. Raises Hang or Refused where that ends early."""
    driver = place.driver
    steps = 0
    for case in cases:
        inputs = parse(case["inputs"])
        previous, place.case, place.step = place.case, case["case"], None
        try:
            driver.fresh()
        except OSError as error:
            if previous < 0:
                raise
            raise Refused(error, previous) from error
        say({"case": place.case, "begin": True})
        for number, request in enumerate(inputs):
            place.step = number
            seen = driver.step(request)
            say({"case": place.case, "step": number, "input": str(request), "obs": str(seen)})
            steps += 1
        place.step = None
        try:
            driver.close()
        except OSError as error:
            raise Refused(error, place.case) from error
        if leaks and (leak := leaks.look(driver, inputs)):
            found = {"leak": leak.pages, "case": place.case, "step": leak.step}
            say(found | {"allocated": leak.allocated})
        say({"case": place.case, "end": True})
        place.cases += 1
        if leaks and leaks.full:
            say({"full": place.cases})
            break
    return steps


def main(path: str) -> None:
    """Run the plan in the file ``path``."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - pathlib costs the guest 10 ms
            plan = json.load(file)
        layout = Layout(plan["pages"], plan["past_eof"])
        flags, deadline, exact = plan["vm_flags"], plan["deadline"], plan["exact"]
        driver = open_driver(layout, plan["threads"], flags, deadline, exact)
        place = Place(driver)
        threading.Thread(target=place.watch, daemon=True).start()
        names = [worker.name for worker in driver.workers]
        say({"ready": {"release": os.uname().release, "threads": names}})
        # On a host other programs' memory comes and goes; in a guest there is only this one's.
        leaks = LeakWatch() if os.getpid() == 1 and driver.vm else None
        began = time.monotonic()
        try:
            if "quick" in plan:
                steps = run_quick(driver, plan, leaks, say)
            else:
                cases = asked() if plan["cases"] is None else plan["cases"]
                steps = run_cases(place, cases, leaks)
        except Hang as hang:
            say({"hang": str(hang).split(", "), "case": place.case, "step": place.step})
        except Refused as refused:
            say({"refused": str(refused), "case": refused.case})
        else:
            seconds = round(time.monotonic() - began, 6)
            say({"done": {"cases": place.cases, "steps": steps, "seconds": seconds}})
    except (OSError, ValueError, KeyError, VocabularyError, Unsupported) as error:
        say({"error": f"{type(error).__name__}: {error}"})


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else PLAN)

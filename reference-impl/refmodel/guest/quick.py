# SPDX-License-Identifier: GPL-2.0-or-later
"""Many sequences whose answers are known beforehand: only what is otherwise is told.

A line of console for every step costs as much as the step. Here the guest compares for itself and
says, by the place of a sequence in the plan::

    RT {"differs": 17}
    RT {"through": 64}

It ends early where much memory was lost, after ``{"full": 4711}``.

Who dies, complains or differs is run again by itself, step by step.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence

from refmodel.guest.driver import Driver
from refmodel.guest.leaks import LeakWatch
from refmodel.vocabulary import Input, Observation, allows, parse_input, parse_observation

TYPE_CHECKING = False  # typing's, which costs the guest 10 ms
if TYPE_CHECKING:
    from typing import Any

_EITHER = ["any"]
EVERY = 64
"""Sequences between two lines that say how far it is."""


def run_quick(
    driver: Driver, plan: dict[str, Any], leaks: LeakWatch | None, say: Callable[[Any], None]
) -> int:
    """Run all of ``plan``; the number of steps done. Raises Hang or OSError where that ends early.

    ``words`` and ``answers`` hold each input and each answer once; a sequence is a text such as
    ``4 1 7|0 0 2``: places in these. ``|leaks`` follows where memory is expected to be lost, and
    ``|any`` where that does not matter. In an ``exact`` plan stale memory has to be expected, too.
    """
    agree = operator.eq if plan["exact"] else allows
    words = [parse_input(text) for text in plan["words"]]
    answers = [parse_observation(text) for text in plan["answers"]]
    steps = 0
    for place, text in enumerate(plan["quick"], 1):
        given, expected, *lost = text.split("|")
        inputs = [words[int(each)] for each in given.split()]
        wanted = [answers[int(each)] for each in expected.split()]
        driver.fresh()
        agrees = _run(driver, inputs, wanted, agree)
        driver.close()
        leaked = leaks is not None and leaks.lost()
        if not agrees or (leaks and leaked != bool(lost) and lost != _EITHER):
            say({"differs": place - 1})
        steps += len(inputs)
        if leaks and leaks.full:
            say({"full": place})
            break
        if place % EVERY == 0:
            say({"through": place})
    return steps


def _run(
    driver: Driver,
    inputs: Sequence[Input],
    wanted: Sequence[Observation],
    agree: Callable[[Observation, Observation], bool],
) -> bool:
    for request, expected in zip(inputs, wanted, strict=True):
        if not agree(expected, driver.step(request)):
            return False
    return True

# SPDX-License-Identifier: GPL-2.0-or-later
"""Somebody who looks on while kernels are held against models, and may call it off."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reviewtool.behaviour.suites import Case, Suite
from reviewtool.kernel.supervise import ignore


def _no_suites(suites: Sequence[Suite]) -> None:
    del suites


def _no_case(suite: Suite, case: Case, agrees: bool) -> None:
    del suite, case, agrees


@dataclass(frozen=True, slots=True)
class Onlooker:
    """Who hears of it while it happens, each time in the thread that works.

    ``suites`` hears what will be run, ``line`` every line of every guest's console, ``case`` of
    each case as it is through whether it went as the model says (one that differs is looked at
    again before the verdict). When ``stop`` is set, builds and guests are ended.
    """

    suites: Callable[[Sequence[Suite]], None] = _no_suites
    line: Callable[[str], None] = ignore
    case: Callable[[Suite, Case, bool], None] = _no_case
    stop: threading.Event | None = None


NOBODY = Onlooker()

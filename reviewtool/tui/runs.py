# SPDX-License-Identifier: GPL-2.0-or-later
"""The tests of a revision while they run and afterwards, whoever looks at them."""

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

from reviewtool.behaviour.agent import agent_line
from reviewtool.behaviour.onlooker import Onlooker
from reviewtool.behaviour.suites import Case, Suite
from reviewtool.review.session import Session, with_base
from reviewtool.review.testing import Held, hold_revision
from reviewtool.tui.jobs import Job

_KEPT = 20_000  # lines of all consoles that can be read back


@dataclass(slots=True)
class Standing:
    """How far a suite is."""

    name: str
    claim: str
    cases: int
    through: int = 0
    differ: int = 0


class Run:
    """One run of a revision's tests. Written by the threads that work, read by the screen."""

    def __init__(self, session: Session, revision: str) -> None:
        self.session = session
        self.revision = revision
        self.suites: list[Standing] = []
        self.console: deque[str] = deque(maxlen=_KEPT)
        self.lines = 0  # of the console, those dropped included
        self.held: Held | None = None
        self.job = Job(f"tests of {revision}", self._work)
        self._lock = threading.Lock()
        self._guests: dict[int, int] = {}

    def _work(self, job: Job) -> Held:
        session = with_base(replace(self.session, progress=job))
        onlooker = Onlooker(self._suites, self._line, self._case, job.stop)
        self.held = hold_revision(session, self.revision, again=True, onlooker=onlooker)
        return self.held

    def _suites(self, suites: Sequence[Suite]) -> None:
        self.suites = [Standing(one.name, one.claim, len(one.cases)) for one in suites]

    def _case(self, suite: Suite, case: Case, agrees: bool) -> None:
        del case
        with self._lock:
            for standing in self.suites:
                # Two suites may share a name (one witness suite for each other revision).
                if (standing.name, standing.claim) == (suite.name, suite.claim):
                    standing.through += 1
                    standing.differ += not agrees
                    break

    def _line(self, text: str) -> None:
        with self._lock:
            # One guest at a time in each thread: its place among the threads names it.
            guest = self._guests.setdefault(threading.get_ident(), len(self._guests) + 1)
            told = _readable(text)
            if told is not None:
                self.console.append(f"{guest}| {told}")
                self.lines += 1

    def since(self, number: int) -> tuple[int, list[str]]:
        """The lines from ``number`` on that are still there, and the number to ask for next."""
        with self._lock:
            kept = list(self.console)
            return self.lines, kept[max(len(kept) - (self.lines - number), 0) :]


def _readable(text: str) -> str | None:
    """A console line; the driver's own records as what was done and seen, None if neither."""
    message = agent_line(text)
    if message is None:
        return text
    if "obs" in message:
        return f"  {message.get('input', '')} -> {message['obs']}"
    if "begin" in message:
        return f"case {message.get('case', '')}"
    if "through" in message:
        return f"  {message['through']} cases through"
    if any(each in message for each in ("end", "done")):
        return None
    return "driver: " + ", ".join(f"{key} {value}" for key, value in message.items())

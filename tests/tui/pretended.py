# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernels played by models, with times that are the same every time."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from reviewtool.behaviour import models
from reviewtool.behaviour.conformance import Bench, run_suites
from reviewtool.behaviour.guests import GuestEnd
from reviewtool.behaviour.onlooker import NOBODY, Onlooker
from reviewtool.behaviour.suites import scenarios
from reviewtool.behaviour.verdict import LARGE, Verdict
from reviewtool.review.session import Session, model
from tests.behaviour.pretend import Pretender


def kernels(
    patch: pytest.MonkeyPatch,
    plays: Mapping[str, str],
    deadly: Callable[[str], bool] = lambda _: False,
) -> None:
    """Let the kernel of each revision in ``plays`` be the model named there.

    It dies of what ``deadly`` says, whatever the model does.
    """

    def hold(
        session: Session, name: str, *, again: bool = False, onlooker: Onlooker = NOBODY
    ) -> Verdict:
        assert again, "the screen runs what it is asked to run"
        pretender = Pretender(models.load(plays[name]), deadly=deadly)

        def guest(plan: bytes, on_line: Callable[[str], None]) -> GuestEnd:
            def both(text: str) -> None:
                onlooker.line(text)
                on_line(text)

            return pretender(plan, both)

        expected = model(session, name)
        suites = [scenarios(expected, LARGE)]
        onlooker.suites(suites)
        bench = Bench(guest, on_case=onlooker.case)
        results = run_suites(bench, expected, suites, session.progress)
        steady = tuple(replace(each, seconds=1.0) for each in results)
        facts = (name, expected.name, "original", "Linux 6.12", "0" * 16, "fast", True, True)
        return Verdict(*facts, steady, 4.0, 61.0)

    patch.setattr("reviewtool.tui.runs.with_base", lambda session: session)
    patch.setattr("reviewtool.tui.runs.hold_revision", hold)

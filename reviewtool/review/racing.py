# SPDX-License-Identifier: GPL-2.0-or-later
"""Races of a revision's model shown on its kernel: write() is stopped half way, others go on."""

from dataclasses import dataclass

from reviewtool.behaviour.difference import first_difference
from reviewtool.behaviour.guests import Settings, Trace, kernel_guest, record
from reviewtool.behaviour.suites import Case, stopped_writes
from reviewtool.behaviour.verdict import LARGE
from reviewtool.review.kernels import kernel, ours
from reviewtool.review.session import Session, model, revision


@dataclass(frozen=True, slots=True)
class ShownRaces:
    """What the kernel did in each case; no case where write() cannot be stopped inside a page."""

    kernel: str
    shown: tuple[tuple[Case, Trace], ...]

    @property
    def agrees(self) -> bool:
        """Whether the kernel lost what its model loses, and nothing else."""
        return all(first_difference(case.expected, trace) is None for case, trace in self.shown)


def show_races(session: Session, name: str) -> ShownRaces:
    """Run every case of a stopped write() on the revision's kernel.

    Raises as building and booting do, and InputError where the revision has no model.
    """
    found = revision(session, name)
    expected = model(session, found.id)
    built = kernel(session, found.id)
    suite = stopped_writes(expected, LARGE)
    words = [(number, case.inputs) for number, case in enumerate(suite.cases)]
    guest = kernel_guest(built.path, trusted=ours(session))
    traces = record(guest, Settings.of(suite.world), words).traces
    shown = tuple((suite.cases[number], traces[number]) for number in sorted(traces))
    return ShownRaces(built.key[:16], shown)

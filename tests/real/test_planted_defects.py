# SPDX-License-Identifier: GPL-2.0-or-later
"""Defects planted in a kernel are each told as what they are, at the input that is to blame."""

from pathlib import Path

import pytest

from refmodel.vocabulary import parse
from reviewtool.behaviour.guests import Settings, Trace, kernel_guest, record
from tests.real.conftest import BuildRevision
from tests.real.planted_defects import DEFECTS, INVERSION, Defect

pytestmark = pytest.mark.kernel


def play(kernel: Path, *texts: str) -> list[Trace]:
    """What came of sequences, run in as few guests as their deaths allow."""
    words = [(number, parse(text)) for number, text in enumerate(texts)]
    recording = record(kernel_guest(kernel, trusted=True), Settings(pages=2), words)
    return [recording.traces[number] for number, _ in words]


@pytest.fixture(scope="module")
def traces(build_revision: BuildRevision) -> dict[Defect, Trace]:
    """All of them in one debug kernel."""
    edits = [(each.path, each.old, each.new) for each in DEFECTS if each.old]
    kernel = build_revision("rfc", *edits, profile="debug").path
    planted = play(kernel, *(each.inputs for each in DEFECTS))
    own = play(kernel, INVERSION.inputs)  # in a guest of its own: lockdep tells one thing in a life
    return dict(zip((*DEFECTS, INVERSION), (*planted, *own), strict=True))


@pytest.mark.parametrize("defect", [*DEFECTS, INVERSION], ids=lambda defect: str(defect.what))
def test_a_debug_kernel_tells_what_it_is_and_which_input_did_it(
    traces: dict[Defect, Trace], defect: Defect
) -> None:
    trace = traces[defect]
    if defect.seen:
        assert trace.observations[defect.step] == defect.seen
    blamed = [(step, event.kind) for step, event in trace.events]
    assert blamed == ([(defect.step, defect.kind)] if defect.kind else [])
    for _, event in trace.events:
        assert defect.function in event.frames


def test_a_leak_needs_no_debug_kernel(build_revision: BuildRevision) -> None:
    (leak,) = [each for each in DEFECTS if each.kind == "leak"]
    kernel = build_revision("rfc", (leak.path, leak.old, leak.new)).path
    (trace,) = play(kernel, leak.inputs)
    assert [(step, event.kind) for step, event in trace.events] == [(leak.step, "leak")]


def test_a_kernel_that_gives_everything_back_is_not_accused(build_revision: BuildRevision) -> None:
    kernel = build_revision("rfc").path
    texts = ("read u0 p1; fallocate p0; read u0 p0", "register missing; pwrite p0 A; punch p0")
    assert [trace.events for trace in play(kernel, *texts)] == [(), ()]

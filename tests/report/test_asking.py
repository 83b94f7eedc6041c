# SPDX-License-Identifier: GPL-2.0-or-later
"""A sequence run on a kernel, beside its model, as text."""

from refmodel.vocabulary import parse, parse_observation
from refmodel.world import World
from reviewtool.behaviour.guests import Trace
from reviewtool.kernel.events import KernelEvent
from reviewtool.report.asking import asked_text
from reviewtool.review.asking import AskedKernel

INPUTS = parse("fallocate p0; continue p0; read u0 p0")


def told(
    *seen: str, expected: tuple[str, ...] | None, events: tuple[tuple[int, KernelEvent], ...] = ()
) -> list[str]:
    answers = None if expected is None else tuple(map(parse_observation, expected))
    trace = Trace(INPUTS, seen, events)
    asked = AskedKernel("v9", "abc", "m" if expected else "", answers, False, trace)
    head, _, _, *lines = asked_text(World(), asked).splitlines()
    return [head, *lines]


def test_where_the_two_part_both_are_shown() -> None:
    assert told("ok", "EFAULT", "value zero", expected=("ok", "ok", "value zero")) == [
        "v9: kernel abc does NOT as the model m says",
        "    fallocate p0   ok",
        "  * continue p0    model: ok   kernel: EFAULT",
        "    read u0 p0     value zero",
    ]


def test_what_a_model_leaves_open_is_shown_as_it_was() -> None:
    head, *lines = told("ok", "ok", "value A", expected=("ok", "ok", "value stale"))
    assert head == "v9: kernel abc does as the model m says"
    assert lines[-1] == "    read u0 p0     value A   (model: value stale, be it what it may)"


def test_a_revision_without_a_model_has_a_kernel_all_the_same() -> None:
    head, *lines = told("ok", "ok", "value zero", expected=None)
    assert head == "v9: kernel abc; the revision has no model"
    assert lines[0] == "    fallocate p0   ok"


def test_a_kernel_that_died_answers_no_more() -> None:
    oops = KernelEvent("oops", "Kernel mode fault", 1, "folio_lock")
    assert told("ok", "oops", expected=("ok", "ok", "value zero"), events=((1, oops),))[1:] == [
        "    fallocate p0   ok",
        "  * continue p0    model: ok   kernel: oops",
        "      oops: Kernel mode fault",
        "        folio_lock",
        "  * read u0 p0     model: value zero   kernel: -",
    ]


def test_memory_that_is_not_given_back_is_a_step_of_its_own() -> None:
    lines = told("ok", "ok", "value zero", "hang", expected=("ok", "ok", "value zero"))
    assert lines[-1] == "  * close          model: ok   kernel: hang"

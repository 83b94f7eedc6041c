# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest that compares for itself comes to the same as one that tells every step."""

from collections.abc import Callable, Sequence

import pytest

from refmodel.guest.quick import EVERY
from refmodel.model import Model, Revision
from refmodel.vocabulary import Input, parse
from refmodel.world import World
from reviewtool.behaviour.conformance import Bench, run_suite
from reviewtool.behaviour.explore import trace
from reviewtool.behaviour.guests import GuestEnd, Recording, Settings, Trace, record
from reviewtool.behaviour.models import load
from reviewtool.behaviour.patched import patch
from reviewtool.behaviour.quick import MANY, Expected, record_expected
from reviewtool.behaviour.suites import complete
from tests.behaviour.pretend import Pretender

V3 = load("v3_minor_noalloc")
WORLD = World(values=tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
CHARMED = parse("fallocate p0; punch p0")


def cases(count: int, odd: Sequence[int] = ()) -> list[Expected]:
    """Many sequences; those in ``odd`` have inputs of their own."""
    made: list[Expected] = []
    for number in range(count):
        value = WORLD.values[number % 26]
        word: tuple[Input, ...] = parse(f"pwrite p0 {value}; read u0 p0")
        word = (*word, *CHARMED) if number in odd else word
        made.append((number, word, trace(V3, WORLD, word).observations, False))
    return made


def alike(quick: Recording, slow: Recording, every: list[Expected]) -> bool:
    def told(recording: Recording) -> dict[int, object]:
        return {
            number: (each.inputs, each.observations, [event.title for _, event in each.events])
            for number, each in recording.traces.items()
        }

    agreed: dict[int, object] = {
        number: (word, tuple(map(str, expected)), [])
        for number, word, expected, _ in every
        if number in quick.agreed
    }
    return told(quick) | agreed == told(slow)


def slowly(run: Pretender, every: list[Expected]) -> Recording:
    return record(run, Settings.of(WORLD), [(number, word) for number, word, *_ in every])


def test_where_all_agree_one_guest_does() -> None:
    every = cases(1000)
    quick = record_expected(Pretender(V3), Settings.of(WORLD), every)
    assert quick.guests == 1
    assert alike(quick, slowly(Pretender(V3), every), every)


def test_few_are_told_step_by_step() -> None:
    pretender = Pretender(V3)
    record_expected(pretender, Settings.of(WORLD), cases(MANY - 1))
    assert pretender.booted == [list(range(MANY - 1))]


@pytest.mark.parametrize("at", [0, EVERY - 1, EVERY, 500, 999])
def test_what_differs_is_run_again_and_told(at: int) -> None:
    def kvm_gmem_allocate(k, index):  # type: ignore[no-untyped-def] # a hook as models write them
        return -28

    broken = Revision(patch(V3.kernel, kvm_gmem_allocate), "broken")
    every = cases(1000, odd=[at])
    pretender = Pretender(broken)
    quick = record_expected(pretender, Settings.of(WORLD), every)
    assert pretender.booted[1:] == [[at]]
    assert quick.traces[at].observations[2] == "ENOSPC"
    assert alike(quick, slowly(Pretender(broken), every), every)


def test_a_death_costs_its_own_sequence_only() -> None:
    every = cases(1000, odd=[300, 700])
    deadly = Pretender(V3, deadly=lambda text: text == "fallocate p0")
    quick = record_expected(deadly, Settings.of(WORLD), every)
    assert [number for number, each in sorted(quick.traces.items()) if each.died] == [300, 700]
    assert len(quick.traces) + len(quick.agreed) == 1000
    assert not quick.left_out
    assert alike(quick, slowly(Pretender(V3, deadly=deadly.deadly), every), every)


def test_a_death_that_is_not_to_be_tried_again_leaves_out_what_would() -> None:
    every = cases(1000, odd=[300, 310, 700])
    deadly = Pretender(V3, deadly=lambda text: text == "fallocate p0")

    def after_death(killer: Trace, rest: Sequence[tuple[int, object]]):  # type: ignore[no-untyped-def] # as in record()
        return [each for each in rest if each[1][-1] != killer.inputs[-1]]  # type: ignore[index] # a word

    quick = record_expected(deadly, Settings.of(WORLD), every, after_death)
    assert sorted(quick.left_out) == [310, 700]
    assert len(quick.traces) + len(quick.agreed) == 998


def test_what_the_kernel_complains_of_is_told_at_its_step() -> None:
    warning = ("WARNING: CPU: 0 PID: 13 at virt/kvm/guest_memfd.c:77 kvm_gmem_fault+0x1d/0x20",)
    every = cases(1000, odd=[300])
    quick = record_expected(Pretender(V3, says={"punch p0": warning}), Settings.of(WORLD), every)
    ((step, event),) = quick.traces[300].events
    assert (step, event.kind) == (3, "warning")
    assert alike(quick, slowly(Pretender(V3, says={"punch p0": warning}), every), every)


def test_progress_never_goes_back_and_everything_is_heard_of_once() -> None:
    every = cases(1000, odd=[300, 700])
    deadly = Pretender(V3, deadly=lambda text: text == "fallocate p0")
    counts: list[int] = []
    heard: list[int] = []
    record_expected(
        deadly,
        Settings.of(WORLD),
        every,
        on_trace=counts.append,
        on_new=lambda number, _: heard.append(number),
    )
    assert counts == sorted(counts)
    assert counts[-1] == 1000
    assert sorted(heard) == list(range(1000))


def test_a_whole_suite_comes_to_the_same() -> None:
    model: Model = load("rfc_missing")
    suite = complete(model, World(values=("A",), alias=False, kvm=False))
    assert len(suite.cases) > MANY
    result = run_suite(Bench(Pretender(model)), model, suite)
    assert result.agrees
    assert result.steps == suite.steps


def test_memory_that_is_lost_as_expected_is_agreement_and_else_a_difference() -> None:
    model = load("v2_minor_posted")
    word = parse("register minor; pwrite p0 A; read u0 p0")
    answers = trace(model, WORLD, word).observations
    every: list[Expected] = [(number, word, answers, True) for number in range(MANY)]
    quick = record_expected(Pretender(model), Settings.of(WORLD), every)
    assert len(quick.agreed) == MANY
    every[7] = (7, word, answers, False)
    every[9] = (9, word, answers, None)
    quick = record_expected(Pretender(model), Settings.of(WORLD), every)
    assert list(quick.traces) == [7]


def test_a_guest_that_lost_much_memory_is_followed_by_another() -> None:
    class Forgetful(Pretender):
        """Takes 100 sequences."""

        def __call__(self, plan: bytes, on_line: Callable[[str], None]) -> GuestEnd:
            taken = 0

            def some(line: str) -> None:
                nonlocal taken
                if taken < 100:
                    on_line(line)
                taken += '"end"' in line
                if taken == 100:
                    on_line('RT {"full": 100}')

            return super().__call__(plan, some)

    every = cases(MANY - 1)
    recording = record(Forgetful(V3), Settings.of(WORLD), [each[:2] for each in every])
    assert recording.guests == 3
    assert len(recording.traces) == MANY - 1
    assert not recording.left_out

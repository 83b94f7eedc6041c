# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernel against model, where a model plays the kernel: what is noticed, and what it costs."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from refmodel.model import Model, Revision
from refmodel.vocabulary import parse
from refmodel.world import World
from reviewtool.behaviour.conformance import Bench, run_suite, run_suites
from reviewtool.behaviour.guests import GuestEnd, GuestFailed
from reviewtool.behaviour.models import load
from reviewtool.behaviour.patched import patch
from reviewtool.behaviour.suites import Case, Suite, complete, random_walks, scenarios
from tests.behaviour.pretend import PANIC, Pretender

LARGE = World(pages=2, threads=2, past_eof=True)
RFC, V3 = load("rfc_missing"), load("v3_minor_noalloc")


def suite_of(model: Model, *texts: str, world: World = LARGE) -> Suite:
    """The sequences as a suite, with the model's answers."""
    cases = []
    for text in texts:
        state, answers = model.initial(world), []
        for each in parse(text):
            state, seen = model.step(state, each)
            answers.append(seen)
        lethal = answers[-1].result == "oops"
        cases.append(Case(parse(text), tuple(answers), text, lethal))
    return Suite("some", "nothing in particular", world, tuple(cases))


@pytest.mark.parametrize("model", [RFC, V3], ids=lambda model: model.name)
def test_a_kernel_that_is_its_model_agrees(model: Model) -> None:
    suites = [
        scenarios(model, LARGE),
        complete(model, World(values=("A",), kvm=False)),
        random_walks(model, LARGE, seed=3, walks=10),
    ]
    results = run_suites(Bench(Pretender(model)), model, suites)
    assert [each.passed for each in results] == [len(each.cases) for each in suites]
    assert all(each.agrees and not each.disagreements for each in results)
    assert [each.steps for each in results] == [each.steps for each in suites]


def test_a_predicted_crash_is_agreement_and_a_finding() -> None:
    suite = suite_of(RFC, "read u0 p0", "register missing; continue p0", "pwrite p0 A; read u0 p0")
    pretender = Pretender(RFC)
    result = run_suite(Bench(pretender), RFC, suite)
    assert (result.passed, result.deaths) == (3, 1)
    (finding,) = result.findings
    assert finding.predicted
    assert finding.inputs == ("register missing", "continue p0")
    assert finding.event.title == "Kernel mode fault at addr 0x0 in folio_lock"
    assert finding.event.frames == ("folio_lock", "mfill_atomic_continue", "userfaultfd_ioctl")
    # The lethal case had a guest of its own.
    assert pretender.booted == [[0, 2], [1]]


def test_suites_that_ask_for_one_crash_share_the_kernel_that_dies_of_it() -> None:
    crash = suite_of(RFC, "register missing; continue p0", "read u0 p0")
    pretender = Pretender(RFC)
    heard: list[str] = []

    def hear(suite: Suite, case: Case, agrees: bool) -> None:
        assert agrees
        heard.append(f"{suite.name}: {case.reason}")

    bench = Bench(pretender, on_case=hear)
    results = run_suites(bench, RFC, [crash, replace(crash, name="other")])
    assert [(each.passed, each.deaths) for each in results] == [(2, 1), (2, 1)]
    assert pretender.booted == [[1, 3], [0]]
    assert sorted(heard) == [
        f"{name}: {text}"
        for name in ("other", "some")
        for text in ("read u0 p0", "register missing; continue p0")
    ]


def test_a_crash_that_does_not_come_is_a_disagreement() -> None:
    result = run_suite(Bench(Pretender(V3)), RFC, suite_of(RFC, "register missing; continue p0"))
    assert not result.agrees
    (found,) = result.disagreements
    assert (found.model[-1], found.kernel[-1]) == ("ok", "EINVAL")


def test_an_unexpected_death_costs_its_own_sequence_only() -> None:
    suite = suite_of(
        V3,
        "read u0 p0",
        "register minor; read u0 p0; fallocate p1; read u1 p1",
        "pwrite p0 A; read u0 p0",
        "write u0 p0 B; read u1 p0",
    )
    pretender = Pretender(V3, deadly=lambda text: text == "fallocate p1")
    result = run_suite(Bench(pretender), V3, suite)
    assert (result.passed, result.cases, result.deaths) == (3, 4, 1)
    assert pretender.booted[:2] == [[0, 1, 2, 3], [2, 3]]
    (found,) = result.disagreements
    assert found.inputs == ("fallocate p1",)
    assert (found.model, found.kernel) == (("ok",), ("oops",))
    assert found.event is not None
    assert found.event.kind == "oops"
    assert found.reproduced


def test_one_deadly_step_does_not_end_guest_after_guest() -> None:
    texts = [f"pwrite p{n % 2} A; fallocate p1; read u{n // 2} p0" for n in range(4)]
    pretender = Pretender(V3, deadly=lambda text: text == "fallocate p1")
    result = run_suite(Bench(pretender), V3, suite_of(V3, "fallocate p1", *texts))
    # After pwrite p0 and after pwrite p1 are two steps, the empty file is the third; the others
    # take one of these again.
    assert result.deaths == 3
    assert [each.outcome for each in result.results].count("not run") == 2
    (left_out,) = result.left_out
    assert left_out == (
        "2 cases that take a step which ended a guest before, "
        "or came after 8 guests had died: nothing is said of them"
    )
    assert not result.agrees


def test_many_deaths_end_the_run_and_are_said() -> None:
    texts = [f"pwrite p0 {chr(65 + n)}; fallocate p1" for n in range(20)]
    pretender = Pretender(V3, deadly=lambda text: text == "fallocate p1")
    result = run_suite(Bench(pretender), V3, suite_of(V3, *texts))
    assert result.deaths == 8
    assert result.left_out[0].startswith("12 cases")


def _breaks(name: str, function: Callable[..., object]) -> Revision:
    function.__name__ = name
    return Revision(patch(V3.kernel, function), "broken")


def test_the_shortest_sequence_is_found_in_a_long_one() -> None:
    def kvm_gmem_get_folio_noalloc(k, pgoff):  # type: ignore[no-untyped-def] # a hook as models write them
        return k.filemap_lock_folio(pgoff)  # forgets to clear what nobody filled

    broken = _breaks("kvm_gmem_get_folio_noalloc", kvm_gmem_get_folio_noalloc)
    suite = suite_of(
        V3,
        "write u0 p1 B; register minor; vcpu-read p1; fallocate p0; read u0 p0; pread p0; "
        "write u1 p1 A @alias; continue p0; read u0 p0; punch p1; read u1 p2",
    )
    result = run_suite(Bench(Pretender(broken)), V3, suite)
    (found,) = result.disagreements
    # A model says stale for "anything"; the kernel's answer is what it read.
    assert found.inputs == ("register minor", "fallocate p0", "read u0 p0", "continue p0")
    assert found.model[-1] == "ok; resumed u0 value zero"
    assert found.kernel[-1] == "ok; resumed u0 value stale"


def test_differences_of_one_kind_are_told_once() -> None:
    def kvm_kmem_gmem_write(k, index, value):  # type: ignore[no-untyped-def] # a hook as models write them
        return -28

    broken = _breaks("kvm_kmem_gmem_write", kvm_kmem_gmem_write)
    result = run_suite(Bench(Pretender(broken)), V3, scenarios(V3, LARGE))
    assert [(each.inputs, each.kernel) for each in result.disagreements] == [
        (("pwrite p0 A",), ("ENOSPC",)),
        (("pwrite p2 A",), ("ENOSPC",)),
    ]
    assert sum(each.cases for each in result.disagreements) == result.cases - result.passed


def test_a_difference_that_does_not_come_again_is_marked() -> None:
    once = [True]

    def fickle(plan: bytes, on_line: Callable[[str], None]) -> GuestEnd:
        first, once[0] = once[0], False
        spoil = "value stale" if first else "value zero"
        return Pretender(V3)(plan, lambda line: on_line(line.replace("value zero", spoil)))

    result = run_suite(Bench(fickle), V3, suite_of(V3, "pwrite p1 A; read u0 p0"))
    (found,) = result.disagreements
    assert not found.reproduced
    assert found.inputs == ("pwrite p1 A", "read u0 p0")


def test_warnings_are_findings_at_their_step_and_end_nothing() -> None:
    warning = (
        "------------[ cut here ]------------",
        "WARNING: CPU: 0 PID: 13 at virt/kvm/guest_memfd.c:77 kvm_gmem_fault+0x1d/0x20",
        "Call Trace:",
        " [<600bba66>] ? __warn+0x56/0x7a0",
        " [<600bba66>] ? kvm_gmem_fault+0x1d/0x20",
    )
    pretender = Pretender(V3, says={"punch p0": warning})
    suite = suite_of(V3, "pwrite p0 A; read u0 p0; punch p0; read u0 p0", "punch p0")
    result = run_suite(Bench(pretender), V3, suite)
    assert result.agrees
    (finding,) = result.findings
    assert finding.event.kind == "warning"
    assert finding.inputs == ("punch p0",)
    assert finding.cases == 2
    assert finding.event.frames == ("kvm_gmem_fault",)
    assert not finding.predicted


def test_two_guests_at_a_time_give_the_same_result() -> None:
    suites = [scenarios(RFC, LARGE), random_walks(RFC, LARGE, seed=1, walks=7)]
    alone = run_suites(Bench(Pretender(RFC)), RFC, suites)
    with ThreadPoolExecutor(2) as executor:
        together = run_suites(Bench(Pretender(RFC), 0, executor, 2), RFC, suites)
    assert [each.results for each in alone] == [each.results for each in together]
    assert [each.steps for each in alone] == [each.steps for each in together]


def guest(*lines: str, ended: str = "halted") -> Callable[[bytes, Callable[[str], None]], GuestEnd]:
    """A guest that says what it is told to, once, and then works."""
    left = [lines]

    def run(plan: bytes, on_line: Callable[[str], None]) -> GuestEnd:
        if not left:
            return Pretender(V3)(plan, on_line)
        for line in left.pop():
            on_line(line)
        return GuestEnd(ended, "as told")

    return run


READY, BEGIN, END = 'RT {"ready":{}}', 'RT {"case":0,"begin":true}', 'RT {"case":0,"end":true}'
STEP = 'RT {"case":0,"step":0,"input":"read u0 p0","obs":"value zero"}'


def test_a_thread_that_never_comes_back_is_a_hang() -> None:
    suite = suite_of(V3, "read u0 p0; punch p0", "read u0 p0")
    run = guest(READY, BEGIN, STEP, 'RT {"hang":["u0"],"case":0,"step":1}')
    (found,) = run_suite(Bench(run), V3, suite).disagreements
    assert found.kernel == ("value zero", "hang")
    assert found.inputs == ("read u0 p0", "punch p0")


def test_a_kernel_that_stops_talking_is_a_hang() -> None:
    run = guest(READY, BEGIN, STEP, ended="killed")
    result = run_suite(Bench(run), V3, suite_of(V3, "read u0 p0; punch p0"))
    assert result.disagreements[0].kernel == ("value zero", "hang")


@pytest.mark.parametrize("lines", [(STEP,), (STEP, END)], ids=["while closing", "after closing"])
def test_a_death_after_the_last_input_belongs_to_the_sequence(lines: tuple[str, ...]) -> None:
    run = guest(READY, BEGIN, *lines, *PANIC, ended="panic")
    result = run_suite(Bench(run), V3, suite_of(V3, "read u0 p0", "write u0 p0 A"))
    (found,) = result.disagreements
    assert found.inputs == ("read u0 p0", "close")
    assert (found.model, found.kernel) == (("value zero", "ok"), ("value zero", "oops"))
    assert result.passed == 1


@pytest.mark.parametrize("lines", [(STEP,), (STEP, END)], ids=["closing", "opening the next"])
def test_a_kernel_that_takes_nothing_any_more_is_seen_as_that(lines: tuple[str, ...]) -> None:
    run = guest(READY, BEGIN, *lines, 'RT {"refused":"EIO","case":0}')
    result = run_suite(Bench(run), V3, suite_of(V3, "read u0 p0", "write u0 p0 A"))
    (found,) = result.disagreements
    assert (found.inputs, found.kernel) == (("read u0 p0", "close"), ("value zero", "EIO"))
    assert result.passed == 1


@pytest.mark.parametrize(
    ("lines", "ended", "complaint"),
    [
        ((), "no-boot", "as told"),
        (("reviewtool: init",), "panic", "as told"),
        ((READY, 'RT {"error":"OSError: no /dev/kvm"}'), "halted", "OSError: no /dev/kvm"),
        ((READY, BEGIN), "halted", "in the middle of its work"),
        ((READY, BEGIN), "output-limit", "in the middle of its work"),
    ],
)
def test_a_guest_that_did_no_work_is_no_verdict(
    lines: tuple[str, ...], ended: str, complaint: str
) -> None:
    with pytest.raises(GuestFailed, match=complaint):
        run_suite(Bench(guest(*lines, ended=ended)), V3, suite_of(V3, "read u0 p0"))

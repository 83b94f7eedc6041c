# SPDX-License-Identifier: GPL-2.0-or-later
"""The checks behind the questions every revision is asked, over all steps of its machine.

Each gives the first step that fails it, nearest to the initial state, and what is wrong in words.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from refmodel.core import VM_UFFD_MINOR, VM_UFFD_MISSING
from refmodel.vocabulary import Input, Observation
from refmodel.world import MIXED, STALE, ZERO, State, Waiting
from reviewtool.behaviour.described import mode_of
from reviewtool.behaviour.explore import Machine

_WRITERS = frozenset(
    {"write", "pwrite", "pwrite-short", "pwrite-half", "copy", "zeropage", "vcpu-write", "punch"}
)
_READERS = frozenset({"read", "kvm-read"})
_FILLERS = frozenset({"pwrite", "copy", "continue", "write", "vcpu-write", "wake"})


@dataclass(frozen=True, slots=True)
class Step:
    before: State
    input: Input
    seen: Observation
    after: State


Failure = tuple[Step, str]
Check = Callable[[Machine], Failure | None]


def steps_of(machine: Machine) -> Iterator[Step]:
    for state, row in zip(machine.states, machine.rows, strict=False):
        if not state.dead:
            for each, transition in row.items():
                yield Step(state, each, transition.observation, machine.states[transition.target])


def first(machine: Machine, fails: Callable[[Step], str | None]) -> Failure | None:
    """The failure nearest to the initial state: states are in breadth-first order."""
    for step in steps_of(machine):
        detail = fails(step)
        if detail:
            return step, detail
    return None


def _answers(seen: Observation) -> Iterator[str]:
    yield seen.result
    for effect in seen.effects:
        if effect.startswith("resumed "):
            yield effect.split(" ", 2)[2]


def no_crash(machine: Machine) -> Failure | None:
    return first(machine, lambda step: step.after.dead)


def no_uninitialised_memory(machine: Machine) -> Failure | None:
    def fails(step: Step) -> str | None:
        shows = f"value {STALE}" in _answers(step.seen)
        return "bytes nobody wrote are read" if shows else None

    return first(machine, fails)


def no_half_page(machine: Machine) -> Failure | None:
    """Without any race: what a write() that was cut short leaves behind is not shown."""

    def fails(step: Step) -> str | None:
        shows = f"value {MIXED}" in _answers(step.seen)
        return "half of the page is what was written" if shows else None

    return first(machine, fails)


def no_unasked_zeros(machine: Machine) -> Failure | None:
    def silent(step: Step) -> bool:
        page = step.before.pages[step.input.page or 0]
        return (
            step.input.op in _READERS
            and not step.input.alias
            and bool(step.before.flags)
            and not page.uptodate
            and f"value {ZERO}" == step.seen.result
        )

    modes = sorted({mode_of(step.before) for step in steps_of(machine) if silent(step)})
    return first(
        machine,
        lambda step: f"registered {' or '.join(modes)}, no event" if silent(step) else None,
    )


def no_event_past_the_end(machine: Machine) -> Failure | None:
    def fails(step: Step) -> str | None:
        past = step.input.page is not None and step.input.page >= step.before.size
        raised = any(effect.startswith("event ") for effect in step.seen.effects)
        return "an event for a page the file does not have" if past and raised else None

    return first(machine, fails)


def every_event_resolvable(machine: Machine) -> Failure | None:
    """From every state with a reader blocked inside the file, data can reach it."""
    index = {state: number for number, state in enumerate(machine.states)}
    good: set[int] = set()
    for step in steps_of(machine):
        if step.input.op in _FILLERS and any(
            effect.startswith("resumed u0 value A") for effect in step.seen.effects
        ):
            good.add(index[step.before])
    backwards: dict[int, list[int]] = {}
    for step in steps_of(machine):
        if step.input.op in _FILLERS and _same_wait(step.before, step.after):
            backwards.setdefault(index[step.after], []).append(index[step.before])
    queue = list(good)
    for number in queue:
        for source in backwards.get(number, ()):
            if source not in good:
                good.add(source)
                queue.append(source)

    def fails(step: Step) -> str | None:
        waiting = step.after.threads[0]
        if not _new_reader(step, waiting) or index[step.after] in good:
            return None
        return "nothing but unregistering gets the reader on with data"

    return first(machine, fails)


def _same_wait(before: State, after: State) -> bool:
    return before.threads[0] is not None and before.threads[0] == after.threads[0]


def _new_reader(step: Step, waiting: Waiting | None) -> bool:
    return (
        step.before.threads[0] is None
        and waiting is not None
        and waiting.access == "read"
        and waiting.page < step.after.size
    )


def missing_resolved_by_copy(machine: Machine) -> Failure | None:
    def fails(step: Step) -> str | None:
        waiting = step.before.threads[0]
        if step.input.op != "copy" or waiting is None or waiting.event != "missing":
            return None
        page = step.before.pages[waiting.page]
        past = waiting.page >= step.before.size
        if past or step.input.page != waiting.page or page.present or page.pte:
            return None
        if not step.before.flags:
            return None
        return f"COPY answers {step.seen.result}" if step.seen.result != "ok" else None

    return first(machine, fails)


def copy_fills_what_was_never_told(machine: Machine) -> Failure | None:
    """Under MISSING, COPY finds no page that a guest made present, and no event told of."""

    def fails(step: Step) -> str | None:
        if step.input.op != "copy" or step.input.page is None:
            return None
        page = step.before.pages[step.input.page]
        raced = page.stage2 and not page.pte and not page.alias and step.seen.result == "EEXIST"
        if raced and step.before.flags & VM_UFFD_MISSING and page.content == ZERO:
            return "COPY answers EEXIST: a vCPU was there first, no event told"
        return None

    return first(machine, fails)


def unregistering_wakes(machine: Machine) -> Failure | None:
    def fails(step: Step) -> str | None:
        asleep = step.input.op == "unregister" and step.seen.result == "ok"
        return "a thread goes on sleeping" if asleep and any(step.after.threads) else None

    return first(machine, fails)


def reported_ioctls_work(machine: Machine) -> Failure | None:
    """UFFDIO_REGISTER reports COPY, ZEROPAGE, POISON always, CONTINUE with MINOR.

    For hugetlb it leaves ZEROPAGE out (UFFD_API_RANGE_IOCTLS_BASIC).
    """
    reports = {"copy", "poison"} if machine.model == "hugetlb" else {"copy", "poison", "zeropage"}
    works = {(step.input.op, step.before.flags) for step in steps_of(machine) if _worked(step)}

    def fails(step: Step) -> str | None:
        op, flags = step.input.op, step.before.flags
        reported = op in reports or (op == "continue" and bool(flags & VM_UFFD_MINOR))
        if flags and reported and (op, flags) not in works:
            return f"{op.upper()} never succeeds, though UFFDIO_REGISTER reports it"
        return None

    return first(machine, fails)


def _worked(step: Step) -> bool:
    return step.seen.result == "ok"


def nothing_leaked(machine: Machine) -> Failure | None:
    """References to folios only: a kernel's debug profile knows of everything else."""

    def fails(step: Step) -> str | None:
        lost = step.after.leaked and not step.before.leaked
        return "a folio reference is lost, its memory is never freed" if lost else None

    return first(machine, fails)


def views_agree(machine: Machine) -> Failure | None:
    """What was written stays until it is overwritten or punched out, whoever looks.

    MADV_DONTNEED of anonymous memory is asked to drop it.
    """
    drops = "dontneed" if machine.model == "anonymous" else ""

    def fails(step: Step) -> str | None:
        for before, after in zip(step.before.pages, step.after.pages, strict=True):
            written = len(before.content) == 1
            done = step.seen.result in ("ok", "blocked", "short 2048")
            allowed = (step.input.op in _WRITERS and done) or step.input.op == drops
            resumed_writer = any(each and each.access == "write" for each in step.before.threads)
            if written and after.content != before.content and not (allowed or resumed_writer):
                return f"{step.input.op} turns {before.content} into {after.content or 'nothing'}"
        return None

    return first(machine, fails)


def nothing_present_unseen(machine: Machine) -> Failure | None:
    """Under MISSING, pages become present by the monitor's own doing or after an event."""

    def fails(step: Step) -> str | None:
        watched = step.before.flags & step.after.flags & VM_UFFD_MISSING
        if not watched or step.input.page is None:
            return None
        pages = zip(step.before.pages, step.after.pages, strict=True)
        for index, (before, after) in enumerate(pages):
            if before.present or not after.present:
                continue
            if index != step.input.page:
                return f"{step.input.op} of p{step.input.page} makes p{index} present"
            if step.input.op in ("vcpu-read", "vcpu-write"):
                return "a vCPU makes the page present, no event tells"
        return None

    return first(machine, fails)


def always(state: State) -> bool:
    del state
    return True


def registered(state: State) -> bool:
    return bool(state.flags)


def somebody_waits(state: State) -> bool:
    return any(state.threads)


def waits_for_missing(state: State) -> bool:
    return any(each is not None and each.event == "missing" for each in state.threads)


def watches_missing(state: State) -> bool:
    return bool(state.flags & VM_UFFD_MISSING)

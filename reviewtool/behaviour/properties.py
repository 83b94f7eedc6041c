# SPDX-License-Identifier: GPL-2.0-or-later
"""What every revision is asked, answered over all reachable states, each failure with a witness.

The states are those of a one-page world where pages do not influence each other, so the answers
hold for any number, and of two pages where they do.  What an unfinished exploration cannot tell is
answered by "unknown".
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from refmodel.model import Model
from refmodel.vocabulary import Input, Observation
from refmodel.world import (
    STALE,
    VM_UFFD_MINOR,
    VM_UFFD_MISSING,
    ZERO,
    State,
    Waiting,
    World,
)
from reviewtool.behaviour.explore import Machine, explore, trace
from reviewtool.progress import SILENT, Progress

WORLD = World(values=("A",), past_eof=True)

_WRITERS = frozenset({"write", "pwrite", "copy", "zeropage", "vcpu-write", "punch"})
_READERS = frozenset({"read", "kvm-read"})
_FILLERS = frozenset({"pwrite", "copy", "continue", "write", "vcpu-write", "wake"})


@dataclass(frozen=True, slots=True)
class Answer:
    """``holds`` is None where the model cannot tell; ``inputs`` show a failure.

    ``arises`` is false where the revision never gets into the situation asked about.
    """

    question: str
    holds: bool | None
    detail: str = ""
    inputs: tuple[Input, ...] = ()
    observations: tuple[Observation, ...] = ()
    arises: bool = True

    @property
    def verdict(self) -> str:
        if not self.arises:
            return "does not arise"
        return {True: "yes", False: "no", None: "unknown"}[self.holds]


def _affordable(model: Model, world: World) -> World:
    """One page stands for all, unless pages influence each other: two, and less of the rest."""
    if model.page_local:
        return replace(world, pages=1)
    return replace(world, pages=2, threads=1, values=("A",), alias=False, kvm=False, past_eof=False)


@dataclass(frozen=True, slots=True)
class _Step:
    before: State
    input: Input
    seen: Observation
    after: State


_Failure = tuple[_Step, str]
_Check = Callable[[Machine], _Failure | None]


def ask(
    model: Model, world: World = WORLD, limit: int | None = None, progress: Progress = SILENT
) -> tuple[Answer, ...]:
    """Every question, answered for ``model``.

    Of an exploration that was not finished only failures are believed; the rest is unknown.
    """
    machine = explore(model, _affordable(model, world), limit, progress)
    answers = []
    for question, check, situation in QUESTIONS:
        failure = check(machine)
        if failure is None:
            holds = None if machine.partial else True
            detail = "the exploration was not finished" if machine.partial else ""
            arises = machine.partial or any(map(situation, machine.states))
            answers.append(Answer(question, holds, detail, arises=arises))
        else:
            step, detail = failure
            inputs = (*machine.path_to(machine.states.index(step.before)), step.input)
            seen = trace(model, machine.world, inputs).observations
            answers.append(Answer(question, False, detail, inputs, seen))
    return tuple(answers)


def _steps(machine: Machine) -> Iterator[_Step]:
    for state, row in zip(machine.states, machine.rows, strict=False):
        if not state.dead:
            for each, transition in row.items():
                yield _Step(state, each, transition.observation, machine.states[transition.target])


def _first(machine: Machine, fails: Callable[[_Step], str | None]) -> _Failure | None:
    """The failure nearest to the initial state: states are in breadth-first order."""
    for step in _steps(machine):
        detail = fails(step)
        if detail:
            return step, detail
    return None


def _answers(seen: Observation) -> Iterator[str]:
    yield seen.result
    for effect in seen.effects:
        if effect.startswith("resumed "):
            yield effect.split(" ", 2)[2]


def no_crash(machine: Machine) -> _Failure | None:
    return _first(machine, lambda step: step.after.dead)


def no_uninitialised_memory(machine: Machine) -> _Failure | None:
    def fails(step: _Step) -> str | None:
        shows = f"value {STALE}" in _answers(step.seen)
        return "bytes nobody wrote are read" if shows else None

    return _first(machine, fails)


def no_unasked_zeros(machine: Machine) -> _Failure | None:
    def silent(step: _Step) -> bool:
        page = step.before.pages[step.input.page or 0]
        return (
            step.input.op in _READERS
            and not step.input.alias
            and bool(step.before.flags)
            and not page.uptodate
            and f"value {ZERO}" == step.seen.result
        )

    modes = sorted({step.before.mode for step in _steps(machine) if silent(step)})
    return _first(
        machine,
        lambda step: f"registered {' or '.join(modes)}, no event" if silent(step) else None,
    )


def no_event_past_the_end(machine: Machine) -> _Failure | None:
    def fails(step: _Step) -> str | None:
        past = step.input.page is not None and step.input.page >= step.before.size
        raised = any(effect.startswith("event ") for effect in step.seen.effects)
        return "an event for a page the file does not have" if past and raised else None

    return _first(machine, fails)


def every_event_resolvable(machine: Machine) -> _Failure | None:
    """From every state with a reader blocked inside the file, data can reach it."""
    index = {state: number for number, state in enumerate(machine.states)}
    good: set[int] = set()
    for step in _steps(machine):
        if step.input.op in _FILLERS and any(
            effect.startswith("resumed u0 value A") for effect in step.seen.effects
        ):
            good.add(index[step.before])
    backwards: dict[int, list[int]] = {}
    for step in _steps(machine):
        if step.input.op in _FILLERS and _same_wait(step.before, step.after):
            backwards.setdefault(index[step.after], []).append(index[step.before])
    queue = list(good)
    for number in queue:
        for source in backwards.get(number, ()):
            if source not in good:
                good.add(source)
                queue.append(source)

    def fails(step: _Step) -> str | None:
        waiting = step.after.threads[0]
        if not _new_reader(step, waiting) or index[step.after] in good:
            return None
        return "nothing but unregistering gets the reader on with data"

    return _first(machine, fails)


def _same_wait(before: State, after: State) -> bool:
    return before.threads[0] is not None and before.threads[0] == after.threads[0]


def _new_reader(step: _Step, waiting: Waiting | None) -> bool:
    return (
        step.before.threads[0] is None
        and waiting is not None
        and waiting.access == "read"
        and waiting.page < step.after.size
    )


def missing_resolved_by_copy(machine: Machine) -> _Failure | None:
    def fails(step: _Step) -> str | None:
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

    return _first(machine, fails)


def unregistering_wakes(machine: Machine) -> _Failure | None:
    def fails(step: _Step) -> str | None:
        asleep = step.input.op == "unregister" and step.seen.result == "ok"
        return "a thread goes on sleeping" if asleep and any(step.after.threads) else None

    return _first(machine, fails)


def reported_ioctls_work(machine: Machine) -> _Failure | None:
    """UFFDIO_REGISTER reports COPY, ZEROPAGE, POISON always, CONTINUE with MINOR."""
    works = {(step.input.op, step.before.flags) for step in _steps(machine) if _worked(step)}

    def fails(step: _Step) -> str | None:
        op, flags = step.input.op, step.before.flags
        reported = op in ("copy", "zeropage", "poison") or (
            op == "continue" and bool(flags & VM_UFFD_MINOR)
        )
        if flags and reported and (op, flags) not in works:
            return f"{op.upper()} never succeeds, though UFFDIO_REGISTER reports it"
        return None

    return _first(machine, fails)


def _worked(step: _Step) -> bool:
    return step.seen.result == "ok"


def nothing_leaked(machine: Machine) -> _Failure | None:
    """References to folios only: a kernel's debug profile knows of everything else."""

    def fails(step: _Step) -> str | None:
        lost = step.after.leaked and not step.before.leaked
        return "a folio reference is lost, its memory is never freed" if lost else None

    return _first(machine, fails)


def views_agree(machine: Machine) -> _Failure | None:
    """What was written stays until it is overwritten or punched out, whoever looks."""

    def fails(step: _Step) -> str | None:
        for before, after in zip(step.before.pages, step.after.pages, strict=True):
            written = len(before.content) == 1
            allowed = step.input.op in _WRITERS and step.seen.result in ("ok", "blocked")
            resumed_writer = any(each and each.access == "write" for each in step.before.threads)
            if written and after.content != before.content and not (allowed or resumed_writer):
                return f"{step.input.op} turns {before.content} into {after.content or 'nothing'}"
        return None

    return _first(machine, fails)


def nothing_present_unseen(machine: Machine) -> _Failure | None:
    """Under MISSING, pages become present by the monitor's own doing or after an event."""

    def fails(step: _Step) -> str | None:
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

    return _first(machine, fails)


def _always(state: State) -> bool:
    del state
    return True


def _registered(state: State) -> bool:
    return bool(state.flags)


def _somebody_waits(state: State) -> bool:
    return any(state.threads)


def _waits_for_missing(state: State) -> bool:
    return any(each is not None and each.event == "missing" for each in state.threads)


def _watches_missing(state: State) -> bool:
    return bool(state.flags & VM_UFFD_MISSING)


QUESTIONS: tuple[tuple[str, _Check, Callable[[State], bool]], ...] = (
    ("the kernel survives", no_crash, _always),
    ("no uninitialised memory is seen", no_uninitialised_memory, _always),
    ("no page of zeros nobody asked for", no_unasked_zeros, _registered),
    ("no event past the end of the file", no_event_past_the_end, _registered),
    ("every event can be resolved with data", every_event_resolvable, _somebody_waits),
    ("a missing event is resolved by COPY", missing_resolved_by_copy, _waits_for_missing),
    ("unregistering leaves nobody asleep", unregistering_wakes, _somebody_waits),
    ("every ioctl UFFDIO_REGISTER reports can succeed", reported_ioctls_work, _registered),
    ("stage-2 and user mappings agree, nothing written is lost", views_agree, _always),
    ("under MISSING no page becomes present unseen", nothing_present_unseen, _watches_missing),
    ("no folio is leaked", nothing_leaked, _always),
)

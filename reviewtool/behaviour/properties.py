# SPDX-License-Identifier: GPL-2.0-or-later
"""What every revision is asked, answered over all reachable states, each failure with a witness.

The states are those of a one-page world where pages do not influence each other, so the answers
hold for any number, and of two pages where they do.  What an unfinished exploration cannot tell is
answered by "unknown".
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from refmodel.model import Model
from refmodel.vocabulary import Input, Observation
from refmodel.world import State, World
from reviewtool.behaviour import questions, write_questions
from reviewtool.behaviour.explore import explore, trace
from reviewtool.behaviour.questions import Check
from reviewtool.progress import SILENT, Progress

WORLD = World(values=("A",), past_eof=True, short_writes=True)
"""One value and one page of each kind; write() may be cut short."""

QUESTIONS: tuple[tuple[str, Check, Callable[[State], bool]], ...] = (
    ("the kernel survives", questions.no_crash, questions.always),
    ("no uninitialised memory is seen", questions.no_uninitialised_memory, questions.always),
    ("no page is seen half filled", questions.no_half_page, questions.always),
    ("no page of zeros nobody asked for", questions.no_unasked_zeros, questions.registered),
    ("no event past the end of the file", questions.no_event_past_the_end, questions.registered),
    (
        "every event can be resolved with data",
        questions.every_event_resolvable,
        questions.somebody_waits,
    ),
    (
        "a missing event is resolved by COPY",
        questions.missing_resolved_by_copy,
        questions.waits_for_missing,
    ),
    (
        "COPY fills every page no event told of",
        questions.copy_fills_what_was_never_told,
        questions.watches_missing,
    ),
    (
        "unregistering leaves nobody asleep",
        questions.unregistering_wakes,
        questions.somebody_waits,
    ),
    (
        "every ioctl UFFDIO_REGISTER reports can succeed",
        questions.reported_ioctls_work,
        questions.registered,
    ),
    (
        "stage-2 and user mappings agree, nothing written is lost",
        questions.views_agree,
        questions.always,
    ),
    ("write() does what it says", write_questions.write_tells_the_truth, questions.always),
    (
        "a write() cut short can be completed",
        write_questions.short_write_can_be_completed,
        questions.always,
    ),
    (
        "under MISSING no page becomes present unseen",
        questions.nothing_present_unseen,
        questions.watches_missing,
    ),
    ("no folio is leaked", questions.nothing_leaked, questions.always),
)


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
    return replace(
        world,
        pages=2,
        threads=1,
        values=("A",),
        alias=False,
        kvm=False,
        past_eof=False,
        short_writes=False,
    )


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

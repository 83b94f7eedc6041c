# SPDX-License-Identifier: GPL-2.0-or-later
"""The machine of a revision's kernel, inferred from the kernel alone and held against the model."""

import threading
from dataclasses import dataclass, replace

from reviewtool.behaviour.conversation import Conversation
from reviewtool.behaviour.equivalence import Distinction, distinguish
from reviewtool.behaviour.explore import explore
from reviewtool.behaviour.guests import RunGuest, Settings, kernel_guest, record
from reviewtool.behaviour.identify import alive
from reviewtool.behaviour.learn import Learned, learn
from reviewtool.behaviour.minimal import minimise
from reviewtool.behaviour.verdict import SMALL
from reviewtool.review.kernels import kernel, ours
from reviewtool.review.session import Session, model, revision

_IDLE = 1800.0  # the conversation itself notices a guest that does not answer


@dataclass(frozen=True, slots=True)
class LearnedRevision:
    """What a kernel was found to be, and where its model differs: None if they are bisimilar.

    ``states`` are those of the model's minimal machine in which there is a kernel.
    """

    revision: str
    model: str
    kernel: str
    states: int
    learned: Learned
    difference: Distinction | None
    confirmed: bool = True
    """Whether the kernel, asked for the difference itself, answers as what was learned. If not, it
    has more states than were looked for, and the difference is no finding."""


def learn_revision(
    session: Session, name: str, *, profile: str = "fast", extra: int = 1
) -> LearnedRevision:
    """Learn the machine of a revision's kernel in the world of one page and compare it.

    Raises as building, booting and :func:`reviewtool.behaviour.learn.learn` do, and InputError
    where the revision has no model.
    """
    found = revision(session, name)
    expected = model(session, found.id)
    world = replace(SMALL, userfault="KVM_MEM_USERFAULT" in expected.hooks)
    built = kernel(session, found.id, profile)

    def listening(asking: int, stop: threading.Event) -> RunGuest:
        return kernel_guest(
            built.path, trusted=ours(session), silence=_IDLE, stop=stop, asking=asking
        )

    learned = learn(
        lambda: Conversation(listening, Settings.of(world)),
        world,
        extra=extra,
        bulk=kernel_guest(built.path, trusted=ours(session)),
        progress=session.progress,
    )
    minimal = minimise(explore(expected, world, progress=session.progress))
    difference = distinguish(minimal.rows, learned.rows)
    confirmed = True
    if difference is not None:
        asked = record(
            kernel_guest(built.path, trusted=ours(session)),
            Settings.of(world),
            [(0, difference.inputs)],
        )
        confirmed = asked.traces[0].observations == tuple(map(str, difference.b))
    return LearnedRevision(
        found.id,
        expected.name,
        built.key[:16],
        len(alive(minimal)),
        learned,
        difference,
        confirmed,
    )

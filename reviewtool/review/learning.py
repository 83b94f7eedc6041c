# SPDX-License-Identifier: GPL-2.0-or-later
"""The machine of a revision's kernel, inferred from the kernel alone and held against the model."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from refmodel.model import alphabet
from refmodel.vocabulary import parse_input, parse_observation
from refmodel.world import World
from reviewtool import behaviour, cache
from reviewtool.behaviour.conversation import Conversation
from reviewtool.behaviour.equivalence import Distinction, distinguish
from reviewtool.behaviour.explore import explore
from reviewtool.behaviour.guests import RunGuest, kernel_guest, record
from reviewtool.behaviour.identify import alive
from reviewtool.behaviour.learn import Learned, learn, settings
from reviewtool.behaviour.minimal import minimise
from reviewtool.behaviour.verdict import SMALL, driver_sources
from reviewtool.kernel.build import Kernel
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
    session: Session, name: str, *, profile: str = "fast", extra: int = 1, again: bool = False
) -> LearnedRevision:
    """Learn the machine of a revision's kernel in the world of one page and compare it.

    What was learned of the same kernel by the same driver is recalled; what it answered before
    somebody interrupted is not asked again. ``again`` forgets both. Of the model, only whether it
    has a userfault bitmap is known while learning: its inputs are in the world then.

    Raises as building, booting and :func:`reviewtool.behaviour.learn.learn` do, and InputError
    where the revision has no model.
    """
    found = revision(session, name)
    expected = model(session, found.id)
    world = replace(SMALL, userfault="KVM_MEM_USERFAULT" in expected.hooks)
    built = kernel(session, found.id, profile)
    learned = _recall(built, world, extra) if not again else None
    if learned is None:
        learned = _learn(session, built, world, extra, again)
    shape = minimise(explore(expected, world, progress=session.progress))
    difference = distinguish(shape.rows, learned.rows)
    confirmed = True
    if difference is not None:
        asked = record(
            kernel_guest(built.path, trusted=ours(session)),
            settings(world),
            [(0, difference.inputs)],
        )
        confirmed = asked.traces[0].observations == tuple(map(str, difference.b))
    return LearnedRevision(
        found.id,
        expected.name,
        built.key[:16],
        len(alive(shape)),
        learned,
        difference,
        confirmed,
    )


def _learn(session: Session, built: Kernel, world: World, extra: int, again: bool) -> Learned:
    def listening(asking: int, stop: threading.Event) -> RunGuest:
        return kernel_guest(
            built.path, trusted=ours(session), silence=_IDLE, stop=stop, asking=asking
        )

    stop = threading.Event()
    place = _place_of_answers(built, world)
    if again:
        place.unlink(missing_ok=True)
    learned = learn(
        lambda: Conversation(listening, settings(world)),
        world,
        extra=extra,
        bulk=kernel_guest(built.path, trusted=ours(session), stop=stop),
        place=place,
        stop=stop,
        progress=session.progress,
    )
    cache.file_json("learned", _key(built, world, extra), _filed(learned))
    return learned


def _place_of_answers(built: Kernel, world: World) -> Path:
    """Where the kernel's answers lie: they depend on it, on the driver and on what that builds."""
    key = cache.digest(built.key, repr(settings(world)), *driver_sources())
    return cache.folder("answers") / key[:2] / key


def _key(built: Kernel, world: World, extra: int) -> str:
    """All that a learned machine depends on: the answers, what was asked, and who concluded."""
    asked = " ".join(map(str, (world, *alphabet(world), extra)))
    return cache.digest(_place_of_answers(built, world).name, asked, *_learner_sources())


def _learner_sources() -> Iterator[bytes]:
    for name in ("answers", "identify", "learn", "memory", "minimal"):
        yield (Path(behaviour.__path__[0]) / f"{name}.py").read_bytes()


_COUNTED = ("extra", "hypotheses", "sequences", "steps", "guests", "deaths", "left_out", "seconds")


def _filed(learned: Learned) -> dict[str, Any]:
    rows = [
        {str(each): [target, str(seen)] for each, (target, seen) in row.items()}
        for row in learned.rows
    ]
    return {"rows": rows} | {name: getattr(learned, name) for name in _COUNTED}


def _recall(built: Kernel, world: World, extra: int) -> Learned | None:
    filed = cache.recall_json("learned", _key(built, world, extra))
    if filed is None:
        return None
    rows = tuple(
        {parse_input(each): (to, parse_observation(seen)) for each, (to, seen) in row.items()}
        for row in filed["rows"]
    )
    counted = {name: filed[name] for name in _COUNTED}
    return Learned(world, alphabet(world), rows, remembered=True, **counted)

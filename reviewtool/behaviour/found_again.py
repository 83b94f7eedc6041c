# SPDX-License-Identifier: GPL-2.0-or-later
"""What reviewers found by reading, and what nobody said, found again by asking the models.

A claim names a model, the question that brings the finding out and the models that are free of it.
Its witness is never written down here: it is whatever the search comes back with.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from refmodel.vocabulary import spell
from refmodel.world import World
from reviewtool.behaviour.compare import compare
from reviewtool.behaviour.models import load
from reviewtool.behaviour.properties import Answer, ask
from reviewtool.behaviour.races import Race, races
from reviewtool.progress import SILENT, Progress

WORLD = World(pages=2, threads=2, past_eof=True)
NOBODY = "nobody"

Witness = tuple[str, str]
"""The shortest sequence, or the two operations that race; what is seen at its end."""


@dataclass(frozen=True, slots=True)
class Claim:
    """``search`` gives the witness on a model, None where it has none; ``said`` is who and when."""

    finding: str
    said: str
    model: str
    search: Callable[[str], Witness | None]
    free: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A claim, what the search came back with, and those models said to be free of it that are."""

    claim: Claim
    witness: Witness | None
    free: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return self.witness is not None and self.free == self.claim.free


@cache
def _answers(name: str) -> dict[str, Answer]:
    answers = ask(load(name))
    _whole(not any(each.holds is None for each in answers))
    return {each.question: each for each in answers}


def _whole(finished: bool) -> None:
    """A search that Ctrl-C cut short found nothing out: that would be told as nothing there."""
    if not finished:
        raise KeyboardInterrupt


def asked(question: str) -> Callable[[str], Witness | None]:
    """The property of that name fails."""

    def search(name: str) -> Witness | None:
        answer = _answers(name)[question]
        if answer.holds is not False:
            return None
        return spell(list(answer.inputs)), f"{answer.observations[-1]}: {answer.detail}"

    return search


def raced(finding: str, *operations: str, setup: str = "") -> Callable[[str], Witness | None]:
    """Two operations race to that end, after ``setup`` and any registration."""

    def search(name: str) -> Witness | None:
        found = races(load(name), operations=operations, setups=(setup,))
        _whole(not found.partial)
        told = (_told(each) for each in found.races if each.finding.startswith(finding))
        return next(told, None)

    return search


def _told(race: Race) -> Witness:
    together = " ‖ ".join(spell(list(each)) for each in race.operations)
    before = f"{spell(list(race.setup))}; " if race.setup else ""
    switches = zip(race.schedule, race.schedule[1:], strict=False)
    at = next((point for (who, point), (then, _) in switches if who != then), "")
    return f"{before}{together}", f"{race.finding.partition(':')[0]}; switched where {at}"


def differs(other: str, cause: str) -> Callable[[str], Witness | None]:
    """The model differs from ``other`` in that way."""

    def search(name: str) -> Witness | None:
        found = compare(load(name), load(other), WORLD)
        _whole(not found.partial)
        for each in found.differences:
            if each.cause == cause:
                return spell(list(each.inputs)), f"{each.a[-1]} ({other}: {each.b[-1]})"
        return None

    return search


_WRITE = ("read u0 p0; read u0 p0", "pwrite p0 B")
_HALF = "half a page is seen"
_LOST = "half of what was written is lost"

CLAIMS = (
    Claim(
        "a fault during the first write() of a page sees half of it",
        "Peter Xu, 2025-03-03",
        "rfc_missing",
        raced(_HALF, *_WRITE),
        ("write_v4", "write_v5"),
    ),
    Claim(
        "a fault during write() clears what was written, though write() succeeds",
        NOBODY,
        "rfc_missing",
        raced(_LOST, *_WRITE),
        ("write_v4", "write_v5", "write_v7"),
    ),
    Claim(
        "UFFDIO_CONTINUE on an absent page: NULL dereference",
        NOBODY,
        "rfc_missing",
        differs("v3_minor_noalloc", "CONTINUE on an absent page: kernel crash against EFAULT"),
    ),
    Claim(
        "UFFDIO_COPY takes a guest_memfd inode for one of shmem's",
        NOBODY,
        "rfc_missing",
        asked("the kernel survives"),
        ("v3_minor_noalloc", "m2_do_userfault"),
    ),
    Claim(
        "a fault and PUNCH_HOLE take two locks in opposite order",
        NOBODY,
        "rfc_missing",
        raced("deadlock", "read u0 p0", "punch p0", setup="pwrite p0 A"),
        ("v3_minor_noalloc", "m2_do_userfault"),
    ),
    Claim(
        "a page whose write() failed is mapped half filled by CONTINUE",
        NOBODY,
        "rfc_missing",
        asked("no page is seen half filled"),
        ("v3_minor_noalloc", "v2_get_folio"),
    ),
    Claim(
        "a page fallocate() left uncleared is mapped by CONTINUE: memory nobody wrote",
        NOBODY,
        "m2_do_userfault",
        asked("no uninitialised memory is seen"),
        ("v2_get_folio", "v3_minor_noalloc"),
    ),
    Claim(
        "no event for an absent page any more",
        "Nikita Kalyazin, 2025-12-01",
        "v3_minor_noalloc",
        differs("v2_get_folio", "a page absent from the cache: silent allocation against event"),
    ),
    Claim(
        "the folio whose event was raised is never freed",
        NOBODY,
        "v2_minor_posted",
        asked("no folio is leaked"),
        ("rfc_missing", "v3_minor_noalloc", "m2_do_userfault"),
    ),
    Claim(
        "UFFDIO_UNREGISTER in minor mode leaves a sleeping thread asleep",
        NOBODY,
        "v3_minor_noalloc",
        asked("unregistering leaves nobody asleep"),
        ("rfc_missing",),
    ),
    Claim(
        "MISSING is raised and COPY cannot resolve it",
        "Peter Xu, 2025-12-01",
        "p3_missing_by_write",
        asked("a missing event is resolved by COPY"),
        ("mrfc_fault_codes", "m2_do_userfault", "hugetlb", "anonymous"),
    ),
    Claim(
        "a vCPU makes a page present unseen; COPY comes too late",
        NOBODY,
        "m2_do_userfault",
        asked("COPY fills every page no event told of"),
        ("hugetlb", "anonymous"),
    ),
    Claim(
        "the second page of a huge folio never raises MISSING",
        "Peter Xu, 2025-03-03",
        "huge_missing",
        differs(
            "rfc_missing",
            "an absent page or an allocated page nobody filled: silent mapping against event",
        ),
    ),
    Claim(
        "an event for a page past the end of the file, which nothing resolves",
        NOBODY,
        "m2_do_userfault",
        asked("no event past the end of the file"),
        ("mrfc_fault_codes", "rfc_missing", "hugetlb"),
    ),
    Claim(
        "a stale page is read through a cleared bit of the userfault bitmap",
        "Oliver Upton, 2025-06-18",
        "kvm_userfault_v3",
        raced("a stale page is read through a cleared bit", "punch p0"),
        ("kvm_userfault_v3_acquire",),
    ),
    Claim(
        "all that write() wrote is lost at the first access",
        NOBODY,
        "write_v6",
        asked("stage-2 and user mappings agree, nothing written is lost"),
        ("write_v3", "write_v4", "write_v5", "write_v7"),
    ),
    Claim(
        "write() says all is written when half could be copied",
        NOBODY,
        "write_rfc_v2",
        asked("write() does what it says"),
        ("write_v3", "write_v4", "write_v5", "write_v6"),
    ),
    Claim(
        "a short write() counts as a filled page nothing can complete",
        NOBODY,
        "write_v5",
        asked("a write() cut short can be completed"),
        ("write_v4", "write_v6", "write_v7"),
    ),
    Claim(
        "a write() that fails with EFAULT fills the page with zeros",
        NOBODY,
        "write_v7",
        asked("write() does what it says"),
        ("write_v3", "write_v4", "write_v5", "write_v6"),
    ),
    Claim(
        "write() to a mapped page outside the direct map: kernel fault",
        "Sean Christopherson asked, 2025-11",
        "direct_map_m2_write_v7",
        asked("the kernel survives"),
        ("userfault_m2_write_v7",),
    ),
)


def find_again(progress: Progress = SILENT) -> Iterator[Found]:
    """Search for every claim's witness, and for one on the models said to be free of it."""
    with progress.task("asking the models", total=len(CLAIMS)) as task:
        for number, claim in enumerate(CLAIMS):
            task.update(number, claim.finding)
            free = tuple(name for name in claim.free if claim.search(name) is None)
            yield Found(claim, claim.search(claim.model), free)

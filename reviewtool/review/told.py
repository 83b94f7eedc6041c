# SPDX-License-Identifier: GPL-2.0-or-later
"""A revision against another, all that is to be told of it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from reviewtool.archive.types import Revision
from reviewtool.behaviour import models, properties
from reviewtool.review.claims import Claims, claims, mentions
from reviewtool.review.difference import BASE, RevisionDiff, difference
from reviewtool.review.failures import failures
from reviewtool.review.findings import (
    Finding,
    Status,
    Witness,
    acknowledged,
    behaviour_findings,
    finding_id,
    interface_findings,
)
from reviewtool.review.pinning import pin, pin_failure
from reviewtool.review.session import Session, described, model, posting


@dataclass(frozen=True, slots=True)
class Told:
    """Revision ``b`` against ``a``; ``before`` is the mail of ``a``, None where that is the base.

    ``known`` are findings the study acknowledges: not to be told again. ``said`` is the changelog
    held to its word, None where there is no revision before.
    """

    a: str
    b: str
    before: Revision | None
    mail: Revision
    diff: RevisionDiff
    findings: tuple[Finding, ...]
    known: tuple[Finding, ...]
    said: Claims | None = None


def told(session: Session, a: str, b: str) -> Told:
    """Compare ``b`` with ``a`` (may be BASE) and say what is to be told, the worst first."""
    diff = difference(session, a, b)
    mail = posting(session, b)
    before = None if a == BASE else posting(session, a)
    found = [*interface_findings(diff.interface or ())]
    found += _behaviour(session, diff, mail)
    found += _properties(session, a, b, mail)
    said = claims(before, mail) if before is not None else None
    if said is not None:
        found = [_with_changelog(one, said) for one in found]
        found += _changelog(said)
    order = {"fail": 0, "warn": 1, "info": 2}
    kinds = ("interface", "behaviour", "property", "changelog", "remark")
    found.sort(key=lambda one: (kinds.index(one.kind), order[one.status], one.patch or 99))
    to_tell, known = acknowledged(found, dict(session.study.acknowledged))
    return Told(diff.a, diff.b, before, mail, diff, to_tell, known, said)


UNSAID = "the changelog does not mention it"


def _with_changelog(one: Finding, said: Claims) -> Finding:
    """A difference nobody announced is marked so."""
    if one.kind not in ("interface", "behaviour") or not said.written:
        return one
    named = any(name and mentions(said.text, name) for name in one.names)
    seen = one.kind == "behaviour" and any(one.patch in each.patches for each in said.items)
    return one if named or seen else replace(one, details=(*one.details, UNSAID))


def _changelog(said: Claims) -> Iterator[Finding]:
    for one in said.items:
        if one.state == "not seen":
            yield Finding(
                finding_id("changelog", one.text),
                "changelog",
                "warn",
                None,
                f"said in the changelog and not seen: {one.text}",
                (one.evidence,),
            )
    for each in said.unsaid:
        yield Finding(
            finding_id("changelog", each.state, each.subject),
            "changelog",
            "info",
            each.b,
            f"changed, and the changelog does not say so: {each.subject}"
            if each.b is not None
            else f"gone, and the changelog does not say so: {each.subject}",
            (each.detail,) if each.detail and each.b is not None else (),
        )


def _behaviour(session: Session, diff: RevisionDiff, mail: Revision) -> Iterator[Finding]:
    if diff.behaviour is None:
        return
    one, other = model(session, diff.a), model(session, diff.b)
    pins = [
        pin(one, other, diff.behaviour.world, each.inputs, mail.patches)
        for each in diff.behaviour.differences
    ]
    yield from behaviour_findings(diff.behaviour, pins, diff.a, diff.b)


_SHMEM = replace(properties.WORLD, vcpus=0, kvm=False, alias=False)
"""What is userfaultfd's own way shows without KVM; with it shmem has thousands of states."""
_GRAVE = frozenset({"the kernel survives", "no uninitialised memory is seen"})


def _properties(session: Session, a: str, b: str, mail: Revision) -> Iterator[Finding]:
    """What every revision is asked and this one fails.

    Left out is what the other revision failed before, and what shmem fails as well: that is
    userfaultfd's own way.
    """
    found = described(session, b)
    if found is None:
        return
    shmem = failures(models.load("shmem"), session.progress, _SHMEM)
    before = {one.question for one in shmem}
    earlier = described(session, a) if a != BASE else None
    if earlier is not None:
        before |= {one.question for one in failures(earlier.model, session.progress)}
    for one in failures(found.model, session.progress):
        if one.question in before:
            continue
        place = pin_failure(found.model, properties.WORLD, one.inputs, mail.patches)
        status: Status = "fail" if one.question in _GRAVE else "warn"
        yield Finding(
            finding_id("property", one.question, one.detail),
            "property",
            status,
            place.patch,
            f"does not hold: {one.question}"
            if earlier is None
            else f"held in {a}, does not in {b}: {one.question}",
            (one.detail,),
            place.rule.function if place.rule else "",
            inside=True,
            witness=Witness(tuple(map(str, one.inputs)), (), one.observations),
        )

# SPDX-License-Identifier: GPL-2.0-or-later
"""Postings as revisions: b4 makes the patches of each, the thread gives the rest."""

from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace

from reviewtool.archive import b4
from reviewtool.archive.attestation import claims, key_rings, signed, unchecked
from reviewtool.archive.footers import read_footers
from reviewtool.archive.mail import Mail
from reviewtool.archive.patches import read_patch
from reviewtool.archive.postings import Posting, Sorted, sort_mails
from reviewtool.archive.slugs import with_slugs
from reviewtool.archive.threads import answered
from reviewtool.archive.trailers import given_trailers
from reviewtool.archive.types import Cover, Patch, Reply, Revision, Trailer
from reviewtool.errors import InputError
from reviewtool.progress import SILENT, Progress

_WORKERS = 4


def assemble(
    mails: Sequence[Mail], *, progress: Progress = SILENT, executor: Executor | None = None
) -> tuple[Revision, ...]:
    """The revisions in ``mails`` by date, incomplete ones among them, each with its replies."""
    sorted_mails = sort_mails(mails)
    if executor is None:
        with ThreadPoolExecutor(_WORKERS) as pool:
            return assemble_sorted(sorted_mails, progress=progress, executor=pool)
    return assemble_sorted(sorted_mails, progress=progress, executor=executor)


def assemble_sorted(
    sorted_mails: Sorted, *, progress: Progress, executor: Executor
) -> tuple[Revision, ...]:
    """As :func:`assemble`, for mails already sorted into postings."""
    postings = sorted_mails.postings
    found: list[Revision] = []
    with progress.task("reading the series with b4", total=len(postings)) as task:
        for number, revision in enumerate(executor.map(revision_of, postings), 1):
            found.append(revision)
            task.update(done=number, note=revision.title)
    found = [
        replace(revision, warnings=(*revision.warnings, *_concerning(sorted_mails, revision)))
        for revision in found
    ]
    return with_slugs(fill_rerolls(found, postings))


def revision_of(posting: Posting) -> Revision:
    """One posting as a revision; what b4 cannot read makes it incomplete, with a warning."""
    first = posting.first
    warnings = [f"{mail.message_id}: {flaw}" for mail in posting.members for flaw in mail.flaws]
    patches: list[Patch] = []
    if posting.patches:
        try:
            mails, complaints = b4.am(posting.members)
        except InputError as error:
            warnings.append(str(error))
        else:
            # What is missing is said once, in our words.
            told = ("incomplete", "missing [")
            warnings.extend(f"b4: {c}" for c in complaints if not any(t in c for t in told))
            patches = _with_attestation(posting, _read_patches(posting, mails, warnings))
    patches = _with_given(posting, patches)
    here = {patch.index for patch in patches}
    missing = tuple(n for n in range(1, first.subject.total + 1) if n not in here)
    texts = [mail.body for mail in posting.members]
    footers = read_footers(*texts)
    return Revision(
        id="",
        title=first.subject.title,
        rfc=first.subject.rfc,
        version=first.subject.version,
        resend=first.subject.resend,
        date=first.date,
        author=first.author,
        cover=_cover(posting.cover),
        base=footers.base,
        prerequisites=footers.prerequisites,
        change_id=footers.change_id,
        patches=tuple(patches),
        replies=tuple(_reply(mail) for mail in posting.replies),
        complete=not missing,
        missing=missing,
        evidence=posting.evidence,
        warnings=tuple(dict.fromkeys(warnings)),
        in_reply_to=first.parents[0] if first.parents else "",
    )


def _read_patches(posting: Posting, mails: Sequence[bytes], warnings: list[str]) -> list[Patch]:
    wanted = {mail.message_id: mail for mail in posting.patches}
    patches: list[Patch] = []
    for raw in mails:
        patch, damage = read_patch(raw)
        if patch.message_id not in wanted:
            warnings.append(f"{patch.message_id}: b4 took a mail that is not of this posting")
            continue
        subject = wanted[patch.message_id].subject
        if damage:
            warnings.append(f"{patch.message_id}: patch {subject.index} is damaged: {damage}")
        patches.append(replace(patch, index=subject.index, total=subject.total))
    lost = wanted.keys() - {patch.message_id for patch in patches}
    warnings.extend(f"{message_id}: b4 left this patch out" for message_id in sorted(lost))
    return sorted(patches, key=lambda patch: patch.index)


def _with_attestation(posting: Posting, patches: Sequence[Patch]) -> list[Patch]:
    """The patches with what is known of their signatures."""
    sound = not any(b4.altered(mail) for mail in posting.members)
    rings = key_rings() if any(signed(mail.raw) for mail in posting.patches) else ()
    found = b4.attest(posting.members, rings) if sound and rings else {}
    why = "no key ring at hand" if sound else "the mail had to be put right to be read"
    by_id = {mail.message_id: mail for mail in posting.patches}
    attested: list[Patch] = []
    for patch in patches:
        verdicts = found.get(patch.index, ())
        claimed = claims(by_id[patch.message_id].raw)
        open_ = [one for one in claimed if one.startswith("DKIM ") or not verdicts]
        attested.append(replace(patch, attestation=(*verdicts, *unchecked(open_, why))))
    return attested


def _with_given(posting: Posting, patches: Sequence[Patch]) -> list[Patch]:
    """The patches with the trailers replies gave: to one patch, or by way of the cover to all."""
    above = answered(
        {mail.message_id: mail.parents for mail in posting.replies},
        {mail.message_id for mail in posting.members},
    )
    given: dict[str, list[Trailer]] = {}
    for mail in posting.replies:
        target = above[mail.message_id]
        if target is not None:
            trailers = given_trailers(mail.author, mail.body, mail.message_id)
            given.setdefault(target, []).extend(trailers)
    to_all = given.get(posting.cover.message_id, []) if posting.cover else []
    return [
        replace(patch, trailers=_added(patch.trailers, [*to_all, *given.get(patch.message_id, [])]))
        for patch in patches
    ]


def _added(posted: tuple[Trailer, ...], given: Sequence[Trailer]) -> tuple[Trailer, ...]:
    known = {(trailer.name.lower(), trailer.value.lower()) for trailer in posted}
    fresh: dict[tuple[str, str], Trailer] = {}
    for trailer in given:
        key = (trailer.name.lower(), trailer.value.lower())
        if key not in known:
            fresh.setdefault(key, trailer)
    return (*posted, *fresh.values())


def fill_rerolls(found: Sequence[Revision], postings: Sequence[Posting]) -> list[Revision]:
    """A partial reroll (single patches sent anew as replies to a posting) made a whole revision."""
    owner = {
        mail.message_id: number
        for number, posting in enumerate(postings)
        for mail in (*posting.members, *posting.replies)
    }
    filled = list(found)
    for number, (revision, posting) in enumerate(zip(found, postings, strict=True)):
        if revision.complete or posting.cover or not revision.patches:
            continue
        above = next(
            (owner[p] for mail in posting.patches for p in mail.parents if p in owner), None
        )
        if above is None or above >= number:
            continue
        earlier = filled[above]
        total = posting.first.subject.total
        if not earlier.complete or len(earlier.patches) != total:
            continue
        anew = {patch.index: patch for patch in revision.patches}
        numbers = ", ".join(f"{index}/{total}" for index in sorted(anew))
        filled[number] = replace(
            revision,
            title=earlier.title,
            patches=tuple(anew.get(patch.index, patch) for patch in earlier.patches),
            cover=earlier.cover,
            base=revision.base or earlier.base,
            complete=True,
            missing=(),
            anew=revision.root,
            evidence=(
                *revision.evidence,
                f"partial reroll: {numbers} sent anew in reply to {earlier.root}, the rest is its",
            ),
        )
    return filled


def _concerning(sorted_mails: Sorted, revision: Revision) -> list[str]:
    ids = {patch.message_id for patch in revision.patches} | {
        r.message_id for r in revision.replies
    }
    ids |= {revision.cover.message_id} if revision.cover else set()
    return [line for line in sorted_mails.warnings if line.partition(": ")[0] in ids]


def _cover(mail: Mail | None) -> Cover | None:
    return Cover(mail.message_id, mail.subject.title, mail.body) if mail else None


def _reply(mail: Mail) -> Reply:
    return Reply(
        message_id=mail.message_id,
        in_reply_to=mail.parents[0] if mail.parents else "",
        author=mail.author,
        date=mail.date,
        subject=mail.subject_line,
        body=mail.body,
    )

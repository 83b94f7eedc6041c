# SPDX-License-Identifier: GPL-2.0-or-later
"""What must be true of every revision read out of a thread, told by means of its own."""

import difflib
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence

from reviewtool.archive.postings import Posting, Sorted
from reviewtool.archive.types import Patch, Revision
from tests.bulk.witness import Witness, changed, files_in, mailinfo

Findings = Iterator[tuple[str, str]]
"""(kind, what was found), a pair each."""


def check_sorting(found: Sorted, thread: Mapping[str, Witness]) -> Findings:
    """Every mail of the thread is in one place, and no patch is taken for a reply."""
    places: list[str] = [mail.message_id for mail in found.strays]
    for posting in found.postings:
        places += [mail.message_id for mail in (*posting.members, *posting.replies)]
    for twice in sorted({key for key in places if places.count(key) > 1}):
        yield "mail in two places", twice
    for lost in sorted(thread.keys() - set(places)):
        yield "mail lost", lost
    taken = {mail.message_id for posting in found.postings for mail in posting.patches}
    told = " ".join(found.warnings)
    for key, witness in thread.items():
        numbered = witness.counter is not None and 0 < witness.counter[0] <= witness.counter[1]
        if key in taken or key in told:
            continue
        if numbered and not witness.reply and changed(witness.text.encode()):
            yield "patch not taken for one", f"{key}: {witness.subject}"


def check_revision(revision: Revision, posting: Posting, thread: Mapping[str, Witness]) -> Findings:
    """Everything said of one revision."""
    if revision.complete:
        yield from _whole(revision, thread)
    yield from _unmixed(posting, thread)
    damaged = [line for line in revision.warnings if " is damaged: " in line]
    for patch in revision.patches:
        # What the tool itself calls damaged is not claimed to be read.
        if not any(line.startswith(patch.message_id) for line in damaged):
            yield from _patch(patch, thread)
    yield from _trailers(revision, thread)


def _whole(revision: Revision, thread: Mapping[str, Witness]) -> Findings:
    """A series called complete has as many patches as its subjects say, and its cover's list."""
    root = revision.root
    counters = [thread[p.message_id].counter or (1, 1) for p in revision.patches]
    total = max((total for _, total in counters), default=0)
    if sorted(index for index, _ in counters) != list(range(1, total + 1)):
        yield "complete, but the numbers say otherwise", f"{root}: {counters}"
    for patch in revision.patches:
        if any(line.startswith(f"{patch.message_id}: patch") for line in revision.warnings):
            continue
        if not changed(patch.diff.encode("utf-8", "surrogateescape")) and not re.search(
            r"^(?:rename to|new mode|new file mode|deleted file mode|GIT binary|Binary files)",
            patch.diff,
            re.MULTILINE,
        ):
            yield "complete, but a patch changes nothing", patch.message_id
    cover = thread.get(revision.cover.message_id) if revision.cover else None
    if cover is None or any(patch.message_id not in thread for patch in revision.patches):
        return
    listed = [_squeezed(title) for title in cover.shortlog]
    mailed = [_squeezed(thread[patch.message_id].title) for patch in revision.patches]
    unlisted, unsent = _unpaired(mailed, listed)
    # A cover may list what goes to another project besides; it is in the thread, then.
    count = (cover.counter or (0, 1))[1]
    others = [_squeezed(w.title) for w in thread.values() if (w.counter or (1, 1))[1] != count]
    unsent = [title for title in unsent if title not in others]
    if listed and (unlisted or unsent):
        yield "not the patches its cover lists", f"{root}: {unlisted[:2]} {unsent[:2]}"
    stated = cover.files_changed
    if stated is not None and len(re.findall(r"files? changed,", cover.text)) == 1:
        touched = {
            name for patch in revision.patches for name in _files(patch) or (f"?{patch.index}",)
        }
        if len(touched) < stated:
            yield "fewer files than its cover counts", f"{root}: {len(touched)} of {stated}"


def _unmixed(posting: Posting, thread: Mapping[str, Witness]) -> Findings:
    """One posting is one sender's, one version's, one count's, and hangs together by its headers
    or, unthreaded, by its time."""
    members = [thread[mail.message_id] for mail in posting.members]
    root = posting.first.message_id
    for what, values in (
        ("sender", {member.sender for member in members}),
        ("version", {member.version for member in members}),
        ("RFC mark", {thread[mail.message_id].rfc for mail in posting.patches}),
        ("count", {(member.counter or (1, 1))[1] for member in members}),
    ):
        if len(values) > 1:
            yield f"mixed: more than one {what}", f"{root}: {sorted(map(str, values))}"
    ids = {mail.message_id for mail in posting.members}
    first = members[0]
    for mail, member in zip(posting.members[1:], members[1:], strict=True):
        if member.above & (ids | first.above):
            continue
        days = {mail.date[:10], posting.first.date[:10]}
        if len(days) > 1:
            yield "mixed: neither its thread nor its day", f"{root}: {mail.message_id}"


def _patch(patch: Patch, thread: Mapping[str, Witness]) -> Findings:
    witness = thread.get(patch.message_id)
    if witness is None:
        yield "patch of no mail in the thread", patch.message_id
        return
    try:
        info = mailinfo(witness.raw)
    except subprocess.CalledProcessError as error:
        yield "git mailinfo refuses it", f"{patch.message_id}: {error.stderr.decode().strip()}"
        return
    ours = [line for line in changed(patch.diff.encode("utf-8", "surrogateescape")) if _plain(line)]
    theirs = [line for line in changed(info.patch) if _plain(line)]
    if ours != theirs:
        odd = next((b or a for a, b in _pairs(ours, theirs) if a != b), b"")
        where = odd.decode("ascii", "replace")[:80]
        yield "not the diff git reads", f"{patch.message_id}: {len(ours)}/{len(theirs)}: {where}"
    if "@" in info.address and info.address not in patch.author.lower():
        yield "not the author git reads", f"{patch.message_id}: {patch.author} / {info.address}"
    if _squeezed(info.title) != _squeezed(_git_title(patch.subject)):
        yield "not the title git reads", f"{patch.message_id}: {patch.subject} / {info.title}"
    if patch.diff and _files(patch) is None and not _damaged(info.patch):
        yield "git cannot read the diff", patch.message_id


def _trailers(revision: Revision, thread: Mapping[str, Witness]) -> Findings:
    """Whoever is said to have given a trailer wrote it, unquoted, under their own name."""
    for patch in revision.patches:
        for trailer in patch.trailers:
            if trailer.given_by is None:
                continue
            witness = thread.get(trailer.given_by)
            if witness is None:
                yield "trailer of no mail", f"{trailer.given_by}: {trailer.name}: {trailer.value}"
                continue
            text = _squeezed(re.sub(r"^[ \t]*[>|].*$", "", witness.text, flags=re.MULTILINE))
            if _squeezed(f"{trailer.name}:{trailer.value}") not in text and trailer.value.isascii():
                yield "trailer not in the reply", f"{trailer.given_by}: {trailer.value}"
            name = witness.header("from").partition("<")[0].strip(' "').lower()
            same = _untagged(witness.sender) in trailer.value.lower() or (
                name and name in trailer.value.lower()
            )
            if not same:
                yield "trailer of another person", f"{trailer.given_by}: {trailer.value} / {name}"


def _untagged(address: str) -> str:
    """``ada+lists@example.org`` is Ada."""
    return re.sub(r"\+[^@]*@", "@", address)


def _files(patch: Patch) -> tuple[str, ...] | None:
    """The files of a patch, old names with new ones; None where git cannot read the diff."""
    old = re.findall(r"^rename from (.+)$", patch.diff, re.MULTILINE)
    try:
        return (*files_in(patch.diff.encode("utf-8", "surrogateescape")), *old)
    except subprocess.CalledProcessError:
        return None


def _damaged(patch: bytes) -> bool:
    """Whether git cannot read the mail's own patch either."""
    try:
        files_in(patch)
    except subprocess.CalledProcessError:
        return True
    return False


def _git_title(title: str) -> str:
    """``git mailinfo`` drops every ``[…]`` there is at the start, and ``Re:``."""
    return re.sub(r"^(?:\s*(?:\[[^\]]*\]|re:|fwd?:))+", "", title, flags=re.IGNORECASE)


def _unpaired(mailed: Sequence[str], listed: Sequence[str]) -> tuple[list[str], list[str]]:
    """The titles of each list the other lacks; authors touch one up after the cover is made."""
    spare = list(listed)
    lacking: list[str] = []
    for title in mailed:
        near = difflib.get_close_matches(title, spare, n=1, cutoff=0.6)
        if near:
            spare.remove(near[0])
        else:
            lacking.append(title)
    return lacking, spare


def _plain(line: bytes) -> bool:
    return line.isascii()


def _pairs(a: Sequence[bytes], b: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
    longest = max(len(a), len(b))
    return zip([*a, *[b""] * (longest - len(a))], [*b, *[b""] * (longest - len(b))], strict=True)


def _squeezed(text: str) -> str:
    return "".join(text.split()).lower()

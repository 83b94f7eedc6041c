# SPDX-License-Identifier: GPL-2.0-or-later
"""From a file of mail to its revisions, with everything already read kept in the cache."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from reviewtool import cache
from reviewtool.archive.attestation import rings_state
from reviewtool.archive.b4_version import b4_version
from reviewtool.archive.raw import read_raw
from reviewtool.archive.stored import FORMAT, decode_revision, encode
from reviewtool.archive.types import Revision
from reviewtool.errors import InputError
from reviewtool.progress import SILENT, Progress


def read_file(
    source: str | Path, *, incomplete: bool = False, progress: Progress = SILENT
) -> tuple[Revision, ...]:
    """The revisions in ``source`` (mbox, maildir, either gzipped, one mail, ``-``), by date.

    A series that lacks a patch is an :class:`InputError` that names it, unless ``incomplete`` asks
    for what is there. So is a source with no series in it.
    """
    mails = read_raw(source)
    revisions = read_mails(mails, progress=progress)
    if not revisions:
        raise InputError(
            f"no patch series among its {len(mails)} mail{'s' * (len(mails) != 1)}",
            str(source),
            "give the mails of at least one series",
        )
    if not incomplete:
        require_complete(revisions, str(source))
    return revisions


def read_mails(mails: Iterable[bytes], *, progress: Progress = SILENT) -> tuple[Revision, ...]:
    """The revisions in raw mails, by date, complete or not."""
    raw = tuple(mails)

    def compute() -> object:
        # b4 and the parsers are imported only for mail not seen before.
        from reviewtool.archive.assemble import assemble
        from reviewtool.archive.mail import parse_mail

        return encode(assemble([parse_mail(mail) for mail in raw], progress=progress))

    key = cache.digest(FORMAT, b4_version(), *rings_state(raw), *raw)
    stored = cache.cached_json("revisions", key, compute)
    return tuple(decode_revision(value) for value in stored)


def require_complete(revisions: Sequence[Revision], where: str) -> None:
    """Raise :class:`InputError` naming the missing patches of the first incomplete revision."""
    for revision in revisions:
        if revision.complete:
            continue
        total = revision.patches[0].total if revision.patches else len(revision.missing)
        names = ", ".join(f"{index}/{total}" for index in revision.missing)
        plural = "es" if len(revision.missing) > 1 else ""
        reason = next((line for line in revision.warnings if "b4" in line), "")
        raise InputError(
            f"patch{plural} {names} missing from {revision.id} “{revision.title[:80]}”"
            + (f" ({reason})" if reason else ""),
            where,
            f"add the mail, fetch the thread of {_cite(revision)}, or take it so: --incomplete",
        )


def _cite(revision: Revision) -> str:
    return revision.root if revision.cover or revision.patches else "its cover letter"

# SPDX-License-Identifier: GPL-2.0-or-later
"""What the archive hands on: revisions, their patches, and what was replied.

Every message-id is bare (no angle brackets). Every date is ISO 8601 in UTC, to the second
(``2025-11-30T11:18:12Z``), or empty where the mail gives none that can be read. Bytes in no known
charset are kept as surrogate escapes; print text through :func:`reviewtool.text.visible`.
"""

from dataclasses import dataclass
from typing import Literal

RemarkState = Literal["answered", "standing", "unknown"]


@dataclass(frozen=True, slots=True)
class Trailer:
    """``Reviewed-by: Name <addr>``; ``given_by`` is the reply that gave it, None as posted."""

    name: str
    value: str
    given_by: str | None = None


@dataclass(frozen=True, slots=True)
class Patch:
    """One patch of a revision.

    ``message`` is the commit message below the subject, trailers included, as posted. ``notes`` is
    what stands between ``---`` and the diff (diffstat, changelog). ``mail`` is what ``b4 am`` makes
    of it, fit for ``git am``; trailers given in replies are in ``trailers``, never in ``mail``.
    ``attestation`` says what is known of its signatures, in b4's words (``Signed:
    ed25519/ada@example.org``, ``BADSIG: …``, ``No key: …``) or ``not checked: …``; empty if the
    mail bears none.
    """

    index: int
    total: int
    subject: str
    message_id: str
    author: str
    date: str
    message: str
    diff: str
    trailers: tuple[Trailer, ...]
    mail: bytes
    notes: str = ""
    attestation: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """A mail of the thread that is no patch of any posting; ``body`` is its decoded text."""

    message_id: str
    in_reply_to: str
    author: str
    date: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Cover:
    """The cover letter; ``body`` is its decoded text, footers included."""

    message_id: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Revision:
    """One posting of a series with the replies to it.

    A posting's identity is (``rfc``, ``version``, ``resend``, ``date``, the root's message-id);
    ``id`` is the slug it goes by (``rfc``, ``v2``, ``v3-resend``), unique among the revisions it
    was read with. ``missing`` names the patches the series announces and the mail lacks;
    ``complete`` is true when there are none. ``prerequisites`` are the ids of the footers
    (``message-id: …``, ``change-id: …``, ``patch-id: …``, ``base-commit: …``), in order.
    ``evidence`` says by what the posting was tied together; ``warnings`` what was odd about it;
    ``in_reply_to`` is the mail the posting itself was sent in answer to, "" if none; ``anew`` the
    first mail of a partial reroll, "" if it is none.
    """

    id: str
    title: str
    rfc: bool
    version: int
    resend: bool
    date: str
    author: str
    cover: Cover | None
    base: str | None
    prerequisites: tuple[str, ...]
    change_id: str | None
    patches: tuple[Patch, ...]
    replies: tuple[Reply, ...]
    complete: bool
    missing: tuple[int, ...]
    evidence: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    in_reply_to: str = ""
    anew: str = ""

    @property
    def root(self) -> str:
        """The message-id a reviewer would cite: the cover's, else the first patch's; of a partial
        reroll, whose cover is the earlier posting's, the first patch sent anew."""
        return self.anew or (self.cover or self.patches[0]).message_id


@dataclass(frozen=True, slots=True)
class Remark:
    """One answer to one quote.

    ``patch`` is the number of the patch it is about, 0 for the cover letter. ``lines`` are the
    quoted lines found in it, by number from 0 in its text (cover body; or message, ``---``, notes
    and diff, see :func:`reviewtool.archive.remarks.text_of`); ``focus`` those directly above the
    answer. ``functions`` and ``hooks`` are named nearest first. ``state`` says whether the next
    revision changed what is quoted: "unknown" where nothing quoted could be found. ``by_author``:
    the poster of the series speaks, so it is an answer rather than a request. ``number`` counts the
    remarks of one mail from 0; ``follows`` is the earlier remark (message-id, number) whose words
    it quotes: the remark is then about what that one is about, unless it quotes lines of its own.
    """

    message_id: str
    in_reply_to: str
    author: str
    date: str
    patch: int
    path: str
    quote: str
    answer: str
    lines: tuple[int, ...]
    focus: tuple[int, ...]
    functions: tuple[str, ...]
    hooks: tuple[str, ...]
    state: RemarkState
    by_author: bool
    number: int = 0
    follows: tuple[str, int] | None = None

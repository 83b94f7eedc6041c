# SPDX-License-Identifier: GPL-2.0-or-later
"""What a reviewer calls a revision."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import count

from reviewtool.archive.types import Revision


def slug(revision: Revision) -> str:
    """``rfc``, ``rfc-v2``, ``v1``, ``v3-resend``."""
    version = f"v{revision.version}"
    if revision.rfc:
        version = "rfc" if revision.version == 1 else f"rfc-{version}"
    return f"{version}-resend" if revision.resend else version


def with_slugs(revisions: Sequence[Revision]) -> tuple[Revision, ...]:
    """``revisions`` with their slugs as ids, numbered (``v2-2``) where one comes twice."""
    taken: set[str] = set()
    named: list[Revision] = []
    for revision in revisions:
        wanted = slug(revision)
        numbered = (wanted if n == 1 else f"{wanted}-{n}" for n in count(1))
        name = next(name for name in numbered if name not in taken)
        taken.add(name)
        named.append(replace(revision, id=name))
    return tuple(named)

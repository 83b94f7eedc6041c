# SPDX-License-Identifier: GPL-2.0-or-later
"""What a user typed as the archive it means: an address, a path, or nothing (lore)."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from reviewtool.archive.sources.box import open_box
from reviewtool.archive.sources.epoch import is_inbox, open_inbox
from reviewtool.archive.sources.kept import Kept
from reviewtool.archive.sources.server import LORE, Server
from reviewtool.archive.sources.types import Archive
from reviewtool.errors import InputError
from reviewtool.progress import SILENT, Progress

_ID = re.compile(r"^<?([^<>\s/@]+@[^<>\s/@]+)>?$")
_LINK_HOSTS = {"patch.msgid.link", "msgid.link", "lkml.kernel.org", "r.kernel.org"}


def read_message(text: str) -> tuple[str, str]:
    """What names a message, as (its id, the base address of its inbox or "").

    Takes a bare id, one in angle brackets, and the address of a message or thread on any
    public-inbox (``https://lore.kernel.org/all/ID/T/#u``).
    """
    if bare := _ID.match(text.removeprefix("id:").removeprefix("mid:").strip()):
        return bare.group(1), ""
    address = urlsplit(text)
    parts = [unquote(part) for part in address.path.split("/") if part]
    number = next((n for n, part in enumerate(parts) if "@" in part), None)
    if address.scheme not in ("http", "https") or number is None:
        raise InputError(
            f"“{text}” names no message", "", "give a message-id, or its address on a public-inbox"
        )
    if (address.hostname or "") in _LINK_HOSTS:
        return parts[number], ""
    inbox = "/".join([f"{address.scheme}://{address.netloc}", *parts[:number]])
    return parts[number], inbox


def open_archive(
    place: str | None,
    inbox: str = "",
    *,
    refresh: bool = False,
    offline: bool = False,
    progress: Progress = SILENT,
) -> Archive:
    """The archive ``place`` names: an address, an epoch or inbox on disk, or a box of mail.

    Without ``place`` it is the ``inbox`` the message's own address names, else lore.
    """
    if place is None or place.startswith(("http://", "https://")):
        url = (place or inbox or LORE).rstrip("/")
        if not urlsplit(url).netloc:
            raise InputError(f"“{url}” is no address of an archive", "", f"as {LORE}")
        return Kept(Server(url), refresh=refresh, offline=offline)
    if place != "-" and is_inbox(Path(place)):
        return open_inbox(Path(place), progress=progress)
    return open_box([place])

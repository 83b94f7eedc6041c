# SPDX-License-Identifier: GPL-2.0-or-later
"""Patches in files of our own making (``git format-patch`` output): bridges and overlays.

A stranger's mail goes through the archive and b4; for these git's own splitter is enough, and
takes milliseconds.
"""

import tempfile
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from reviewtool import process
from reviewtool.archive.types import Patch
from reviewtool.errors import InputError
from reviewtool.tree.store import git_env

_REMEDY = "write it with git format-patch"


def read_patches(path: Path) -> tuple[Patch, ...]:
    """The patches of ``path``, an mbox or one mail, in order; cover letters are left out.

    Raises :class:`InputError` if there is none.
    """
    with tempfile.TemporaryDirectory(prefix="reviewtool-mail-") as folder:
        split = process.run(
            ["git", "mailsplit", "-b", "--keep-cr", f"-o{folder}", str(path.absolute())],
            env=git_env(),
        )
        if split.returncode:
            raise InputError(f"cannot be read as mail: {split.complaint}", str(path), _REMEDY)
        mails = [file.read_bytes() for file in sorted(Path(folder).iterdir())]
        found = [patch for mail in mails if (patch := _read(mail, Path(folder)))]
    if not found:
        raise InputError("has no patch in it", str(path), _REMEDY)
    total = len(found)
    return tuple(
        Patch(
            number,
            total,
            info["Subject"],
            info.get("Message-Id", ""),
            f"{info['Author']} <{info['Email']}>",
            _date(info.get("Date", "")),
            message,
            diff,
            (),
            mail,
        )
        for number, (info, message, diff, mail) in enumerate(found, 1)
    )


def _read(mail: bytes, folder: Path) -> tuple[dict[str, str], str, str, bytes] | None:
    """What ``git mailinfo`` makes of one mail; None for a mail without a diff."""
    message, patch = folder / "message", folder / "patch"
    done = process.run(
        ["git", "mailinfo", "--encoding=UTF-8", "-m", str(message), str(patch)],
        env=git_env(),
        stdin=mail,
    )
    if done.returncode or not patch.exists():
        return None
    diff = patch.read_bytes().decode("utf-8", "surrogateescape")
    start = diff.find("diff --git ")
    if start < 0:
        return None
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    info = dict(line.split(": ", 1) for line in lines if ": " in line)
    info.setdefault("Author", "unknown")
    info.setdefault("Email", "unknown@invalid")
    info.setdefault("Subject", "(no subject)")
    body = message.read_bytes().decode("utf-8", "surrogateescape")
    for line in body.splitlines():
        if line.lower().startswith("message-id: "):
            info["Message-Id"] = line.split(": ", 1)[1].strip(" <>")
            body = body.replace(line, "", 1)
    return info, body.strip(), diff[start:], mail


def _date(text: str) -> str:
    try:
        stamp: datetime = parsedate_to_datetime(text)
    except ValueError:
        return ""
    return stamp.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

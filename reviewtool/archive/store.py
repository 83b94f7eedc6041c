# SPDX-License-Identifier: GPL-2.0-or-later
"""Raw mail as it came, filed by its SHA-256; and threads, which are lists of such mails.

This is the user's data, not a cache: an archive that is gone tomorrow cannot be asked again.
"""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from reviewtool.cache import write_atomic
from reviewtool.errors import InputError

_THREAD = "thread:"


def data_root() -> Path:
    """Where studies and mail are kept: ``$REVIEWTOOL_DATA``, else the user's data directory."""
    override = os.environ.get("REVIEWTOOL_DATA")
    if override:
        return Path(override)
    from platformdirs import user_data_path

    return user_data_path("reviewtool")


def is_thread(name: str) -> bool:
    """Whether ``name`` (of a study file) names a stored thread and no file."""
    return name.startswith(_THREAD)


def keep_thread(mails: Iterable[bytes]) -> str:
    """Store ``mails`` and the list of them; the name to find them by, ``thread:`` and 40 digits."""
    listing = "".join(f"{_keep(mail)}\n" for mail in mails).encode()
    return _THREAD + _keep(listing)[:40]


def thread_mails(name: str) -> tuple[bytes, ...]:
    """The mails of a stored thread, in the order they were stored."""
    short = name.removeprefix(_THREAD)
    matches = sorted((_folder() / short[:2]).glob(f"{short}*")) if len(short) >= 8 else []
    if len(matches) != 1:
        raise InputError(
            f"{name} is not among the stored mail", str(_folder()), "fetch the series again"
        )
    return tuple(_read(key) for key in matches[0].read_text("ascii").split())


def _keep(content: bytes) -> str:
    key = hashlib.sha256(content).hexdigest()
    path = _path(key)
    if not path.exists():
        write_atomic(path, content)
    return key


def _read(key: str) -> bytes:
    try:
        return _path(key).read_bytes()
    except OSError as error:
        raise InputError(
            f"a mail of the thread cannot be read: {error.strerror}",
            str(_path(key)),
            "fetch the series again",
        ) from error


def _folder() -> Path:
    return data_root() / "mail"


def _path(key: str) -> Path:
    return _folder() / key[:2] / key

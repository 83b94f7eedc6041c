# SPDX-License-Identifier: GPL-2.0-or-later
"""The content-addressed cache: a result is filed under the digest of all it depends on."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from reviewtool.errors import InputError, Unavailable

Value = TypeVar("Value")

# By this convention backup programs know a cache, and `clear` can be sure of its folder.
_TAG = b"Signature: 8a477f597d28d172789f06886806bc55\n# The cache of reviewtool.\n"


def root() -> Path:
    """The cache folder: ``$REVIEWTOOL_CACHE``, else the user's cache directory."""
    override = os.environ.get("REVIEWTOOL_CACHE")
    if override:
        return Path(override)
    from platformdirs import user_cache_path

    return user_cache_path("reviewtool")


def digest(*parts: bytes | str) -> str:
    """Hex SHA-256 over ``parts``; each is framed by its length, so no two lists collide."""
    total = hashlib.sha256()
    for part in parts:
        raw = part if isinstance(part, bytes) else part.encode("utf-8", "surrogateescape")
        total.update(b"%d:" % len(raw))
        total.update(raw)
    return total.hexdigest()


def folder(kind: str) -> Path:
    """The folder of one kind of result, made if need be."""
    path = root() / kind
    try:
        path.mkdir(parents=True, exist_ok=True)
        if not (tag := root() / "CACHEDIR.TAG").exists():
            tag.write_bytes(_TAG)
    except OSError as error:
        raise Unavailable(
            f"cannot make the cache folder: {error.strerror}",
            str(path),
            "set REVIEWTOOL_CACHE to a folder you may write",
        ) from error
    return path


def clear() -> None:
    """Drop everything in the cache.

    Raises :class:`InputError` for a folder that is no cache of ours: REVIEWTOOL_CACHE may be wrong.
    """
    path = root()
    if not path.is_dir():
        return
    tag = path / "CACHEDIR.TAG"
    if not tag.is_file() or tag.read_bytes() != _TAG:
        raise InputError("not a cache of reviewtool's", str(path), "see REVIEWTOOL_CACHE")
    for entry in path.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry != tag:
            entry.unlink()


def write_atomic(path: Path, content: bytes) -> None:
    """Write ``content`` so that a reader sees the whole file or none of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        error.filename = error.filename or str(path)  # a write names none
        raise
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def recall_json(kind: str, key: str) -> Any | None:
    """The JSON value filed under ``kind`` and ``key``, None if there is none.

    A file that is no JSON (a disk that filled up, a crash) counts as absent.
    """
    try:
        return json.loads((folder(kind) / key[:2] / f"{key}.json").read_bytes())
    except (FileNotFoundError, ValueError):
        return None


def file_json(kind: str, key: str, value: Any) -> None:
    """File a JSON value under ``kind`` and ``key``, in the place of what may be there."""
    path = folder(kind) / key[:2] / f"{key}.json"
    write_atomic(path, json.dumps(value, ensure_ascii=True).encode())


def cached_typed(kind: str, key: str, form: type[Value], compute: Callable[[], Value]) -> Value:
    """:func:`cached_json` for values of a type msgspec can make: dataclasses, without a detour
    by dictionaries."""
    import msgspec

    path = folder(kind) / key[:2] / f"{key}.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=form)
    except (FileNotFoundError, msgspec.DecodeError):
        value = compute()
        file_json(kind, key, msgspec.to_builtins(value))
        return value


def cached_json(kind: str, key: str, compute: Callable[[], Any]) -> Any:
    """The JSON value filed under ``kind`` and ``key``, computed and filed if it is not there."""
    value = recall_json(kind, key)
    if value is None:
        value = compute()
        file_json(kind, key, value)
    return value

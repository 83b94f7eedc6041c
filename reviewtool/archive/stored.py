# SPDX-License-Identifier: GPL-2.0-or-later
"""Revisions as JSON values and back, for the cache: quick to read, exact to the byte."""

from dataclasses import fields, is_dataclass
from typing import Any

from reviewtool.archive.types import Cover, Patch, Reply, Revision, Trailer

FORMAT = "revision-7"
"""Raised when the fields below or the rules that fill them change."""


def encode(value: Any) -> Any:
    """A revision, or a tuple of them, as a JSON value; bytes become surrogate-escaped text."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    if is_dataclass(value):
        return [encode(getattr(value, field.name)) for field in fields(value)]
    return value


def decode_revision(value: list[Any]) -> Revision:
    """The revision :func:`encode` made ``value`` of."""
    items = dict(zip((field.name for field in fields(Revision)), value, strict=True))
    items["cover"] = Cover(*items["cover"]) if items["cover"] else None
    items["patches"] = tuple(_patch(item) for item in items["patches"])
    items["replies"] = tuple(Reply(*item) for item in items["replies"])
    for name in ("prerequisites", "missing", "evidence", "warnings"):
        items[name] = tuple(items[name])
    return Revision(**items)


def _patch(value: list[Any]) -> Patch:
    items = dict(zip((field.name for field in fields(Patch)), value, strict=True))
    items["trailers"] = tuple(Trailer(*item) for item in items["trailers"])
    items["mail"] = items["mail"].encode("utf-8", "surrogateescape")
    items["attestation"] = tuple(items["attestation"])
    return Patch(**items)

# SPDX-License-Identifier: GPL-2.0-or-later
"""One file that holds a comparison and all it was made from, to be cited and made again elsewhere.

The file is a line ``reviewtool bundle 1 SHA256`` and what that digest is of: a compressed JSON
document with a manifest and every object under its own SHA-256. Models are code: a bundle names
theirs by digest, and they are never run from it.
"""

import base64
import hashlib
import json
import lzma
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import tomlkit

from reviewtool import __version__, cache
from reviewtool.archive.raw import read_raw
from reviewtool.archive.store import is_thread, thread_mails
from reviewtool.errors import InputError
from reviewtool.interface.matrix import matrix
from reviewtool.interface.shapes import matrix_shape
from reviewtool.lineage import study as studies
from reviewtool.lineage.study import Study
from reviewtool.lineage.succession import lineages
from reviewtool.report.changelog import changelog_shape
from reviewtool.report.findings import report_shape
from reviewtool.report.json import document
from reviewtool.report.rangediff import range_shape
from reviewtool.review.asked import asked
from reviewtool.review.failures import sources
from reviewtool.review.session import Session, described, posting, snapshots
from reviewtool.review.told import told
from reviewtool.tree.mailrange import mail_range

_MAGIC = b"reviewtool bundle 1 "
_LARGEST = 512 << 20
_STUDY = "study.toml"

Files = Mapping[str, bytes]
"""Paths below the bundle's folder and their content."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """``files`` are what results are made from, ``results`` the documents by name, ``recorded``
    those no other machine can make again (kernels' verdicts, hashes of trees). ``models`` are
    digests by revision, ``pairs`` the comparisons."""

    version: str
    pairs: tuple[tuple[str, str], ...]
    files: Files
    models: Mapping[str, str]
    results: Mapping[str, str]
    recorded: Mapping[str, str]
    digest: str


def gather(
    session: Session,
    pairs: Sequence[tuple[str, str]],
    recorded: Mapping[str, str],
    folder: Path,
) -> bytes:
    """The bundle of ``pairs`` as the bytes of its file; ``folder`` is empty and for its use."""
    files = dict(_files(session.study))
    study = unpack(files, folder)
    results = documents(Session(study, progress=session.progress), pairs)
    names = [one.id for one in study.revisions]
    manifest = {
        "version": __version__,
        "pairs": [list(pair) for pair in pairs],
        "files": {name: _sha(content) for name, content in sorted(files.items())},
        "models": _models(session, names),
        "results": {name: _sha(text.encode()) for name, text in sorted(results.items())},
        "recorded": {name: _sha(text.encode()) for name, text in sorted(recorded.items())},
    }
    every = [*files.values(), *(text.encode() for text in (*results.values(), *recorded.values()))]
    objects = {_sha(content): base64.b64encode(content).decode() for content in every}
    payload = json.dumps({"manifest": manifest, "objects": objects}, sort_keys=True).encode()
    packed = lzma.compress(payload, preset=6)
    return _MAGIC + _sha(packed).encode() + b"\n" + packed


def read(content: bytes, where: str) -> Bundle:
    """The bundle in ``content``; InputError for one that is not exactly as it was written."""
    head, _, packed = content.partition(b"\n")
    if not head.startswith(_MAGIC):
        raise InputError("is no bundle of reviewtool's", where, "name a file `bundle` wrote")
    if head.removeprefix(_MAGIC).decode("ascii", "replace") != _sha(packed):
        raise InputError("is damaged or was changed: its digest does not fit", where, "get it anew")
    try:
        payload = json.loads(lzma.LZMADecompressor(memlimit=_LARGEST).decompress(packed, _LARGEST))
        manifest = payload["manifest"]
        objects = {key: base64.b64decode(text) for key, text in payload["objects"].items()}
    except (ValueError, KeyError, lzma.LZMAError) as error:
        raise InputError(f"cannot be read: {error}", where, "get it anew") from error
    if any(_sha(content) != key for key, content in objects.items()):
        raise InputError("holds an object under another's digest", where, "get it anew")

    def named(part: str) -> dict[str, bytes]:
        return {name: objects[key] for name, key in manifest[part].items()}

    try:
        return Bundle(
            manifest["version"],
            tuple((a, b) for a, b in manifest["pairs"]),
            named("files"),
            manifest["models"],
            {name: text.decode() for name, text in named("results").items()},
            {name: text.decode() for name, text in named("recorded").items()},
            _sha(packed),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"lacks a part: {error}", where, "get it anew") from error


def unpack(files: Files, folder: Path) -> Study:
    """Write the files below ``folder`` and read the study; a path that leads out is refused."""
    for name, content in files.items():
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()):
            raise InputError("names a path outside it", name, "do not trust this bundle")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    study = studies.load(folder / _STUDY)
    named = [item for one in study.prerequisites for item in one.mail]
    named += [item for one in study.revisions for item in (*one.mail, *one.resolutions)]
    for item in named:
        if item not in files:
            raise InputError("names a file outside it", item, "do not trust this bundle")
    for revision in study.revisions:
        name = (revision.model or "").removeprefix("refmodel.revisions.")
        if name and not name.isidentifier():
            raise InputError("names code to run", revision.model or "", "do not trust this bundle")
    return study


def unlike(session: Session, bundle: Bundle) -> tuple[str, ...]:
    """In what this machine's reviewtool is not the one the bundle was made with."""
    found = []
    if bundle.version != __version__:
        found.append(f"reviewtool is {__version__}, it was {bundle.version}")
    here = _models(session, list(bundle.models))
    found += [
        f"the model of {name}, or what explores it, is another"
        for name in here
        if here[name] != bundle.models[name]
    ]
    return tuple(found)


def documents(session: Session, pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Every result as the JSON a command prints, less the time it took."""
    names = [one.id for one in session.study.revisions]
    made: dict[str, str] = {
        "matrix": _document("matrix", matrix_shape(matrix(snapshots(session, names))))
    }
    works = lineages(session.study)
    for work in works:
        ranges = [
            (a, b, mail_range(posting(session, a).patches, posting(session, b).patches))
            for a, b in pairwise(work)
        ]
        title = "range-diff" if len(works) == 1 else f"range-diff {work[0]}..{work[-1]}"
        if ranges:
            made[title] = _document("range-diff", range_shape(ranges))
    for a, b in pairs:
        found = told(session, a, b)
        made[f"report {b} against {a}"] = _document("report", report_shape(found))
        if found.before is not None and found.said is not None:
            requests = asked(found.before, found.mail)
            shape = changelog_shape(a, b, found.said, requests)
            made[f"changelog {b} against {a}"] = _document("changelog", shape)
    return made


def _document(schema: str, payload: Mapping[str, Any]) -> str:
    return document(schema, _timeless(payload))


def _timeless(value: Any) -> Any:
    """``value`` without how long things took: all else is the same wherever it is made."""
    if isinstance(value, Mapping):
        return {key: _timeless(each) for key, each in value.items() if key != "seconds"}
    return [_timeless(each) for each in value] if isinstance(value, list | tuple) else value


def _models(session: Session, names: Sequence[str]) -> dict[str, str]:
    found = {name: described(session, name) for name in names}
    return {
        name: cache.digest(*sources(one.model)) if one is not None else ""
        for name, one in found.items()
    }


def _files(study: Study) -> Iterator[tuple[str, bytes]]:
    """The study with its mail, each mail a file named by its digest."""
    text = tomlkit.parse(study.path.read_text("utf-8"))
    tables = [*text.get("prerequisite", [])]
    for series in text.get("series", []):
        tables += series.get("revision", [])
    for table in tables:
        places = []
        for item in _words(table.get("mail", [])):
            for raw in (
                thread_mails(item) if is_thread(item) else read_raw(study.path.parent / item)
            ):
                places.append(f"mail/{_sha(raw)}.eml")
                yield places[-1], raw
        table["mail"] = places
        kept = []
        for item in _words(table.get("resolutions", [])):
            content = (study.path.parent / item).read_bytes()
            kept.append(f"resolutions/{_sha(content)}.toml")
            yield kept[-1], content
        if kept:
            table["resolutions"] = kept
    yield _STUDY, tomlkit.dumps(text).encode()


def _words(value: Any) -> list[str]:
    return [str(value)] if isinstance(value, str) else [str(each) for each in value]


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

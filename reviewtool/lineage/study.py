# SPDX-License-Identifier: GPL-2.0-or-later
"""A study: a lineage of revisions as a file a person edits, and the mail it names."""

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast

from reviewtool.archive.raw import read_raw
from reviewtool.archive.read import read_mails
from reviewtool.archive.store import data_root, is_thread, thread_mails
from reviewtool.archive.types import Revision
from reviewtool.errors import InputError
from reviewtool.paths import reference_impl
from reviewtool.progress import SILENT, Progress

Origin = Literal["port", "bridged", "original"]

_STUDY_KEYS = {"name", "title", "base", "ignore", "acknowledged", "prerequisite", "series"}
_ACKNOWLEDGED_KEYS = {"id", "reason"}
_SERIES_KEYS = {"id", "title", "author", "revision"}
_REVISION_KEYS = {
    "id",
    "title",
    "date",
    "original",
    "origin",
    "mail",
    "base",
    "prerequisites",
    "resolutions",
    "model",
    "evidence",
}
_PREREQUISITE_KEYS = _REVISION_KEYS - {"model", "prerequisites", "resolutions"}


@dataclass(frozen=True, slots=True)
class Prerequisite:
    """A posting that has to be applied before a revision; ``mail`` as in StudyRevision."""

    id: str
    title: str
    mail: tuple[str, ...]
    original: str | None = None
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StudyRevision:
    """One revision of the study.

    ``mail`` names files (relative to the study file) or stored threads (``thread:…``).
    ``prerequisites`` are ids of the study's prerequisites, in the order they are applied. ``base``
    is a kernel version or a commit, ``model`` a module of the reference models. ``original`` is
    the message-id of the posting's cover letter or first patch. ``resolutions`` are files
    (relative to the study file) that say how hunks that do not fit read on the base.
    """

    id: str
    title: str
    mail: tuple[str, ...]
    base: str | None
    prerequisites: tuple[str, ...]
    model: str | None
    origin: Origin
    evidence: tuple[str, ...]
    series: str
    date: str
    original: str | None
    resolutions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Study:
    """A study as its file tells it; ``ignore`` are message-ids fetch must leave out.

    ``acknowledged`` are findings not to be told again: (id, reason).
    """

    path: Path
    name: str
    title: str
    base: str | None
    revisions: tuple[StudyRevision, ...]
    prerequisites: tuple[Prerequisite, ...]
    ignore: tuple[str, ...] = ()
    acknowledged: tuple[tuple[str, str], ...] = ()


def embedded() -> Study:
    """The study shipped with reviewtool: userfaultfd for guest_memfd, as ports."""
    return load(reference_impl() / "study" / "guest_memfd" / "study.toml")


def find(spec: str | Path | None = None) -> Study:
    """The study to work on: ``spec`` (a file, or the name of a fetched study), else
    ``$REVIEWTOOL_STUDY``, else the one fetched last, else the embedded one."""
    if spec == "":  # a variable that was not set: another study's answers would be taken for its
        raise InputError("no study is named", "--study", "name a study file, or leave it out")
    wanted = str(spec or os.environ.get("REVIEWTOOL_STUDY") or "")
    if wanted:
        return _named(wanted)
    pointer = current_file()
    if pointer.exists():
        path = studies_folder() / f"{pointer.read_text('utf-8').strip()}.toml"
        if path.exists():
            return load(path)
    return embedded()


def studies_folder() -> Path:
    """Where fetched studies lie, one TOML file each."""
    return data_root() / "studies"


def current_file() -> Path:
    """The file that holds the name of the study fetched last."""
    return studies_folder() / "current"


def load(path: Path) -> Study:
    """Read a study file; every mistake in it is an :class:`InputError` naming the place."""
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise InputError(
            f"cannot be read: {error.strerror}", str(path), "name a study file, or fetch a series"
        ) from error
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8 text", str(path), "name a study file") from error
    return parse(text, path)


def parse(text: str, path: Path) -> Study:
    """The study ``text`` tells, as if it stood in the file ``path``."""
    where = str(path)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"no study file: {error}", where, "mend the line") from error
    _check_keys(data, _STUDY_KEYS, where)
    base = _text(data, "base", where)
    revisions = tuple(
        _revision(table, f"{where}: series {series.get('id')}", str(series.get("id", "")), base)
        for series in _tables(data, "series", _SERIES_KEYS, where)
        for table in _tables(series, "revision", _REVISION_KEYS, where)
    )
    study = Study(
        path=path,
        name=_text(data, "name", where) or path.stem,
        title=_text(data, "title", where) or "",
        base=base,
        revisions=revisions,
        prerequisites=tuple(
            _prerequisite(table, where)
            for table in _tables(data, "prerequisite", _PREREQUISITE_KEYS, where)
        ),
        ignore=_words(data, "ignore", where),
        acknowledged=tuple(
            (_needed(table, "id", where), _needed(table, "reason", f"{where}: {table.get('id')}"))
            for table in _tables(data, "acknowledged", _ACKNOWLEDGED_KEYS, where)
        ),
    )
    _check_names(study)
    return study


def resolve(study: Study, name: str) -> StudyRevision:
    """The revision called ``name``: its id, or the message-id of its posting."""
    for revision in study.revisions:
        if name in (revision.id, revision.original) or name.strip("<>") == revision.original:
            return revision
    known = ", ".join(revision.id for revision in study.revisions) or "none"
    close = difflib.get_close_matches(name, [r.id for r in study.revisions], n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    raise InputError(f"no revision “{name}” in {study.name}", "", f"{hint}it has {known}")


def revision_mail(
    study: Study, revision: StudyRevision | str, *, progress: Progress = SILENT
) -> Revision:
    """The mail of a revision, under the revision's id of the study."""
    chosen = resolve(study, revision) if isinstance(revision, str) else revision
    return _mail_of(study, chosen.id, chosen.mail, chosen.original, progress)


def prerequisites_mail(
    study: Study, revision: StudyRevision | str, *, progress: Progress = SILENT
) -> tuple[Revision, ...]:
    """What has to be applied before the revision, in order."""
    chosen = resolve(study, revision) if isinstance(revision, str) else revision
    known = {item.id: item for item in study.prerequisites}
    return tuple(
        _mail_of(study, item.id, item.mail, item.original, progress)
        for item in (known[name] for name in chosen.prerequisites)
    )


def _mail_of(
    study: Study, name: str, mail: Sequence[str], original: str | None, progress: Progress
) -> Revision:
    where = f"{study.path}: {name}"
    if not mail:
        raise InputError("names no mail", where, "add mail = FILE, or fetch the series")
    raw = [content for item in mail for content in _raw(study.path, item)]
    found = read_mails(raw, progress=progress)
    chosen = [r for r in found if original in {p.message_id for p in r.patches} | {r.root}]
    if not chosen:
        chosen = list(found) if len(found) == 1 else [r for r in found if r.id == name]
    if len(chosen) != 1:
        raise InputError(
            f"its mail holds {len(found)} postings and none can be told to be meant",
            where,
            "name the message-id of its cover letter as original",
        )
    return replace(chosen[0], id=name)


def _raw(study: Path, item: str) -> tuple[bytes, ...]:
    return thread_mails(item) if is_thread(item) else read_raw(study.parent / item)


def _named(wanted: str) -> Study:
    if Path(wanted).exists() or "/" in wanted or wanted.endswith(".toml"):
        return load(Path(wanted))
    path = studies_folder() / f"{wanted}.toml"
    if path.exists():
        return load(path)
    own = embedded()
    if wanted in (own.name, "embedded"):
        return own
    names = sorted(file.stem for file in studies_folder().glob("*.toml"))
    raise InputError(
        f"no study “{wanted}”", str(studies_folder()), f"there is {', '.join([*names, own.name])}"
    )


def _revision(table: Mapping[str, Any], where: str, series: str, base: str | None) -> StudyRevision:
    where = f"{where}: revision {table.get('id', '?')}"
    origin = _text(table, "origin", where) or "original"
    if origin not in ("port", "bridged", "original"):
        raise InputError(f"origin is “{origin}”", where, "write port, bridged or original")
    return StudyRevision(
        id=_needed(table, "id", where),
        title=_text(table, "title", where) or "",
        mail=_words(table, "mail", where),
        base=_text(table, "base", where) or base,
        prerequisites=_words(table, "prerequisites", where),
        model=_text(table, "model", where),
        origin=cast(Origin, origin),
        evidence=_words(table, "evidence", where),
        series=series,
        date=str(table.get("date", "")),
        original=(_text(table, "original", where) or "").strip("<>") or None,
        resolutions=_words(table, "resolutions", where),
    )


def _prerequisite(table: Mapping[str, Any], where: str) -> Prerequisite:
    where = f"{where}: prerequisite {table.get('id', '?')}"
    return Prerequisite(
        id=_needed(table, "id", where),
        title=_text(table, "title", where) or "",
        mail=_words(table, "mail", where),
        original=(_text(table, "original", where) or "").strip("<>") or None,
        evidence=_words(table, "evidence", where),
    )


def _check_names(study: Study) -> None:
    for kind, names in (
        ("revision", [revision.id for revision in study.revisions]),
        ("prerequisite", [item.id for item in study.prerequisites]),
    ):
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise InputError(f"two {kind}s are called {twice}", str(study.path), "rename one")
    known = {item.id for item in study.prerequisites}
    for revision in study.revisions:
        unknown = next((name for name in revision.prerequisites if name not in known), None)
        if unknown:
            raise InputError(
                f"needs the prerequisite “{unknown}”, which the study does not describe",
                f"{study.path}: revision {revision.id}",
                f"it describes {', '.join(sorted(known)) or 'none'}",
            )


def _tables(
    data: Mapping[str, Any], key: str, known: set[str], where: str
) -> Iterator[Mapping[str, Any]]:
    value = data.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise InputError(f"“{key}” is no table", where, f"write [[{key}]] above it")
    for item in value:
        _check_keys(item, known, f"{where}: {key} {item.get('id', '?')}")
        yield item


def _check_keys(table: Mapping[str, Any], known: set[str], where: str) -> None:
    for key in table:
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            remedy = f"did you mean {close[0]}?" if close else f"known: {', '.join(sorted(known))}"
            raise InputError(f"unknown key “{key}”", where, remedy)


def _needed(table: Mapping[str, Any], key: str, where: str) -> str:
    value = _text(table, key, where)
    if not value:
        raise InputError(f"has no {key}", where, f'add {key} = "…"')
    return value


def _text(table: Mapping[str, Any], key: str, where: str) -> str | None:
    value = table.get(key)
    if value is not None and not isinstance(value, str):
        raise InputError(f"{key} is no text", where, f'write {key} = "…"')
    return value


def _words(table: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InputError(f"{key} is no list of texts", where, f'write {key} = ["…"]')
    return tuple(value)

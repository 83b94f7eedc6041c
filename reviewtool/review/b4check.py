# SPDX-License-Identifier: GPL-2.0-or-later
"""What b4's review screen is told of one mail: results of its check commands.

b4 shows one result a tool and mail, so findings of a kind are one result, with a line each in its
details. The findings of a posting are worked out once and filed under all they depend on: b4 asks
once a patch.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import reviewtool
from reviewtool import cache
from reviewtool.errors import InputError
from reviewtool.lineage import study as studies
from reviewtool.lineage.study import Study, StudyRevision
from reviewtool.review.asked import asked
from reviewtool.review.difference import BASE, chosen_pair
from reviewtool.review.failures import sources
from reviewtool.review.findings import Finding, Witness
from reviewtool.review.session import Session, described, posting
from reviewtool.review.told import Told, told
from reviewtool.text import name_of, visible_line

_STATUS = {"info": "pass", "warn": "warn", "fail": "fail"}
_RANK = ("pass", "warn", "fail")
_LINE = 160  # columns of a line of details


@dataclass(frozen=True, slots=True)
class Asking:
    """The mail a check is asked about: its id, and the ids it could belong to, likest first."""

    message_id: str
    related: tuple[str, ...]


def read_mail(raw: bytes, tracking: Path | None) -> Asking:
    """What a mail on standard input is; ``tracking`` is b4's file on the series, if there is one.

    Raises InputError for what is no mail.
    """
    mail = message_from_bytes(raw, policy=policy.compat32)
    own = _ids(mail.get("Message-ID"))
    if not own:
        raise InputError("no mail with a Message-ID", "standard input", "pipe one patch into it")
    related = [*own, *_ids(mail.get("References")), *_ids(mail.get("In-Reply-To"))]
    if tracking is not None:
        try:
            series = json.loads(tracking.read_bytes())
        except (OSError, ValueError) as error:
            raise InputError(f"cannot be read: {error}", str(tracking), "rerun b4") from error
        related += _strings_with_at(series)
    return Asking(own[0], tuple(dict.fromkeys(related)))


def _ids(header: object) -> list[str]:
    return [
        word.strip("<>") for word in str(header or "").replace("\n", " ").split() if "@" in word
    ]


def _strings_with_at(value: object) -> list[str]:
    """Every string in b4's file that may be a message-id, for its layout is its own affair."""
    if isinstance(value, dict):
        return [one for each in value.values() for one in _strings_with_at(each)]
    if isinstance(value, list):
        return [one for each in value for one in _strings_with_at(each)]
    plain = value.strip("<>") if isinstance(value, str) else ""
    return [plain] if "@" in plain and " " not in plain else []


def find_revision(asking: Asking, named: str | None) -> tuple[Study, StudyRevision] | None:
    """The study and revision a mail is of; only ``named`` is looked in, if it is given."""
    if named:
        candidates = [studies.find(named)]
    else:
        files = sorted(studies.studies_folder().glob("*.toml"))
        candidates = [studies.load(file) for file in files] + [studies.embedded()]
    for study in candidates:
        for one in study.revisions:
            if one.original in asking.related:
                return study, one
    return None


def series_checks(session: Session, revision: str) -> list[dict[str, str]]:
    """Results for the cover letter: the changelog, and what no single patch causes."""
    return list(_filed(session, revision)["series"])


def patch_checks(session: Session, revision: str, message_id: str) -> list[dict[str, str]]:
    """Results for one patch of the revision."""
    return list(_filed(session, revision)["patches"].get(message_id, []))


def unknown(asking: Asking) -> list[dict[str, str]]:
    """The one result for a mail of no study: how to make it known."""
    root = asking.related[1] if len(asking.related) > 1 else asking.message_id
    return [_result("reviewtool", "warn", f"not fetched yet; run: reviewtool fetch {root}")]


def _filed(session: Session, revision: str) -> dict[str, Any]:
    a, b = chosen_pair(session, [revision])
    key = cache.digest(
        session.study.path.read_bytes(),
        b,
        *(posting(session, name).root for name in (a, b) if name != BASE),
        *_models(session, [name for name in (a, b) if name != BASE]),
        *(path.read_bytes() for path in sorted(Path(reviewtool.__file__).parent.rglob("*.py"))),
    )
    found: dict[str, Any] = cache.cached_json("checks", key, lambda: _worked_out(session, a, b))
    return found


def _models(session: Session, names: Iterable[str]) -> list[bytes]:
    found = [described(session, name) for name in names]
    return [text for one in found if one is not None for text in sources(one.model)]


def _worked_out(session: Session, a: str, b: str) -> dict[str, Any]:
    told_ = told(session, a, b)
    if told_.diff.behaviour is not None and told_.diff.behaviour.partial:
        raise KeyboardInterrupt  # what was found by then must not be filed as all there is
    numbers = {patch.index for patch in told_.mail.patches}
    return {
        "series": _series(told_, [one for one in told_.findings if one.patch not in numbers]),
        "patches": {
            patch.message_id: _patch(told_, patch.index, _requests(told_))
            for patch in told_.mail.patches
        },
    }


def _patch(
    found: Told, number: int, requests: dict[int, list[dict[str, str]]]
) -> list[dict[str, str]]:
    mine = [one for one in found.findings if one.patch == number]
    against = "its base" if found.a == BASE else found.a
    results = [
        _told(
            "rt-interface",
            [one for one in mine if one.kind == "interface"],
            f"interface as in {against}",
            found,
        )
    ]
    behaviour = [one for one in mine if one.kind in ("behaviour", "property")]
    if found.diff.behaviour is not None or behaviour:
        results.append(
            _told("rt-behaviour", behaviour, f"no difference to {against} comes of it", found)
        )
    if found.before is not None:
        said = [one for one in mine if one.kind == "changelog"]
        results.append(_told("rt-changelog", said, "its changes are announced", found))
    if requests.get(number):
        results.append(_joined("rt-asked", requests[number]))
    return results


def _series(found: Told, rest: Sequence[Finding]) -> list[dict[str, str]]:
    against = "its base" if found.a == BASE else found.a
    every = (*found.findings, *(each for one in found.findings for each in one.also))
    counts = [f"{sum(one.status == s for one in every)} {s}" for s in ("fail", "warn", "info")]
    lines = [_line(one, found) for one in rest if one.kind != "changelog"]
    if found.diff.behaviour is None:
        lines.append({"status": "pass", "description": f"behaviour unknown: {found.diff.unknown}"})
    if found.known:
        lines.append(
            {"status": "pass", "description": f"{len(found.known)} acknowledged in the study"}
        )
    worst = max((one["status"] for one in lines), key=_RANK.index, default="pass")
    head = f"against {against}: {', '.join(counts)}, each on its patch"
    results = [_result("rt-series", worst, head, lines)]
    if found.said is not None:
        said = [_line(one, found) for one in rest if one.kind == "changelog"]
        seen = sum(one.state == "seen" for one in found.said.items)
        if found.said.base:
            said.append({"status": "pass", "description": f"base changed: {found.said.base}"})
        worst = max((one["status"] for one in said), key=_RANK.index, default="pass")
        told_ = (
            f"{seen} of {len(found.said.items)} items seen in the patches"
            if found.said.written
            else "no changelog was recognised"
        )
        worst = worst if found.said.written else "warn"
        results.append(_result("rt-changelog", worst, told_, said))
    return results


def _told(tool: str, findings: Sequence[Finding], otherwise: str, found: Told) -> dict[str, str]:
    if not findings:
        return _result(tool, "pass", otherwise)
    return _joined(tool, [_line(each, found) for one in findings for each in (one, *one.also)])


def _joined(tool: str, lines: list[dict[str, str]]) -> dict[str, str]:
    """One result of several lines: the worst status; the first line of it is the summary."""
    worst = max((one["status"] for one in lines), key=_RANK.index)
    first = next(one["description"] for one in lines if one["status"] == worst)
    more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
    return _result(tool, worst, first + more, lines)


def _line(one: Finding, found: Told) -> dict[str, str]:
    line = {"status": _STATUS[one.status], "description": visible_line(one.title)}
    below = _witness(one.witness, found) if one.witness else "; ".join(one.details)
    if below:
        line["srcline"] = visible_line(below)[:_LINE]
    return line


def _witness(witness: Witness, found: Told) -> str:
    answers = f"{found.b}: {witness.b[-1]}"
    if witness.a:
        answers = f"{found.a}: {witness.a[-1]}; {answers}"
    return f"{'; '.join(witness.inputs)} -> {answers}"


def _requests(found: Told) -> dict[int, list[dict[str, str]]]:
    """What was asked of each patch in its earlier form, by its number now."""
    if found.before is None:
        return {}
    now = {one.a: one.b for one in found.diff.patches or () if one.a is not None}
    by_patch: dict[int, list[dict[str, str]]] = {}
    for one in asked(found.before, found.mail):
        number = now.get(one.remark.patch)
        if number is None or one.outcome == "cannot tell":
            continue
        who = name_of(one.remark.author)
        by_patch.setdefault(number, []).append(
            {
                "status": "warn" if one.outcome == "not done" else "pass",
                "description": visible_line(f"{one.outcome}: {who}: {one.words}")[:_LINE],
                "url": f"https://lore.kernel.org/all/{one.remark.message_id}/",
            }
        )
    return by_patch


def _result(
    tool: str, status: str, summary: str, lines: Sequence[dict[str, str]] = ()
) -> dict[str, str]:
    return {
        "tool": tool,
        "status": status,
        "summary": visible_line(summary),
        "url": "",
        "details": json.dumps(list(lines)) if lines else "",
    }

# SPDX-License-Identifier: GPL-2.0-or-later
"""What a cover letter says of its earlier postings: the changelog, and every posting it cites."""

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

_URL = re.compile(r"https?://[^\s<>\"']+")
_ID_IN_URL = re.compile(r"^https?://[^/]+/(?:.*/)?([^/@]+@[^/@?#]+)(?:[/?#]|$)")
_BRACKETED_ID = re.compile(r"<([^<>\s@]*\d[^<>\s@]*@[^<>\s@]+)>")
_DEFINITION = re.compile(r"^[ \t]*\[([\w.-]{1,12})\]:?[ \t]*(.*)$")
_REFERENCE = re.compile(r"\[([\w.-]{1,12})\]")
_VERSION = r"(?P<rfc{0}>rfc)?[ \t-]*(?:patch[ \t]*)?(?:v(?:ersion[ \t]*)?(?P<n{0}>\d{{1,3}}))?"
_CHANGE = r"(?:change(?:s|log)?|differences?|diff|delta|what's new)"
_FORMS = (
    # Changes in v3: / Changes for RFC v2
    rf"{_CHANGE}[ \t]+(?:in|for|of)[ \t]+{_VERSION.format('a')}\b",
    # Changes since v1 [4]: / Diff from RFC:
    rf"{_CHANGE}[ \t]+(?:since|from|relative to)[ \t]+(?:the[ \t]+)?{_VERSION.format('s')}\b",
    # From v3 [4], alone on its line
    rf"(?:since|from)[ \t]+(?=rfc|v\d){_VERSION.format('s')}[ \t]*(?:\[[^]]*\])?[ \t]*:?[ \t]*$",
    # v1 -> v2:
    rf"{_VERSION.format('f')}[ \t]*(?:-+>|=+>|→|to)[ \t]*{_VERSION.format('a')}[ \t]*(?::|$)",
    # v3 changes: / v2: https://… / RFC (2025-03-03):
    rf"(?=rfc|v\d){_VERSION.format('a')}(?:[ \t]*changes|[ \t]*\[[^]]*\]|[ \t]*\([^)]*\))*[ \t]*:",
)
_HEADINGS = tuple(
    re.compile(rf"^[ \t]*(?:[-*o#=]+[ \t]*)?{form}", re.IGNORECASE) for form in _FORMS
)
_LINK_TO = re.compile(
    rf"\blinks?[ \t]+to[ \t]+{_VERSION.format('a')}\b|^[ \t]*(?:[-*][ \t]*)?"
    r"(?:previous|earlier|prior|last)[ \t]+(?:version|posting|revision|series)s?",
    re.IGNORECASE,
)
_END = re.compile(
    r"^(?:---[ \t]*$|base-commit:|change-id:|prerequisite-|.{1,60} \(\d{1,4}\):$|"
    r" \S+ +\| +\d|Signed-off-by: |Cc: )"
)
_NEEDED = re.compile(
    r"\b(?:on[ \t]+top[ \t]+of|based[ \t]+on|rebased[ \t]+on(?:to)?|built[ \t]+on|depends?[ \t]+on|"
    r"depending[ \t]+on|requires?|prerequisites?|appl(?:y|ies)[ \t]+(?:on|to|after)|"
    r"follow-?up[ \t]+(?:to|of)|builds[ \t]+on)\b",
    re.IGNORECASE,
)
_OWN_VERSION = re.compile(
    r"\b(?:(?:the|my|our|in|since|from|to|of)[ \t]+)?(?:previous[ \t]+)?"
    r"(?:rfc(?:[ \t-]*v\d{1,3})?|v\d{1,3}|version[ \t]+\d{1,3})[ \t:]*(?:series|posting)?[ \t]*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes one posting lists for ``version`` (``v3``, ``rfc``, ``rfc-v2``).

    ``since`` is the version they are relative to, where it says so; ``links`` the message-ids of
    the posting the heading names.
    """

    version: str
    since: str
    text: str
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Citation:
    """A posting a text cites, and what for: an earlier version, a need, or a mere mention."""

    message_id: str
    role: Literal["earlier", "needed", "mentioned"]
    said: str


def read_changelog(text: str, version: int = 0) -> tuple[Changes, ...]:
    """The changelog in a cover letter or in the notes of a patch, in the order it is written.

    ``version`` is the posting's own number, for headings that leave it out ("Changes since RFC").
    """
    entries: list[Changes] = []
    definitions = _definitions(text)
    heading: tuple[str, str, str] | None = None
    lines: list[str] = []

    def close() -> None:
        if heading:
            label, since, line = heading
            links = [*_ids(line, definitions), *_leading_links(lines, definitions)]
            body = "\n".join(lines).strip("\n")
            entries.append(Changes(label, since, body, tuple(dict.fromkeys(links))))

    for line in text.split("\n"):
        found = _heading(line, version)
        if found or _END.match(line) or _DEFINITION.match(line):
            close()
            heading, lines = found, []
            rest = line.rpartition(":")[2].strip() if ":" in line else ""
            if found and rest and not _URL.search(line):
                lines.append(rest)
        else:
            lines.append(line)
    close()
    return tuple(entries)


def read_citations(text: str) -> tuple[Citation, ...]:
    """Every posting ``text`` cites by link or by ``<message-id>``, each once, by its best role."""
    definitions = _definitions(text)
    found: list[Citation] = []
    for changes in read_changelog(text):
        said = f"changes since {changes.since}" if changes.since else changes.version
        found.extend(Citation(key, "earlier", said) for key in changes.links)
    for paragraph in re.split(r"\n[ \t]*\n", _undefined(text)):
        for sentence in re.split(r"(?<=[.;!?])[ \t\n]+(?=[A-Z\[])", paragraph):
            found.extend(_cited(" ".join(sentence.split()), definitions))
    for line in text.split("\n"):
        if _LINK_TO.search(line):
            found.extend(Citation(key, "earlier", line.strip()) for key in _ids(line, definitions))
    rank = {"earlier": 0, "needed": 1, "mentioned": 2}
    best: dict[str, Citation] = {}
    for citation in sorted(found, key=lambda citation: rank[citation.role]):
        best.setdefault(citation.message_id, citation)
    return tuple(best.values())


def ids_in(text: str) -> tuple[str, ...]:
    """The message-ids in the links of ``text`` (lore, patch.msgid.link, any public-inbox)."""
    found: list[str] = []
    for url in _URL.findall(text):
        match = _ID_IN_URL.match(unquote(url).rstrip(".,;:)>]}"))
        if match:
            found.append(match.group(1))
    return tuple(dict.fromkeys(found))


def _cited(sentence: str, definitions: dict[str, tuple[str, ...]]) -> list[Citation]:
    found: list[Citation] = []
    needs = _NEEDED.search(sentence)
    for match in [*_REFERENCE.finditer(sentence), *_URL.finditer(sentence)]:
        reference = match.re is _REFERENCE
        ids = definitions.get(match.group(1), ()) if reference else ids_in(match.group())
        before = sentence[: match.start()].rstrip(" (:")
        role: Literal["earlier", "needed", "mentioned"] = "mentioned"
        if needs and needs.start() < match.start():
            role = "needed"
        elif _OWN_VERSION.search(before):
            role = "earlier"
        found.extend(Citation(key, role, sentence[:160]) for key in ids)
    found.extend(
        Citation(key, "mentioned", sentence[:160]) for key in _BRACKETED_ID.findall(sentence)
    )
    return found


def _heading(line: str, version: int) -> tuple[str, str, str] | None:
    for pattern in _HEADINGS:
        match = pattern.match(line)
        if match is None:
            continue
        groups = match.groupdict()
        label = _label(groups, "a")
        since = _label(groups, "s") or _label(groups, "f")
        if since and not label:
            earlier = re.search(r"v(\d+)$", since)
            label = f"v{int(earlier.group(1)) + 1}" if earlier else f"v{version}" if version else ""
        if label or since:
            return label, since, line
    return None


def _label(groups: dict[str, str | None], name: str) -> str:
    rfc, number = groups.get(f"rfc{name}"), groups.get(f"n{name}")
    return "-".join(part for part in ("rfc" if rfc else "", f"v{number}" if number else "") if part)


def _definitions(text: str) -> dict[str, tuple[str, ...]]:
    """``[1] https://…`` (the link may stand on the next line) as name -> message-ids."""
    found: dict[str, tuple[str, ...]] = {}
    lines = text.split("\n")
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        match = _DEFINITION.match(line)
        if match:
            ids = ids_in(match.group(2)) or ("" if match.group(2).strip() else ids_in(after))
            found[match.group(1)] = (*found.get(match.group(1), ()), *ids)
    return found


def _undefined(text: str) -> str:
    return "\n".join(line for line in text.split("\n") if not _DEFINITION.match(line))


def _ids(line: str, definitions: dict[str, tuple[str, ...]]) -> list[str]:
    named = [key for name in _REFERENCE.findall(line) for key in definitions.get(name, ())]
    return [*ids_in(line), *named]


def _leading_links(lines: list[str], definitions: dict[str, tuple[str, ...]]) -> list[str]:
    """Links that stand alone on the first line below a heading: ``v3:`` then ``- https://…``."""
    first = next((line for line in lines if line.strip()), "")
    alone = re.fullmatch(r"[ \t]*(?:[-*][ \t]*)?(?:https?://\S+|\[\w+\])[ \t]*", first)
    return _ids(first, definitions) if alone else []

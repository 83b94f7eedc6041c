# SPDX-License-Identifier: GPL-2.0-or-later
"""A second reading of a mail, by the standard library and ``git mailinfo``.

Nothing of ``reviewtool.archive`` is used: what it says of a mail is held against this.
"""

import email
import email.header
import email.utils
import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

_COUNTER = re.compile(r"\[[^\]]*?\b(\d{1,4})/(\d{1,4})\b[^\]]*\]")
_VERSION = re.compile(r"\[[^\]]*?\bv(\d{1,3})\b[^\]]*\]", re.IGNORECASE)
_REPLY = re.compile(r"^\s*(re|aw|sv|antw|fwd?)\b.{0,4}:", re.IGNORECASE)
_TAGS = re.compile(r"^\s*(?:\[[^\]]*\]\s*)+")
_SHORTLOG = re.compile(r"^(\S.*\S) \((\d{1,4})\):$")
_SHORTSTAT = re.compile(r"^ (\d+) files? changed", re.MULTILINE)
_HUNK = re.compile(r"^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")


@dataclass(frozen=True)
class Witness:
    """One mail."""

    raw: bytes

    @cached_property
    def _message(self) -> email.message.Message:
        return email.message_from_bytes(self.raw)

    def header(self, name: str) -> str:
        """The first header of that name, decoded, on one line."""
        value = next((v for k, v in self._message.raw_items() if k.lower() == name), "")
        words: list[str] = []
        for part, charset in email.header.decode_header(str(value)):
            data = part if isinstance(part, bytes) else part.encode("utf-8", "surrogateescape")
            try:
                words.append(data.decode(charset or "utf-8", "replace"))
            except LookupError:
                words.append(data.decode("utf-8", "replace"))
        return " ".join("".join(words).split())

    @cached_property
    def subject(self) -> str:
        return self.header("subject")

    @property
    def title(self) -> str:
        """The subject without its ``[…]``."""
        return _TAGS.sub("", self.subject).strip()

    @property
    def reply(self) -> bool:
        return bool(_REPLY.match(self.subject))

    @property
    def counter(self) -> tuple[int, int] | None:
        """``(3, 5)`` of ``[PATCH v2 3/5]``."""
        match = _COUNTER.search(self.subject)
        return (int(match.group(1)), int(match.group(2))) if match else None

    @property
    def version(self) -> int:
        match = _VERSION.search(self.subject)
        return int(match.group(1)) if match else 1

    @property
    def rfc(self) -> bool:
        return bool(re.search(r"\[[^\]]*\brfc", self.subject, re.IGNORECASE))

    @property
    def sender(self) -> str:
        return email.utils.parseaddr(self.header("from"))[1].lower()

    @property
    def above(self) -> frozenset[str]:
        """All ids its In-Reply-To and References name."""
        text = self.header("in-reply-to") + " " + self.header("references")
        return frozenset(re.findall(r"<([^<>\s]+)>", text))

    @cached_property
    def text(self) -> str:
        """All its plain text, decoded."""
        texts: list[str] = []
        for part in self._message.walk():
            data = part.get_payload(decode=True)
            if isinstance(data, bytes) and part.get_content_type().startswith("text/"):
                texts.append(data.decode("utf-8", "replace"))
        return "\n".join(texts).replace("\r\n", "\n")

    @property
    def shortlog(self) -> tuple[str, ...]:
        """The patch titles a cover letter's shortlog lists, as ``git shortlog`` writes it; empty
        if it cannot be read."""
        titles: list[str] = []
        lines = self.text.split("\n")
        for number, line in enumerate(lines):
            head = _SHORTLOG.match(line)
            if not head:
                continue
            block = lines[number + 1 :]
            end = next((n for n, text in enumerate(block) if not text.startswith("  ")), len(block))
            own = _unwrapped(block[:end])
            if len(own) != int(head.group(2)):
                return ()
            titles.extend(own)
        return tuple(titles)

    @property
    def files_changed(self) -> int | None:
        """The number of files in the diffstat."""
        match = _SHORTSTAT.search(self.text)
        return int(match.group(1)) if match else None


def _unwrapped(lines: Sequence[str]) -> list[str]:
    """Entries of a shortlog (git indents them by two, b4 by six); a long title is wrapped, and
    what follows of it is indented deeper."""
    entries: list[str] = []
    margin = min((_indent(line) for line in lines if line.strip()), default=0)
    for line in lines:
        if _indent(line) > margin and entries:
            entries[-1] += " " + line.strip()
        elif line.strip():
            entries.append(line.strip())
    return entries


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


@dataclass(frozen=True, slots=True)
class Mailinfo:
    """What ``git mailinfo`` makes of a mail: its title, author's address, and everything below the
    commit message (``---``, notes, diff, signature)."""

    title: str
    address: str
    patch: bytes


def mailinfo(raw: bytes) -> Mailinfo:
    """Raises CalledProcessError where git refuses the mail."""
    with tempfile.TemporaryDirectory() as folder:
        message, patch = Path(folder) / "message", Path(folder) / "patch"
        done = subprocess.run(
            ["git", "mailinfo", "--encoding=UTF-8", message, patch],
            input=raw,
            capture_output=True,
            check=True,
        )
        found: dict[str, str] = {}
        for line in done.stdout.decode("utf-8", "replace").splitlines():
            name, _, value = line.partition(": ")
            found.setdefault(name, value)
        return Mailinfo(
            found.get("Subject", ""), found.get("Email", "").lower(), patch.read_bytes()
        )


def files_in(diff: bytes) -> tuple[str, ...]:
    """The files a diff changes, as ``git apply --numstat`` counts them.

    Raises CalledProcessError where git cannot read the diff.
    """
    done = subprocess.run(
        ["git", "apply", "--numstat", "-z", "-"], input=diff, capture_output=True, check=True
    )
    entries = done.stdout.split(b"\0")
    names: list[str] = []
    while entries:
        words = entries.pop(0).split(b"\t", 2)
        if len(words) == 3:
            # A rename has an empty third word, then the old and the new name.
            name = words[2] or (entries.pop(0), entries.pop(0))[1]
            names.append(name.decode("utf-8", "replace"))
    return tuple(names)


def changed(diff: bytes) -> list[bytes]:
    """The added and removed lines of ``diff``, its hunks measured by their headers."""
    found: list[bytes] = []
    old = new = 0
    for line in diff.replace(b"\r\n", b"\n").split(b"\n"):
        if old > 0 or new > 0:
            old -= line[:1] != b"+" and line[:1] != b"\\"
            new -= line[:1] != b"-" and line[:1] != b"\\"
            if line[:1] in (b"+", b"-"):
                found.append(line)
        elif head := _HUNK.match(line.decode("latin-1")):
            old, new = int(head.group(1) or 1), int(head.group(2) or 1)
    return found

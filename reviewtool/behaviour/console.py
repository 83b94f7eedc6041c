# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest's console: the agent's lines told from the kernel's, and what the kernel complains of."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["oops", "bug", "sanitizer", "lockdep", "warning", "corruption", "leak"]

_PREFIX = "RT "
_TIMESTAMP = re.compile(r"^\[\s*\d+\.\d+\] ?")
_FRAME = re.compile(r"^\s*\[<[0-9a-f]+>\] (?:\? )?([\w.]+)\+0x([0-9a-f]+)/0x[0-9a-f]+")

_BUILD_ADDRESS = re.compile(r", ip 0x[0-9a-f]+")
_SYMBOL_OFFSET = re.compile(r"([\w.]+)\+0x[0-9a-f]+/0x[0-9a-f]+")

# In this order: the first that matches names the line's kind.
_TRIGGERS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("oops", re.compile(r"Kernel panic - not syncing: (.+)")),
    ("sanitizer", re.compile(r"BUG: (K[A-Z]+SAN: .+)")),
    ("corruption", re.compile(r"BUG: (Bad (?:page|rss-counter|pagetable) .+)")),
    ("lockdep", re.compile(r"BUG: ((?:sleeping function|scheduling while|spinlock|invalid).+)")),
    ("bug", re.compile(r"(?:BUG: |kernel (?=BUG at ))(.+)")),
    ("lockdep", re.compile(r"WARNING: ((?!CPU:)(?!at ).+)")),
    ("warning", re.compile(r"WARNING: (?:CPU: \d+ PID: \d+ )?(at .+)")),
    ("corruption", re.compile(r"(pagealloc: .+)")),
    ("corruption", re.compile(r"(?:page_poison: |Object )(.*corruption.*)")),
    ("lockdep", re.compile(r"INFO: (task .+ blocked for more than .+)")),
    ("leak", re.compile(r"(unreferenced object .+|kmemleak: .+)")),
)
# Frames of the report itself, which say nothing about where it was made.
_REPORTERS = frozenset(
    {
        *("show_stack", "dump_stack", "dump_stack_lvl", "_printk", "printk", "panic", "__warn"),
        *("warn_slowpath_fmt", "report_bug", "oops_end", "die", "print_report", "kasan_report"),
        *("segv", "segv_handler", "bad_page"),
    }
)


@dataclass(frozen=True, slots=True)
class KernelEvent:
    """One complaint of the kernel. ``frames`` are functions, innermost first."""

    kind: Kind
    title: str
    frames: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()

    @property
    def fatal(self) -> bool:
        """Whether the kernel stopped over it."""
        return self.kind == "oops"


def agent_line(line: str) -> dict[str, Any] | None:
    """The agent's message in a console line, None if the line is the kernel's or damaged."""
    if not line.startswith(_PREFIX):
        return None
    try:
        message = json.loads(line[len(_PREFIX) :])
    except ValueError:
        return None
    return message if isinstance(message, dict) else None


def kernel_events(lines: Iterable[str]) -> Iterator[KernelEvent]:
    """The complaints in the kernel's lines, in order.

    A complaint reaches to the next one. A panic that follows a complaint is that complaint's end,
    not another event: it makes it an oops under its own title.
    """
    kind: Kind | None = None
    title = ""
    body: list[str] = []
    for line in (_TIMESTAMP.sub("", raw.rstrip()) for raw in lines):
        found = _trigger(line)
        if found is None:
            if kind is not None and line:
                body.append(line)
            continue
        if found[0] == "oops" and kind is not None and kind != "oops":
            kind = "oops"
            title = title if found[1].startswith(("BUG!", "Fatal exception")) else found[1]
            body.append(line)
            continue
        if kind is not None:
            yield _event(kind, title, body)
        kind, title = found
        body = [line]
    if kind is not None:
        yield _event(kind, title, body)


def _trigger(line: str) -> tuple[Kind, str] | None:
    for kind, pattern in _TRIGGERS:
        found = pattern.search(line)
        if found:
            return kind, _title(found[1].strip())
    return None


def _title(text: str) -> str:
    """The text without what differs from build to build: ``, ip 0x… in f`` becomes `` in f``."""
    return _BUILD_ADDRESS.sub("", _SYMBOL_OFFSET.sub(r"\1", text))


def _event(kind: Kind, title: str, body: list[str]) -> KernelEvent:
    frames = []
    faulting = re.search(r" in ([\w.]+)$", title) if kind == "oops" else None
    if faulting:
        frames.append(faulting[1])
    for line in body:
        found = _FRAME.match(line)
        # An offset of 0 is no return address: an unwinder without frame pointers shows those too.
        if found and int(found[2], 16) and found[1].split(".")[0] not in _REPORTERS:
            frames.append(found[1])
    return KernelEvent(kind, title, tuple(frames), tuple(body))

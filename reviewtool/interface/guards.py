# SPDX-License-Identifier: GPL-2.0-or-later
"""Preprocessor conditions: which one holds at which line.

The syntax trees are made from text without conditionals (mask.py), so the condition an element
stands under comes from here. Include guards and the conditions every kernel build of C code
meets (``__KERNEL__``, not ``__ASSEMBLY__``) are no conditions.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from reviewtool.interface.types import UNSEEN

NEVER = "0"
_ALWAYS = {
    "1",
    "__KERNEL__",
    "!__ASSEMBLY__",
    "!__ASSEMBLER__",
    "!__cplusplus",
    "!BUILD_VDSO",
    "!__GENKSYMS__",
    "!LINKER_SCRIPT",
    "!__CHECKER__",
}
_INCLUDE_GUARD = re.compile(r"\b_*[A-Z][A-Z0-9_]*_H(?:_*|__\w+)\b")
_OPENING = ("if", "ifdef", "ifndef")
_TURNING = ("elif", "elifdef", "elifndef", "else")
_SAID = "said"  # no word of the preprocessor's: the condition itself
_REMEMBERED = 4096
_NEGATED = {"__ASSEMBLY__", "__ASSEMBLER__", "__cplusplus", "__GENKSYMS__", "LINKER_SCRIPT"}


@dataclass(frozen=True, slots=True)
class Directive:
    """A preprocessor line: ``first`` and ``last`` count from 0."""

    word: str
    argument: str
    comment: str
    first: int
    last: int


def condition(text: str) -> str:
    """``text`` of an ``#if`` in the words reviewers use: ``defined(A) && !IS_ENABLED(B)`` is
    ``A && !B``. IS_BUILTIN, IS_MODULE and IS_REACHABLE stay as they are: they mean less."""
    text = " ".join(text.split())
    text = re.sub(r"\bdefined\s*\(\s*(\w+)\s*\)", r"\1", text)
    text = re.sub(r"\bdefined\s+(\w+)", r"\1", text)
    text = re.sub(r"\bIS_ENABLED\s*\(\s*(\w+)\s*\)", r"\1", text)
    text = re.sub(r"!\s+", "!", text)
    return re.sub(r"!\((!?\w+)\)", lambda found: negated(found[1]), text)


def negated(text: str) -> str:
    """The opposite condition."""
    if not text or text == UNSEEN:
        return UNSEEN
    if text in ("0", "1"):
        return "1" if text == "0" else "0"
    if re.fullmatch(r"\w+", text):
        return f"!{text}"
    if re.fullmatch(r"!\w+", text):
        return text[1:]
    return f"!({text})"


def joined(conditions: Sequence[str]) -> str:
    """All of ``conditions`` at once; :data:`NEVER` if one of them never holds."""
    kept: list[str] = []
    for text in conditions:
        if text == NEVER or text in _NEGATED:
            return NEVER
        if text and text not in _ALWAYS and text not in kept:
            kept.append(text)
    if len(kept) == 1:
        return kept[0]
    return " && ".join(f"({text})" if "||" in text else text for text in kept)


Frame = tuple[tuple[str, str], ...]
"""A conditional as it is open somewhere: word and argument of its branches so far, the last of
them in force."""


class GuardMap:
    """The condition at every line of a text; put in words only where it is asked for."""

    def __init__(self, changes: Sequence[tuple[int, tuple[Frame, ...]]]) -> None:
        self._starts = [line for line, _ in changes]
        self._frames = [frames for _, frames in changes]

    def at(self, line: int) -> str:
        """The condition at ``line`` (from 0), "" for none."""
        index = bisect_right(self._starts, line) - 1
        return _told(self._frames[index]) if index >= 0 else ""

    def open_at_end(self) -> tuple[str, ...]:
        """The conditions open after the last line, outermost first."""
        return tuple(_told((frame,)) for frame in self._frames[-1]) if self._frames else ()

    def dead_lines(self, total: int) -> list[tuple[int, int]]:
        """Ranges of lines no build compiles (``#if 0``), end exclusive."""
        ends = [*self._starts[1:], total] if self._starts else []
        return [
            (start, end)
            for start, frames, end in zip(self._starts, self._frames, ends, strict=True)
            if _told(frames) == NEVER
        ]


def guard_map(directives: Sequence[Directive], above: Sequence[str] = ()) -> GuardMap:
    """Where each condition holds.

    A fragment of a file may close a condition it does not open. What stands before such an
    ``#else`` or ``#endif`` has a condition nobody sees, unless a comment names it, as the
    kernel's style asks: ``#endif /* CONFIG_NUMA */``. The comment names the option where an
    ``#else`` stood before it, too: ``above`` are conditions open where more of the file was seen.
    """
    outer = [
        negated(name) if name and negated(name) in above else name
        for name in _closed_but_not_opened(directives)
    ]
    stack: list[Frame] = [((_SAID, name),) for name in reversed(outer)]
    changes = [(0, tuple(stack))] if stack else []
    guarded = _include_guards(directives)
    for directive in directives:
        word = directive.word
        branch = (word, directive.argument)
        if word in _OPENING:
            stack.append(((_SAID, ""),) if directive.first in guarded else (branch,))
        elif word in _TURNING:
            stack[-1] = (*stack[-1], branch)
        elif word == "endif":
            stack.pop()
        else:
            continue
        changes.append((directive.first, tuple(stack)))
    return GuardMap(changes)


@lru_cache(_REMEMBERED)
def _told(frames: tuple[Frame, ...]) -> str:
    """The condition where all of ``frames`` are open: of each the last branch, and none before."""
    texts: list[str] = []
    for frame in frames:
        *before, last = (_branch(*branch) for branch in frame)
        texts += [*(negated(text) for text in before if text), last]
    return joined(texts)


def _branch(word: str, argument: str) -> str:
    if word == _SAID:
        return argument
    if word == "else":
        return ""
    told = condition(argument)
    return negated(told) if word in ("ifndef", "elifndef") else told


def _closed_but_not_opened(directives: Sequence[Directive]) -> list[str]:
    """The conditions in force before the first line, innermost first."""
    depth = 0
    outer: list[str] = []
    in_else = False
    for directive in directives:
        if directive.word in _OPENING:
            depth += 1
        elif depth == 0 and directive.word in _TURNING:
            if not in_else:
                outer.append(_named(directive) if directive.word == "else" else UNSEEN)
            in_else = True
        elif directive.word == "endif":
            if depth:
                depth -= 1
                continue
            if not in_else:
                outer.append(_named(directive))
            elif outer[-1] == UNSEEN:
                outer[-1] = _named(directive)
            in_else = False
    return outer


def _named(directive: Directive) -> str:
    found = re.search(r"\b(CONFIG_\w+)", directive.comment)
    if found:
        return found[1]
    return "" if _INCLUDE_GUARD.search(directive.comment) else UNSEEN


def _include_guards(directives: Sequence[Directive]) -> set[int]:
    """Lines of the ``#ifndef X`` that ``#define X`` follows at once."""
    found = set()
    for one, two in pairwise(directives):
        name = two.argument.split("(")[0].split()
        if (
            one.word == "ifndef"
            and two.word == "define"
            and name
            and one.argument.split()[:1] == name[:1]
            and len(name) == 1
        ):
            found.add(one.first)
    return found

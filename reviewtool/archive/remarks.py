# SPDX-License-Identifier: GPL-2.0-or-later
"""Review remarks: what reviewers say, attached to the lines, functions and hooks they quote.

A heuristic, and shown as one: it matches quoted text, it does not understand it.
"""

import re
from collections.abc import Mapping, Sequence

from reviewtool.archive.codewalk import hooks_in, places
from reviewtool.archive.conversation import as_conversation
from reviewtool.archive.quotes import Exchange, exchanges, quoted_lines
from reviewtool.archive.threads import answered
from reviewtool.archive.trailers import is_robot, same_person
from reviewtool.archive.types import Patch, RemarkState, Reply, Revision
from reviewtool.archive.types import Remark as Remark

FOCUS = 6
"""How many matched lines directly above an answer it is taken to be about."""

_WORD = re.compile(r"[A-Za-z_]\w*")
_CODE = re.compile(r"(?:->|\.)(\w+)\b|\b(\w+)\(\)")


def remarks_of(revision: Revision, after: Revision | None = None) -> tuple[Remark, ...]:
    """Every remark on ``revision`` by date; ``after`` is the next revision, if there is one."""
    hooks = _hooks_of(revision)
    numbers = {patch.message_id: patch.index for patch in revision.patches}
    if revision.cover:
        numbers[revision.cover.message_id] = 0
    above = answered({r.message_id: (r.in_reply_to,) for r in revision.replies}, numbers)
    patches = {patch.index: patch for patch in revision.patches}
    found: list[Remark] = []
    for reply in sorted(revision.replies, key=lambda reply: reply.date):
        target = above[reply.message_id]
        if target is None or is_robot(reply.author):
            continue
        number = numbers[target]
        text = _lines_of(revision, patches.get(number))
        found.extend(_remarks_in(reply, number, text, revision, after, hooks))
    return as_conversation(found, {r.message_id: r.in_reply_to for r in revision.replies})


def about(remarks: Sequence[Remark], name: str) -> tuple[Remark, ...]:
    """The remarks attached to the function or hook ``name``."""
    return tuple(r for r in remarks if name in r.functions or name in r.hooks)


def text_of(patch: Patch) -> str:
    """The text of a patch as it was mailed: what the line numbers of a remark count."""
    return f"{patch.message}---\n{patch.notes}\n\n{patch.diff}"


def _remarks_in(
    reply: Reply,
    number: int,
    text: Sequence[str],
    revision: Revision,
    after: Revision | None,
    hooks: Mapping[str, frozenset[str]],
) -> list[Remark]:
    inside = places(text)
    quoted = quoted_lines(reply.body)
    quoted_inside = places(quoted)
    found: list[Remark] = []
    position = 0
    for exchange in exchanges(reply.body):
        matched = _match(exchange.quote, text, position)
        position = matched[-1] if matched else position
        focus = _tail(matched)
        near = [inside[n] for n in reversed(focus)]
        if not near:
            # Lines that were not found in the patch still tell by themselves where they stood.
            span = range(exchange.seen, exchange.seen + len(exchange.quote))
            near = [quoted_inside[n] for n in reversed(span)]
        functions = dict.fromkeys(name for _, name in near if name)
        functions.update(dict.fromkeys(_named(exchange.answer, {name for _, name in inside})))
        path = next((path for path, _ in near if path), "")
        found.append(
            Remark(
                message_id=reply.message_id,
                in_reply_to=reply.in_reply_to,
                author=reply.author,
                date=reply.date,
                patch=number,
                path=path,
                quote="\n".join(exchange.quote).strip("\n"),
                answer=exchange.answer,
                lines=matched,
                focus=focus,
                functions=tuple(functions),
                hooks=_hooks_named(exchange, hooks, tuple(functions)),
                state=_state([text[n] for n in focus], number == 0, after),
                by_author=same_person(reply.author, revision.author),
                number=len(found),
            )
        )
    return found


def _lines_of(revision: Revision, patch: Patch | None) -> list[str]:
    if patch is not None:
        return text_of(patch).split("\n")
    return revision.cover.body.split("\n") if revision.cover else []


def _match(quote: Sequence[str], text: Sequence[str], start: int) -> tuple[int, ...]:
    """The numbers of the lines of ``text`` that ``quote`` repeats, in order, from ``start`` on.

    Blanks do not count (mailers change them). Short lines (a brace) count only next to others.
    """
    wanted: dict[str, list[int]] = {}
    for number, line in enumerate(text):
        wanted.setdefault(_squeezed(line), []).append(number)
    found: list[int] = []
    last = start - 1
    for line in quote:
        squeezed = _squeezed(line)
        if not squeezed:
            continue
        places_ = wanted.get(squeezed, [])
        if len(squeezed) < 5:
            places_ = [n for n in places_ if n == last + 1 and found]
        after = next((n for n in places_ if n > last), places_[0] if places_ else None)
        if after is not None:
            found.append(after)
            last = after
    return tuple(found)


def _tail(matched: tuple[int, ...]) -> tuple[int, ...]:
    """The last lines of ``matched`` that lie together: what the answer stands below."""
    tail: list[int] = []
    for number in reversed(matched):
        if tail and not 0 < tail[-1] - number <= 3:
            break
        tail.append(number)
        if len(tail) == FOCUS:
            break
    return tuple(reversed(tail))


def _state(focus: Sequence[str], cover: bool, after: Revision | None) -> RemarkState:
    """Whether the lines in ``focus`` are gone from the next revision."""
    lines = [_squeezed(line) for line in focus if len(_squeezed(line)) > 4]
    if not lines:
        return "unknown"
    if after is None:
        return "standing"
    texts = [after.cover.body if after.cover else ""] if cover else []
    texts += [text_of(patch) for patch in after.patches]
    there = {_squeezed(line) for text in texts for line in text.split("\n")}
    if cover:
        # Prose is wrapped anew from version to version: compare it as running text.
        running = "".join(
            there_line for text in texts for there_line in map(_squeezed, text.split("\n"))
        )
        return "standing" if all(line in running for line in lines) else "answered"
    return "standing" if all(line in there for line in lines) else "answered"


def _hooks_of(revision: Revision) -> dict[str, frozenset[str]]:
    hooks: dict[str, frozenset[str]] = {}
    for patch in revision.patches:
        for name, functions in hooks_in(patch.diff).items():
            hooks[name] = hooks.get(name, frozenset()) | functions
    return hooks


def _hooks_named(
    exchange: Exchange, hooks: Mapping[str, frozenset[str]], functions: Sequence[str]
) -> tuple[str, ...]:
    """The hooks a quote and its answer name: by their own name or by a function assigned to them.

    A hook called by an everyday word ("fault") counts only where it is written as code.
    """
    text = "\n".join((exchange.answer, *reversed(exchange.quote)))
    words = dict.fromkeys(_WORD.findall(text))
    code = {a or b for a, b in _CODE.findall(text)}
    found = dict.fromkeys(n for n in hooks if n in code or ("_" in n and n in words))
    found.update(
        dict.fromkeys(
            n for n, own in hooks.items() if any(f in words or f in functions for f in own)
        )
    )
    return tuple(found)


def _named(answer: str, known: set[str]) -> list[str]:
    return [word for word in dict.fromkeys(_WORD.findall(answer)) if word in known and "_" in word]


def _squeezed(line: str) -> str:
    return "".join(line.split())

# SPDX-License-Identifier: GPL-2.0-or-later
"""Remarks as the conversation they are: which remark answers which, told by what it quotes."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from reviewtool.archive.types import Remark

_TAIL = 6
"""How many quoted lines above an answer tell what it answers."""

_CLIMB = 64
"""How far up a thread the quoted words are looked for."""


def as_conversation(remarks: Sequence[Remark], parents: Mapping[str, str]) -> tuple[Remark, ...]:
    """``remarks`` (by date) with what each follows, and with the place of what it follows where its
    own quote is of the discussion alone: who answers an answer still speaks of the same lines.

    ``parents`` gives, for each reply of the thread, the mail it answers.
    """
    of_mail: dict[str, list[Remark]] = defaultdict(list)
    told: list[Remark] = []
    for remark in remarks:
        before = _followed(remark, of_mail, parents)
        told.append(_placed(remark, before) if before else remark)
        of_mail[remark.message_id].append(told[-1])
    return tuple(told)


def in_threads(remarks: Sequence[Remark]) -> tuple[tuple[int, Remark], ...]:
    """``remarks`` with their depth, each below the one it follows; threads by their first date."""
    here = {(one.message_id, one.number) for one in remarks}
    below: dict[tuple[str, int] | None, list[Remark]] = defaultdict(list)
    for remark in remarks:
        below[remark.follows if remark.follows in here else None].append(remark)

    def walk() -> Iterator[tuple[int, Remark]]:
        waiting = [(0, remark) for remark in reversed(below[None])]
        while waiting:
            depth, remark = waiting.pop()
            yield depth, remark
            more = below[remark.message_id, remark.number]
            waiting += [(depth + 1, one) for one in reversed(more)]

    return tuple(walk())


def _followed(
    remark: Remark, of_mail: Mapping[str, Sequence[Remark]], parents: Mapping[str, str]
) -> Remark | None:
    """The earlier remark whose words ``remark`` quotes, nearest first; None if there is none."""
    tail = [line for text in remark.quote.split("\n") if (line := _bare(text))][-_TAIL:]
    key = remark.in_reply_to
    for _ in range(_CLIMB):
        said = of_mail.get(key, ())
        best = max(said, key=lambda one: _shared(tail, one), default=None)
        if best is not None and _shared(tail[-2:], best):
            return best
        key = parents.get(key, "")
    return None


def _shared(lines: Sequence[str], remark: Remark) -> int:
    """How many characters of ``lines`` are in its answer; wrapped anew they are the same words."""
    words = "".join(_bare(line) for line in remark.answer.split("\n"))
    return sum(len(line) for line in lines if len(line) > 3 and line in words)


def _placed(remark: Remark, before: Remark) -> Remark:
    placed = replace(remark, follows=(before.message_id, before.number))
    if remark.focus and remark.path:
        return placed
    return replace(
        placed,
        path=before.path,
        functions=tuple(dict.fromkeys([*remark.functions, *before.functions])),
        hooks=tuple(dict.fromkeys([*remark.hooks, *before.hooks])),
        state=before.state,
    )


def _bare(line: str) -> str:
    """A line without quote marks and blanks."""
    return "".join(line.lstrip("> |").split())

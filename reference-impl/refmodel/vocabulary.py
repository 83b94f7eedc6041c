# SPDX-License-Identifier: GPL-2.0-or-later
"""The words models, kernels and people share: inputs, observations and sequences of them.

A sequence is text, its inputs joined by ``; ``::

    register missing; read u0 p0; pwrite p0 A; continue p0

Each input has one canonical spelling, so the text of a sequence identifies it.  The same text is
typed by a person, explored by a model and driven against a kernel.
"""

import re
from dataclasses import dataclass, field

TYPE_CHECKING = False  # typing's, which costs the guest 10 ms
if TYPE_CHECKING:
    from typing import Any

MODES = ("missing", "minor", "missing+minor")

# operation -> the operands that follow it, in order
GRAMMAR: dict[str, tuple[str, ...]] = {
    "register": ("mode",),
    "unregister": (),
    "read": ("thread", "page"),
    "write": ("thread", "page", "value"),
    "pread": ("page",),
    "pwrite": ("page", "value"),
    "pwrite-short": ("page", "value"),
    "pwrite-fault": ("page",),
    "pwrite-half": ("page", "value"),
    "pwrite-stop": ("page", "value"),
    "go-on": (),
    "copy": ("page", "value"),
    "zeropage": ("page",),
    "continue": ("page",),
    "poison": ("page",),
    "wake": ("page",),
    "writeprotect": ("page", "switch"),
    "dontneed": ("page",),
    "fallocate": ("page",),
    "punch": ("page",),
    "vcpu-read": ("page",),
    "vcpu-write": ("page", "value"),
    "kvm-read": ("page",),
    "userfault": ("switch",),
    "bitmap": ("change", "page"),
}
MAY_USE_ALIAS = frozenset({"read", "write"})


# operand -> the field of an Input that has it, its letter, how it is spelled, what to write
OPERANDS = {
    "mode": ("word", "", "missing|minor|missing[+]minor", "one of " + ", ".join(MODES)),
    "thread": ("thread", "u", "0|[1-9][0-9]{0,17}", "a user thread, u0 or u1"),
    "page": ("page", "p", "0|[1-9][0-9]{0,17}", "a page, p0 or p1"),
    "value": ("value", "", "[A-Z]", "a page's content, one capital letter such as A"),
    "switch": ("word", "", "on|off", "on or off"),
    "change": ("word", "", "set|clear", "set or clear"),
}


class VocabularyError(ValueError):
    """Text outside the vocabulary.  ``what`` is wrong, ``where`` it stands, ``remedy`` mends it."""

    def __init__(self, what: str, where: str, remedy: str) -> None:
        super().__init__(f"{where}: {what}; {remedy}")
        self.what, self.where, self.remedy = what, where, remedy


def _unknown(op: str, where: str) -> VocabularyError:
    remedy = f"use one of {', '.join(sorted(GRAMMAR))}"
    return VocabularyError(f"unknown operation {op!r}", where, remedy)


@dataclass(frozen=True, slots=True, order=True)
class Input:
    """One operation of the alphabet.  Operands an operation does not take are ``None``."""

    op: str
    page: int | None = None
    value: str | None = None
    thread: int | None = None
    word: str | None = None
    """The registration mode, ``on``/``off`` or ``set``/``clear``, where the operation has one."""
    alias: bool = False
    """Through the second mapping, which is never registered."""
    _hash: int = field(default=0, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.op not in GRAMMAR:
            raise _unknown(self.op, repr(self))
        # Explorations look inputs up millions of times; strings are hashed once only.
        identity = (self.op, self.page, self.value, self.thread, self.word, self.alias)
        object.__setattr__(self, "_hash", hash(identity))

    def __hash__(self) -> int:
        return self._hash

    def __str__(self) -> str:
        kinds = [OPERANDS[operand] for operand in GRAMMAR[self.op]]
        words = [self.op, *(f"{letter}{getattr(self, name)}" for name, letter, *_ in kinds)]
        return " ".join([*words, "@alias"] if self.alias else words)


@dataclass(frozen=True, slots=True, order=True)
class Observation:
    """What one input did: the result its caller sees, and what happened elsewhere, sorted."""

    result: str
    effects: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "; ".join((self.result, *self.effects))


def observation(result: str, *effects: str) -> Observation:
    """An observation with its effects in canonical order."""
    return Observation(result, tuple(sorted(effects)))


def parse_observation(text: str) -> Observation:
    """Read the canonical text ``result; effect; effect`` back."""
    result, *effects = (part.strip() for part in text.split(";"))
    if not result:
        raise VocabularyError("an observation without a result", repr(text), "write e.g. 'ok'")
    return observation(result, *effects)


def parse_input(text: str, where: str = "") -> Input:
    """One input from its text.  Raises VocabularyError saying what to write instead."""
    words = text.split()
    where = where or repr(text)
    if not words:
        raise VocabularyError("an empty input", where, "remove the extra ';' or write an operation")
    op, *rest = words
    if op not in GRAMMAR:
        raise _unknown(op, where)
    given: dict[str, Any] = {}
    if rest and rest[-1].startswith("@"):
        if rest[-1] != "@alias" or op not in MAY_USE_ALIAS:
            raise VocabularyError(
                f"{rest[-1]!r} does not go with {op!r}",
                where,
                "only read and write take @alias, the second mapping",
            )
        given["alias"] = rest.pop() == "@alias"
    operands = GRAMMAR[op]
    shape = " ".join((op, *(f"<{operand}>" for operand in operands)))
    if len(rest) != len(operands):
        raise VocabularyError(
            f"{op!r} takes {len(operands)} operands, not {len(rest)}", where, f"write {shape}"
        )
    for operand, word in zip(operands, rest, strict=True):
        name, letter, spelling, example = OPERANDS[operand]
        found = re.fullmatch(f"{letter}({spelling})", word)
        if found is None:
            raise VocabularyError(
                f"{word!r} is no {operand}", where, f"write {shape}, with {example}"
            )
        given[name] = int(found[1]) if letter else word
    return Input(op, **given)


def parse(text: str) -> tuple[Input, ...]:
    """A sequence from its text, inputs separated by ``;``.  Empty text is the empty sequence."""
    if not text.strip():
        return ()
    return tuple(
        parse_input(part, f"input {index} ({part.strip()!r})")
        for index, part in enumerate(text.split(";"), start=1)
    )


def spell(inputs: "tuple[Input, ...] | list[Input]") -> str:
    """The canonical text of a sequence."""
    return "; ".join(str(each) for each in inputs)


def allows(expected: Observation, seen: Observation) -> bool:
    """Whether a kernel may answer ``seen`` where a model answers ``expected``: the same, but that
    a kernel shows whatever the memory held where a model says ``stale``, for bytes nobody wrote."""
    if expected == seen:
        return True
    pairs = zip((expected.result, *expected.effects), (seen.result, *seen.effects), strict=False)
    return len(expected.effects) == len(seen.effects) and all(
        want == got or _stale_allows(want, got) for want, got in pairs
    )


def _stale_allows(want: str, got: str) -> bool:
    start, stale, end = want.rpartition("value stale")
    return stale != "" and end == "" and got.startswith(start + "value ")

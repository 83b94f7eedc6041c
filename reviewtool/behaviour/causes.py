# SPDX-License-Identifier: GPL-2.0-or-later
"""Why two models differ, in a reviewer's words: the operation, the page it met, both outcomes."""

from typing import NamedTuple

from refmodel.vocabulary import Input, Observation
from refmodel.world import MAPPED, POISON, State

_ACCESS = frozenset({"read", "write", "kvm-read"})
_MODES = {"missing": "MISSING", "minor": "MINOR", "missing+minor": "MISSING and MINOR together"}
_OPERATIONS = {
    "copy": "COPY on",
    "zeropage": "ZEROPAGE on",
    "continue": "CONTINUE on",
    "poison": "POISON on",
    "wake": "WAKE on",
    "writeprotect": "WRITEPROTECT on",
    "pwrite": "write() to",
    "pwrite-short": "write() of a part of",
    "pwrite-half": "write() of the second half of",
    "pwrite-fault": "write() of unreadable memory to",
    "pread": "read() of",
    "dontneed": "MADV_DONTNEED on",
    "fallocate": "fallocate() of",
    "punch": "PUNCH_HOLE on",
    "vcpu-read": "vCPU access to",
    "vcpu-write": "vCPU access to",
    "bitmap": "changing the userfault bitmap",
}


class Cause(NamedTuple):
    """One way two models differ.

    ``what`` and both outcomes identify it; ``met`` is the page on which it showed.
    """

    what: str
    met: str
    a: str
    b: str

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.what, self.a, self.b)

    def __str__(self) -> str:
        if self.what == "access":
            return f"{self.met}: {self.a} against {self.b}"
        return f"{self.what}{' ' if self.met else ''}{self.met}: {self.a} against {self.b}"


def situation(state: State, page: int, *, alias: bool = False) -> str:
    """What a page is when an operation meets it."""
    if page >= state.size:
        return "a page past the end of the file"
    its = state.pages[page]
    if its.pte == POISON and not alias:
        return "a poisoned page"
    if not its.present:
        return "an absent page"
    if its.pte == MAPPED and not alias:
        return "a mapped page" if its.uptodate else "a mapped page nobody filled"
    return "a present page" if its.uptodate else "an allocated page nobody filled"


_TOLD_OF_ACCESS = {
    "an absent page": "a page absent from the cache",
    "a present page": "a page in the cache, not mapped",
    "an allocated page nobody filled": "a page allocated but never filled, not mapped",
}


def cause(a: State, b: State, each: Input, seen_a: Observation, seen_b: Observation) -> Cause:
    """The kind of difference ``each`` shows when ``a`` answers ``seen_a`` and ``b`` ``seen_b``."""
    if each.op == "register":
        return Cause(f"registration of {_MODES[each.word or '']}", "", seen_a.result, seen_b.result)
    if each.op == "userfault":
        return Cause("switching KVM_MEM_USERFAULT", "", seen_a.result, seen_b.result)
    met, met_b = (situation(state, each.page or 0, alias=each.alias) for state in (a, b))
    told_a, told_b = _told(each, seen_a, met), _told(each, seen_b, met_b)
    met = _one_word(met, met_b)
    if told_a == told_b or not _same_kind(each, a, b):
        told_a, told_b = _in_full(seen_a, seen_b)
    if each.op == "unregister":
        return Cause("unregistering", _who_waits(a), told_a, told_b)
    if each.op in _ACCESS:
        met = _TOLD_OF_ACCESS.get(met, met)
        met += ", through the second mapping" if each.alias else ""
        if told_a.endswith("event") != told_b.endswith("event"):
            told_a, told_b = (
                "event" if told.endswith(" event") else told for told in (told_a, told_b)
            )
        return Cause("access", met, told_a, told_b)
    return Cause(_OPERATIONS[each.op], met, told_a, told_b)


def _one_word(a: str, b: str) -> str:
    """What to call a page the two models see differently."""
    if a == b:
        return a
    filled = min((a, b), key=len)
    if filled in ("a mapped page", "a present page") and "nobody filled" in a + b:
        return f"{filled} only one of them takes for filled"
    return " or ".join(sorted((a, b)))


def _same_kind(each: Input, a: State, b: State) -> bool:
    return each.page is None or (each.page < a.size) == (each.page < b.size)


def _who_waits(state: State) -> str:
    if any(state.threads):
        return "with a thread blocked"
    return "a registered range" if state.flags else "what is not registered"


def _told(each: Input, seen: Observation, met: str) -> str:
    """An outcome in words that leave out which letter or thread it was."""
    if seen.result == "oops":
        return "kernel crash"
    if each.op in _ACCESS:
        for effect in seen.effects:
            if effect.startswith("event "):
                return f"{effect.split()[1]} event"
        if "mapped page" not in met and (seen.result == "ok" or seen.result.startswith("value ")):
            return "silent allocation" if "absent" in met else "silent mapping"
    return _contents(seen.result)


def _contents(result: str) -> str:
    if result.startswith("value "):
        value = result.removeprefix("value ")
        return {"zero": "zeros", "stale": "uninitialised memory", "mixed": "half a page"}.get(
            value, "what was written"
        )
    return {"sigbus": "SIGBUS", "short 2048": "half a page written"}.get(result, result)


def _in_full(a: Observation, b: Observation) -> tuple[str, str]:
    """Both results and, where threads went on or blocked again, what they saw.

    Threads and pages are told in an order that does not depend on what they are called, or one
    difference would be two.
    """
    subjects = {_subject(effect) for effect in a.effects + b.effects}
    effects = sorted(
        (subject[0] != "p", _effects(a, subject), _effects(b, subject)) for subject in subjects
    )
    told_a = [_contents(a.result), *(text for _, texts, _ in effects for text in texts)]
    told_b = [_contents(b.result), *(text for _, _, texts in effects for text in texts)]
    return ", ".join(dict.fromkeys(told_a)), ", ".join(dict.fromkeys(told_b))


def _subject(effect: str) -> str:
    """The page an event is of, or the thread that resumes."""
    words = effect.split()
    return words[2] if words[0] == "event" else words[1]


def _effects(seen: Observation, subject: str) -> tuple[str, ...]:
    told = []
    for effect in seen.effects:
        words = effect.split()
        if _subject(effect) != subject:
            continue
        if words[0] == "event":
            told.append(f"a {words[1]} event")
        else:
            told.append(f"the waiting thread resumes with {_contents(' '.join(words[2:]))}")
    return tuple(told)

# SPDX-License-Identifier: GPL-2.0-or-later
"""What the kernel's own selftests say on the console of a guest, as tests in the sense of KTAP."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from reviewtool.behaviour.ktap import Result, Status, suite

_PLAN = re.compile(r"^1\.\.(\d+)$")
_LINE = re.compile(r"^(ok|not ok) \d+ (?:# (SKIP|XFAIL) )?(.*)$")
# A skip of kselftest.h: the name, then the reason in parentheses; "(with syscall)" is a name's.
_REASON = re.compile(r"^(.*?) \(((?!with )[^()]*)\)$")
# Up to 6.16: name and outcome on one line, which the kernel's own words may come between.
_OLD = re.compile(r"^Testing (.+?)\.\.\. ?(.*)$")
_OLD_END = re.compile(r"(done|skipped \[reason: (.+?)\]|failed \[reason: (.+)\])$")
_SUBTEST = re.compile(r"RT (begin|end) ([0-9a-f]+)(?: (\d+))?$")
_SKIPPED = 4  # KSFT_SKIP
_TOLD = 12  # lines of a failure that are kept

# What User-Mode Linux lacks: a pattern for "name: reason" of a skipped test, and why it is skipped.
_LACKING = (
    (r"hugetlb|HugeTLB", "User-Mode Linux has no hugetlbfs"),
    (r"TRANSPARENT_HUGEPAGE|MADV_COLLAPSE|pmd|collapse", "User-Mode Linux has no huge pages"),
    (r"mbind|numa", "User-Mode Linux has one memory node"),
    (r"CONFIG_GUP_TEST", "the kernel is built without gup_test"),
    (r"test_guest_memfd_guest", "a vCPU of KVM for User-Mode Linux executes no instructions"),
)
# uffd-unit-tests up to 6.16 maps its memory at an address of its own choice.
_FIXED_ADDRESS = "mmap of memfd failed at 0x40000000"
_AT_FIXED_ADDRESS = (
    "it and what comes after it want memory at a fixed address, where mappings of User-Mode Linux "
    "begin; a later kernel's do not: --tests TREE"
)
INAPPLICABLE = ("test_collapse", "test_mbind", "test_numa_allocation", "test_guest_memfd_guest")
"""Test functions that end the program, or return without having tested anything, for want of what
:data:`_LACKING` says."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How the guest that ran a program ended: in order (then ``wrong`` is empty), or what befell
    it; and the program's own exit status."""

    wrong: str
    status: int | None


def cause(test: Result) -> str:
    """Why a test was skipped, in words; the program's own reason where nothing better is known."""
    told = f"{test.name}: {test.note}"
    for pattern, why in _LACKING:
        if re.search(pattern, told):
            return why
    return test.note


def read(name: str, lines: Iterable[str], ending: Ending, functions: Mapping[int, str]) -> Result:
    """The tests of a program from its console: subtests by function where it calls hooks
    (``functions`` names them), else the lines of kselftest.h or of older uffd-unit-tests.

    What ought to have run and did not is a test that failed.
    """
    said = list(lines)
    if functions:
        tests = _by_function(said, functions)
    elif any(_OLD.match(line) for line in said):
        tests = _old(said)
    else:
        tests = _ktap(said)
    if any(_FIXED_ADDRESS in line for line in said):
        tests[-1] = replace(tests[-1], status="skip", note=_AT_FIXED_ADDRESS, diagnostics=())
        return suite(name, [_explained(test) for test in tests])
    planned = next((int(found[1]) for line in said if (found := _PLAN.match(line))), None)
    if ending.wrong or ending.status is None:
        tests.append(Result("runs to its end", "not ok", "", (ending.wrong, *said[-_TOLD:])))
    elif not tests:
        skipped = ending.status == _SKIPPED
        told = next((line for line in said if "SKIP" in line), "it said nothing")
        tests.append(
            Result("runs at all", "skip", told.partition("SKIP")[2].strip(" -"))
            if skipped
            else Result("runs at all", "not ok", "", tuple(said[-_TOLD:]))
        )
    elif planned is not None and planned > len(tests) and not functions:
        tests.append(Result(f"{planned - len(tests)} more", "not ok", "", tuple(said[-_TOLD:])))
    whole = suite(name, [_explained(test) for test in tests])
    if ending.status in (None, 0, _SKIPPED) or whole.status == "not ok":
        return whole
    last = Result("ends well", "not ok", "", (f"exit status {ending.status}", *said[-_TOLD:]))
    return suite(name, [*whole.subtests, last])


def _explained(test: Result) -> Result:
    below = tuple(_explained(each) for each in test.subtests)
    return replace(test, note=cause(test) if test.status == "skip" else test.note, subtests=below)


def _ktap(lines: list[str]) -> list[Result]:
    tests = []
    before: list[str] = []
    for line in lines:
        found = _LINE.match(line)
        if found is None:
            before.append(line.removeprefix("# "))
            continue
        name, note = found[3], ""
        status: Status = "not ok" if found[1] == "not ok" else "ok"
        if found[2] == "SKIP":
            status = "skip"
            if reason := _REASON.match(name):
                name, note = reason[1], reason[2]
        told = tuple(before[-_TOLD:]) if status == "not ok" else ()
        tests.append(Result(name, status, note, told))
        before = []
    return tests


def _old(lines: list[str]) -> list[Result]:
    tests = []
    open_test = ""
    for line in lines:
        begun = _OLD.match(line)
        if begun:
            open_test, line = begun[1], begun[2]
        ended = _OLD_END.search(line)
        if not (open_test and ended):
            continue
        if ended[1] == "done":
            tests.append(Result(open_test, "ok"))
        elif ended[2]:
            tests.append(Result(open_test, "skip", ended[2]))
        else:
            tests.append(Result(open_test, "not ok", "", (ended[3],)))
        open_test = ""
    if open_test:
        tests.append(Result(open_test, "not ok", "", ("it did not come to its end",)))
    return tests


def _by_function(lines: list[str], functions: Mapping[int, str]) -> list[Result]:
    """The outermost level is what ``main`` calls; what these call is below them, and no deeper."""
    top: list[Result] = []
    below: list[Result] = []
    told: list[str] = []
    depth = 0
    for line in lines:
        found = _SUBTEST.search(line)
        if found is None:
            told.append(line)
            continue
        if found[1] == "begin":
            depth += 1
            if depth <= 2:
                told = []
            continue
        depth -= 1
        if depth >= 2:
            continue
        status = int(found[3])
        outcome: Status = "ok" if status == 0 else "skip" if status == _SKIPPED else "not ok"
        name = functions.get(int(found[2], 16), found[2])
        notes = tuple(told[:_TOLD]) if outcome == "not ok" else ()
        if depth == 1:
            below.append(Result(name, outcome, "", notes))
        elif below:
            if outcome == "not ok":  # outside any function it called
                below.append(Result("all of it", outcome, "", notes))
            top.append(suite(name, below))
            below = []
        else:
            top.append(Result(name, outcome, "", notes))
        told = []
    if depth:
        top.append(Result("the function it was in", "not ok", "", tuple(told[-_TOLD:])))
        top += below
    return top

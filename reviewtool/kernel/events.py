# SPDX-License-Identifier: GPL-2.0-or-later
"""What a kernel complains about on its console, as data: oopses, warnings, sanitizer reports."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal[
    "oops",  # a fault in kernel mode
    "bug",  # BUG(), BUG_ON() and what else the kernel itself calls a bug
    "warning",  # WARN(), WARN_ON()
    "panic",  # anything else it did not survive
    "kasan",  # use after free, out of bounds
    "lockdep",  # locks held, released or ordered as they must not be
    "atomic",  # sleeping where that is forbidden
    "page",  # a page whose state or content is not what it has to be
    "list",  # a corrupted list
    "leak",  # memory nobody refers to
    "rcu",  # an RCU stall or misuse
    "hang",  # a task that does not get on
]


@dataclass(frozen=True, slots=True)
class KernelEvent:
    """One complaint. ``function`` is where it happened, ``address`` what was touched ("" if the
    kernel does not say). ``line`` counts console lines from 0; ``fatal``: the kernel died of it.
    ``backtrace`` has lines of the call trace, innermost first, less what only reports.
    """

    kind: Kind
    headline: str
    line: int
    function: str = ""
    address: str = ""
    fatal: bool = False
    backtrace: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The headline without what differs from run to run: who ran, and where code lies."""
        said = _SYMBOL.sub(r"\1", _RAN.sub("", self.headline))
        bare = _CODE.sub("", said)
        return f"{bare} in {self.function}" if bare != said and self.function else bare

    @property
    def frames(self) -> tuple[str, ...]:
        """The functions it happened in, innermost first."""
        # An offset of 0 is no return address: an unwinder without frame pointers shows those too.
        found = [match for frame in self.backtrace if (match := _FRAME.match(frame))]
        names = [match[2] for match in found if int(match[3], 16)]
        here = [self.function] if self.function and self.function not in names[:1] else []
        return (*here, *names)


_PANIC = "Kernel panic - not syncing: "
_FAULT = re.compile(
    r"Kernel mode (?:signal|fault) .*?addr (0x[0-9a-f]+), ip (0x[0-9a-f]+)(?: in ([\w.]+))?"
)
_RAN = re.compile(r"CPU: \d+ PID: \d+ (?=at )")
_CODE = re.compile(r", ip 0x[0-9a-f]+(?: in [\w.]+)?")
_SYMBOL = re.compile(r"([\w.]+)\+0x[0-9a-f]+/0x[0-9a-f]+")
# The first pattern that matches a line decides; the order is from the particular to the general.
_PATTERNS: tuple[tuple[str, Kind], ...] = (
    (r"BUG: KASAN: ", "kasan"),
    (r"BUG: KFENCE: ", "kasan"),
    (r"BUG: sleeping function called from invalid context", "atomic"),
    (r"BUG: scheduling while atomic", "atomic"),
    (r"BUG: Bad (?:page|rss-counter)", "page"),
    (r"BUG: non-zero pgtables_bytes", "page"),
    (r"pagealloc: (?:memory corruption|single bit error)", "page"),
    (r"page:\S+ is uninitialized and poisoned", "page"),
    (r"list_(?:add|del) corruption", "list"),
    (
        r"WARNING: (?:possible |bad unlock balance|held lock freed|lock held|inconsistent)",
        "lockdep",
    ),
    (r"WARNING: (?:suspicious RCU usage|Nested lock)", "lockdep"),
    (r"BUG: (?:held lock|MAX_LOCK|looking up invalid|key |lock held)", "lockdep"),
    (r"rcu: INFO: .*stall", "rcu"),
    (r"INFO: task .* blocked for more than", "hang"),
    (r"(?:watchdog: )?BUG: (?:soft|workqueue) lockup", "hang"),
    (r"kmemleak: \d+ new suspected memory leaks", "leak"),
    (r"unreferenced object 0x", "leak"),
    (r"BUG: failure at ", "bug"),
    (r"kernel BUG at ", "bug"),
    (r"BUG: ", "bug"),
    (r"WARNING: CPU: \d+ PID: \d+ at ", "warning"),
    (r"refcount_t: ", "warning"),
)
_HEADLINES = tuple((re.compile(pattern), kind) for pattern, kind in _PATTERNS)
_FRAME = re.compile(
    r"^\s*\[?<?[0-9a-f]*>?\]?\s*(\? )?([A-Za-z_.][\w.]*)\+(0x[0-9a-f]+)/0x[0-9a-f]+"
)
_BARE = re.compile(r" at \S+:\d+ \S+\+0x[0-9a-f]+/0x[0-9a-f]+$")
_ADDRESS = re.compile(r"(?:at addr|of size \d+ at addr|object) (0x[0-9a-f]+|[0-9a-f]{8,16})")
_AT = re.compile(r"(?: at \S+:\d+[ /]| in )([A-Za-z_.][\w.]*)(?:\+0x|\(\))")
# What reports a complaint is not where it happened.
_REPORTING = re.compile(
    r"^(?:show_stack|dump_stack\w*|panic|__warn\w*|warn_slowpath_\w+|print_\w+|report_\w+|"
    r"kasan_\w+|__kasan_\w+|__asan_\w+|check_\w*bug\w*|lock_release\w*|lock_acquire\w*|"
    r"__lock_acquire|bad_page|__might_\w+|__list_\w+_or_report|check_noncircular|"
    r"debug_check_no_locks_\w+|lockdep_\w+|validate_chain|free_page_is_bad\w*|might_alloc|"
    r"__kernel_unpoison_pages)$"
)
_JOB = ("RT ", "reviewtool: ")


def _nameless(address: int) -> str:
    del address
    return ""


def events(
    lines: Iterable[str], resolve: Callable[[int], str] = _nameless
) -> Iterator[KernelEvent]:
    """The complaints in a console's lines, each once its last line was seen.

    A panic that only carries out what the complaint before it led to is told with that one.
    ``resolve`` names the function at a code address where the kernel prints the bare number.
    """
    current: KernelEvent | None = None
    tracing = False
    for number, line in enumerate(lines):
        found = _headline(line, number, resolve)
        if found is not None:
            if current is None:
                current = found
            elif (joined := _joined(current, found)) is not None:
                current = joined
            else:
                yield current
                current = found
            tracing = False
        elif current is not None:
            frame = _FRAME.match(line)
            tracing = "Call Trace:" in line or (tracing and (frame is not None or "<" in line))
            if frame is None:
                current = _detailed(current, line, number)
            elif tracing:  # a report may hold older stacks too: who allocated, who locked first
                current = _framed(current, line, doubtful=bool(frame[1]), name=frame[2])
            if line.startswith(_JOB) or "[ end trace" in line:
                yield current
                current = None
    if current is not None:
        yield current


def _headline(line: str, number: int, resolve: Callable[[int], str]) -> KernelEvent | None:
    if _PANIC in line:
        said = line[line.index(_PANIC) + len(_PANIC) :]
        if fault := _FAULT.search(said):
            function = fault[3] or resolve(int(fault[2], 16))
            return KernelEvent("oops", said, number, function, fault[1], fatal=True)
        return KernelEvent("oops" if "Segfault" in said else "panic", said, number, fatal=True)
    for pattern, kind in _HEADLINES:
        if match := pattern.search(line):
            said = line[match.start() :].rstrip()
            at = _AT.search(said)
            touched = _ADDRESS.search(said)
            function = at[1] if at and not _REPORTING.match(at[1]) else ""
            return KernelEvent(kind, said, number, function, touched[1] if touched else "")
    return None


def _joined(first: KernelEvent, second: KernelEvent) -> KernelEvent | None:
    """Both as one complaint, if ``second`` is ``first`` going on; None if it is another one."""
    if second.kind == "panic" and (
        second.headline == "BUG!" or "panic_on_" in second.headline or " set ..." in second.headline
    ):
        return replace(first, fatal=True)  # it only carries out what the first one led to
    if second.line == first.line + 1 and _BARE.search(first.headline):
        return replace(second, line=first.line)  # WARN() with what it is about
    if first.kind == second.kind == "leak" and first.headline.startswith("kmemleak"):
        return first
    return None


def _detailed(event: KernelEvent, line: str, number: int) -> KernelEvent:
    """``event`` with what one more line of its report says besides the call trace."""
    address = _ADDRESS.search(line)
    if address and not event.address:
        return replace(event, address=address[1])
    if number == event.line + 1 and _BARE.search(event.headline):
        # WARN() with a text of its own: the line after the headline, before the registers.
        said = "" if line.startswith(("CPU:", "Modules linked in:")) else line.strip()
        return replace(event, headline=f"{event.headline}: {said}") if said else event
    return event


def _framed(event: KernelEvent, line: str, *, doubtful: bool, name: str) -> KernelEvent:
    """``event`` with one more frame of its call trace."""
    # Where a fault broke the chain of frames, the doubtful ones before the first sure one count.
    sure = any("] ? " not in seen for seen in event.backtrace)
    if _REPORTING.match(name) or (doubtful and (event.kind != "oops" or sure)):
        return event
    return replace(
        event,
        function=event.function or name,
        backtrace=(*event.backtrace, line.strip()),
    )

# SPDX-License-Identifier: GPL-2.0-or-later
"""Consoles recorded from kernels with a planted fault: tests/kernel/consoles."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewtool.kernel.events import KernelEvent, events

_AT_2496 = "WARNING: CPU: 0 PID: 1 at kernel/sys.c:2496 planted_run+0x10e/0x3d9"
_LIST_CORRUPTION = (
    "list_del corruption. prev->next should be 00000000618c7cc0, but was 00000000618c7ca0."
    " (prev=00000000618c7cc0)"
)
CONSOLES = Path(__file__).parent / "consoles"


def recorded(name: str) -> list[KernelEvent]:
    return list(events((CONSOLES / f"{name}.log").read_text().splitlines(), lambda a: f"at_{a:x}"))


@pytest.mark.parametrize(
    ("name", "kind", "headline", "function", "address", "fatal"),
    [
        (
            *("null-dereference", "oops", "Kernel mode fault at addr 0x0, ip 0x60041062"),
            *("at_60041062", "0x0", True),
        ),
        ("null-call", "oops", "Kernel mode fault at addr 0x0, ip 0x0", "at_0", "0x0", True),
        (
            *("bad-address", "oops"),
            "Kernel mode fault at addr 0xffff888000001234, ip 0x6004189b",
            *("at_6004189b", "0xffff888000001234", True),
        ),
        ("bug", "bug", "BUG: failure at kernel/sys.c:2494/planted_run()!", "planted_run", "", True),
        (
            *("warn-on", "warning"),
            "WARNING: CPU: 0 PID: 1 at kernel/sys.c:2495 planted_run+0x6e/0x3d9",
            *("planted_run", "", False),
        ),
        (
            *("warn-text", "warning"),
            f"{_AT_2496}: planted: 42 bytes",
            *("planted_run", "", False),
        ),
        ("panic", "panic", "planted panic 6", "planted_run", "", True),
    ],
)
def test_one_fault_is_one_event(
    name: str, kind: str, headline: str, function: str, address: str, fatal: bool
) -> None:
    (event,) = recorded(name)
    assert (event.kind, event.headline) == (kind, headline)
    assert (event.function, event.address, event.fatal) == (function, address, fatal)


@pytest.mark.parametrize(
    ("name", "kind", "headline", "function", "address"),
    [
        (
            *("sleeping-in-atomic", "atomic"),
            "BUG: sleeping function called from invalid context at include/linux/sched/mm.h:321",
            *("__kmalloc_cache_noprof", ""),
        ),
        (
            *("unlock-imbalance", "lockdep", "WARNING: bad unlock balance detected!"),
            *("__mutex_unlock_slowpath", ""),
        ),
        (
            *("use-after-free", "kasan"),
            "BUG: KASAN: slab-use-after-free in planted_run+0x319/0x5e2",
            *("planted_run", "0000000061b43980"),
        ),
        (
            *("out-of-bounds", "kasan"),
            "BUG: KASAN: slab-out-of-bounds in planted_run+0x36f/0x5e2",
            *("planted_run", "0000000061a024c0"),
        ),
        (
            *("list-corruption", "list"),
            _LIST_CORRUPTION,
            *("planted_run", ""),
        ),
        (
            *("lock-inversion", "lockdep"),
            "WARNING: possible circular locking dependency detected",
            *("__mutex_lock", ""),
        ),
    ],
)
def test_what_a_debug_kernel_reports_is_told_apart(
    name: str, kind: str, headline: str, function: str, address: str
) -> None:
    (event,) = recorded(name)
    assert (event.kind, event.headline) == (kind, headline)
    assert (event.function, event.address, event.fatal) == (function, address, False)
    assert event.backtrace[-1].endswith("new_thread_handler+0x17c/0x198")
    assert sum("planted_run+" in frame for frame in event.backtrace) == 1


def test_a_write_to_a_freed_page_is_seen_twice() -> None:
    written, found = recorded("write-to-freed-page")
    assert (written.kind, written.function) == ("kasan", "planted_run")
    assert (found.kind, found.headline) == ("page", "pagealloc: memory corruption")


def test_a_report_that_faults_itself_is_two_events() -> None:
    state, fault = recorded("bad-page-state")
    assert (state.kind, state.fatal) == ("page", False)
    assert (fault.kind, fault.fatal) == ("oops", True)
    assert any("free_unref_page" in frame for frame in fault.backtrace)


@pytest.mark.parametrize("name", ["null-dereference", "bug", "warn-on", "panic"])
def test_the_backtrace_is_of_the_fault_and_not_of_its_reporting(name: str) -> None:
    (event,) = recorded(name)
    names = [frame.split("] ")[1].lstrip("? ").split("+")[0] for frame in event.backtrace]
    assert names == [
        *("planted_run", "__do_sys_prctl", "sys_prctl"),
        *("handle_syscall", "userspace", "new_thread_handler"),
    ]


def test_an_event_tells_the_console_line_it_began_at() -> None:
    (event,) = recorded("warn-on")
    lines = (CONSOLES / "warn-on.log").read_text().splitlines()
    assert lines[event.line] == event.headline
    assert lines.index("RT start 4") < event.line < lines.index("RT 0")


def test_a_quiet_console_has_no_events() -> None:
    assert list(events(["reviewtool: init", "RT {}", "reboot: Power down"])) == []


def test_without_symbols_the_first_frame_is_the_best_guess() -> None:
    (event,) = events((CONSOLES / "null-call.log").read_text().splitlines())
    assert event.function == "planted_run"


def test_two_warnings_are_two_events() -> None:
    lines = (CONSOLES / "warn-on.log").read_text().splitlines()
    assert [event.line for event in events(lines + lines)] == [12, 12 + len(lines)]


def test_a_warning_and_a_later_panic_are_two_events() -> None:
    lines = (CONSOLES / "warn-on.log").read_text().splitlines()
    lines += (CONSOLES / "null-dereference.log").read_text().splitlines()
    assert [event.kind for event in events(lines)] == ["warning", "oops"]


@given(st.lists(st.text(max_size=80), max_size=30))
def test_no_console_makes_it_fail(lines: list[str]) -> None:
    for event in events(lines):
        assert 0 <= event.line < len(lines)


@pytest.mark.parametrize(
    ("name", "title", "frames"),
    [
        (
            "null-dereference",
            "Kernel mode fault at addr 0x0 in at_60041062",
            ("at_60041062", "planted_run", "__do_sys_prctl"),
        ),
        (
            "warn-on",
            "WARNING: at kernel/sys.c:2495 planted_run",
            ("planted_run", "__do_sys_prctl", "sys_prctl"),
        ),
        (
            "use-after-free",
            "BUG: KASAN: slab-use-after-free in planted_run",
            ("planted_run", "__do_sys_prctl", "sys_prctl"),
        ),
        ("panic", "planted panic 6", ("planted_run", "__do_sys_prctl", "sys_prctl")),
    ],
)
def test_a_title_is_the_same_in_every_build(name: str, title: str, frames: tuple[str, ...]) -> None:
    (event,) = recorded(name)
    assert (event.title, event.frames[:3]) == (title, frames)


def test_an_address_that_was_named_on_the_console_needs_no_symbols() -> None:
    line = "Kernel panic - not syncing: Kernel mode fault at addr 0x0, ip 0x600bba66 in folio_lock"
    (event,) = events([line])
    assert (event.function, event.title) == (
        "folio_lock",
        "Kernel mode fault at addr 0x0 in folio_lock",
    )

# SPDX-License-Identifier: GPL-2.0-or-later
"""What kernels print when something is wrong, as printed: one event each, under a stable title."""

import shutil
import subprocess
from pathlib import Path

import pytest

from reviewtool.behaviour.console import agent_line, kernel_events
from reviewtool.behaviour.symbols import function_at, name_addresses

PANIC = """\
Kernel panic - not syncing: Kernel mode fault at addr 0x0, ip 0x600bba66 in folio_trylock
CPU: 0 UID: 0 PID: 1 Comm: python3.11 Not tainted 6.12.117 #1
Stack:
 600bcc01 00000001 60502058 42f3d000
 604b0000 00000000 00000000 42f3e000
Call Trace:
 [<600bcc01>] ? mfill_atomic_continue+0x365/0x540
 [<600fdf6d>] ? userfaultfd_ioctl+0xbaf/0xed4
 [<60017c44>] ? interrupt_end+0x0/0xaf
 [<6001a08d>] ? handle_syscall+0x5d/0x71
"""

BUG = """\
BUG: failure at arch/um/kernel/trap.c:198/handle_page_fault()!
Kernel panic - not syncing: BUG!
CPU: 0 UID: 0 PID: 15 Comm: python3.11 Not tainted 6.12.117 #1
Call Trace:
 [<60018bd0>] ? show_stack+0x0/0xc0
 [<601bd823>] ? _printk+0x10/0x61
 [<601bb4aa>] ? panic+0x143/0x345
 [<60019afc>] ? segv+0x25c/0x360
 [<60024da5>] ? userspace+0x425/0x4e0
"""

WARNING = """\
------------[ cut here ]------------
WARNING: CPU: 0 PID: 28 at virt/kvm/guest_memfd.c:77 kvm_gmem_prepare_folio+0x12/0x34
Call Trace:
 [<6001aa8a>] ? __warn.cold+0x3/0x20
 [<600abcde>] ? kvm_gmem_get_pfn+0x1f/0x100
---[ end trace 0000000000000000 ]---
"""

LOCKDEP = """\
======================================================
WARNING: possible circular locking dependency detected
6.12.117 #1 Not tainted
------------------------------------------------------
python3.11/31 is trying to acquire lock:
"""

KASAN = """\
==================================================================
BUG: KASAN: slab-out-of-bounds in shmem_mfill_atomic_pte+0x8f/0x4c0
Read of size 8 at addr 0000000061d2f3a8 by task python3.11/13
Call Trace:
 [<60049ed0>] ? dump_stack_lvl+0x44/0x58
 [<602f0c5f>] ? print_report+0x1b1/0x5e0
 [<601f4a0c>] ? mfill_atomic_copy+0x36b/0x5a0
"""


@pytest.mark.parametrize(
    ("log", "kind", "title", "frames"),
    [
        (
            PANIC,
            "oops",
            "Kernel mode fault at addr 0x0 in folio_trylock",
            ("folio_trylock", "mfill_atomic_continue", "userfaultfd_ioctl", "handle_syscall"),
        ),
        (
            BUG,
            "oops",
            "failure at arch/um/kernel/trap.c:198/handle_page_fault()!",
            ("userspace",),
        ),
        (
            WARNING,
            "warning",
            "at virt/kvm/guest_memfd.c:77 kvm_gmem_prepare_folio",
            ("kvm_gmem_get_pfn",),
        ),
        (LOCKDEP, "lockdep", "possible circular locking dependency detected", ()),
        (
            KASAN,
            "sanitizer",
            "KASAN: slab-out-of-bounds in shmem_mfill_atomic_pte",
            ("mfill_atomic_copy",),
        ),
        (
            "BUG: Bad page state in process python3.11  pfn:01b2c",
            "corruption",
            "Bad page state in process python3.11  pfn:01b2c",
            (),
        ),
        (
            "BUG: sleeping function called from invalid context at mm/shmem.c:220",
            "lockdep",
            "sleeping function called from invalid context at mm/shmem.c:220",
            (),
        ),
        ("pagealloc: memory corruption", "corruption", "pagealloc: memory corruption", ()),
    ],
)
def test_one_event_each(log: str, kind: str, title: str, frames: tuple[str, ...]) -> None:
    stamped = [f"[    1.234567] {line}" for line in log.splitlines()]
    for lines in (log.splitlines(), stamped):
        (event,) = kernel_events(lines)
        assert (event.kind, event.title, event.frames) == (kind, title, frames)


def test_several_events_keep_their_order_and_their_lines() -> None:
    events = list(kernel_events((WARNING + LOCKDEP + PANIC).splitlines()))
    assert [event.kind for event in events] == ["warning", "oops"]
    # The panic ends the report before it, whatever that was.
    assert events[0].frames == ("kvm_gmem_get_pfn",)


def test_ordinary_talk_is_no_event() -> None:
    talk = ["random: crng init done", "reboot: Power down", "", "Call Trace:", "process ended"]
    assert list(kernel_events(talk)) == []


@pytest.mark.parametrize(
    "line", ["RT {", "RT 7", 'RT {"case":1', "rt {}", '  RT {"ready":{}}', "RT", ""]
)
def test_a_damaged_line_is_not_the_agents(line: str) -> None:
    assert agent_line(line) is None


def test_addresses_are_named_from_the_symbol_table(tmp_path: Path) -> None:
    if not (shutil.which("as") and shutil.which("ld") and shutil.which("nm")):
        pytest.skip("needs binutils")
    source, program = tmp_path / "a.S", tmp_path / "a"
    source.write_text(
        ".globl _start\n.type first,@function\nfirst: nop\nnop\n.size first,.-first\n"
        ".type _start,@function\n_start: nop\nret\n.size _start,.-_start\nnop\n"
    )
    subprocess.run(["as", "-o", tmp_path / "a.o", source], check=True)
    subprocess.run(["ld", "-o", program, tmp_path / "a.o"], check=True)
    listed = subprocess.run(["nm", program], check=True, capture_output=True, text=True).stdout
    start = next(
        int(line.split()[0], 16) for line in listed.splitlines() if line.endswith(" _start")
    )
    assert function_at(program, start) == function_at(program, start + 1) == "_start"
    assert function_at(program, start - 1) == "first"
    assert function_at(program, start + 2) is None
    assert function_at(program, 0) is None
    line = f"Kernel panic - not syncing: Kernel mode fault at addr 0x8, ip {start:#x}"
    assert name_addresses(line, program) == f"{line} in _start"
    assert name_addresses("nothing here", program) == "nothing here"


def test_a_file_without_symbols_names_nothing(tmp_path: Path) -> None:
    (tmp_path / "linux").write_bytes(b"#!/bin/sh\n")
    assert function_at(tmp_path / "linux", 0x60000000) is None

# SPDX-License-Identifier: GPL-2.0-or-later
"""Situations reviewers argued about, as sequences with a reason: data only.

They run on every revision; what each answers is its model's business.  The world they need has two
pages and the page past the end of the file (p2), two user threads and one vCPU.
"""

SCENARIOS: tuple[tuple[str, str], ...] = (
    (
        "the flow the RFC intends: missing event, write(), CONTINUE",
        "register missing; read u0 p0; pwrite p0 A; continue p0; read u1 p0",
    ),
    (
        "the flow of minor mode: filled by write(), event, CONTINUE",
        "register minor; pwrite p0 A; read u0 p0; continue p0; read u1 p0",
    ),
    (
        "the flow of minor mode: filled through a second mapping",
        "register minor; write u0 p0 A @alias; read u0 p0; continue p0",
    ),
    (
        "both modes at once: stage-2 fills, user access continues",
        "register missing+minor; read u0 p0; pwrite p0 A; continue p0; vcpu-read p0",
    ),
    ("an absent page under minor mode: event or silence", "register minor; read u0 p0; read u1 p0"),
    ("an absent page under missing mode", "register missing; read u0 p0; read u1 p0; wake p0"),
    ("CONTINUE with nothing to continue with, missing", "register missing; continue p0"),
    ("CONTINUE with nothing to continue with, minor", "register minor; continue p0"),
    ("CONTINUE on a mapped page", "pwrite p0 A; read u0 p0; register minor; continue p0"),
    ("COPY fills an absent page", "register missing; read u0 p0; copy p0 A; read u1 p0"),
    ("COPY where the cache has the page already", "pwrite p0 A; register missing; copy p0 B"),
    (
        "a vCPU made the page present, seen by no userfaultfd",
        "register missing; vcpu-write p0 A; read u0 p0; continue p0; copy p0 B",
    ),
    ("ZEROPAGE fills an absent page", "register missing; read u0 p0; zeropage p0; read u1 p0"),
    (
        "fallocate() makes a page present that nobody filled",
        "fallocate p0; register missing; read u0 p0; vcpu-read p0",
    ),
    (
        "CONTINUE on a page nobody filled: what does the reader see",
        "fallocate p0; register missing; register minor; continue p0; read u0 p0",
    ),
    (
        "a page continued before it was filled, then touched by the guest: is data lost",
        "fallocate p0; register missing; register minor; continue p0; write u0 p0 A; vcpu-read p0",
    ),
    ("write() twice", "pwrite p0 A; pwrite p0 B; read u0 p0"),
    ("write() to a page the guest has touched", "vcpu-read p0; pwrite p0 A; vcpu-read p0"),
    ("write() after fallocate()", "fallocate p0; pwrite p0 A; read u0 p0"),
    ("PUNCH_HOLE under a reader, and again", "pwrite p0 A; read u0 p0; punch p0; read u0 p0"),
    (
        "PUNCH_HOLE takes the page from the guest, too",
        "vcpu-write p0 A; punch p0; vcpu-read p0",
    ),
    (
        "PUNCH_HOLE while a thread waits, then the page is filled",
        "register missing; read u0 p0; punch p0; pwrite p0 A; continue p0",
    ),
    (
        "MADV_DONTNEED drops the mapping, not the page",
        "register minor; pwrite p0 A; continue p0; read u0 p0; dontneed p0; read u0 p0; wake p0",
    ),
    ("WAKE without resolution raises the event again", "register missing; read u0 p0; wake p0"),
    (
        "unregistering wakes those who wait for a missing page",
        "register missing; read u0 p0; unregister",
    ),
    (
        "unregistering with a thread waiting for a minor event",
        "register minor; pwrite p0 A; read u0 p0; unregister; wake p0",
    ),
    (
        "POISON, access, and a marker only MADV_DONTNEED removes",
        "register missing; poison p0; read u0 p0; poison p0; punch p0; dontneed p0; read u0 p0",
    ),
    (
        "POISON is overwritten by CONTINUE",
        "pwrite p0 A; register missing; register minor; poison p0; continue p0; read u0 p0",
    ),
    ("POISON wakes the waiting thread with SIGBUS", "register missing; read u0 p0; poison p0"),
    ("access past the end of the file", "register missing; read u0 p2; register minor; read u1 p2"),
    ("CONTINUE past the end of the file", "register minor; continue p2"),
    ("COPY past the end of the file", "register missing; register minor; copy p2 A"),
    ("ZEROPAGE past the end of the file", "register missing; register minor; zeropage p2"),
    ("write() and fallocate() past the end of the file", "pwrite p2 A; fallocate p2; punch p2"),
    (
        "KVM's own access through user page tables is caught like a user's",
        "register missing; kvm-read p0; pwrite p0 A; continue p0",
    ),
    (
        "KVM's own access under minor mode",
        "register minor; pwrite p0 A; kvm-read p0; continue p0; kvm-read p0",
    ),
    (
        "two threads wait for one page and go on together",
        "register missing; read u0 p0; read u1 p0; pwrite p0 A; continue p0",
    ),
    (
        "a second thread is not held back once the page is present",
        "register missing; read u0 p0; pwrite p0 A; read u1 p0; continue p0; wake p0",
    ),
    ("a blocked write goes through", "register missing; write u0 p0 B; pwrite p0 A; continue p0"),
    (
        "one page waits, the other goes on",
        "register missing; read u0 p0; write u1 p1 A @alias; read u1 p1; pwrite p0 B; continue p0",
    ),
    (
        "registering a second mode replaces the first",
        "register missing; register minor; unregister",
    ),
    (
        "asking for a mode that is registered leaves both",
        "register missing+minor; register missing; pwrite p0 A; read u0 p0; wake p0",
    ),
    ("UFFDIO_* without a registration", "copy p0 A; zeropage p0; continue p0; poison p0; wake p0"),
    ("WRITEPROTECT without its mode", "register missing; register minor; writeprotect p0 on"),
    ("a vCPU beyond the memslot leaves for userspace", "vcpu-read p2; vcpu-write p2 A"),
    ("read() is not offered", "pwrite p0 A; pread p0"),
    (
        "the vCPU beyond the memslot stays out of the file",
        "vcpu-write p1 A; read u0 p1; vcpu-read p0",
    ),
)

RACES: tuple[tuple[str, str], ...] = (
    (
        "a page that is continued while write() fills it: half of it is seen",
        "register missing; read u0 p0; pwrite-stop p0 A; continue p0; go-on; read u1 p0",
    ),
    (
        "a page that is touched while write() fills it: the part that was written is lost",
        "pwrite-stop p0 A; read u0 p0 @alias; go-on; read u1 p0 @alias",
    ),
    (
        "the same, watched for missing pages",
        "register missing; pwrite-stop p0 A; read u0 p0; go-on; read u1 p0",
    ),
    (
        "the same, watched by minor mode, and continued before it is whole",
        "register minor; pwrite-stop p0 A; read u0 p0; continue p0; go-on; read u1 p0",
    ),
    (
        "the guest touches a page while write() fills it",
        "pwrite-stop p0 A; vcpu-read p0; go-on; vcpu-read p0",
    ),
    (
        "the guest writes to a page while write() fills it: either is lost in part",
        "pwrite-stop p0 A; vcpu-write p0 B; go-on; vcpu-read p0",
    ),
    (
        "two write() of one page, neither refused: the page holds half of each",
        "pwrite-stop p0 A; pwrite p0 B; go-on; read u0 p0",
    ),
    (
        "PUNCH_HOLE waits for write(), then takes what it wrote",
        "pwrite-stop p0 A; punch p0; go-on; read u0 p0",
    ),
    ("fallocate() beside write()", "pwrite-stop p0 A; fallocate p0; go-on; read u0 p0"),
    (
        "write() of one page keeps nobody from another",
        "pwrite-stop p0 A; write u0 p1 B; read u0 p1; go-on; read u0 p0",
    ),
    (
        "nobody looks while write() fills a page",
        "register minor; pwrite-stop p0 A; go-on; read u0 p0; continue p0",
    ),
    ("write() to a filled page is refused at once", "read u0 p0; pwrite-stop p0 A; go-on"),
)
"""A write() that is stopped half way (pwrite-stop) until it is let go on (go-on), and what others
do meanwhile: races shown without luck."""

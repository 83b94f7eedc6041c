# SPDX-License-Identifier: GPL-2.0-or-later
"""What had been deduced of the revisions by reading, and what a kernel answers: data only.

Sequences are run in the world of two pages, two user threads, one vCPU and the page past the end
of the file, p2. The page reference-impl/study/README.md shows this table.
"""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["confirmed", "refuted", "in part"]


@dataclass(frozen=True)
class Run:
    """``answer`` is what the kernel of ``revision`` answers to the last of ``inputs``."""

    revision: str
    inputs: str
    answer: str


@dataclass(frozen=True)
class Claim:
    """``of`` whom it was said; ``but`` says what is otherwise, where something is."""

    of: str
    text: str
    verdict: Verdict
    runs: tuple[Run, ...]
    but: str = ""


EVERY, MISSING, M2, V3, RFC, APRIL, USERFAULT = (
    "every revision",
    "missing-nocopy",
    "v2-2026",
    "v3",
    "rfc",
    "v3-april",
    "kvm-userfault",
)

CLAIMS = (
    Claim(
        EVERY,
        "an access to a mapped page is no event, in no mode",
        "confirmed",
        (
            Run(M2, "read u0 p0; register missing+minor; read u0 p0", "value zero"),
            Run(V3, "read u0 p0; register minor; write u0 p0 A", "ok"),
        ),
    ),
    Claim(
        EVERY,
        "fallocate() leaves a page present, but neither cleared nor uptodate",
        "confirmed",
        (Run(RFC, "fallocate p0; register missing; continue p0; read u0 p0", "value stale"),),
    ),
    Claim(
        EVERY,
        "UFFDIO_WAKE works on a registered range",
        "in part",
        (Run(V3, "wake p0", "ok"), Run(V3, "register minor; wake p0", "ok")),
        "on a range that is not registered, too",
    ),
    Claim(
        EVERY,
        "on a mapped page COPY, ZEROPAGE, CONTINUE and POISON are EEXIST",
        "confirmed",
        (
            Run(M2, "read u0 p0; register missing; copy p0 A", "EEXIST"),
            Run(M2, "read u0 p0; register missing; zeropage p0", "EEXIST"),
            Run(M2, "read u0 p0; register missing; continue p0", "EEXIST"),
            Run(M2, "read u0 p0; register missing; poison p0", "EEXIST"),
        ),
    ),
    Claim(
        EVERY,
        "COPY, ZEROPAGE and CONTINUE overwrite a poison marker, POISON does not",
        "confirmed",
        (
            Run(M2, "register missing; poison p0; copy p0 A", "ok"),
            Run(M2, "register missing; poison p0; zeropage p0", "ok"),
            Run(M2, "register missing; pwrite p0 A; poison p0; continue p0", "ok"),
            Run(M2, "register missing; poison p0; poison p0", "EEXIST"),
        ),
    ),
    Claim(
        EVERY,
        "past the end of the file, CONTINUE and POISON are EFAULT",
        "confirmed",
        (
            Run(M2, "register minor; continue p2", "EFAULT"),
            Run(M2, "register missing; poison p2", "EFAULT"),
            Run(V3, "register minor; continue p2", "EFAULT"),
        ),
    ),
    Claim(
        EVERY,
        "PUNCH_HOLE drops the page, stage-2's entry and user page table entries",
        "in part",
        (
            Run(V3, "vcpu-write p0 A; read u0 p0; punch p0; read u0 p0", "value zero"),
            Run(V3, "vcpu-write p0 A; read u0 p0; punch p0; vcpu-read p0", "value zero"),
            Run(M2, "register missing; poison p0; punch p0; poison p0", "EEXIST"),
        ),
        "a poison marker stays",
    ),
    Claim(
        EVERY,
        "reading the file is EINVAL",
        "in part",
        (Run(V3, "pwrite p0 A; pread p0", "ESPIPE"),),
        "read() is; pread() is ESPIPE",
    ),
    Claim(
        EVERY,
        "stage-2 asks no userfaultfd: it allocates, and so turns missing into minor or EEXIST",
        "confirmed",
        (
            Run(M2, "register missing+minor; vcpu-read p0", "value zero"),
            Run(
                M2,
                "register missing+minor; vcpu-read p0; read u0 p0",
                "blocked; event minor p0 read",
            ),
            Run(M2, "register missing; vcpu-write p0 A; copy p0 B", "EEXIST"),
        ),
    ),
    Claim(
        EVERY,
        "KVM's own access through user page tables is an access like a user's",
        "confirmed",
        (
            Run(RFC, "register missing; kvm-read p0", "blocked; event missing p0 read"),
            Run(V3, "register minor; pwrite p0 A; kvm-read p0", "blocked; event minor p0 read"),
        ),
    ),
    Claim(
        RFC,
        "CONTINUE on an absent page is a NULL pointer",
        "confirmed",
        (Run(RFC, "register missing; continue p0", "oops"),),
    ),
    Claim(
        RFC,
        "COPY and ZEROPAGE reach shmem's code, which is memory-unsafe",
        "confirmed",
        (
            Run(RFC, "register missing; copy p0 A", "oops"),
            Run(RFC, "register missing; zeropage p0", "oops"),
        ),
    ),
    Claim(RFC, "POISON works", "confirmed", (Run(RFC, "register missing; poison p0", "ok"),)),
    Claim(
        APRIL,
        "missing and minor together are accepted, and only minor events arrive",
        "confirmed",
        (
            Run(APRIL, "register missing+minor", "ok"),
            Run(APRIL, "register missing+minor; read u0 p0", "blocked; event minor p0 read"),
        ),
    ),
    Claim(
        APRIL,
        "CONTINUE on an absent page allocates a page of zeros",
        "confirmed",
        (Run(APRIL, "register minor; continue p0; read u0 p0", "value zero"),),
    ),
    Claim(
        APRIL,
        "once repaired, COPY and ZEROPAGE reach shmem's code; POISON works",
        "confirmed",
        (
            Run(APRIL, "register minor; copy p0 A", "oops"),
            Run(APRIL, "register minor; zeropage p0", "oops"),
            Run(APRIL, "register minor; poison p0", "ok"),
        ),
    ),
    Claim(
        V3,
        "POISON, COPY and ZEROPAGE are EINVAL, though advertised",
        "confirmed",
        (
            Run(V3, "register minor; poison p0", "EINVAL"),
            Run(V3, "register minor; copy p0 A", "EINVAL"),
            Run(V3, "register minor; zeropage p0", "EINVAL"),
        ),
    ),
    Claim(
        V3,
        "an absent page is mapped without an event; CONTINUE on it is EFAULT",
        "confirmed",
        (
            Run(V3, "register minor; read u0 p0", "value zero"),
            Run(V3, "register minor; continue p0", "EFAULT"),
        ),
    ),
    Claim(
        V3,
        "CONTINUE clears a page that is not uptodate first",
        "confirmed",
        (
            Run(
                V3,
                "fallocate p0; register minor; read u0 p0; continue p0",
                "ok; resumed u0 value zero",
            ),
        ),
    ),
    Claim(
        M2,
        "an access past the end of the file is a missing event; nothing resolves it",
        "confirmed",
        (
            Run(M2, "register missing; read u0 p2", "blocked; event missing p2 read"),
            Run(M2, "register missing; read u0 p2; copy p2 A", "ENOMEM"),
            Run(M2, "register missing; read u0 p2; zeropage p2", "ENOMEM"),
            Run(M2, "register missing; read u0 p2; poison p2", "EFAULT"),
            Run(M2, "register missing; read u0 p2; wake p2", "ok; event missing p2 read"),
            Run(M2, "register minor; read u0 p2", "sigbus"),
        ),
    ),
    Claim(
        M2,
        "COPY is not gated by the mode",
        "confirmed",
        (Run(M2, "register minor; copy p0 A", "ok"),),
    ),
    Claim(
        M2,
        "COPY does nothing to stage-2: the guest finds the page with its next fault",
        "confirmed",
        (Run(M2, "register missing; copy p0 A; vcpu-read p0", "value A"),),
    ),
    Claim(
        USERFAULT,
        "without the flag the bitmap is not looked at; with it a set bit is an exit",
        "confirmed",
        (
            Run(USERFAULT, "bitmap set p0; vcpu-read p0", "value zero"),
            Run(
                USERFAULT,
                "bitmap set p0; userfault on; vcpu-read p0",
                "exit memory-fault userfault p0",
            ),
            Run(USERFAULT, "bitmap set p0; userfault on; vcpu-read p1", "value zero"),
        ),
    ),
    Claim(
        USERFAULT,
        "setting the flag drops stage-2, clearing it does not matter",
        "confirmed",
        (
            Run(
                USERFAULT,
                "vcpu-read p0; bitmap set p0; userfault on; vcpu-read p0",
                "exit memory-fault userfault p0",
            ),
            Run(
                USERFAULT,
                "userfault on; vcpu-write p0 A; bitmap set p0; userfault off; vcpu-read p0",
                "value A",
            ),
        ),
    ),
    Claim(
        USERFAULT,
        "a bit set of a page the guest has mapped takes no effect until the flag is set anew",
        "in part",
        (
            Run(USERFAULT, "userfault on; vcpu-read p0; bitmap set p0; vcpu-read p0", "value zero"),
            Run(
                USERFAULT,
                "userfault on; vcpu-read p0; bitmap set p0; punch p0; vcpu-read p0",
                "exit memory-fault userfault p0",
            ),
            Run(
                USERFAULT,
                "userfault on; vcpu-read p0; bitmap set p0; dontneed p0; vcpu-read p0",
                "exit memory-fault userfault p0",
            ),
        ),
        "or until PUNCH_HOLE, or MADV_DONTNEED of the slot's user mapping, drops it",
    ),
    Claim(
        USERFAULT,
        "KVM's own access through user page tables is not caught",
        "confirmed",
        (Run(USERFAULT, "userfault on; bitmap set p0; kvm-read p0", "value zero"),),
    ),
)


def shown(claim: Claim) -> str:
    """Its row of the table: the last run, which is what is otherwise where something is."""
    run = claim.runs[-1]
    verdict = f"{claim.verdict}: {claim.but}" if claim.but else claim.verdict
    return (
        f"| {claim.of} | {claim.text} | {verdict} | {run.revision}: `{run.inputs}` → {run.answer} |"
    )

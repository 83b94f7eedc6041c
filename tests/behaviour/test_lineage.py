# SPDX-License-Identifier: GPL-2.0-or-later
"""The story, pair by pair: what each revision changed, written down from the mails by hand.

Each expectation names who said it.  "D" marks what was deduced from code and never said.
"""

import pytest

from refmodel.vocabulary import spell
from refmodel.world import World
from reviewtool.behaviour.compare import BehaviourDiff, compare
from reviewtool.behaviour.explore import trace
from reviewtool.behaviour.models import known, load, read_sequence

WORLD = World(pages=2, threads=2, past_eof=True)
SHORT = World(pages=2, threads=2, past_eof=True, short_writes=True)
ONE_VALUE = World(pages=2, threads=2, values=("A",), past_eof=True, alias=False, kvm=False)
HUGE = World(pages=2, threads=1, values=("A",), alias=False, kvm=False)
USERFAULT = World(pages=2, threads=1, values=("A",), userfault=True)

Expected = dict[str, str]

NEIGHBOURS: list[tuple[str, str, World, Expected]] = [
    (
        "rfc_missing",
        "v2_minor_meant",
        WORLD,
        {
            # v2's cover: full MINOR instead of MISSING.
            "registration of MINOR: EINVAL against ok": "register minor",
            "registration of MISSING and MINOR together: EINVAL against ok": (
                "register missing+minor"
            ),
            # v2 accepts MISSING and never raises it (D).
            "a page absent from the cache: event against silent allocation": (
                "register missing; read u0 p0"
            ),
            # Nobody said that the RFC crashes here (D).
            "CONTINUE on an absent page: kernel crash against ok": "register missing; continue p0",
            "COPY on an absent page: kernel crash against EINVAL": "register missing; copy p0 A",
        },
    ),
    (
        "v2_minor_posted",
        "v2_minor_meant",
        WORLD,
        {
            # Peter Xu points at the gate in mfill_atomic() while reviewing v3.
            "CONTINUE on an absent page: EINVAL against ok": "register missing; continue p0",
            "CONTINUE on a mapped page: EINVAL against EEXIST": (
                "register missing; read u0 p0; continue p0"
            ),
            "CONTINUE on a page past the end of the file: EINVAL against EFAULT": (
                "register missing; continue p2"
            ),
        },
    ),
    (
        "v2_minor_meant",
        "v3_can_userfault",
        WORLD,
        {
            # can_userfault says MINOR: James Houghton asked for the hook.
            "registration of MISSING: ok against EINVAL": "register missing",
            # The gate opens for every operation: COPY takes the inode for shmem's (D).
            "COPY on an absent page: EINVAL against kernel crash": "register minor; copy p0 A",
            "ZEROPAGE on an absent page: EINVAL against kernel crash": (
                "register minor; zeropage p0"
            ),
            "POISON on an absent page: EINVAL against ok": "register minor; poison p0",
        },
    ),
    (
        "v3_can_userfault",
        "rfc_pagecache_folio",
        WORLD,
        {
            "registration of MISSING and MINOR together: ok against EINVAL": (
                "register missing+minor"
            ),
            "COPY on an absent page: kernel crash against EINVAL": "register minor; copy p0 A",
            "POISON on an absent page: ok against EINVAL": "register minor; poison p0",
            # The handler no longer clears before it raises the event (P).
            "write() to a present page only one of them takes for filled: ENOSPC against ok": (
                "register minor; read u0 p0; pwrite p0 A"
            ),
        },
    ),
    (
        "v2_get_folio",
        "v3_minor_noalloc",
        WORLD,
        {
            # Mike Rapoport, 27 Nov: minor is to mean the same as for shmem and hugetlb.
            "a page absent from the cache: event against silent allocation": (
                "register minor; read u0 p0"
            ),
            "CONTINUE on an absent page: ok against EFAULT": "register minor; continue p0",
        },
    ),
    (
        "v3_minor_noalloc",
        "mrfc_fault_codes",
        WORLD,
        {
            # David Hildenbrand: then add MISSING.
            "registration of MISSING: EINVAL against ok": "register missing",
            "registration of MISSING and MINOR together: EINVAL against ok": (
                "register missing+minor"
            ),
            "COPY on an absent page: EINVAL against ok": "register minor; copy p0 A",
            "COPY on a mapped page: EINVAL against EEXIST": (
                "register minor; read u0 p0; copy p0 A"
            ),
            # get_folio_noalloc no longer clears: memory nobody wrote is mapped (D).
            "a mapped page only one of them takes for filled: zeros against uninitialised memory": (
                "register minor; fallocate p0; continue p0; read u0 p0"
            ),
        },
    ),
    (
        "v3_minor_noalloc",
        "p3_missing_by_write",
        WORLD,
        {
            # Peter Xu, 1 Dec: MISSING without COPY, resolved by write().
            "registration of MISSING: EINVAL against ok": "register missing",
            "registration of MISSING and MINOR together: EINVAL against ok": (
                "register missing+minor"
            ),
        },
    ),
    (
        "v3_minor_noalloc",
        "feature_minor_all",
        WORLD,
        {
            "a page absent from the cache: silent allocation against event": (
                "register minor; read u0 p0"
            )
        },
    ),
    (
        "base",
        "rfc_missing",
        WORLD,
        # Nobody could register a guest_memfd before; the RFC refuses MINOR (P).
        {"registration of MISSING: EINVAL against ok": "register missing"},
    ),
    (
        "v3_can_userfault_posted",
        "v3_can_userfault",
        WORLD,
        {
            # Nikita Kalyazin, 11 Jun: the missing hunk, "return vm_flags & VM_UFFD_MINOR".
            "registration of MINOR: EINVAL against ok": "register minor",
            "registration of MISSING and MINOR together: EINVAL against ok": (
                "register missing+minor"
            ),
        },
    ),
    (
        "p_draft_minor",
        "p_draft_copy",
        WORLD,
        {
            # The later draft: MISSING and MINOR, COPY and ZEROPAGE and CONTINUE by uffd_copy.
            "registration of MISSING: EINVAL against ok": "register missing",
            "registration of MISSING and MINOR together: EINVAL against ok": (
                "register missing+minor"
            ),
            "COPY on an absent page: EINVAL against ok": "register minor; copy p0 A",
            "ZEROPAGE on an absent page: EINVAL against ok": "register minor; zeropage p0",
            # The earlier one raises MINOR on every page-table miss.
            "a page absent from the cache: event against silent allocation": (
                "register minor; read u0 p0"
            ),
        },
    ),
    (
        "huge_missing",
        "huge_minor",
        HUGE,
        {
            # Peter Xu, 2025-03-03: for huge folios choose MINOR.
            "registration of MISSING: ok against EINVAL": "register missing",
            "registration of MINOR: EINVAL against ok": "register minor",
        },
    ),
    (
        "m2_do_userfault",
        "direct_map_m2_write_v7",
        WORLD,
        # Direct map removal: what a fault mapped, the kernel can no longer write to (D).
        {"write() to a mapped page: ENOSPC against kernel crash": "read u0 p0; pwrite p0 A"},
    ),
    (
        "m2_do_userfault",
        "userfault_m2_write_v7",
        WORLD,
        # write v7's cover: overwriting is allowed.
        {"write() to a mapped page: ENOSPC against ok": "read u0 p0; pwrite p0 A"},
    ),
    (
        "write_v6",
        "write_v7",
        SHORT,
        {
            # v7 marks what it fills (P), and takes whole pages only again.
            "a present page only one of them takes for filled: zeros against what was written": (
                "pwrite p0 A; read u0 p0"
            ),
            "write() of the second half of an absent page: ok against EINVAL": "pwrite-half p0 A",
        },
    ),
    (
        "write_rfc_v2",
        "write_v3",
        SHORT,
        {
            # v3 returns an error where the copy fails; RFC v2 overwrites it with the length.
            "write() of a part of an absent page: ok against EINVAL": "pwrite-short p0 A",
        },
    ),
    (
        "write_v4",
        "write_v5",
        SHORT,
        {
            # v5's changelog: a short copy is zeroed instead of removed from the page cache.
            "write() of a part of an absent page: EINVAL against half a page written": (
                "pwrite-short p0 A"
            ),
        },
    ),
    (
        "write_v5",
        "write_v6",
        WORLD,
        {
            # v6's changelog: overwriting is allowed.
            "write() to a mapped page: ENOSPC against ok": "read u0 p0; pwrite p0 A",
            # v6 never marks the page filled: all that was written is lost (D).
            "a present page only one of them takes for filled: what was written against zeros": (
                "pwrite p0 A; read u0 p0"
            ),
            "vCPU access to a present page only one of them takes for filled: "
            "what was written against zeros": "pwrite p0 A; vcpu-read p0",
        },
    ),
    (
        "huge_minor",
        "huge_supported_orders",
        WORLD,
        {
            # Peter Xu, 2025-03-03: a fault maps no more than the orders its mapping allows, so
            # the fault of a page nobody has leaves its neighbour watched.
            "a mapped page or a present page: what was written against event": (
                "register minor; pwrite p0 A; punch p1; read u0 p1; read u0 p0"
            ),
            "a mapped page or a present page: ok against event": (
                "register minor; pwrite p0 A; punch p1; read u0 p1; write u0 p0 A"
            ),
            "CONTINUE on a mapped page or a present page: EEXIST against ok": (
                "register minor; pwrite p0 A; punch p1; read u0 p1; continue p0"
            ),
            # Who sleeps there is not helped by that fault (D).
            "WAKE on a mapped page or a present page: ok, the waiting thread resumes with what was "
            "written against ok, a minor event": (
                "register minor; pwrite p0 A; read u0 p0; punch p1; read u1 p1; wake p0"
            ),
        },
    ),
    (
        "shmem",
        "m2_do_userfault",
        ONE_VALUE,
        {
            # __do_userfault() asks before ->fault does; shmem_fault() looks at the size first.
            "a page past the end of the file: SIGBUS against event": "register missing; read u0 p2",
            # shmem_mfill_atomic_pte(): EFAULT past the end; M's alloc_folio gives no folio there.
            "COPY on a page past the end of the file: EFAULT against ENOMEM": (
                "register missing; copy p2 A"
            ),
            "ZEROPAGE on a page past the end of the file: EFAULT against ENOMEM": (
                "register missing; zeropage p2"
            ),
            # shmem_get_folio(SGP_NOALLOC): EINVAL past the end; M: no folio, EFAULT.
            "CONTINUE on a page past the end of the file: EINVAL against EFAULT": (
                "register missing; continue p2"
            ),
            # KVM reaches shmem through user page tables, where userfaultfd watches.
            "vCPU access to an absent page: blocked against zeros": (
                "register missing; vcpu-read p0"
            ),
            "vCPU access to a present page: blocked against what was written": (
                "register minor; pwrite p0 A; vcpu-read p0"
            ),
            # And what it reaches so is mapped for users, too, who then raise no event.
            "a mapped page or a present page: what was written against event": (
                "register minor; vcpu-write p0 A; read u0 p0"
            ),
            # shmem_get_folio() clears what it finds unfilled, M's get_folio_noalloc does not.
            "a mapped page only one of them takes for filled: zeros against uninitialised memory": (
                "register missing; fallocate p0; continue p0; read u0 p0"
            ),
            # A file like any other: it can be read and overwritten; F_SEAL_GROW keeps its size.
            "read() of an absent page: zeros against ESPIPE": "pread p0",
            "write() to a mapped page: ok against ENOSPC": "read u0 p0; pwrite p0 A",
            "write() to a page past the end of the file: EPERM against EINVAL": "pwrite p2 A",
            "fallocate() of a page past the end of the file: EPERM against EINVAL": "fallocate p2",
        },
    ),
    (
        "write_v3",
        "kvm_userfault_v3",
        USERFAULT,
        {"switching KVM_MEM_USERFAULT: EINVAL against ok": "userfault on"},
    ),
]

EXACT = {
    ("mrfc_fault_codes", "m2_do_userfault"): {
        # The uffd test moves before the size test (D).
        "a page past the end of the file: SIGBUS against event": "register missing; read u0 p2"
    },
    # The RFC's, v1's and v2's behaviour is one and the same: only the mechanism moved.
    ("rfc_pagecache_folio", "v1_shared_folio"): {},
    ("v1_shared_folio", "v2_get_folio"): {},
    # As posted, April's v3 can register nothing.
    ("write_v3", "v3_can_userfault_posted"): {},
    # Whole pages: v5 changed short copies only.
    ("write_v4", "write_v5"): {},
    ("kvm_userfault_v2", "kvm_userfault_v3"): {},
    # An ordered load matters to races only.
    ("kvm_userfault_v3", "kvm_userfault_v3_acquire"): {},
    # v4 has v3's rules for whole pages by other means; the copy is under the folio's lock.
    ("write_v3", "write_v4"): {},
}


def witnesses(diff: BehaviourDiff) -> dict[str, str]:
    return {each.cause: spell(each.inputs) for each in diff.differences}


@pytest.mark.parametrize(("a", "b", "world", "expected"), NEIGHBOURS)
def test_neighbours_differ_as_was_said(a: str, b: str, world: World, expected: Expected) -> None:
    found = witnesses(compare(load(a), load(b), world))
    assert expected.items() <= found.items()


@pytest.mark.parametrize(("pair", "expected"), EXACT.items())
def test_neighbours_differ_in_this_and_nothing_else(
    pair: tuple[str, str], expected: Expected
) -> None:
    world = USERFAULT if "kvm" in pair[0] else WORLD
    diff = compare(load(pair[0]), load(pair[1]), world)
    assert witnesses(diff) == expected
    assert diff.equivalent == (not expected)


@pytest.mark.parametrize(
    ("name", "sequence", "answers"),
    [
        # Cover of M: COPY resolves a missing event.
        ("m2_do_userfault", "register missing; read u0 p0; copy p0 A", "ok; resumed u0 value A"),
        # lineage: a page made present by the guest makes COPY fail.
        ("m2_do_userfault", "register missing; vcpu-read p0; copy p0 A", "EEXIST"),
        ("m2_do_userfault", "register missing; read u0 p1; copy p1 A", "ENOMEM"),
        (
            "m2_do_userfault",
            "register missing+minor; pwrite p0 A; read u0 p0",
            "blocked; event minor p0 read",
        ),
        # Peter Xu's way out.
        ("p3_missing_by_write", "register missing; read u0 p0; copy p0 A", "EINVAL"),
        (
            "p3_missing_by_write",
            "register missing; read u0 p0; pwrite p0 A; continue p0",
            "ok; resumed u0 value A",
        ),
        # Nikita Kalyazin, 1 Dec: the event for an absent page Firecracker relied on.
        ("v2_get_folio", "register minor; read u0 p0", "blocked; event minor p0 read"),
        # KVM userfault documentation: a bit set late has no effect on what is mapped.
        (
            "kvm_userfault_v3",
            "vcpu-read p0; userfault on; bitmap set p0; vcpu-read p0",
            "exit memory-fault userfault p0",
        ),
        (
            "kvm_userfault_v3",
            "userfault on; vcpu-read p0; bitmap set p0; vcpu-read p0",
            "value zero",
        ),
        ("kvm_userfault_v3", "bitmap set p0; vcpu-read p0", "value zero"),
    ],
)
def test_a_revision_answers_as_was_said(name: str, sequence: str, answers: str) -> None:
    world = World(pages=1, past_eof=True, userfault=True)
    assert str(trace(load(name), world, read_sequence(sequence)).observations[-1]) == answers


def test_the_second_page_of_a_huge_folio_never_raises_missing() -> None:
    """Peter Xu, 2025-03-03: huge folios are allocated whole, so missing cannot mean absent."""
    sequence = read_sequence("register missing; read u0 p0; pwrite p0 A; continue p0; read u0 p1")
    world = World(pages=2)
    small, huge = (
        trace(load(name), world, sequence).observations[-1]
        for name in ("rfc_missing", "huge_missing")
    )
    assert str(small) == "blocked; event missing p1 read"
    assert str(huge) == "value zero"


def test_orders_limited_by_the_mapping_keep_the_second_page_watched() -> None:
    """The hook of Peter Xu's sketch: a watched mapping is mapped page by page."""
    sequence = read_sequence(
        "pwrite p0 A; pwrite p1 A; register minor; punch p0; read u0 p0; read u0 p1"
    )
    world = World(pages=2)
    whole, limited = (
        trace(load(name), world, sequence).observations[-1]
        for name in ("huge_minor", "huge_supported_orders")
    )
    assert str(whole) == "value A"
    assert str(limited) == "blocked; event minor p1 read"


def test_shmem_maps_what_is_cached_nearby_while_nobody_watches_it() -> None:
    """do_fault_around(): MINOR registered later raises nothing there. guest_memfd has no such."""
    sequence = read_sequence("pwrite p0 A; read u0 p1; register minor; read u0 p0")
    around, alone = (
        trace(load(name), ONE_VALUE, sequence).observations[-1]
        for name in ("shmem", "m2_do_userfault")
    )
    assert str(around) == "value A"
    assert str(alone) == "blocked; event minor p0 read"


PAGE_BY_PAGE = [name for name in known() if load(name).page_local]
"""Where pages influence each other a pair takes a second, and is compared by its own tests."""


@pytest.mark.parametrize("a", PAGE_BY_PAGE)
def test_every_pair_is_compared_to_the_end(a: str) -> None:
    for b in PAGE_BY_PAGE:
        if b < a:
            diff = compare(load(a), load(b), WORLD)
            assert not diff.partial
            assert diff.states >= 1

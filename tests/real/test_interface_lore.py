# SPDX-License-Identifier: GPL-2.0-or-later
"""What thirteen real postings do to the kernel's interface, told from their mail alone.

The expectations are written by hand from the patches; nothing here was copied from a run.
"""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Protocol

import pytest

from reviewtool.archive.read import read_file
from reviewtool.archive.types import Revision
from reviewtool.interface.from_mail import snapshot_mail
from reviewtool.interface.match import match, series_changes
from reviewtool.interface.matrix import hook_lives, matrix
from reviewtool.interface.types import Element, Kind, Row, Snapshot

UFFD = "CONFIG_USERFAULTFD"
VM_OPS = "vm_operations_struct"
FOLIO_OF_VMA = "struct folio *(*{})(struct vm_area_struct *vma, pgoff_t pgoff)"
FOLIO_OF_INODE = "struct folio *(*{})(struct inode *inode, pgoff_t pgoff)"


@cache
def _revision(path: Path) -> Revision:
    (revision,) = read_file(path)
    return revision


class Take(Protocol):
    """The snapshot of one file of mail, under the id it has there or another."""

    def __call__(self, name: str, revision_id: str | None = None) -> Snapshot: ...


@pytest.fixture
def snapshot(lore: Path, warm: Path) -> Take:
    def take(name: str, revision_id: str | None = None) -> Snapshot:
        found = snapshot_mail(_revision(lore / f"{name}.mbox"))
        if revision_id is None:
            return found
        return Snapshot(revision_id, found.partial, found.elements, found.removed, found.before)

    return take


@dataclass(frozen=True)
class Expected:
    """What one posting brings; every set is complete for its kind."""

    hooks: dict[str, tuple[str, int]] = field(default_factory=dict)  # name: (type, patch)
    objects: dict[str, tuple[str, str, str]] = field(default_factory=dict)  # value, guard, state
    flags: dict[str, str] = field(default_factory=dict)
    exports: dict[str, tuple[str, str]] = field(default_factory=dict)
    references: set[str] = field(default_factory=set)
    new: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)


def _vm_ops(slot: str, guard: str, **functions: str) -> dict[str, tuple[str, str, str]]:
    return {f"{holder}.{slot}": (name, guard, "added") for holder, name in functions.items()}


_NOVEMBER = {
    "mfill_atomic_pte_continue",
    "mfill_atomic",
    "vma_can_userfault",
    "kvm_gmem_fault_user_mapping",
}
_WRITE_ITER = {
    "kvm_gmem_fops.llseek": ("default_llseek", "", "added"),
    "kvm_gmem_fops.write_iter": ("generic_perform_write", "", "added"),
}

EXPECTED = {
    "kalyazin-uffd-rfc": Expected(
        references={"kvm_gmem_vma_is_gmem"},
        new={"kvm_gmem_vma_is_gmem"},
        changed={
            "kvm_gmem_fault",
            "vma_can_userfault",
            "mfill_atomic_pte_continue",
            "mfill_atomic",
        },
    ),
    "kalyazin-uffd-v2": Expected(
        flags={"FAULT_FLAG_NO_USERFAULT_MINOR": "1 << 13"},
        references={"kvm_gmem_vma_is_gmem"},
        new={"kvm_gmem_vma_is_gmem"},
        changed={
            "hugetlb_no_page",
            "shmem_get_folio_gfp",
            "mfill_atomic_pte_continue",
            "vma_can_userfault",
            "kvm_gmem_fault",
        },
    ),
    "kalyazin-uffd-v3": Expected(
        hooks={
            "can_userfault": (
                "bool (*can_userfault)(struct vm_area_struct *vma, unsigned long vm_flags)",
                2,
            )
        },
        objects=_vm_ops(
            "can_userfault",
            "",
            hugetlb_vm_ops="hugetlb_vm_op_can_userfault",
            shmem_vm_ops="shmem_can_userfault",
            shmem_anon_vm_ops="shmem_can_userfault",
        ),
        flags={
            "FAULT_FLAG_USERFAULT_CONTINUE": "1 << 13",
            "UFFD_FEATURE_MINOR_GUEST_MEMFD": "(1<<17)",
        },
        new={"hugetlb_vm_op_can_userfault", "shmem_can_userfault"},
        changed={
            "hugetlb_no_page",
            "shmem_get_folio_gfp",
            "shmem_fault",
            "mfill_atomic_pte_continue",
            "vma_can_userfault",
            "mfill_atomic",
            "kvm_gmem_fault",
            "userfaultfd_api",
        },
    ),
    "kalyazin-write-rfcv2": Expected(
        objects={
            "kvm_gmem_fops.llseek": (
                "default_llseek",
                "CONFIG_KVM_GENERIC_PRIVATE_MEM && !CONFIG_KVM_AMD_SEV",
                "added",
            ),
            "kvm_gmem_fops.write": (
                "kvm_kmem_gmem_write",
                "CONFIG_KVM_GENERIC_PRIVATE_MEM && !CONFIG_KVM_AMD_SEV",
                "added",
            ),
        },
        new={"kvm_kmem_gmem_write"},
        changed={"__kvm_gmem_create"},
    ),
    "kalyazin-write-v3": Expected(
        objects={
            "kvm_gmem_fops.llseek": ("default_llseek", "CONFIG_KVM_GMEM_SHARED_MEM", "added"),
            "kvm_gmem_fops.write": ("kvm_kmem_gmem_write", "CONFIG_KVM_GMEM_SHARED_MEM", "added"),
            # The slot was always set before; now it is only under the condition.
            "kvm_gmem_fops.mmap": ("kvm_gmem_mmap", "CONFIG_KVM_GMEM_SHARED_MEM", "changed"),
        },
        new={"kvm_kmem_gmem_write"},
        changed={"__kvm_gmem_create"},
    ),
    **{
        f"kalyazin-write-v{version}": Expected(
            objects={
                **_WRITE_ITER,
                "kvm_gmem_aops.write_begin": ("kvm_kmem_gmem_write_begin", "", "added"),
                "kvm_gmem_aops.write_end": ("kvm_kmem_gmem_write_end", "", "added"),
            },
            new={"kvm_kmem_gmem_write_begin", "kvm_kmem_gmem_write_end"},
            changed={"__kvm_gmem_create"},
        )
        for version in (4, 5, 6)
    },
    "kalyazin-write-v7": Expected(
        objects={
            **_WRITE_ITER,
            "kvm_gmem_aops.write_begin": ("kvm_gmem_write_begin", "", "added"),
            "kvm_gmem_aops.write_end": ("kvm_gmem_write_end", "", "added"),
        },
        flags={"GUEST_MEMFD_FLAG_WRITE": "(1ULL << 2)"},
        new={"kvm_gmem_supports_write", "kvm_gmem_write_begin", "kvm_gmem_write_end"},
        changed={"__kvm_gmem_create", "kvm_gmem_get_supported_flags"},
    ),
    "rppt-rfc": Expected(
        hooks={"get_pagecache_folio": (FOLIO_OF_VMA.format("get_pagecache_folio"), 2)},
        objects=_vm_ops(
            "get_pagecache_folio",
            UFFD,
            shmem_vm_ops="shmem_get_pagecache_folio",
            shmem_anon_vm_ops="shmem_get_pagecache_folio",
            kvm_gmem_vm_ops="kvm_gmem_get_pagecache_folio",
        ),
        flags={"UFFD_FEATURE_MINOR_GENERIC": "(1<<17)"},
        exports={"handle_userfault": ("EXPORT_SYMBOL_FOR_MODULES", "kvm")},
        new={
            "vma_can_mfill_atomic",
            "shmem_get_pagecache_folio",
            "kvm_gmem_get_pagecache_folio",
        },
        changed={*_NOVEMBER, "userfaultfd_api"},
    ),
    "rppt-v1": Expected(
        hooks={"get_shared_folio": (FOLIO_OF_INODE.format("get_shared_folio"), 2)},
        objects=_vm_ops(
            "get_shared_folio",
            UFFD,
            shmem_vm_ops="shmem_get_shared_folio",
            shmem_anon_vm_ops="shmem_get_shared_folio",
            kvm_gmem_vm_ops="kvm_gmem_get_shared_folio",
        ),
        flags={"VM_FAULT_UFFD_MINOR": "(__force vm_fault_t)0x008000"},
        new={"vma_can_mfill_atomic", "shmem_get_shared_folio", "kvm_gmem_get_shared_folio"},
        changed={*_NOVEMBER, "__do_fault", "shmem_get_folio_gfp"},
    ),
    "rppt-v2": Expected(
        hooks={"get_folio": (FOLIO_OF_INODE.format("get_folio"), 2)},
        objects=_vm_ops(
            "get_folio",
            UFFD,
            shmem_vm_ops="shmem_get_folio_noalloc",
            shmem_anon_vm_ops="shmem_get_folio_noalloc",
            kvm_gmem_vm_ops="kvm_gmem_get_folio",
        ),
        flags={
            "VM_FAULT_UFFD_MINOR": "(__force vm_fault_t)0x008000 if CONFIG_USERFAULTFD; "
            "(__force vm_fault_t)0x000000 if !CONFIG_USERFAULTFD"
        },
        new={"vma_can_mfill_atomic", "shmem_get_folio_noalloc", "kvm_gmem_get_folio"},
        changed={*_NOVEMBER, "__do_fault", "shmem_get_folio_gfp"},
    ),
    "rppt-v3": Expected(
        hooks={"get_folio_noalloc": (FOLIO_OF_INODE.format("get_folio_noalloc"), 2)},
        objects=_vm_ops(
            "get_folio_noalloc",
            UFFD,
            shmem_vm_ops="shmem_get_folio_noalloc",
            shmem_anon_vm_ops="shmem_get_folio_noalloc",
            kvm_gmem_vm_ops="kvm_gmem_get_folio_noalloc",
        ),
        flags={
            "VM_FAULT_UFFD_MINOR": "(__force vm_fault_t)0x008000 if CONFIG_USERFAULTFD; "
            "(__force vm_fault_t)0x000000 if !CONFIG_USERFAULTFD"
        },
        new={"vma_can_mfill_atomic", "shmem_get_folio_noalloc", "kvm_gmem_get_folio_noalloc"},
        changed={*_NOVEMBER, "__do_fault", "shmem_get_folio_gfp"},
    ),
}


def _of(snapshot: Snapshot, kind: Kind, state: str | None = None) -> list[Element]:
    return [one for one in snapshot.touched() if one.kind == kind and state in (None, one.state)]


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_posting_brings_what_its_patches_say(name: str, snapshot: Take) -> None:
    expected, found = EXPECTED[name], snapshot(name)
    assert found.partial
    assert {one.name: (one.type, one.patch) for one in _of(found, "hook")} == expected.hooks
    assert all(one.parent == VM_OPS for one in _of(found, "hook"))
    objects = {one.name: (one.value, one.guard, one.state) for one in _of(found, "object")}
    assert objects == expected.objects
    assert {one.name: one.value for one in _of(found, "flag")} == expected.flags
    exported = {one.name: (one.type, one.value) for one in _of(found, "export")}
    assert exported == expected.exports
    assert {one.name for one in _of(found, "reference")} == expected.references
    assert {one.name for one in _of(found, "function", "added")} == expected.new
    assert {one.name for one in _of(found, "function", "changed")} == expected.changed
    assert [one.name for one in _of(found, "selftest")] == ["selftests/kvm/guest_memfd_test.c"]
    assert all(one.patch is not None for one in found.touched())
    assert not [one for one in found.removed if one.kind != "prototype"]


NOVEMBER = ("rppt-rfc", "rppt-v1", "rppt-v2", "rppt-v3")
SPRING = ("kalyazin-uffd-rfc", "kalyazin-uffd-v2", "kalyazin-uffd-v3")


def _rows(snapshot: Take, names: tuple[str, ...]) -> list[Row]:
    ids = ("rfc", "v1", "v2", "v3") if len(names) == 4 else ("rfc", "v2", "v3")
    taken = [snapshot(name, ident) for name, ident in zip(names, ids, strict=True)]
    return list(matrix(taken).rows)


def test_the_november_hook_is_one_row_renamed_three_times(snapshot: Take) -> None:
    rows = _rows(snapshot, NOVEMBER)
    (hook,) = [row for row in rows if row.kind == "hook"]
    assert dict(hook.names) == {
        "rfc": "get_pagecache_folio",
        "v1": "get_shared_folio",
        "v2": "get_folio",
        "v3": "get_folio_noalloc",
    }
    assert hook.guard == UFFD
    assert len(hook.evidence) == 3
    for told in hook.evidence:
        assert "same position" in told
        assert "set by kvm_gmem_vm_ops, shmem_anon_vm_ops, shmem_vm_ops" in told


def test_every_name_of_a_hook_finds_its_whole_life(snapshot: Take) -> None:
    table = matrix([snapshot(name, name[5:]) for name in NOVEMBER])
    lives = [hook_lives(table, name) for name in ("get_pagecache_folio", "get_folio")]
    assert [[row.name for row in life if row.kind == "hook"] for life in lives] == [
        ["get_folio_noalloc"],
        ["get_folio_noalloc"],
    ]


def test_the_functions_behind_the_hook_stay_one_row_each(snapshot: Take) -> None:
    rows = _rows(snapshot, NOVEMBER)
    lives = {tuple(row.names.values()) for row in rows if row.kind == "function"}
    assert (
        "kvm_gmem_get_pagecache_folio",
        "kvm_gmem_get_shared_folio",
        "kvm_gmem_get_folio",
        "kvm_gmem_get_folio_noalloc",
    ) in lives
    assert (
        "shmem_get_pagecache_folio",
        "shmem_get_shared_folio",
        "shmem_get_folio_noalloc",
        "shmem_get_folio_noalloc",
    ) in lives


def test_the_november_flags_come_and_go(snapshot: Take) -> None:
    rows = _rows(snapshot, NOVEMBER)
    flags = {row.name: list(row.names) for row in rows if row.kind == "flag"}
    assert flags == {
        "UFFD_FEATURE_MINOR_GENERIC": ["rfc"],
        "VM_FAULT_UFFD_MINOR": ["v1", "v2", "v3"],
    }
    exported = {row.name: list(row.names) for row in rows if row.kind == "export"}
    assert exported == {"handle_userfault": ["rfc"]}


def test_core_mm_names_a_kvm_symbol_until_v3_of_spring(snapshot: Take) -> None:
    rows = _rows(snapshot, SPRING)
    (finding,) = [row for row in rows if row.kind == "reference"]
    assert (finding.name, finding.parent) == ("kvm_gmem_vma_is_gmem", "mm -> KVM")
    assert list(finding.names) == ["rfc", "v2"]
    assert "mm/userfaultfd.c: mfill_atomic_pte_continue" in finding.values["rfc"]
    assert "include/linux/userfaultfd_k.h: vma_can_userfault" in finding.values["v2"]
    (hook,) = [row for row in rows if row.kind == "hook"]
    assert (hook.name, list(hook.names)) == ("can_userfault", ["v3"])


def test_the_fault_flag_of_spring_was_renamed_on_review(snapshot: Take) -> None:
    rows = _rows(snapshot, SPRING)
    (row,) = [row for row in rows if row.name == "FAULT_FLAG_USERFAULT_CONTINUE"]
    assert dict(row.names) == {
        "v2": "FAULT_FLAG_NO_USERFAULT_MINOR",
        "v3": "FAULT_FLAG_USERFAULT_CONTINUE",
    }
    assert "same value 1 << 13" in row.evidence[0]


def test_the_hook_of_november_was_retyped_from_vma_to_inode(snapshot: Take) -> None:
    changes = match(snapshot("rppt-rfc"), snapshot("rppt-v1"))
    hook = {one.change for one in changes if one.kind == "hook"}
    assert hook == {"renamed", "retyped"}
    # Between v1 and v2 only the name and the guarded value of the fault code changed.
    later = match(snapshot("rppt-v1"), snapshot("rppt-v2"))
    assert {(one.kind, one.change) for one in later if one.kind in ("hook", "flag")} == {
        ("hook", "renamed"),
        ("flag", "revalued"),
    }


def test_write_was_split_into_begin_and_end(snapshot: Take) -> None:
    changes = match(snapshot("kalyazin-write-v3"), snapshot("kalyazin-write-v4"))
    parts = {
        (one.a.name, one.b.name) for one in changes if one.change == "split" and one.a and one.b
    }
    assert parts == {
        ("kvm_kmem_gmem_write", "kvm_kmem_gmem_write_begin"),
        ("kvm_kmem_gmem_write", "kvm_kmem_gmem_write_end"),
    }
    gone = {one.a.name for one in changes if one.change == "removed" and one.a}
    assert "kvm_gmem_fops.write" in gone
    assert "kvm_kmem_gmem_write" not in gone


def test_unsigned_and_unsigned_int_are_one_type(snapshot: Take) -> None:
    changes = match(snapshot("kalyazin-write-v4"), snapshot("kalyazin-write-v5"))
    assert not [one for one in changes if one.change == "retyped"]
    assert [(one.change, one.b.name) for one in changes if one.b] == [
        ("reimplemented", "kvm_kmem_gmem_write_end")
    ]


def test_a_function_moved_out_of_line_is_told_as_moved(snapshot: Take) -> None:
    moves = [one for one in series_changes(snapshot("rppt-v3")) if one.change == "moved"]
    assert [(one.b.name, one.evidence, one.patch) for one in moves if one.b] == [
        (
            "vma_can_userfault",
            "from include/linux/userfaultfd_k.h to mm/userfaultfd.c",
            1,
        )
    ]


def test_the_same_posting_twice_has_no_changes(snapshot: Take) -> None:
    for name in EXPECTED:
        assert match(snapshot(name), snapshot(name)) == ()

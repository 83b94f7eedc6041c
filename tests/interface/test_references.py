# SPDX-License-Identifier: GPL-2.0-or-later
"""Code that cannot link: built-in code naming what may be a module."""

import pytest

from reviewtool.interface.references import SeenLine, owners, references, subsystem
from reviewtool.interface.types import Element


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("virt/kvm/guest_memfd.c", "KVM"),
        ("arch/x86/kvm/mmu/mmu.c", "KVM"),
        ("include/linux/kvm_host.h", "KVM"),
        ("mm/userfaultfd.c", "mm"),
        ("fs/userfaultfd.c", "mm"),
        ("include/linux/userfaultfd_k.h", "mm"),
        ("include/linux/mm_types.h", "mm"),
        ("fs/open.c", "VFS"),
        ("fs/ext4/inode.c", "fs/ext4"),
        ("drivers/gpu/drm/drm_gem.c", "drivers/gpu/drm"),
        ("kernel/fork.c", "kernel"),
        ("arch/x86/mm/fault.c", ""),
    ],
)
def test_subsystems_by_path(path: str, name: str) -> None:
    assert subsystem(path) == name


def _line(path: str, code: str, inside: str = "", guard: str = "", patch: int = 1) -> SeenLine:
    return SeenLine(path, 10, code, guard, inside, patch)


def test_core_mm_naming_a_kvm_symbol_is_a_finding_with_its_places() -> None:
    (found,) = references(
        [
            _line("mm/userfaultfd.c", "\tif (kvm_gmem_vma_is_gmem(vma))", "mfill_atomic", "A", 4),
            _line("include/linux/userfaultfd_k.h", "bool kvm_gmem_vma_is_gmem(void);", "", "A", 3),
        ],
        {},
    )
    assert (found.kind, found.name, found.parent) == (
        "reference",
        "kvm_gmem_vma_is_gmem",
        "mm -> KVM",
    )
    assert found.value == "mm/userfaultfd.c: mfill_atomic, include/linux/userfaultfd_k.h"
    assert (found.guard, found.patch) == ("A", 3)


def test_a_symbol_of_another_owner_is_known_by_its_definition() -> None:
    defined = owners([Element("function", "ext4_helper", path="fs/ext4/inode.c")])
    (found,) = references([_line("fs/open.c", "\tret = ext4_helper(x);", "do_open")], defined)
    assert (found.name, found.parent) == ("ext4_helper", "VFS -> fs/ext4")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("virt/kvm/guest_memfd.c", "\tkvm_gmem_get_folio(inode);"),  # its own
        ("arch/x86/kvm/mmu/mmu.c", "\tkvm_gmem_get_pfn(kvm);"),  # still KVM
        ("virt/kvm/guest_memfd.c", "\thandle_userfault(vmf, VM_UFFD_MINOR);"),  # downwards is fine
        ("mm/userfaultfd.c", "#ifdef CONFIG_KVM_PRIVATE_MEM"),  # a condition links with nothing
        ("mm/userfaultfd.c", '\tpr_info("kvm_gmem");'),  # a string neither
        ("mm/userfaultfd.c", "\tkvmalloc_kvm(x);"),
    ],
)
def test_what_is_no_finding(path: str, code: str) -> None:
    assert not list(references([_line(path, code)], {}))

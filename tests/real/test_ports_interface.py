# SPDX-License-Identifier: GPL-2.0-or-later
"""What a port shows to the rest of the kernel is what its original shows, both on 6.12."""

from pathlib import Path

import pytest

from reviewtool.interface.match import match
from reviewtool.lineage.study import embedded, load
from reviewtool.paths import reference_impl
from reviewtool.review.session import Session, open_session, snapshots, with_base
from reviewtool.tree.base import Base

ORIGINALS = reference_impl() / "study/guest_memfd/originals.toml"

# All that is otherwise in the port, but for bodies of functions and for selftests.
OTHERWISE = {
    "rfc": {
        "function mfill_continue_get_folio added",  # static; part of a longer one in the original
        "prototype kvm_gmem_vma_is_gmem removed",  # repeated in mm/userfaultfd.c by the original
    },
    "v3-april": {
        # The repair, as the port's cover letter says.
        "function kvm_gmem_can_userfault added",
        "object kvm_gmem_vm_ops.can_userfault added",
        "function shmem_can_userfault reguarded",  # the original has it under CONFIG_NUMA
        "function vma_op_can_userfault added",  # static inline; written out twice in the original
    },
    "v3": {
        # 6.12 passes unsigned long for vm_flags_t, which is the same type.
        "function vma_can_userfault retyped",
        "prototype vma_can_userfault retyped",
    },
}
# Known from summaries only, or proposed in a mail and never posted.
NO_MAIL = {"missing-nocopy", "minor-all", "v2-2026", "kvm-userfault", "kvm-userfault-acquire"}


def test_every_port_has_its_original_beside_it_or_no_mail_of_it_is_at_hand() -> None:
    posted = {one.original for one in load(ORIGINALS).revisions if one.original}
    paired = {one.id for one in embedded().revisions if one.original in posted}
    assert paired == set(OTHERWISE)
    assert {one.id for one in embedded().revisions} - paired == NO_MAIL


@pytest.mark.kernel
@pytest.mark.parametrize("name", OTHERWISE)
def test_a_port_has_the_interface_of_its_original(
    lore: Path, base: Base, session: Session, name: str
) -> None:
    del lore  # the originals' mail is there
    if not base.version.startswith("6.12."):
        pytest.skip(f"the resolutions are for 6.12, the base at hand is {base.version}")
    originals = with_base(open_session(str(ORIGINALS), None))
    (original,), (port,) = snapshots(originals, [name]), snapshots(session, [name])
    assert not original.partial
    assert not port.partial
    assert {
        f"{each.kind} {(each.a or each.b).name} {each.change}"  # type: ignore[union-attr]
        for each in match(original, port)
        if each.kind != "selftest" and each.change != "reimplemented"
    } == OTHERWISE[name]

# SPDX-License-Identifier: GPL-2.0-or-later
"""A difference is pinned to the rule that answers otherwise, and to the patch it is in."""

import pytest

from refmodel.core import Rule
from refmodel.world import World
from reviewtool.archive.types import Patch
from reviewtool.behaviour.models import load, read_sequence
from reviewtool.review.pinning import patch_of, pin, pin_failure

WORLD = World(pages=1, threads=1)


def patch(index: int, message_id: str, diff: str = "") -> Patch:
    return Patch(index, 3, f"step {index}", message_id, "", "", "", diff, (), b"")


CITED = (
    patch(1, "20251130111812.699259-3-rppt@kernel.org"),
    patch(2, "20251130111812.699259-5-rppt@kernel.org"),
)
BODY = """\
diff --git a/virt/kvm/guest_memfd.c b/virt/kvm/guest_memfd.c
--- a/virt/kvm/guest_memfd.c
+++ b/virt/kvm/guest_memfd.c
@@ -1,3 +1,4 @@ static int kvm_gmem_fault_user_mapping(struct vm_fault *vmf)
 \tone();
+\ttwo();
 \tthree();
"""


@pytest.mark.parametrize(
    ("sequence", "function", "number"),
    [
        ("register minor; read u0 p0", "kvm_gmem_fault_user_mapping", 2),
        ("register minor; continue p0", "kvm_gmem_get_folio_noalloc", 2),
    ],
)
def test_the_rule_the_last_step_runs_otherwise_is_the_one(
    sequence: str, function: str, number: int
) -> None:
    found = pin(
        load("v2_get_folio"), load("v3_minor_noalloc"), WORLD, read_sequence(sequence), CITED
    )
    assert found.rule is not None
    assert (found.rule.function, found.patch) == (function, number)
    assert found.before is not None
    assert found.before.text != found.rule.text


def test_where_the_last_step_is_alike_an_earlier_one_is_to_blame() -> None:
    sequence = "fallocate p0; register missing; register minor; continue p0; read u0 p0"
    found = pin(
        load("rfc_missing"), load("v3_minor_noalloc"), WORLD, read_sequence(sequence), CITED
    )
    assert found.rule is not None
    assert found.rule.function == "kvm_gmem_get_folio_noalloc"  # it clears, and continue ran it


def test_a_model_does_not_differ_from_itself() -> None:
    model = load("v3_minor_noalloc")
    found = pin(model, model, WORLD, read_sequence("register minor; read u0 p0"), CITED)
    assert (found.rule, found.before, found.patch) == (None, None, None)


def test_without_the_cited_mail_the_patch_that_changes_the_function_is_named() -> None:
    rule = Rule("kvm_gmem_fault_user_mapping", "v9 4/5 <gone@example.org>", "anything")
    assert patch_of(rule, (patch(1, "a@x"), patch(2, "b@x", BODY))) == 2
    assert patch_of(Rule("elsewhere", "", ""), (patch(2, "b@x", BODY),)) is None


def test_a_failure_is_pinned_to_a_patch_of_the_posting_only() -> None:
    inputs = read_sequence("register minor; continue p0")
    assert pin_failure(load("v3_minor_noalloc"), WORLD, inputs, CITED).patch == 2
    assert pin_failure(load("v3_minor_noalloc"), WORLD, inputs, ()).patch is None

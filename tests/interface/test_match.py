# SPDX-License-Identifier: GPL-2.0-or-later
"""What is held to be the same element in two revisions, and what is said of the difference."""

from dataclasses import replace

import pytest

from reviewtool.interface.match import match, series_changes
from reviewtool.interface.matrix import hook_lives, matrix
from reviewtool.interface.similarity import contained, shared, signature
from reviewtool.interface.source import sketch
from reviewtool.interface.types import UNSEEN, Change, Element, Snapshot

OPS = "vm_operations_struct"


def _hook(name: str, kind_of: str = "int (*{})(struct inode *inode)", **more: str) -> Element:
    one = Element("hook", name, OPS, type=kind_of.format(name), path="include/linux/mm.h")
    return replace(one, state="added", patch=2, **more)  # type: ignore[arg-type]  # strings only


def _object(holder: str, slot: str, function: str) -> Element:
    return Element(
        "object", f"{holder}.{slot}", OPS, value=function, path="mm/x.c", state="added", patch=3
    )


def _function(name: str, body: str, **more: object) -> Element:
    text = body.encode()
    one = Element(
        "function", name, type=f"static int {name}(struct inode *inode)", path="mm/x.c",
        digest=body, sketch=sketch(text), state="added", patch=3,
    )  # fmt: skip
    return replace(one, **more)  # type: ignore[arg-type]  # the fields of an element


def _snapshot(revision: str, *elements: Element, **more: tuple[Element, ...]) -> Snapshot:
    return Snapshot(revision, True, elements, **more)  # type: ignore[arg-type]  # tuples of elements


def _told(changes: tuple[Change, ...]) -> set[tuple[str, str, str | None, str | None]]:
    return {
        (one.kind, one.change, one.a.name if one.a else None, one.b.name if one.b else None)
        for one in changes
    }


def test_a_renamed_hook_takes_its_slots_along() -> None:
    a = _snapshot("v1", _hook("get_folio", after="fault"), _object("ops", "get_folio", "f"))
    b = _snapshot("v2", _hook("get_page", after="fault"), _object("ops", "get_page", "f"))
    assert _told(match(a, b)) == {
        ("hook", "renamed", "get_folio", "get_page"),
        ("object", "renamed", "ops.get_folio", "ops.get_page"),
    }
    (hook,) = [one for one in match(a, b) if one.kind == "hook"]
    assert "same position, after fault" in hook.evidence
    assert "set by ops" in hook.evidence
    assert hook.patch == 2


def test_two_hooks_with_nothing_in_common_are_one_gone_and_one_new() -> None:
    a = _snapshot("v1", _hook("access", "int (*{})(void *buf, int len)", after="mprotect"))
    b = _snapshot("v2", _hook("get_policy", "struct mempolicy *(*{})(long)", after="set_policy"))
    assert _told(match(a, b)) == {
        ("hook", "removed", "access", None),
        ("hook", "added", None, "get_policy"),
    }


def test_a_rename_too_weak_to_be_taken_is_only_mentioned() -> None:
    a = _snapshot("v1", _hook("get_folio", after="fault"))
    b = _snapshot("v2", _hook("find_folio", "long (*{})(void)", after="fault", guard="CONFIG_X"))
    doubtful = _snapshot("v2", _hook("get_one", "int (*{})(long x)", after="fault"))
    assert {one.change for one in match(a, b)} == {"added", "removed"}
    told = {one.change: one.evidence for one in match(a, doubtful)}
    assert told["removed"].startswith("perhaps now get_one: same position")
    assert told["added"].startswith("perhaps was get_folio: ")


def test_a_hook_of_another_struct_is_another_hook() -> None:
    a = _snapshot("v1", _hook("get_folio", after="fault"))
    b = _snapshot("v2", replace(_hook("get_folio", after="fault"), parent="vm_uffd_ops"))
    assert {one.change for one in match(a, b)} == {"added", "removed"}


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        ("retyped", "type", "int (*get)(struct file *file)"),
        ("reguarded", "guard", "CONFIG_USERFAULTFD"),
        ("moved", "path", "include/linux/userfaultfd_k.h"),
    ],
)
def test_each_kind_of_change_is_told_by_itself(change: str, field: str, value: str) -> None:
    one = _hook("get")
    other = replace(one, **{field: value})  # type: ignore[arg-type]  # a string field
    (told,) = match(_snapshot("v1", one), _snapshot("v2", other))
    assert (told.change, told.a, told.b) == (change, one, other)


def test_a_condition_nobody_sees_is_no_difference() -> None:
    one = _hook("get", guard="CONFIG_A")
    assert match(_snapshot("v1", one), _snapshot("v2", replace(one, guard=UNSEEN))) == ()


def test_a_renamed_kconfig_symbol_is_told_once_and_not_for_all_that_depends_on_it() -> None:
    def option(name: str) -> Element:
        return Element(
            "kconfig", name, type="bool", value="select XARRAY_MULTI", path="virt/kvm/Kconfig",
            state="added", patch=1,
        )  # fmt: skip

    a = [option("CONFIG_KVM_PRIVATE_MEM"), _hook("get", guard="CONFIG_KVM_PRIVATE_MEM")]
    b = [option("CONFIG_KVM_GUEST_MEMFD"), _hook("get", guard="CONFIG_KVM_GUEST_MEMFD")]
    assert _told(match(_snapshot("v1", *a), _snapshot("v2", *b))) == {
        ("kconfig", "renamed", "CONFIG_KVM_PRIVATE_MEM", "CONFIG_KVM_GUEST_MEMFD")
    }


def test_names_of_parameters_are_no_part_of_a_type() -> None:
    one = _hook("get", "int (*{})(struct inode *inode, unsigned len)")
    two = _hook("get", "int (*{})(struct inode *, unsigned int size)")
    assert match(_snapshot("v1", one), _snapshot("v2", two)) == ()


def test_a_flag_renamed_keeps_its_value_and_its_prefix() -> None:
    def flag(name: str, value: str) -> Element:
        return Element(
            "flag", name, "enum fault_flag", value=value, path="mm_types.h", after="FAULT_FLAG_A",
            state="added", patch=1,
        )  # fmt: skip

    a = _snapshot("v1", flag("FAULT_FLAG_NO_MINOR", "1 << 13"))
    assert _told(match(a, _snapshot("v2", flag("FAULT_FLAG_CONTINUE", "1 << 13")))) == {
        ("flag", "renamed", "FAULT_FLAG_NO_MINOR", "FAULT_FLAG_CONTINUE")
    }
    assert {one.change for one in match(a, _snapshot("v2", flag("VM_FAULT_MINOR", "1 << 13")))} == {
        "added",
        "removed",
    }
    assert _told(match(a, _snapshot("v2", flag("FAULT_FLAG_NO_MINOR", "1 << 14")))) == {
        ("flag", "revalued", "FAULT_FLAG_NO_MINOR", "FAULT_FLAG_NO_MINOR")
    }


_BODY = " ".join(f"step_{number}(a, b);" for number in range(30))


def test_a_function_is_known_by_its_body() -> None:
    a = _snapshot("v1", _function("kvm_gmem_write", _BODY))
    b = _snapshot("v2", _function("kvm_gmem_populate", _BODY))
    assert _told(match(a, b)) == {("function", "renamed", "kvm_gmem_write", "kvm_gmem_populate")}


def test_two_stubs_are_no_rename_for_returning_the_same() -> None:
    """KHO v9: unpreserving a folio was called the new name of registering a notifier."""
    stub = "{ return -EOPNOTSUPP; }"
    was = _function("register_kho_notifier", stub, path="include/linux/kexec_handover.h")
    now = _function(
        "kho_unpreserve_folio", stub, path=was.path,
        type="static int kho_unpreserve_folio(struct folio *folio)",
    )  # fmt: skip
    told = match(_snapshot("v8", was), _snapshot("v9", now))
    assert _told(told) == {
        ("function", "removed", "register_kho_notifier", None),
        ("function", "added", None, "kho_unpreserve_folio"),
    }


def test_a_function_cut_in_two_is_split() -> None:
    half = len(_BODY) // 2
    a = _snapshot("v1", _function("kvm_write", _BODY))
    b = _snapshot(
        "v2",
        _function("copy_in", _BODY[:half], type="int copy_in(struct file *a, long b)"),
        _function("mark_it", _BODY[half:], type="void mark_it(struct folio *x)"),
    )
    assert _told(match(a, b)) == {
        ("function", "split", "kvm_write", "copy_in"),
        ("function", "split", "kvm_write", "mark_it"),
    }


def test_a_slot_given_another_function_is_reimplemented_but_not_by_a_mere_rename() -> None:
    a = _snapshot("v1", _object("ops", "fault", "f"), _function("f", _BODY))
    other = _snapshot("v2", _object("ops", "fault", "g"), _function("g", "return 0;"))
    renamed = _snapshot("v2", _object("ops", "fault", "g"), _function("g", _BODY))
    assert _told(match(a, renamed)) == {("function", "renamed", "f", "g")}
    assert ("object", "reimplemented", "ops.fault", "ops.fault") in _told(match(a, other))


def test_what_only_one_of_two_revisions_changes_in_the_base_is_told_so() -> None:
    changed = _function("mfill_atomic", "x", state="changed", digest="~1")
    (told,) = match(_snapshot("v1"), _snapshot("v2", changed))
    assert (told.change, told.evidence) == ("reimplemented", "v1 leaves it as its base has it")
    (back,) = match(_snapshot("v2", changed), _snapshot("v3"))
    assert (back.change, back.b, back.evidence) == (
        "reimplemented",
        None,
        "v3 leaves it as its base has it",
    )


def test_what_a_revision_takes_from_the_base_is_removed() -> None:
    gone = replace(_hook("access"), state="removed", patch=1)
    (told,) = match(_snapshot("v1"), _snapshot("v2", removed=(gone,)))
    assert (told.change, told.a, told.patch) == ("removed", gone, 1)
    (kept,) = match(_snapshot("v1", removed=(gone,)), _snapshot("v2"))
    assert (kept.change, kept.evidence) == ("added", "v2 keeps it")
    assert match(_snapshot("v1", removed=(gone,)), _snapshot("v2", removed=(gone,))) == ()


def test_a_body_seen_whole_and_one_seen_by_its_changes_are_not_compared() -> None:
    whole = _function("f", "x", state="changed", digest="abc")
    partly = _function("f", "x", state="changed", digest="~abc")
    assert match(_snapshot("v1", whole), _snapshot("v2", partly)) == ()


def test_a_series_tells_what_it_does_to_its_base() -> None:
    was = _function("f", "x", state="same", digest="1", path="include/linux/x.h")
    now = _function("f", "x", state="changed", digest="1")
    snapshot = _snapshot("v1", _hook("get"), now, before=(was,))
    assert _told(series_changes(snapshot)) == {
        ("hook", "added", None, "get"),
        ("function", "moved", "f", "f"),
    }


def test_a_static_function_of_two_files_is_each_files_own() -> None:
    """PROCMAP_QUERY, 8 August 2025: m_start() of nommu was called moved there from mmu."""
    mmu, nommu = (
        _function("m_start", "x", state="same", digest="", path=f"fs/proc/task_{name}.c")
        for name in ("mmu", "nommu")
    )
    now = [replace(one, state="changed", digest="~1") for one in (mmu, nommu)]
    told = series_changes(_snapshot("v4", *now, before=(mmu, nommu)))
    assert [(one.change, one.b and one.b.path) for one in told] == [
        ("reimplemented", mmu.path),
        ("reimplemented", nommu.path),
    ]


def test_what_changes_in_nothing_but_its_words_is_no_change_beside_another_revision() -> None:
    """HID-BPF v1 and v3: "unsigned rsize" written as "unsigned int rsize" in v3 alone."""
    was = Element("member", "rsize", "hid_device", type="unsigned rsize", path="include/hid.h")
    now = replace(was, type="unsigned int rsize", state="changed", patch=1)
    assert not match(_snapshot("v1"), _snapshot("v3", now, before=(was,)))
    assert not match(_snapshot("v1", now, before=(was,)), _snapshot("v3"))


def test_a_last_constant_given_a_comma_is_no_change() -> None:
    was = Element("flag", "PROC_CN_MCAST_IGNORE", "proc_cn_mcast_op", path="include/x.h")
    now = replace(was, state="changed", patch=1)
    assert not series_changes(_snapshot("v6", now, before=(was,)))


def test_members_take_the_new_name_of_their_struct_in_silence() -> None:
    """PROCMAP_QUERY v1 and v2: each member of a renamed struct was called renamed."""
    here = [
        Element("struct", "query_data", path="fs/proc/internal.h", state="added"),
        *(
            Element("member", name, "query_data", type=f"bool {name}", state="added")
            for name in ("mmap_locked", "reset", "mm")
        ),
    ]
    there = [replace(here[0], name="locking_ctx")]
    there += [replace(one, parent="locking_ctx") for one in here[1:]]
    (told,) = match(_snapshot("v1", *here), _snapshot("v2", *there))
    assert (told.kind, told.change) == ("struct", "renamed")


class TestMatrix:
    def test_one_row_through_renames_a_gap_and_a_return(self) -> None:
        table = matrix(
            [
                _snapshot("rfc", _hook("get_folio", after="fault")),
                _snapshot("v1", _hook("get_page", after="fault")),
                _snapshot("v2"),
                _snapshot("v3", _hook("get_page", after="fault")),
            ]
        )
        (row,) = table.rows
        assert dict(row.names) == {"rfc": "get_folio", "v1": "get_page", "v3": "get_page"}
        assert table.revisions == ("rfc", "v1", "v2", "v3")
        assert hook_lives(table, "get_folio") == (row,)
        assert hook_lives(table, "other") == ()

    def test_what_is_removed_has_a_state_and_no_name(self) -> None:
        gone = replace(_hook("access"), state="removed", patch=4)
        (row,) = matrix([_snapshot("v1", removed=(gone,))]).rows
        assert dict(row.names) == {}
        assert dict(row.states) == {"v1": "removed"}
        assert dict(row.patches) == {"v1": 4}

    def test_context_is_not_in_it(self) -> None:
        assert not matrix([_snapshot("v1", replace(_hook("fault"), state="same"))]).rows


def test_shared_text_is_estimated_from_sketches() -> None:
    one, same = _function("a", _BODY), _function("b", _BODY)
    other = _function("c", "nothing of it is here at all, not a word")
    assert shared(one, same) == 1.0
    assert shared(one, other) < 0.1
    assert contained(_function("d", _BODY[:200]), one) > 0.9


@pytest.mark.parametrize(
    ("text", "name", "told"),
    [
        (
            "static struct folio *f(struct inode *inode, pgoff_t)",
            "f",
            ("struct folio*", ("struct inode*", "pgoff_t")),
        ),
        ("int (*g)(void)", "g", ("int (*", ("void",))),
        ("const u8 *h(const u8 *rdesc)", "h", ("const u8*", ("const u8*",))),
    ],
)
def test_signatures_are_types_alone(
    text: str, name: str, told: tuple[str, tuple[str, ...]]
) -> None:
    assert signature(text, name) == told


def test_very_many_constants_are_matched_by_what_they_keep() -> None:
    def registers(prefix: str) -> list[Element]:
        return [
            Element(
                "flag", f"{prefix}_{number}", "", value=f"{number:#x}", path="regs.h",
                state="added", patch=1,
            )
            for number in range(3000)
        ]  # fmt: skip

    changes = match(_snapshot("v1", *registers("REG_OLD")), _snapshot("v2", *registers("REG_NEW")))
    assert {one.change for one in changes} == {"renamed"}
    assert all(one.a and one.b and one.a.value == one.b.value for one in changes)


def test_members_move_with_their_struct() -> None:
    """KASAN, 15 September 2020: a struct moved to another file was told once for each member."""
    here = Element("struct", "kasan_rcu_info", path="lib/test_kasan.c", state="added")
    member = Element("member", "rcu", "kasan_rcu_info", path="lib/test_kasan.c", state="added")
    there = [replace(one, path="lib/test_kasan_module.c") for one in (here, member)]
    (told,) = match(_snapshot("v1", here, member), _snapshot("v2", *there))
    assert (told.kind, told.change) == ("struct", "moved")

# SPDX-License-Identifier: GPL-2.0-or-later
"""Hunks made whole: what is read from patches whose files are nowhere."""

from reviewtool.interface.from_mail import snapshot_diffs
from reviewtool.interface.hunks import file_diffs
from reviewtool.interface.match import match, series_changes
from reviewtool.interface.types import UNSEEN, Element, Snapshot


def _series(*patches: str) -> Snapshot:
    return snapshot_diffs(
        "v1", [(index, tuple(file_diffs(text))) for index, text in enumerate(patches, start=1)]
    )


def _hunk(path: str, heading: str, *lines: str, start: int = 100) -> str:
    old = sum(line[0] != "+" for line in lines)
    new = sum(line[0] != "-" for line in lines)
    head = f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n"
    return f"{head}@@ -{start},{old} +{start},{new} @@ {heading}\n" + "\n".join(lines) + "\n"


def _touched(snapshot: Snapshot, kind: str) -> dict[str, Element]:
    return {one.name: one for one in snapshot.touched() if one.kind == kind}


def test_a_slot_is_found_when_the_object_is_only_in_the_heading() -> None:
    found = _series(
        _hunk(
            "mm/shmem.c",
            "static const struct vm_operations_struct shmem_vm_ops = {",
            " \t.set_policy     = shmem_set_policy,",
            "+\t.can_userfault  = shmem_can_userfault,",
            " };",
            " ",
        )
    )
    (slot,) = _touched(found, "object").values()
    assert (slot.name, slot.value, slot.parent) == (
        "shmem_vm_ops.can_userfault",
        "shmem_can_userfault",
        "vm_operations_struct",
    )
    assert (slot.line, slot.patch, slot.state) == (101, 1, "added")


def test_a_heading_whose_block_is_over_is_not_believed() -> None:
    found = _series(
        _hunk(
            "mm/x.c",
            "static const struct vm_operations_struct one_vm_ops = {",
            " static const struct vm_operations_struct two_vm_ops = {",
            "+\t.fault = two_fault,",
            " };",
        )
    )
    assert list(_touched(found, "object")) == ["two_vm_ops.fault"]


def test_an_object_cut_off_by_the_end_of_the_hunk() -> None:
    found = _series(
        _hunk(
            "virt/kvm/guest_memfd.c",
            "static void kvm_gmem_free_folio(struct folio *folio)",
            " ",
            " static const struct address_space_operations kvm_gmem_aops = {",
            " \t.dirty_folio = noop_dirty_folio,",
            "+\t.write_begin = kvm_gmem_write_begin,",
            " \t.migrate_folio\t= kvm_gmem_migrate_folio,",
            " #ifdef CONFIG_HAVE_KVM_ARCH_GMEM_INVALIDATE",
        )
    )
    (slot,) = _touched(found, "object").values()
    assert (slot.name, slot.after) == ("kvm_gmem_aops.write_begin", "dirty_folio")


def test_a_hook_in_a_struct_the_hunk_does_not_show_whole() -> None:
    found = _series(
        _hunk(
            "include/linux/mm.h",
            "struct vm_operations_struct {",
            " \t\t\t\t\t  unsigned long addr);",
            "+\t/*",
            "+\t * True if the VMA supports userfault.",
            "+\t */",
            "+\tbool (*can_userfault)(struct vm_area_struct *vma);",
            " };",
        )
    )
    (hook,) = _touched(found, "hook").values()
    assert (hook.name, hook.parent) == ("can_userfault", "vm_operations_struct")
    assert hook.comment == "True if the VMA supports userfault."
    assert not _touched(found, "table")


def test_a_hunk_that_begins_in_a_comment() -> None:
    found = _series(
        _hunk(
            "include/uapi/linux/userfaultfd.h",
            "struct uffdio_api {",
            " \t * it's an existing page's contents",
            "+\t * UFFD_FEATURE_X (does something)",
            " \t */",
            " #define UFFD_FEATURE_EVENT_FORK\t\t(1<<1)",
            "+#define UFFD_FEATURE_X\t\t(1<<17)",
        )
    )
    assert {name: one.value for name, one in _touched(found, "flag").items()} == {
        "UFFD_FEATURE_X": "(1<<17)"
    }


def test_a_hunk_within_a_comment_shows_nothing() -> None:
    found = _series(
        _hunk(
            "include/linux/mm_types.h",
            "typedef __bitwise unsigned int vm_fault_t;",
            "  *\t\t\t\tfsync() to complete",
            "+ * @VM_FAULT_X:\t\tint f(int a);",
            "  * @VM_FAULT_HINDEX_MASK:\tmask HINDEX value",
        )
    )
    assert not found.touched()


def test_a_hunk_that_begins_in_a_macro() -> None:
    found = _series(
        _hunk(
            "include/uapi/linux/userfaultfd.h",
            "",
            " \t\t\t   UFFD_FEATURE_POISON |\t\\",
            "-\t\t\t   UFFD_FEATURE_MOVE)",
            "+\t\t\t   UFFD_FEATURE_MOVE |\t\\",
            "+\t\t\t   UFFD_FEATURE_X)",
            " #define UFFD_API_IOCTLS 3",
        )
    )
    assert [one.name for one in found.elements if one.kind == "flag"] == ["UFFD_API_IOCTLS"]


def test_a_function_known_only_by_the_heading_is_told_as_changed() -> None:
    found = _series(
        _hunk(
            "mm/memory.c",
            "static vm_fault_t __do_fault(struct vm_fault *vmf)",
            " \tret = vma->vm_ops->fault(vmf);",
            "+\tif (unlikely(ret & VM_FAULT_X))",
            "+\t\treturn handle(vmf);",
            " \treturn ret;",
        )
    )
    (function,) = _touched(found, "function").values()
    assert (function.name, function.state, function.type) == (
        "__do_fault",
        "changed",
        "static vm_fault_t __do_fault(struct vm_fault *vmf)",
    )


def test_only_comments_and_white_space_changed_is_no_change() -> None:
    found = _series(
        _hunk(
            "mm/memory.c",
            "static vm_fault_t __do_fault(struct vm_fault *vmf)",
            "-\tret = f(a,  b);",
            "+\tret = f(a, b); /* why */",
            " \treturn ret;",
        )
    )
    assert not found.touched()


def test_a_declaration_wrapped_otherwise_is_no_change() -> None:
    found = _series(
        _hunk(
            "include/linux/connector.h",
            "",
            " int cn_add_callback(const struct cb_id *id, const char *name,",
            "-\t\t    void (*callback)(struct cn_msg *, struct netlink_skb_parms *));",
            "+\t\t    void (*callback)(struct cn_msg *,",
            "+\t\t\t\t     struct netlink_skb_parms *));",
        )
    )
    assert not found.touched()


def test_a_condition_turned_in_one_hunk_is_still_turned_where_the_next_ends_it() -> None:
    """HID-BPF v3: the stub of a header was said to stand under the option it is there without."""
    head = _hunk(
        "include/linux/hid_bpf.h",
        "",
        "-u8 *fixup(struct hid_device *hdev);",
        "+const u8 *fixup(struct hid_device *hdev);",
        " #else /* CONFIG_HID_BPF */",
        " static inline int event(struct hid_device *hid) { return 0; }",
    )
    stub = _hunk(
        "include/linux/hid_bpf.h",
        "",
        "+static inline const u8 *fixup(struct hid_device *hdev) { return NULL; }",
        " ",
        " #endif /* CONFIG_HID_BPF */",
        start=200,
    )
    found = _series(head + "".join(stub.partition("@@")[1:]))
    assert {(one.kind, one.guard) for one in found.touched()} == {
        ("prototype", "CONFIG_HID_BPF"),
        ("function", "!CONFIG_HID_BPF"),
    }


def test_members_a_new_struct_takes_from_the_one_below_it() -> None:
    """PROCMAP_QUERY, 8 August 2025: the members stay where they are, a new head stands above."""
    found = _series(
        _hunk(
            "fs/proc/internal.h",
            "",
            "-struct proc_maps_private {",
            "-\tstruct inode *inode;",
            "+struct proc_maps_locking_ctx {",
            " \tstruct mm_struct *mm;",
            " #ifdef CONFIG_PER_VMA_LOCK",
            " \tbool mmap_locked;",
            " #endif",
            "+};",
            "+",
            "+struct proc_maps_private {",
            "+\tstruct inode *inode;",
            "+\tstruct proc_maps_locking_ctx lock_ctx;",
            " \tint last;",
            " };",
        )
    )
    added = {
        f"{one.parent}::{one.name}": one.patch for one in found.touched() if one.kind == "member"
    }
    assert added == {
        "proc_maps_locking_ctx::mm": 1,
        "proc_maps_locking_ctx::mmap_locked": 1,
        "proc_maps_private::lock_ctx": 1,
    }
    assert [(one.parent, one.name, one.patch) for one in found.removed] == [
        ("proc_maps_private", "mm", 1),
        ("proc_maps_private", "mmap_locked", 1),
    ]


def test_a_function_that_moves_is_not_its_stub() -> None:
    """vIOMMU v7: _iommufd_object_alloc() went to driver.c; the stub in a header is new."""
    moved = ["static int f(int a)", "{", "\treturn a;", "}"]
    found = _series(
        _hunk("drivers/a/main.c", "", *(f"-{line}" for line in moved), " int x;")
        + _hunk("include/linux/a.h", "", "+static inline int f(int a)", "+{", "+}", " int y;")
        + _hunk("drivers/a/driver.c", "", *(f"+{line}" for line in moved), " int z;")
    )
    told = [(one.change, one.b and one.b.path) for one in series_changes(found)]
    assert sorted(told) == [("added", "include/linux/a.h"), ("moved", "drivers/a/driver.c")]


def test_a_function_after_the_end_of_the_one_in_the_heading() -> None:
    found = _series(
        _hunk(
            "virt/kvm/guest_memfd.c",
            "static int kvm_gmem_mmap(struct file *file, struct vm_area_struct *vma)",
            " \treturn 0;",
            " }",
            "+",
            "+bool kvm_gmem_vma_is_gmem(struct vm_area_struct *vma)",
            "+{",
            "+\treturn vma->vm_ops == &kvm_gmem_vm_ops;",
            "+}",
            " #endif /* CONFIG_KVM_GMEM_SHARED_MEM */",
        )
    )
    (function,) = _touched(found, "function").values()
    assert (function.name, function.state) == ("kvm_gmem_vma_is_gmem", "added")
    assert function.guard == "CONFIG_KVM_GMEM_SHARED_MEM"
    assert function.digest


def test_the_patch_that_makes_a_change_is_named_and_a_later_one_may_take_it_back() -> None:
    one = _hunk("mm/x.h", "struct vm_operations_struct {", " \tint a;", "+\tint (*f)(int);", " };")
    two = _hunk("mm/x.h", "struct vm_operations_struct {", " \tint a;", "-\tint (*f)(int);", " };")
    three = _hunk(
        "mm/x.h", "struct vm_operations_struct {", " \tint a;", "+\tint (*g)(int);", " };"
    )
    found = _series(one, two, three)
    assert {name: one.patch for name, one in _touched(found, "hook").items()} == {"g": 3}
    assert not found.removed


def test_what_a_series_takes_away_is_told() -> None:
    found = _series(
        _hunk(
            "include/linux/mm.h",
            "struct vm_operations_struct {",
            "-\tint (*access)(struct vm_area_struct *vma);",
            " \tint (*mprotect)(struct vm_area_struct *vma);",
            " };",
        )
    )
    assert [(one.kind, one.name, one.patch) for one in found.removed] == [("hook", "access", 1)]


def test_a_condition_closed_in_the_hunk_but_opened_before_is_unseen() -> None:
    found = _series(
        _hunk(
            "mm/shmem.c",
            "static const struct vm_operations_struct shmem_vm_ops = {",
            " \t.get_policy     = shmem_get_policy,",
            "+\t.new_hook = shmem_new_hook,",
            " #endif",
            "+\t.other = shmem_other,",
            " };",
        )
    )
    assert {name: one.guard for name, one in _touched(found, "object").items()} == {
        "shmem_vm_ops.new_hook": UNSEEN,
        "shmem_vm_ops.other": "",
    }


def test_a_selftest_is_named_and_its_code_is_not_part_of_the_interface() -> None:
    path = "tools/testing/selftests/kvm/guest_memfd_test.c"
    found = _series(_hunk(path, "", "+static int helper(void)", "+{", "+}", " int x;"))
    assert [(one.kind, one.name) for one in found.touched()] == [
        ("selftest", "selftests/kvm/guest_memfd_test.c")
    ]


def test_a_file_that_is_no_text_the_tool_knows_is_passed_over() -> None:
    assert not _series(_hunk("Documentation/x.rst", "", "+struct x_ops {", " y")).touched()


def test_a_hunk_that_ends_within_a_comment() -> None:
    found = _series(
        _hunk(
            "fs/ext2/file.c",
            "static vm_fault_t ext2_dax_fault(struct vm_fault *vmf)",
            " }",
            " ",
            " static const struct vm_operations_struct ext2_dax_vm_ops = {",
            "+\t.fault\t\t= ext2_dax_fault,",
            " \t/*",
            " \t * .huge_fault is not supported",
        )
    )
    assert list(_touched(found, "object")) == ["ext2_dax_vm_ops.fault"]


def test_a_hunk_that_begins_within_the_parameters_of_a_hook() -> None:
    found = _series(
        _hunk(
            "include/linux/mm.h",
            "struct vm_operations_struct {",
            " \t\t\t\t\t  unsigned long addr);",
            "+\tbool (*can_userfault)(struct vm_area_struct *vma);",
            " };",
        )
    )
    assert [one.name for one in found.elements if one.kind == "hook"] == ["can_userfault"]


def test_a_condition_taken_from_around_a_slot_is_told_with_its_patch() -> None:
    heading = "static const struct address_space_operations kvm_gmem_aops = {"
    found = _series(
        _hunk(
            "virt/kvm/guest_memfd.c",
            heading,
            "-#ifdef CONFIG_HAVE_KVM_ARCH_GMEM_INVALIDATE",
            " \t.free_folio = kvm_gmem_free_folio,",
            "-#endif",
            " };",
        )
    )
    (slot,) = _touched(found, "object").values()
    assert (slot.name, slot.guard, slot.state, slot.patch) == (
        "kvm_gmem_aops.free_folio",
        "",
        "changed",
        1,
    )
    (change,) = series_changes(found)
    assert (change.change, change.a.guard if change.a else "") == (
        "reguarded",
        "CONFIG_HAVE_KVM_ARCH_GMEM_INVALIDATE",
    )


def test_a_member_taken_from_the_padding_of_a_struct() -> None:
    found = _series(
        _hunk(
            "include/uapi/linux/kvm.h",
            "struct kvm_userspace_memory_region2 {",
            " \t__u32 pad1;",
            "-\t__u64 pad2[14];",
            "+\t__u64 userfault_bitmap;",
            "+\t__u64 pad2[13];",
            " };",
        )
    )
    told = {(one.change, one.b.name, one.b.type) for one in series_changes(found) if one.b}
    assert told == {
        ("added", "userfault_bitmap", "__u64 userfault_bitmap"),
        ("retyped", "pad2", "__u64 pad2[13]"),
    }


def test_what_follows_the_stub_of_a_wrapped_heading_is_not_the_stub() -> None:
    found = _series(
        _hunk(
            "include/linux/x.h",
            "static inline int x_schedule(struct x *x,",
            " { return -EOPNOTSUPP; }",
            " static inline void x_cancel(struct x *x)",
            " { }",
            "+static inline int x_index(int index)",
            "+{ return 0; }",
            " ",
            " #endif",
        )
    )
    assert list(_touched(found, "function")) == ["x_index"]


def test_what_several_patches_change_is_told_of_each() -> None:
    heading = "static int x_do(struct x *x)"
    first = _hunk("mm/x.c", heading, " \tint ret;", "+\tret = begin(x);", " \treturn ret;")
    second = _hunk(
        "mm/x.c", heading, " \tret = begin(x);", "+\tend(x);", " \treturn ret;", start=101
    )
    added = _hunk("mm/y.c", "", "+int y_do(void)", "+{", "+\treturn 0;", "+}", start=1)
    changed = _hunk("mm/y.c", "", " {", "-\treturn 0;", "+\treturn 1;", " }", start=2)
    found = _touched(_series(first + added, second, changed), "function")
    assert (found["x_do"].patch, found["x_do"].later) == (1, (2,))
    assert (found["y_do"].patch, found["y_do"].later, found["y_do"].state) == (1, (3,), "added")


def test_a_selftest_several_patches_touch_is_told_of_each() -> None:
    path = "tools/testing/selftests/mm/x.c"
    one = _hunk(path, "", " a", "+b", " c")
    two = _hunk(path, "", " b", "+d", " c", start=101)
    assert _touched(_series(one, two), "selftest")["selftests/mm/x.c"].later == (2,)


def test_system_calls_in_headings_are_told_apart() -> None:
    body = (" \tint ret;", "-\tret = old(req);", "+\tret = new(req);", " \treturn ret;")
    found = _series(
        _hunk("fs/x.c", "SYSCALL_DEFINE4(statmount, struct req __user *, req,", *body)
        + _hunk("fs/x.c", "COMPAT_SYSCALL_DEFINE4(listmount, u32, req,", *body, start=200)
        + _hunk("kernel/x.c", "BPF_CALL_2(bpf_x, u32, a, u32, b)", *body)
    )
    assert set(_touched(found, "function")) == {"sys_statmount", "compat_sys_listmount", "bpf_x"}


def test_a_sysctl_is_an_entry_of_its_table_wherever_the_hunk_begins() -> None:
    """net-timestamp, 30 September 2024: one entry goes from one table to another."""
    found = _series(
        _hunk(
            "net/core/sysctl_net_core.c",
            "static struct ctl_table net_core_table[] = {",
            " \t\t.mode\t\t= 0644,",
            " \t\t.proc_handler\t= proc_dointvec,",
            " \t},",
            " \t{",
            '-\t\t.procname\t= "tstamp_allow_data",',
            "-\t\t.data\t\t= &sysctl_tstamp_allow_data,",
            "-\t\t.mode\t\t= 0644,",
            "-\t},",
            "-\t{",
            ' \t\t.procname\t= "rps_sock_flow_entries",',
        )
        + _hunk(
            "net/core/sysctl_net_core.c",
            "static struct ctl_table netns_core_table[] = {",
            " \t\t.proc_handler\t= proc_dou8vec_minmax,",
            " \t},",
            "+\t{",
            '+\t\t.procname\t= "tstamp_allow_data",',
            "+\t\t.data\t\t= &init_net.core.sysctl_tstamp_allow_data,",
            "+\t\t.mode\t\t= 0644,",
            "+\t},",
            " \t/* sysctl_core_net_init() will set the values after this",
            " \t * to readonly in network namespaces",
            start=300,
        ).partition("+++ b/net/core/sysctl_net_core.c\n")[2]
    )
    told = {(one.change, (one.b or one.a).name) for one in series_changes(found)}  # type: ignore[union-attr]
    assert told == {
        ("removed", "net_core_table[tstamp_allow_data]"),
        ("added", "netns_core_table[tstamp_allow_data]"),
    }


def test_registers_a_guest_sees_are_entries_named_by_register() -> None:
    """KVM: arm64: Support for 2023 dpISA extensions, v6."""
    found = _series(
        _hunk(
            "arch/arm64/kvm/sys_regs.c",
            "static const struct sys_reg_desc sys_reg_descs[] = {",
            " \t  .set_user = set_x },",
            " \tID_SANITISED(ID_AA64PFR1_EL1),",
            "-\tID_UNALLOCATED(4,2),",
            "+\tID_WRITABLE(ID_AA64PFR2_EL1, ~(ID_AA64PFR2_EL1_RES0 |",
            "+\t\t\t\t       ID_AA64PFR2_EL1_MTEPERM)),",
            " \tID_UNALLOCATED(4,3),",
            " \t{ SYS_DESC(SYS_SVCR), undef_access },",
            "+\t{ SYS_DESC(SYS_FPMR), access_rw, reset_unknown, FPMR,",
            "+\t  .visibility = fpmr_visibility },",
            " ",
        )
    )
    told = {(one.change, (one.b or one.a).name) for one in series_changes(found)}  # type: ignore[union-attr]
    assert told == {
        ("removed", "sys_reg_descs[ID_UNALLOCATED(4,2)]"),
        ("added", "sys_reg_descs[ID_AA64PFR2_EL1]"),
        ("added", "sys_reg_descs[SYS_FPMR]"),
    }
    (entry,) = [one for one in found.elements if one.name == "sys_reg_descs[SYS_FPMR]"]
    assert entry.value == (
        "{ SYS_DESC(SYS_FPMR), access_rw, reset_unknown, FPMR, .visibility = fpmr_visibility }"
    )
    assert (entry.line, entry.patch) == (106, 1)


def test_a_handler_is_an_entry_of_its_table() -> None:
    """Idle HLT intercept v6: what KVM does on an exit is set by index, in no struct."""
    found = _series(
        _hunk(
            "arch/x86/kvm/svm/svm.c",
            "static int (*const svm_exit_handlers[])(struct kvm_vcpu *vcpu) = {",
            " \t[SVM_EXIT_INVPCID]                      = invpcid_interception,",
            "+\t[SVM_EXIT_IDLE_HLT]\t\t\t= kvm_emulate_halt,",
            " \t[SVM_EXIT_NPF]\t\t\t\t= npf_interception,",
        )
        + _hunk(
            "arch/arm64/kvm/handle_exit.c",
            "static exit_handle_fn arm_exit_handlers[] = {",
            "-\t[ESR_ELx_EC_WFx]\t= kvm_handle_wfx,",
            "+\t[ESR_ELx_EC_WFx]\t= handle_trap_wfx,",
            " \t[ESR_ELx_EC_SVE]\t= handle_sve,",
        )
        + _hunk(
            "drivers/x/y.c",
            "static const u8 map[] = {",
            "+\t[ONE] = kOther,",
            " \t[TWO] = kThis,",
        )
    )
    told = {(one.name, one.parent, one.state, one.value) for one in found.touched()}
    assert told == {
        ("svm_exit_handlers[SVM_EXIT_IDLE_HLT]", "int", "added", "kvm_emulate_halt"),
        ("arm_exit_handlers[ESR_ELx_EC_WFx]", "exit_handle_fn", "changed", "handle_trap_wfx"),
    }


def test_a_capability_user_space_is_told_of_is_named_by_its_bit() -> None:
    """dpISA v5: those of one register were one entry, those behind a match another."""
    found = _series(
        _hunk(
            "arch/arm64/kernel/cpufeature.c",
            "static const struct arm64_cpu_capabilities arm64_elf_hwcaps[] = {",
            " \tHWCAP_CAP(ID_AA64ISAR3_EL1, FAMINMAX, IMP, CAP_HWCAP, KERNEL_HWCAP_FAMINMAX),",
            "+\tHWCAP_CAP(ID_AA64ISAR3_EL1, LSFE, IMP, CAP_HWCAP, KERNEL_HWCAP_LSFE),",
            "-\tHWCAP_CAP(ID_AA64ZFR0_EL1, SVEver, SVE2, CAP_HWCAP, KERNEL_HWCAP_SVE2),",
            "+\tHWCAP_CAP_MATCH_ID(has_sve, ID_AA64ZFR0_EL1, SVEver, SVE2, CAP_HWCAP,",
            "+\t\t\t   KERNEL_HWCAP_SVE2),",
            " \t{},",
        )
    )
    assert {one.name: one.state for one in found.touched()} == {
        "arm64_elf_hwcaps[KERNEL_HWCAP_LSFE]": "added",
        "arm64_elf_hwcaps[KERNEL_HWCAP_SVE2]": "changed",
    }


def test_what_one_of_two_revisions_moves_is_not_one_gone_and_one_new() -> None:
    """KHO v5 and v7: an option that v7 alone moves was told as removed, and as added."""
    option = ["config KEXEC_HANDOVER_DEBUG", '\tbool "debug"', ""]
    moves = _series(
        _hunk("kernel/Kconfig.kexec", "", *(f"-{line}" for line in option), " config X", " \tbool")
        + _hunk("kernel/live/Kconfig", "", *(f"+{line}" for line in option), " config Y", " \tbool")
        + _hunk("kernel/a.c", "", "-EXPORT_SYMBOL_GPL(f);", " int x;")
        + _hunk("kernel/b.c", "", "+EXPORT_SYMBOL_GPL(f);", " int x;")
    )
    names = {("kconfig", "CONFIG_KEXEC_HANDOVER_DEBUG"), ("export", "f")}
    for told, change in (
        (series_changes(moves), "moved"),
        (match(_series(), moves), "reimplemented"),
        (match(moves, _series()), "reimplemented"),
    ):
        assert {(one.kind, both.name) for one in told if (both := one.b or one.a)} == names
        assert {one.change for one in told} == {change}
        assert len(told) == 2


def test_a_security_hook_and_an_ioctl_are_entries_named_by_what_they_answer() -> None:
    found = _series(
        _hunk(
            "security/selinux/hooks.c",
            "static struct security_hook_list selinux_hooks[] __ro_after_init = {",
            "+\tLSM_HOOK_INIT(capget, selinux_capget),",
            " \tLSM_HOOK_INIT(file_open, selinux_file_open),",
        )
        + _hunk(
            "drivers/iommu/iommufd/main.c",
            "static const struct iommufd_ioctl_op iommufd_ioctl_ops[] = {",
            " \t\t val64),",
            "+\tIOCTL_OP(IOMMU_VIOMMU_ALLOC, iommufd_viommu_alloc_ioctl,",
            "+\t\t struct iommu_viommu_alloc, out_viommu_id),",
            " \tIOCTL_OP(IOMMU_VFIO_IOAS, iommufd_vfio_ioas, struct iommu_vfio_ioas,",
        )
    )
    assert sorted(_touched(found, "object")) == [
        "iommufd_ioctl_ops[IOMMU_VIOMMU_ALLOC]",
        "selinux_hooks[capget]",
    ]


def test_what_the_kernel_offers_to_bpf_is_told() -> None:
    found = _series(
        _hunk(
            "mm/bpf_memcontrol.c",
            "",
            " BTF_KFUNCS_START(bpf_memcontrol_kfuncs)",
            "+BTF_ID_FLAGS(func, bpf_get_mem_cgroup, KF_ACQUIRE | KF_RET_NULL | KF_RCU)",
            "-BTF_ID_FLAGS(func, bpf_put_mem_cgroup, KF_RELEASE)",
            "+BTF_ID_FLAGS(func, bpf_put_mem_cgroup)",
            " BTF_KFUNCS_END(bpf_memcontrol_kfuncs)",
        )
    )
    assert {(one.name, one.state, one.value) for one in found.touched()} == {
        ("bpf_get_mem_cgroup", "added", "kfunc: KF_ACQUIRE | KF_RET_NULL | KF_RCU"),
        ("bpf_put_mem_cgroup", "changed", "kfunc"),
    }


def test_a_hunk_that_begins_between_the_bits_of_a_member() -> None:
    """bpf: Introduce BPF_BRANCH_SNAPSHOT_F_COPY, 9 January 2026."""
    found = _series(
        _hunk(
            "include/linux/bpf.h",
            "struct bpf_prog {",
            " \t\t\t\tcall_get_stack:1, /* Do we call bpf_get_stack() */",
            " \t\t\t\tcall_get_func_ip:1,",
            " \t\t\t\ttstamp_type_access:1,",
            "-\t\t\t\tsleepable:1;",
            "+\t\t\t\tsleepable:1,",
            "+\t\t\t\tcopy_branch_snapshot:1;",
            " \tenum bpf_prog_type\ttype;",
        )
    )
    told = [(one.change, one.b) for one in series_changes(found)]
    assert [(change, b and b.name) for change, b in told] == [("added", "copy_branch_snapshot")]
    assert [b and b.type for _, b in told] == ["copy_branch_snapshot"]


def test_what_closes_a_header_at_its_end_is_its_include_guard() -> None:
    """ntsync, 16 April 2024: a UAPI header's last lines stood under a condition nobody saw."""

    def hunk(path: str, *after: str) -> Snapshot:
        context = (" #define NTSYNC_IOC_SEM_POST 1", " ", " ")
        return _series(_hunk(path, "", *context, "+#define NTSYNC_IOC_WAIT_ANY 2", *after))

    def guard(found: Snapshot) -> str:
        return _touched(found, "flag")["NTSYNC_IOC_WAIT_ANY"].guard

    header = "include/uapi/linux/ntsync.h"
    assert guard(hunk(header, " ", " #endif")) == ""
    assert guard(hunk(header, " #else", " #endif", " #endif")) == UNSEEN  # may go on after it
    assert guard(hunk(header, " #endif")) == ""
    assert guard(hunk("drivers/misc/ntsync.c", " #endif")) == UNSEEN


def test_macros_that_define_something_do_not_hide_the_function_after_them() -> None:
    """arm64: futex, 14 December 2025."""
    found = _series(
        _hunk(
            "arch/arm64/include/asm/futex.h",
            "",
            "+FUTEX_ATOMIC_OP(add)",
            "+FUTEX_ATOMIC_OP(or)",
            "+",
            "+static __always_inline int",
            "+__futex_cmpxchg(u32 __user *uaddr, u32 oldval)",
            "+{",
            "+\treturn 0;",
            "+}",
        )
    )
    assert list(_touched(found, "function")) == ["__futex_cmpxchg"]


def test_a_hunk_that_shows_no_code_of_the_function_in_its_heading_is_not_in_it() -> None:
    """x86/pks and RISC-V's Sv48: two functions were told as changed by macros far below them."""
    macros = (
        " # define PAGE_KERNEL_EXEC PAGE_KERNEL",
        " #endif",
        " ",
        "+#define PAGE_KERNEL_PKEY PAGE_KERNEL",
    )
    heading = "static inline bool arch_has_pfn_modify_check(void)"
    assert not _touched(_series(_hunk("include/linux/pgtable.h", heading, *macros)), "function")
    heading = "extern bool compat_elf_check_arch(Elf32_Ehdr *hdr);"
    code = (*macros, " \tint x;")
    assert not _touched(_series(_hunk("arch/riscv/include/asm/elf.h", heading, *code)), "function")


def test_a_comment_on_the_end_of_a_header_names_its_include_guard() -> None:
    """rtnetlink, 3 September 2021; and what UAPI defines as itself is one constant."""
    found = _series(
        _hunk(
            "include/uapi/linux/if_link.h",
            "",
            " ",
            "+#define EEC_SRC_PORT 1",
            "+#define RTM_GETEECSTATE RTM_GETEECSTATE",
            " ",
            " #endif /* _UAPI_LINUX_IF_LINK_H */",
            " ",
        )
    )
    assert {one.name: one.guard for one in found.touched()} == {"EEC_SRC_PORT": ""}

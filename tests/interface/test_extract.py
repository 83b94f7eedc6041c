# SPDX-License-Identifier: GPL-2.0-or-later
"""What is read from one C file."""

from hypothesis import given
from hypothesis import strategies as st

from reviewtool.interface.extract import elements_of_c, is_c, is_kconfig
from reviewtool.interface.types import Element


def _all(text: str, path: str = "mm/x.c") -> list[Element]:
    return list(elements_of_c(path, text.encode()))


def _kind(kind: str, text: str, path: str = "mm/x.c") -> dict[str, Element]:
    return {one.name: one for one in _all(text, path) if one.kind == kind}


class TestOpsStructs:
    def test_hooks_have_their_full_type_condition_comment_and_neighbour(self) -> None:
        hooks = _kind(
            "hook",
            "struct vm_operations_struct {\n"
            "\tvm_fault_t (*fault)(struct vm_fault *vmf);\n"
            "\t/*\n\t * Called to find the folio.\n\t * Locked on return.\n\t */\n"
            "#ifdef CONFIG_NUMA\n"
            "\tstruct mempolicy *(*get_policy)(struct vm_area_struct *vma,\n"
            "\t\t\t\t\tunsigned long addr, pgoff_t *ilx);\n"
            "#endif\n"
            "\tconst char *(*name)(struct vm_area_struct *vma);\n"
            "};\n",
        )
        assert list(hooks) == ["fault", "get_policy", "name"]
        assert hooks["fault"].type == "vm_fault_t (*fault)(struct vm_fault *vmf)"
        policy = hooks["get_policy"]
        assert policy.type == (
            "struct mempolicy *(*get_policy)(struct vm_area_struct *vma, unsigned long addr, "
            "pgoff_t *ilx)"
        )
        assert (policy.guard, policy.after, policy.parent) == (
            "CONFIG_NUMA",
            "fault",
            "vm_operations_struct",
        )
        assert (policy.line, policy.end) == (8, 9)
        assert policy.comment == "Called to find the folio. Locked on return."

    def test_any_struct_of_mostly_function_pointers_is_one(self) -> None:
        text = "struct gmem_provider {\n\tint flags;\n\tint (*get)(int);\n\tvoid (*put)(int);\n};\n"
        assert list(_kind("table", text)) == ["gmem_provider"]
        assert list(_kind("hook", text)) == ["flags", "get", "put"]

    def test_a_struct_with_one_callback_among_its_data_is_not(self) -> None:
        text = "struct work {\n\tint a;\n\tlong b;\n\tvoid (*func)(int);\n};\n"
        assert not _kind("hook", text)
        assert list(_kind("member", text)) == ["a", "b", "func"]

    def test_a_typedef_without_a_struct_name_counts(self) -> None:
        text = "typedef struct {\n\tint (*uffd_copy)(int);\n\tunsigned long f;\n} vm_uffd_ops;\n"
        assert list(_kind("table", text)) == ["vm_uffd_ops"]
        assert {one.parent for one in _all(text) if one.kind == "hook"} == {"vm_uffd_ops"}

    def test_members_of_unnamed_unions_belong_to_the_struct(self) -> None:
        text = "struct s {\n\tint a;\n\tunion {\n\t\tint b;\n\t\tlong c;\n\t};\n\tchar d[16];\n};\n"
        members = _kind("member", text)
        assert {name: one.parent for name, one in members.items()} == dict.fromkeys("abcd", "s")
        assert members["d"].type == "char d[16]"


class TestObjects:
    def test_slots_with_functions_conditions_and_casts(self) -> None:
        text = """\
static const struct vm_operations_struct kvm_gmem_vm_ops = {
	.fault		= kvm_gmem_fault,
#ifdef CONFIG_NUMA
	.get_policy	= kvm_gmem_get_policy,
#endif
	.open		= (void *)generic_open,
};
"""
        objects = _kind("object", text, "virt/kvm/guest_memfd.c")
        assert {name: (one.value, one.guard) for name, one in objects.items()} == {
            "kvm_gmem_vm_ops.fault": ("kvm_gmem_fault", ""),
            "kvm_gmem_vm_ops.get_policy": ("kvm_gmem_get_policy", "CONFIG_NUMA"),
            "kvm_gmem_vm_ops.open": ("generic_open", ""),
        }

    def test_arrays_of_ops_name_their_entries(self) -> None:
        text = "struct my_ops all[] = {\n\t{ .open = a },\n\t[SECOND] = { .open = b },\n};\n"
        values = {name: one.value for name, one in _kind("object", text).items()}
        assert values == {"all[0].open": "a", "all[SECOND].open": "b"}

    def test_both_branches_of_a_condition_are_one_slot_with_two_values(self) -> None:
        text = """\
struct file_operations f = {
#ifdef CONFIG_MMU
	.mmap = with_mmu,
#else
	.mmap = without,
#endif
};
"""
        (slot,) = _kind("object", text).values()
        assert slot.value == "with_mmu if CONFIG_MMU; without if !CONFIG_MMU"
        assert slot.guard == ""

    def test_a_compound_literal_is_named_by_its_function(self) -> None:
        text = "void f(void)\n{\n\tuse(&(const struct dma_map_ops){ .alloc = g });\n}\n"
        assert list(_kind("object", text)) == ["(dma_map_ops)@f.alloc"]

    def test_data_is_no_object(self) -> None:
        assert not _kind("object", "struct point p = { .x = 1, .y = 2 };\n")
        assert not _kind(
            "object", "struct vm_fault vmf = {\n\t.vma = dst_vma,\n\t.page = NULL,\n};"
        )

    def test_what_stands_under_if_0_is_not_there(self) -> None:
        assert not _kind("object", "#if 0\nstruct my_ops o = { .open = a };\n#endif\n")


class TestConstants:
    def test_enumerators_carry_value_neighbour_and_enumeration(self) -> None:
        text = "enum fault_flag {\n\tFAULT_FLAG_WRITE = 1 << 0,\n\tFAULT_FLAG_X =\t1 << 13,\n};\n"
        flag = _kind("flag", text)["FAULT_FLAG_X"]
        assert (flag.parent, flag.value, flag.after) == (
            "enum fault_flag",
            "1 << 13",
            "FAULT_FLAG_WRITE",
        )

    def test_constants_and_ioctls_of_a_uapi_header(self) -> None:
        text = (
            "#define UFFD_FEATURE_MOVE\t\t(1<<16)\n"
            "#define KVM_CREATE_GUEST_MEMFD\t_IOWR(KVMIO,  0xd4, struct kvm_create_guest_memfd)\n"
            "#define __always_min(a, b) ((a) < (b) ? (a) : (b))\n"
            "#define lower_case 1\n"
            "#define GUARD_ONLY\n"
        )
        path = "include/uapi/linux/x.h"
        assert {name: one.value for name, one in _kind("flag", text, path).items()} == {
            "UFFD_FEATURE_MOVE": "(1<<16)"
        }
        (ioctl,) = _kind("ioctl", text, path).values()
        assert (ioctl.name, ioctl.parent) == ("KVM_CREATE_GUEST_MEMFD", "uapi")

    def test_a_constant_within_a_struct_is_found(self) -> None:
        text = "struct uffdio_api {\n\t__u64 api;\n#define UFFD_X (1<<0)\n\t__u64 features;\n};\n"
        assert list(_kind("flag", text)) == ["UFFD_X"]
        assert list(_kind("member", text)) == ["api", "features"]

    def test_a_mask_over_several_lines_is_one_value(self) -> None:
        text = "#define UFFD_API_FEATURES (UFFD_A |\t\\\n\t\t\t   UFFD_B)\n"
        assert _kind("flag", text)["UFFD_API_FEATURES"].value == "(UFFD_A | UFFD_B)"


class TestFunctions:
    def test_signature_on_one_line_without_attributes_being_lost(self) -> None:
        text = (
            "static __always_inline ssize_t mfill_atomic(struct userfaultfd_ctx *ctx,\n"
            "\t\t\t\t\t    unsigned long dst_start) /* why */\n{\n\treturn 0;\n}\n"
        )
        (function,) = _kind("function", text).values()
        assert function.type == (
            "static __always_inline ssize_t mfill_atomic(struct userfaultfd_ctx *ctx, "
            "unsigned long dst_start)"
        )
        assert (function.line, function.end) == (1, 5)

    def test_white_space_and_comments_do_not_change_a_body(self) -> None:
        one = _kind("function", "int f(void)\n{\n\treturn a + b;\n}\n")["f"]
        two = _kind("function", "int f(void)\n{\n\t/* sum */\n\treturn a\n\t\t+ b;\n}\n")["f"]
        three = _kind("function", "int f(void)\n{\n\treturn a - b;\n}\n")["f"]
        assert one.digest == two.digest != three.digest

    def test_annotated_functions_keep_their_names(self) -> None:
        text = "static int f(struct x *p)\n\t__acquires(&p->lock)\n{\n\treturn 0;\n}\n"
        assert list(_kind("function", text)) == ["f"]

    def test_system_calls_have_their_names(self) -> None:
        text = "SYSCALL_DEFINE1(userfaultfd, int, flags)\n{\n\treturn 0;\n}\n\nint g(void)\n{\n}\n"
        assert sorted(_kind("function", text)) == ["g", "sys_userfaultfd"]

    def test_macros_called_in_an_initialiser_seen_in_part_are_no_prototypes(self) -> None:
        text = "static const struct d descs[] = {\n}, ID_A(X), ID_B(4,2),\n ID_C(B),\n { X(1),\n};"
        assert _kind("prototype", text) == {}

    def test_helpers_of_bpf_programs_have_their_names(self) -> None:
        text = "BPF_CALL_2(bpf_x, u32, a,\n\t   u32, b)\n{\n\treturn a;\n}\n\nint g(void)\n{\n}\n"
        assert sorted(_kind("function", text)) == ["bpf_x", "g"]

    def test_a_declaration_is_a_prototype_and_a_local_one_is_nothing(self) -> None:
        text = "struct folio *f(int a);\nint g(void)\n{\n\tint (*p)(void) = h;\n\treturn p();\n}\n"
        assert list(_kind("prototype", text)) == ["f"]
        assert list(_kind("function", text)) == ["g"]

    def test_a_stub_for_the_other_configuration_is_the_same_function(self) -> None:
        text = (
            "#ifdef CONFIG_A\nint f(int a);\n#else\nstatic inline int f(int a)\n{\n"
            "\treturn 0;\n}\n#endif\n"
        )
        assert [(one.kind, one.guard) for one in _all(text)] == [
            ("prototype", "CONFIG_A"),
            ("function", "!CONFIG_A"),
        ]


def test_exports_of_every_sort() -> None:
    text = (
        "EXPORT_SYMBOL(a);\nEXPORT_SYMBOL_GPL(b);\nEXPORT_SYMBOL_NS_GPL(c, CXL);\n"
        'EXPORT_SYMBOL_FOR_MODULES(d, "kvm");\nEXPORT_PER_CPU_SYMBOL(e);\n/* EXPORT_SYMBOL(f); */\n'
    )
    exports = _kind("export", text)
    assert {name: (one.type, one.value) for name, one in exports.items()} == {
        "a": ("EXPORT_SYMBOL", ""),
        "b": ("EXPORT_SYMBOL_GPL", ""),
        "c": ("EXPORT_SYMBOL_NS_GPL", "CXL"),
        "d": ("EXPORT_SYMBOL_FOR_MODULES", "kvm"),
        "e": ("EXPORT_PER_CPU_SYMBOL", ""),
    }


def test_tracepoints() -> None:
    text = "TRACE_EVENT(mm_fault,\n\tTP_PROTO(int a));\nDEFINE_EVENT(cls, kvm_gmem_get,\n\tTP);\n"
    assert sorted(_kind("tracepoint", text, "include/trace/events/x.h")) == [
        "kvm_gmem_get",
        "mm_fault",
    ]


def test_which_files_count() -> None:
    assert is_c("virt/kvm/guest_memfd.c")
    assert not is_c("tools/testing/selftests/kvm/guest_memfd_test.c")
    assert is_kconfig("mm/Kconfig")
    assert is_kconfig("lib/Kconfig.debug")
    assert not is_kconfig("Documentation/kbuild/Kconfig.rst")


@given(st.binary())
def test_any_bytes_are_read_without_error(raw: bytes) -> None:
    elements_of_c("mm/x.c", raw)


@given(
    st.lists(
        st.sampled_from(
            [
                "struct s_ops {\n", "int (*a)(int);\n", "};\n", "#ifdef A\n", "#endif\n", "{", "}",
                "static struct s_ops x = {\n", ".a = f,\n", "int f(int a)\n", "#define X 1\n",
                "enum e {\n", "A,\n", "EXPORT_SYMBOL(f);\n", "/*\n", "*/\n", '"', "(", ")",
            ]
        ),
        max_size=30,
    ).map("".join)
)  # fmt: skip
def test_broken_c_is_read_without_error(text: str) -> None:
    for element in _all(text):
        assert 0 < element.line <= element.end


def test_a_variable_that_hands_on_its_arguments_is_no_object() -> None:
    """kunit: test, 23 December 2025: .file = file says nothing of an ops struct."""
    text = (
        b"int f(struct file *file, unsigned long addr)\n{\n"
        b"\tstruct mmap_params params = {\n\t\t.file = file,\n\t\t.addr = addr,\n\t};\n}\n"
    )
    assert [
        one for one in elements_of_c("lib/kunit/user_alloc.c", text) if one.kind == "object"
    ] == []


def test_macros_with_arguments_are_interface_where_user_space_sees_them() -> None:
    text = (
        b"#define KVM_REG_ARM64_SVE_ZREG(n, i)\t\\\n\t(KVM_REG_ARM64 | ((n) << 5) | (i))\n"
        b"#define KVM_SVE_SIZE sizeof(struct kvm_sve)\n"
        b"#define __KVM_HAVE_X\n"
        b"#define KVM_NOW() 1\n"
    )
    found = {one.name: one for one in elements_of_c("arch/arm64/include/uapi/asm/kvm.h", text)}
    assert set(found) == {"KVM_REG_ARM64_SVE_ZREG", "KVM_SVE_SIZE", "KVM_NOW"}
    macro = found["KVM_REG_ARM64_SVE_ZREG"]
    assert (macro.kind, macro.type) == ("flag", "KVM_REG_ARM64_SVE_ZREG(n, i)")
    assert macro.value == "(KVM_REG_ARM64 | ((n) << 5) | (i))"
    assert elements_of_c("arch/arm64/include/asm/kvm.h", text) == ()


def test_statistics_and_sysctls_are_entries_of_their_tables() -> None:
    text = (
        b"const struct _kvm_stats_desc kvm_vm_stats_desc[] = {\n\tKVM_GENERIC_VM_STATS(),\n"
        b"\tSTATS_DESC_COUNTER(VM, pages_4k),\n};\n"
        b"static const struct ctl_table vm_table[] = {\n\t{\n\t\t.mode = 0644,\n"
        b'\t\t.procname = "swappiness",\n\t},\n#ifdef CONFIG_NUMA\n'
        b'\t{ .procname = "numa_stat", .proc_handler = sysctl_numa },\n#endif\n\t{ }\n};\n'
    )
    found = [one for one in elements_of_c("mm/x.c", text) if one.kind == "object"]
    assert [(one.name, one.value, one.guard) for one in found] == [
        ("kvm_vm_stats_desc[KVM_GENERIC_VM_STATS()]", "KVM_GENERIC_VM_STATS()", ""),
        (
            "kvm_vm_stats_desc[STATS_DESC_COUNTER(VM, pages_4k)]",
            "STATS_DESC_COUNTER(VM, pages_4k)",
            "",
        ),
        ("vm_table[swappiness]", '{ .mode = 0644, .procname = "swappiness", }', ""),
        (
            "vm_table[numa_stat]",
            '{ .procname = "numa_stat", .proc_handler = sysctl_numa }',
            "CONFIG_NUMA",
        ),
    ]


def test_a_variable_of_a_function_that_holds_its_own_values_is_no_object() -> None:
    """clk, 18 July 2024: .name = parent_name beside KVM's .handler = kvm_pre_set_attributes."""
    text = (
        b"int f(const char *parent_name)\n{\n\tu32 parent_rate = 1;\n"
        b"\tstruct kvm_mmu_notifier_range r = { .handler = kvm_pre_set_attributes };\n"
        b"\tstruct fixed_params p = { .name = parent_name, .rate = parent_rate };\n"
        b"\tstruct rmap_walk_control rwc = {\n\t\t.rmap_one = folio_referenced_rmap_one,\n"
        b"\t\t.arg = parent_name,\n\t\t.anon_lock = folio_lock_anon_vma_read,\n\t};\n}\n"
    )
    found = [one.name for one in elements_of_c("mm/rmap.c", text) if one.kind == "object"]
    assert found == ["r.handler", "rwc.rmap_one", "rwc.arg", "rwc.anon_lock"]

# SPDX-License-Identifier: GPL-2.0-or-later
"""Who defines, sets and calls a hook."""

from collections.abc import Callable, Sequence

from reviewtool.interface.hookuse import HookUse, HookUses, hook_uses

HEADER = b"""
struct vm_operations_struct {
	void (*open)(struct vm_area_struct *area);
#ifdef CONFIG_NUMA
	/* who lives here */
	int (*set_policy)(struct vm_area_struct *vma, struct mempolicy *new);
#endif
};
struct vm_area_struct {
	const struct vm_operations_struct *vm_ops;
};
struct file_operations {
	int (*open)(struct inode *inode, struct file *file);
};
"""
USER = b"""
static const struct vm_operations_struct a_vm_ops = {
	.open = a_open,
#ifdef CONFIG_NUMA
	.set_policy = a_set_policy,
#endif
};
static const struct file_operations a_fops = { .open = a_file_open };

int a(struct vm_area_struct *vma, struct file *file)
{
	if (vma->vm_ops && vma->vm_ops->open)
		vma->vm_ops->open(vma);
	/* vma->vm_ops->open(vma); */
	return file->f_op->open(NULL, file);
}

int b(struct vm_area_struct *vma)
{
	const struct vm_operations_struct *const ops = vma->vm_ops;

	for_each_thing(x) {
#ifdef CONFIG_NUMA
		(ops->set_policy)(vma, NULL);
#endif
	}
	return 0;
}
"""
ELSEWHERE = b"int c(struct other *ops)\n{\n\treturn ops->set_policy(1);\n}\n"
X86 = b"int d(void)\n{\n\treturn kvm_x86_call(gmem_prepare)(kvm);\n}\n"
TABLE = b"struct kvm_x86_ops {\n\tint (*gmem_prepare)(struct kvm *kvm);\n};\n"
FILES = {
    "include/linux/mm.h": HEADER,
    "mm/a.c": USER,
    "mm/c.c": ELSEWHERE,
    "arch/x86/include/asm/kvm_host.h": TABLE,
    "arch/x86/kvm/x86.c": X86,
}


def uses(name: str, *structs: str, files: dict[str, bytes] = FILES) -> HookUses:
    def ask(
        question: Callable[[str, bytes], Sequence[HookUse]], words: Sequence[str]
    ) -> tuple[HookUse, ...]:
        return tuple(
            one
            for path, raw in files.items()
            if any(word.encode() in raw for word in words)
            for one in question(path, raw)
        )

    return hook_uses(name, structs, ask)


def test_the_slot_with_its_type_condition_and_comment() -> None:
    (slot,) = uses("set_policy").defined
    assert (slot.struct, slot.path, slot.guard) == (
        "vm_operations_struct",
        "include/linux/mm.h",
        "CONFIG_NUMA",
    )
    assert slot.text == "int (*set_policy)(struct vm_area_struct *vma, struct mempolicy *new)"
    assert slot.comment == "who lives here"


def test_who_sets_it_and_when() -> None:
    (one,) = uses("set_policy").set
    assert (one.inside, one.text, one.guard) == ("a_vm_ops", "a_set_policy", "CONFIG_NUMA")


def test_a_hook_many_structs_have_is_asked_for_by_struct() -> None:
    both = uses("open")
    assert both.structs == ("vm_operations_struct", "file_operations")
    assert {one.text for one in both.set} == {"a_open", "a_file_open"}
    (only,) = uses("open", "file_operations").set
    assert only.text == "a_file_open"


def test_a_call_is_told_by_what_its_receiver_is_declared_as() -> None:
    found = uses("open", "vm_operations_struct")
    assert [(one.inside, one.text) for one in found.called] == [("a", "vm_ops")]
    assert found.elsewhere == 1, "the call through f_op is of another struct"


def test_a_local_pointer_counts_in_its_own_file_only() -> None:
    found = uses("set_policy")
    assert [(one.path, one.inside, one.text, one.guard) for one in found.called] == [
        ("mm/a.c", "b", "ops", "CONFIG_NUMA")
    ]
    assert found.elsewhere == 1, "ops of mm/c.c is something else"


def test_a_call_with_other_arguments_is_of_another_struct() -> None:
    """6.12: cifs calls ->fallocate of its own table through a pointer called ops as well."""
    files = {
        "include/linux/fs.h": (
            b"struct file_operations {\n\tlong (*fallocate)(struct file *file, int mode,\n"
            b"\t\t\t  loff_t offset, loff_t len);\n};\n"
            b"struct cdev {\n\tconst struct file_operations *ops;\n};\n"
        ),
        "fs/smb/client/cifsfs.c": (
            b"long cifs_fallocate(struct file *file)\n{\n"
            b"\treturn server->ops->fallocate(file, tcon(f, 1), mode, off, len);\n}\n"
        ),
        "fs/char_dev.c": (
            b"long cdev_fallocate(struct cdev *c)\n{\n"
            b"\treturn c->ops->fallocate(file(c, 1),\n\t\tmode, 0, ((len)));\n}\n"
        ),
    }
    found = uses("fallocate", files=files)
    assert [one.inside for one in found.called] == ["cdev_fallocate"]
    assert found.elsewhere == 1


def test_a_static_call_of_kvm_is_a_call() -> None:
    (call,) = uses("gmem_prepare").called
    assert (call.inside, call.text) == ("d", "kvm_x86_ops")


def test_an_unknown_hook_has_no_definition() -> None:
    assert uses("no_such_hook").defined == ()

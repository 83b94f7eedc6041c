# SPDX-License-Identifier: GPL-2.0-or-later
"""A module that uses what the core does not export."""

import pytest

from reviewtool.archive.types import Patch, Revision
from reviewtool.interface.unexported import Core, core_of, unexported


def _revision(*diffs: str) -> Revision:
    patches = tuple(
        Patch(index, len(diffs), "s", f"{index}@x", "A <a@x>", "", "", diff, (), b"")
        for index, diff in enumerate(diffs, start=1)
    )
    return Revision(
        "v1", "t", False, 1, False, "", "A <a@x>", None, None, (), None, patches, (), True, (), ()
    )


def _adds(path: str, *lines: str) -> str:
    head = f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n"
    return (
        head
        + f"@@ -9,0 +10,{len(lines)} @@ static int f(void)\n"
        + "".join(f"+{line}\n" for line in lines)
    )


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Core:
    root = tmp_path_factory.mktemp("tree")
    files = {
        "mm/filemap.c": (
            "void filemap_remove_folio(struct folio *folio)\n{\n\treturn;\n}\n\n"
            "struct folio *__filemap_get_folio(struct address_space *mapping,\n"
            "\t\tpgoff_t index)\n{\n\treturn NULL;\n}\nEXPORT_SYMBOL(__filemap_get_folio);\n"
            "/* EXPORT_SYMBOL(filemap_remove_folio); */\n"
            "static int only_here(void)\n{\n\treturn 0;\n}\n"
        ),
        "fs/userfaultfd.c": "vm_fault_t handle_userfault(struct vm_fault *v)\n{\n}\n",
        "fs/ext4/inode.c": "int ext4_only(void)\n{\n\treturn 0;\n}\n",
    }
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return core_of(root)


def test_the_core_is_what_is_always_built_in(core: Core) -> None:
    assert core.defined == {
        "filemap_remove_folio": "mm/filemap.c",
        "__filemap_get_folio": "mm/filemap.c",
        "handle_userfault": "fs/userfaultfd.c",
    }
    assert core.exported == {"__filemap_get_folio"}


def test_a_call_of_what_is_not_exported_is_a_finding(core: Core) -> None:
    revision = _revision(
        _adds("virt/kvm/guest_memfd.c", "\tf = __filemap_get_folio(m, i);"),
        _adds("virt/kvm/guest_memfd.c", "\tfilemap_remove_folio(folio);"),
    )
    (found,) = unexported(revision, core)
    assert (found.name, found.parent, found.type, found.patch) == (
        "filemap_remove_folio",
        "KVM -> mm",
        "not exported",
        2,
    )
    assert found.value == "defined in mm/filemap.c; used by virt/kvm/guest_memfd.c: f"


def test_a_function_put_into_a_slot_is_used(core: Core) -> None:
    slot = _adds("virt/kvm/guest_memfd.c", "\t.remove = filemap_remove_folio,")
    assert [one.name for one in unexported(_revision(slot), core)] == ["filemap_remove_folio"]


def test_the_revision_may_export_it_itself(core: Core) -> None:
    use = _adds("virt/kvm/guest_memfd.c", "\treturn handle_userfault(vmf, 1);")
    export = _adds("fs/userfaultfd.c", "}", 'EXPORT_SYMBOL_FOR_MODULES(handle_userfault, "kvm");')
    assert [one.name for one in unexported(_revision(use), core)] == ["handle_userfault"]
    assert unexported(_revision(use, export), core) == ()


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("mm/shmem.c", "\tfilemap_remove_folio(folio);"),  # built in itself
        ("virt/kvm/guest_memfd.c", "\t/* filemap_remove_folio(folio); */"),
        ("virt/kvm/guest_memfd.c", '\tpr_info("filemap_remove_folio()");'),
        ("virt/kvm/guest_memfd.c", "\tops->filemap_remove_folio(folio);"),
        ("virt/kvm/guest_memfd.c", "\tint handle_userfault = 1;"),
        ("tools/testing/selftests/kvm/t.c", "\thandle_userfault(x);"),
    ],
)
def test_what_is_no_finding(core: Core, path: str, line: str) -> None:
    assert unexported(_revision(_adds(path, line)), core) == ()

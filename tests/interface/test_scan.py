# SPDX-License-Identifier: GPL-2.0-or-later
"""Questions to a whole tree."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from reviewtool.errors import InputError
from reviewtool.interface.initialisers import holds_literal, may_hold_initialiser
from reviewtool.interface.scan import exports_in_tree, objects_in_tree, source_files


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    files = {
        "mm/a.c": (
            "#define OPS(x) static struct vm_operations_struct x = { .fault = f }\n"
            "/* struct vm_operations_struct not = { .fault = f }; */\n"
            "static const struct vm_operations_struct a_ops __ro_after_init = {\n"
            "\t.open = a_open,\n#ifdef CONFIG_NUMA\n\t.set_policy = a_policy,\n#endif\n};\n"
            "EXPORT_SYMBOL_GPL(a_open);\n"
        ),
        "drivers/x/b.c": (
            "int f(void)\n{\n\tstatic struct vm_operations_struct in_f = { .close = g };\n"
            "\tfor_each_thing(a) {\n\t}\n\treturn 0;\n}\n"
        ),
        "drivers/x/other.c": "struct file_operations b_ops = { .open = c };\n",
        "mm/notes.txt": "struct vm_operations_struct t = { .open = c };\n",
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    (tmp_path / "mm" / "link.c").symlink_to("a.c")
    return tmp_path


def test_sources_are_found_once(tree: Path) -> None:
    assert source_files(tree) == ["drivers/x/b.c", "drivers/x/other.c", "mm/a.c"]


def test_every_slot_with_its_condition_place_and_function(tree: Path) -> None:
    found = objects_in_tree(tree, ["vm_operations_struct"])
    assert [(one.path, one.line, one.name, one.value, one.guard) for one in found] == [
        ("drivers/x/b.c", 3, "in_f.close", "g", ""),
        ("mm/a.c", 4, "a_ops.open", "a_open", ""),
        ("mm/a.c", 6, "a_ops.set_policy", "a_policy", "CONFIG_NUMA"),
    ]


def test_several_structs_at_once(tree: Path) -> None:
    found = objects_in_tree(tree, ["vm_operations_struct", "file_operations"])
    assert {one.parent for one in found} == {"vm_operations_struct", "file_operations"}


def test_a_compound_literal_is_named_by_its_function(tree: Path) -> None:
    text = "void h(void)\n{\n\tuse(&(struct vm_operations_struct) { .open = c });\n}\n"
    (tree / "mm" / "c.c").write_text(text)
    names = [one.name for one in objects_in_tree(tree, ["vm_operations_struct"])]
    assert "(vm_operations_struct)@h.open" in names


def test_the_work_may_be_given_to_another_executor(tree: Path) -> None:
    with ThreadPoolExecutor(1) as executor:
        elsewhere = objects_in_tree(tree, ["vm_operations_struct"], executor=executor)
    assert elsewhere == objects_in_tree(tree, ["vm_operations_struct"])


def test_exports(tree: Path) -> None:
    assert [(one.path, one.name) for one in exports_in_tree(tree)] == [("mm/a.c", "a_open")]


def test_no_such_tree_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such tree"):
        objects_in_tree(tmp_path / "none", ["vm_operations_struct"])


def test_many_comments_after_a_name_are_passed_over_once() -> None:
    """With a comment that might end later as well, this would not end in a lifetime."""
    text = b"struct file_operations x\n" + b"/* = */ a = b, /* c */\n" * 2000
    names, first = (b"file_operations",), [7]
    assert not may_hold_initialiser(names, text, first)
    assert may_hold_initialiser(names, text + b"= /* why */ { .open = f }", first)
    assert not holds_literal(names, text + b")", first)


def test_a_word_is_found_wherever_it_stands_in_files_of_any_size(tmp_path: Path) -> None:
    word = b"\nstruct vm_operations_struct o = { .open = f };"
    sizes = (0, 1, (1 << 20) - len(word), 1 << 20, 3 << 20)
    for size in sizes:
        (tmp_path / f"{size}.c").write_bytes(b" " * size + word)
    (tmp_path / "shorter.c").write_bytes(word[:-40])  # read after the others, into their buffer
    (tmp_path / "empty.c").touch()
    found = objects_in_tree(tmp_path, ["absent", "vm_operations_struct"])
    assert sorted(one.path for one in found) == sorted(f"{size}.c" for size in sizes)

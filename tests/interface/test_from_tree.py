# SPDX-License-Identifier: GPL-2.0-or-later
"""The interface from the files a revision leaves behind."""

from dataclasses import replace
from pathlib import Path

import pytest

from reviewtool.interface import from_tree
from reviewtool.interface.from_mail import snapshot_diffs
from reviewtool.interface.from_tree import elements_of, snapshot_tree
from reviewtool.interface.hunks import file_diffs
from reviewtool.interface.types import Element

pytestmark = pytest.mark.usefixtures("cache")

_HEADER = b"struct vm_operations_struct {\n\tint (*fault)(int);\n\tint (*access)(int);\n};\n"
_NEW_HEADER = (
    b"struct vm_operations_struct {\n\tint (*fault)(long);\n#ifdef CONFIG_X\n"
    b"\tint (*get)(int);\n#endif\n};\n"
)
_CODE = b"int f(int a)\n{\n\treturn 0;\n}\nint g(int a)\n{\n\treturn 1;\n}\n"
_NEW_CODE = b"int f(int a)\n{\n\treturn 2;\n}\n/* moved down */\nint g(int a)\n{\n\treturn 1;\n}\n"


def _states(elements: tuple[Element, ...]) -> dict[str, str]:
    return {one.name: one.state for one in elements}


def test_states_are_told_against_the_base() -> None:
    base = {"include/linux/mm.h": _HEADER, "mm/x.c": _CODE}
    files = {"include/linux/mm.h": _NEW_HEADER, "mm/x.c": _NEW_CODE}
    found = snapshot_tree("v1", files, base)
    assert not found.partial
    assert _states(found.touched()) == {"fault": "changed", "get": "added", "f": "changed"}
    assert _states(found.removed) == {"access": "removed"}
    assert {one.name for one in found.before} == {"fault", "f"}


def test_without_a_base_every_element_counts() -> None:
    found = snapshot_tree("base", {"mm/x.c": _CODE})
    assert {one.name for one in found.touched()} == {"f", "g"}


def test_a_new_file_a_deleted_one_and_one_that_is_no_source() -> None:
    found = snapshot_tree(
        "v1",
        {"mm/new.c": _CODE, "mm/old.c": None, "README": b"int f(void) { }\n"},
        {"mm/new.c": None, "mm/old.c": b"int h(void)\n{\n}\n", "README": None},
    )
    assert _states(found.touched()) == {"f": "added", "g": "added"}
    assert _states(found.removed) == {"h": "removed"}


def test_a_function_in_another_file_has_moved() -> None:
    one = b"int f(int a)\n{\n\treturn 0;\n}\n"
    found = snapshot_tree("v1", {"mm/b.c": one, "mm/a.c": b""}, {"mm/a.c": one, "mm/b.c": b""})
    assert _states(found.touched()) == {"f": "changed"}
    assert [old.path for old in found.before] == ["mm/a.c"]
    assert not found.removed


def test_the_mail_tells_which_patch_makes_a_change() -> None:
    diff = (
        "--- a/mm/x.c\n+++ b/mm/x.c\n@@ -1,4 +1,4 @@\n int f(int a)\n {\n-\treturn 0;\n"
        "+\treturn 2;\n }\n"
    )
    mail = snapshot_diffs("v1", [(7, tuple(file_diffs(diff)))])
    found = snapshot_tree("v1", {"mm/x.c": _NEW_CODE}, {"mm/x.c": _CODE}, mail)
    assert [(one.name, one.patch) for one in found.touched()] == [("f", 7)]


def test_core_mm_naming_kvm_is_found_in_files_as_well() -> None:
    now = b"int g(int a)\n{\n\treturn kvm_gmem_vma_is_gmem(a);\n}\n"
    found = snapshot_tree("v1", {"mm/x.c": now}, {"mm/x.c": b"int g(int a)\n{\n\treturn 0;\n}\n"})
    (finding,) = [one for one in found.touched() if one.kind == "reference"]
    assert (finding.name, finding.value, finding.state) == (
        "kvm_gmem_vma_is_gmem",
        "mm/x.c: g",
        "added",
    )


def test_a_file_seen_before_is_not_read_again(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = elements_of("mm/x.c", _CODE)

    def never(path: str, raw: bytes) -> tuple[Element, ...]:
        raise AssertionError(f"{path} was read again")

    monkeypatch.setattr(from_tree, "elements_of_c", never)
    assert elements_of("mm/x.c", _CODE) == first
    with pytest.raises(AssertionError, match="read again"):
        elements_of("mm/x.c", _NEW_CODE)


def test_a_changed_question_is_asked_again(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elements_of("mm/x.c", _CODE)
    from_tree.questions.cache_clear()
    monkeypatch.setattr(from_tree, "query_text", lambda name: f"; another query {name}")
    asked = []

    def count(path: str, raw: bytes) -> tuple[Element, ...]:
        asked.append(path)
        return ()

    monkeypatch.setattr(from_tree, "elements_of_c", count)
    elements_of("mm/x.c", _CODE)
    assert asked == ["mm/x.c"]
    from_tree.questions.cache_clear()


def test_what_comes_out_of_the_cache_is_what_went_in() -> None:
    raw = _HEADER + _CODE + b"enum e { A = 1, B };\n#define X_Y 3\n"
    first = elements_of("include/linux/x.h", raw)
    again = elements_of("include/linux/x.h", raw)
    assert first == again
    assert all(isinstance(one.sketch, tuple) for one in again)
    assert replace(first[0]) == first[0]

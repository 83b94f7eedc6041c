# SPDX-License-Identifier: GPL-2.0-or-later
"""The interface of a whole kernel tree, against a second reading that knows no grammar.

The second reading walks the text character by character: comments and dead code out, then every
initialiser of the struct by its braces. It shares no line with the code under test.
"""

import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from reviewtool.archive.read import read_file
from reviewtool.errors import RequestError
from reviewtool.interface.extract import elements_of_c, is_c, is_kconfig
from reviewtool.interface.from_mail import snapshot_diffs
from reviewtool.interface.hunks import file_diffs
from reviewtool.interface.kconfig import grammar_symbols, options
from reviewtool.interface.scan import exports_in_tree, objects_in_tree, source_files
from reviewtool.interface.types import Element
from reviewtool.interface.unexported import core_of, unexported
from reviewtool.interface.values import values
from reviewtool.tree.base import find_base

STRUCTS = (
    "vm_operations_struct",
    "vm_uffd_ops",
    "file_operations",
    "address_space_operations",
    "inode_operations",
    "super_operations",
    "kvm_x86_ops",
)
Pairs = Counter[tuple[str, str, str]]  # (path, object, slot)


@pytest.fixture(scope="session")
def tree() -> Path:
    """An unpacked kernel: $REVIEWTOOL_TREE, else Debian's linux-source."""
    try:
        base = find_base()
    except RequestError as error:
        pytest.skip(f"no kernel source: {error}")
    if base.kind != "directory":
        pytest.skip(f"needs an unpacked tree, and {base.path} is a git clone")
    return base.path


def _without_comments(text: str) -> str:
    out: list[str] = []
    at = 0
    while (token := re.compile(r"//|/\*|\"|'").search(text, at)) is not None:
        out.append(text[at : token.start()])
        if token[0] == "//":
            at = text.find("\n", token.end())
        elif token[0] == "/*":
            at = text.find("*/", token.end()) + 2
            out.append(" " + "\n" * text.count("\n", token.start(), at))
        else:
            at = token.end()
            while text[at : at + 1] not in (token[0], "\n", ""):
                at += 2 if text[at] == "\\" else 1
            at += 1
            out.append(text[token.start() : at])
        if at <= token.start():
            return "".join(out)
    return "".join((*out, text[at:]))


def _without_directives(text: str) -> str:
    """No directives, no macro bodies, nothing between ``#if 0`` and its end."""
    kept: list[str] = []
    depth = dead = 0
    for line in text.replace("\\\n", " ").split("\n"):
        found = re.match(r"\s*#\s*(\w+)\s*(.*)", line)
        if found is None:
            if not dead:
                kept.append(line)
        elif found[1].startswith("if"):
            depth += 1
            if not dead and found[2].strip() == "0":
                dead = depth
        elif found[1] == "endif":
            dead = 0 if dead == depth else dead
            depth -= 1
        elif found[1] in ("else", "elif") and dead == depth:
            dead = 0
    return "\n".join(kept)


def _braces(text: str, opening: int) -> str:
    depth = 0
    for at in range(opening, len(text)):
        depth += (text[at] == "{") - (text[at] == "}")
        if depth == 0:
            return text[opening + 1 : at]
    raise AssertionError("a brace is never closed")


def _items(text: str) -> list[str]:
    parts, depth, current = [], 0, ""
    for letter in text:
        depth += (letter in "({[") - (letter in ")}]")
        if letter == "," and depth == 0:
            parts.append(current)
            current = ""
        else:
            current += letter
    return [*parts, current]


def _slots(text: str) -> list[str]:
    found = (re.match(r"\s*\.\s*(\w+)\s*=", item) for item in _items(text))
    return [one[1] for one in found if one]


_NO_NAME = re.compile(r"__\w*(?:init|const|read|used|cache|refdata|aligned)\w*|const$")


@pytest.fixture(scope="session")
def truth(tree: Path) -> dict[str, Pairs]:
    """By struct, every (path, object, slot); an array counts as one object."""
    found: dict[str, Pairs] = {struct: Counter() for struct in STRUCTS}
    for path in source_files(tree):
        raw = (tree / path).read_bytes()
        named = [struct for struct in STRUCTS if struct.encode() in raw]
        if not named:
            continue
        text = _without_directives(_without_comments(raw.decode("latin-1")))
        for struct in named:
            found[struct] += second_reading(path, text, struct)
    return found


@pytest.fixture(scope="session")
def slots(tree: Path) -> tuple[Element, ...]:
    """What the code under test finds, in one question about all the structs."""
    return objects_in_tree(tree, STRUCTS)


def second_reading(path: str, text: str, struct: str) -> Pairs:
    """The slots set in one file, by its braces."""
    pairs: Pairs = Counter()
    declaration = rf"\b(?:struct\s+)?{struct}\b([^;{{}}()=]*)(?:\([^;{{}}()=]*\)\s*)?=\s*\{{"
    for found in re.finditer(declaration, text):
        words = re.findall(r"\w+", re.sub(r"\[[^]]*\]", "", found[1]))
        named = [word for word in words if not _NO_NAME.match(word)]
        if not named:
            continue
        body = _braces(text, found.end() - 1)
        bodies = [body]
        if "[" in found[1]:
            entries = [item for item in _items(body) if "{" in item]
            bodies = [entry[entry.index("{") + 1 : entry.rindex("}")] for entry in entries]
        pairs.update((path, named[0], slot) for one in bodies for slot in _slots(one))
    for found in re.finditer(rf"\(\s*(?:const\s+)?(?:struct\s+)?{struct}\s*\)\s*\{{", text):
        body = _braces(text, found.end() - 1)
        pairs.update((path, "", slot) for slot in _slots(body))
    return pairs


def first_reading(slots: tuple[Element, ...], struct: str) -> Pairs:
    """The same from the code under test."""
    pairs: Pairs = Counter()
    for element in slots:
        if element.parent == struct:
            holder, _, slot = element.name.rpartition(".")
            name = "" if holder.startswith("(") else holder.split("[")[0]
            pairs[(element.path, name, slot)] += 1
    return pairs


@pytest.mark.parametrize("struct", ["vm_operations_struct", "vm_uffd_ops"])
def test_every_slot_of_every_mapping_is_found_and_nothing_else(
    truth: dict[str, Pairs], slots: tuple[Element, ...], struct: str
) -> None:
    assert first_reading(slots, struct) == truth[struct]
    if struct == "vm_operations_struct":
        assert truth[struct].total() > 300, "the second reading itself reads next to nothing"


@pytest.mark.parametrize("struct", STRUCTS[2:])
def test_nearly_every_slot_of_the_other_tables(
    truth: dict[str, Pairs], slots: tuple[Element, ...], struct: str
) -> None:
    there, found = truth[struct], first_reading(slots, struct)
    missed, extra = there - found, found - there
    assert there.total() > 100
    assert missed.total() <= there.total() * 0.005, sorted(missed)
    assert extra.total() <= there.total() * 0.005, sorted(extra)


def test_conditions_are_part_of_what_is_found(slots: tuple[Element, ...]) -> None:
    guards = {(one.path, one.name): one.guard for one in slots}
    assert guards[("mm/shmem.c", "shmem_vm_ops.get_policy")].endswith("CONFIG_NUMA")
    assert guards[("mm/shmem.c", "shmem_vm_ops.fault")] == "CONFIG_SHMEM"


def test_every_slot_is_found_in_a_patch_of_one_line_without_the_tree(
    tree: Path, slots: tuple[Element, ...], tmp_path: Path
) -> None:
    """Each line that sets a slot, as the only line a patch adds, in git's own words."""
    (tmp_path / "attributes").write_text("*.c diff=cpp\n*.h diff=cpp\n")
    missed, tried = [], 0
    for element in (one for one in slots if one.parent == "vm_operations_struct"):
        if element.line != element.end or "(" in element.name or not is_c(element.path):
            continue  # over several lines, of no name, or of no kernel
        lines = (tree / element.path).read_bytes().split(b"\n")
        with_line, without = tmp_path / "new.c", tmp_path / "old.c"
        with_line.write_bytes(b"\n".join(lines))
        without.write_bytes(b"\n".join(lines[: element.line - 1] + lines[element.line :]))
        argv = ["git", "-c", f"core.attributesFile={tmp_path / 'attributes'}", "diff"]
        argv += ["--no-index", "--no-ext-diff", "old.c", "new.c"]
        done = subprocess.run(argv, cwd=tmp_path, capture_output=True, check=False)
        assert done.returncode == 1, done.stderr
        diff = done.stdout.decode("utf-8", "surrogateescape")
        found = snapshot_diffs("one", [(1, tuple(file_diffs(diff)))])
        tried += 1
        told = [(one.name, one.parent) for one in found.touched() if one.kind == "object"]
        if told != [(element.name, "vm_operations_struct")]:
            missed.append((element.path, element.name, told))
    assert tried > 300
    assert not missed


@pytest.mark.parametrize("part", ["mm", "virt", "kernel"])
def test_every_exported_symbol_is_found(tree: Path, part: str) -> None:
    """Against the plainest possible reading: lines that begin with the macro."""
    plain: Counter[tuple[str, str]] = Counter()
    for path in source_files(tree / part):
        text = _without_comments((tree / part / path).read_text("latin-1"))
        for name in re.findall(r"(?m)^EXPORT_SYMBOL(?:_GPL)?\((\w+)\)", _without_directives(text)):
            plain[(path, name)] += 1
    found = Counter(
        (one.path, one.name)
        for one in exports_in_tree(tree / part)
        if one.type in ("EXPORT_SYMBOL", "EXPORT_SYMBOL_GPL")
    )
    assert plain.total() > 50
    assert not plain - found


def test_kconfig_symbols_agree_with_the_grammar_and_with_the_plain_text(tree: Path) -> None:
    """No symbol of the grammar's is missed; none is found that no line defines.

    Where help text ends in a line of blanks the grammar loses the next symbol, so the block
    reader may find more than it does, and does on two files of 6.12.
    """
    understood = read = 0
    for path in sorted(tree.glob("*/**/Kconfig*")):
        relative = str(path.relative_to(tree))
        if not is_kconfig(relative) or not path.is_file():
            continue
        raw = path.read_bytes()
        read += 1
        mine = Counter(one.name.removeprefix("CONFIG_") for one in options(relative, raw))
        plain = re.findall(r"(?m)^[ \t]*(?:menu)?config[ \t]+(\w+)", raw.decode())
        assert not mine - Counter(plain), relative
        told = grammar_symbols(raw)
        if told is not None:
            understood += 1
            assert not Counter(told) - mine, relative
    assert understood > 1000, f"the grammar understands {understood} of {read} files"


def test_what_the_robot_found_at_modpost_is_found_without_a_build(
    tree: Path, lore: Path, cache: Path
) -> None:
    """write() v4 removes a folio by a function only mm has: lkp's report of 31 August 2025.

    The spring series needs more than its patches export as well, which nobody said on the list;
    the November RFC exports what it uses, and says for whom.
    """
    core = core_of(tree)
    found = {}
    for name in ("uffd-rfc", "uffd-v2", "uffd-v3", "write-v4", "write-v5"):
        (revision,) = read_file(lore / f"kalyazin-{name}.mbox")
        found[name] = {one.name for one in unexported(revision, core)}
    (november,) = read_file(lore / "rppt-rfc.mbox")
    assert found == {
        "uffd-rfc": {"filemap_get_entry", "handle_userfault"},
        "uffd-v2": {"handle_userfault"},
        "uffd-v3": {"handle_userfault"},
        "write-v4": {"filemap_remove_folio"},
        "write-v5": set(),
    }
    assert unexported(november, core) == ()


def test_ioctl_numbers_are_those_user_space_has_always_used(tree: Path) -> None:
    """The numbers of userfaultfd(2) and guest_memfd, as strace prints them."""
    if shutil.which("cc") is None:
        pytest.skip("no C compiler (cc)")
    told: dict[str, int | None] = {}
    for path in ("include/uapi/linux/userfaultfd.h", "include/uapi/linux/kvm.h"):
        told.update(values(elements_of_c(path, (tree / path).read_bytes()), tree))
    assert told["UFFDIO_API"] == 0xC018AA3F
    assert told["UFFDIO_REGISTER"] == 0xC020AA00
    assert told["UFFDIO_COPY"] == 0xC028AA03
    assert told["KVM_CREATE_GUEST_MEMFD"] == 0xC040AED4
    assert told["UFFD_FEATURE_MOVE"] == 1 << 16
    # Numbers of other architectures need structs this one has not.
    assert told["KVM_ARM_VCPU_INIT"] is None

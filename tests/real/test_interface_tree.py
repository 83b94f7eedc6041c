# SPDX-License-Identifier: GPL-2.0-or-later
"""The interface of whole kernel trees, against a second reading that knows no grammar.

The second reading (second_reading.py) walks the text character by character and shares no line
with the code under test. The tree is $REVIEWTOOL_TREE, else Debian's 6.12, and beside it every
unpacked tree that $REVIEWTOOL_TEST_TREES names (folders, separated by colons), newest kernels
first of all.
"""

import os
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
from tests.real.second_reading import (
    Pairs,
    conditions,
    tree_pairs,
    without_comments,
    without_directives,
)

KVM_TABLES = (
    "kvm_x86_ops",
    "kvm_x86_init_ops",
    "kvm_x86_nested_ops",
    "kvm_pmu_ops",
    "kvm_device_ops",
    "kvm_io_device_ops",
    "kvmppc_ops",
)
STRUCTS = (
    "vm_operations_struct",
    "vm_uffd_ops",
    "file_operations",
    "address_space_operations",
    "inode_operations",
    "super_operations",
    *KVM_TABLES,
)


_DEFAULT = "default"
_OTHERS = [name for name in os.environ.get("REVIEWTOOL_TEST_TREES", "").split(":") if name]


@pytest.fixture(scope="session", params=[_DEFAULT, *(_OTHERS or ["newer"])])
def tree(request: pytest.FixtureRequest) -> Path:
    """An unpacked kernel."""
    if request.param in _OTHERS:
        folder = Path(request.param)
        assert (folder / "Kbuild").is_file(), f"REVIEWTOOL_TEST_TREES: no kernel in {folder}"
        return folder
    if request.param != _DEFAULT:
        pytest.skip("no newer kernel at hand: name unpacked trees in REVIEWTOOL_TEST_TREES")
    try:
        base = find_base()
    except RequestError as error:
        pytest.skip(f"no kernel source: {error}")
    if base.kind != "directory":
        pytest.skip(f"needs an unpacked tree, and {base.path} is a git clone")
    return base.path


@pytest.fixture(scope="session")
def truth(tree: Path) -> dict[str, Pairs]:
    """What the second reading finds."""
    return tree_pairs(tree, STRUCTS)


@pytest.fixture(scope="session")
def slots(tree: Path) -> tuple[Element, ...]:
    """What the code under test finds, in one question about all the structs."""
    return objects_in_tree(tree, STRUCTS)


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


def test_the_second_reading_agrees_with_a_count_by_hand(
    tree: Path, truth: dict[str, Pairs]
) -> None:
    """370 different slots of 7.2.13 were counted by another reader altogether."""
    head = (tree / "Makefile").read_text()[:200]
    if re.findall(r"^\w+ = (\d+)$", head, re.MULTILINE) != ["7", "2", "13"]:
        pytest.skip("the count is of 7.2.13")
    assert len(truth["vm_operations_struct"]) + len(truth["vm_uffd_ops"]) == 370


@pytest.mark.parametrize(
    "structs", [*((name,) for name in STRUCTS[2:6]), KVM_TABLES], ids=lambda names: names[0]
)
def test_nearly_every_slot_of_the_other_tables(
    truth: dict[str, Pairs], slots: tuple[Element, ...], structs: tuple[str, ...]
) -> None:
    there, found = Pairs(), Pairs()
    for struct in structs:
        there += truth[struct]
        found += first_reading(slots, struct)
    missed, extra = there - found, found - there
    assert there.total() > 100
    assert missed.total() <= there.total() * 0.005, sorted(missed)
    assert extra.total() <= there.total() * 0.005, sorted(extra)


def test_conditions_are_part_of_what_is_found(slots: tuple[Element, ...]) -> None:
    guards = {(one.path, one.name): one.guard for one in slots}
    assert guards[("mm/shmem.c", "shmem_vm_ops.get_policy")].endswith("CONFIG_NUMA")
    assert guards[("mm/shmem.c", "shmem_vm_ops.fault")] == "CONFIG_SHMEM"


def test_every_slot_stands_where_it_is_said_to_and_under_the_conditions_around_it(
    tree: Path, slots: tuple[Element, ...]
) -> None:
    wrong, under = [], 0
    for path in dict.fromkeys(element.path for element in slots):
        lines = (tree / path).read_text("latin-1").split("\n")
        around = conditions(lines)
        for element in (one for one in slots if one.path == path):
            expected = around[element.line - 1]
            under += bool(expected)
            slot = element.name.rpartition(".")[2]
            stands = re.search(rf"\b{slot}\b", lines[element.line - 1])
            if not stands or set(re.findall(r"CONFIG_\w+", element.guard)) != expected:
                wrong.append((path, element.line, element.name, element.guard, expected))
    assert under > 500
    assert not wrong


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
        text = without_comments((tree / part / path).read_text("latin-1"))
        for name in re.findall(r"(?m)^EXPORT_SYMBOL\w*\((\w+)[,)]", without_directives(text)):
            plain[(path, name)] += 1
    found = Counter((one.path, one.name) for one in exports_in_tree(tree / part))
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
    tree: Path, lore: Path, warm: Path
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

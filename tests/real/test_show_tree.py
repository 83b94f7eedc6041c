# SPDX-License-Identifier: GPL-2.0-or-later
"""What a kernel tree adds to ``show``, ``diff`` and ``log``: sizes, numbers, callers, modpost."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from reviewtool.cli.main import main
from reviewtool.tree.base import Base
from tests.schemas import check


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    status = main([*words, "--json", "--quiet"])
    told = capsys.readouterr()
    assert status in (0, 1), told.err
    found: dict[str, Any] = json.loads(told.out)
    check(found)
    return found


def test_a_hook_is_shown_with_who_sets_and_who_calls_it(
    base: Base, warm: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hook = ("--study", "embedded", "--tree", str(base.path), "--hook", "get_folio_noalloc")
    found = asked(capsys, "show", "v3", *hook)
    (slot,) = found["defined"]
    assert (slot["struct"], slot["guard"]) == ("vm_operations_struct", "CONFIG_USERFAULTFD")
    setters = {one["inside"]: (one["text"], one["guard"]) for one in found["set"]}
    assert set(setters) == {"shmem_vm_ops", "shmem_anon_vm_ops", "kvm_gmem_vm_ops"}
    function, guard = setters["kvm_gmem_vm_ops"]
    assert function == "kvm_gmem_get_folio_noalloc"
    assert "CONFIG_USERFAULTFD" in guard
    assert [one["inside"] for one in found["called"]] == ["mfill_atomic_pte_continue"]

    assert main(["show", "rfc", "--quiet", *hook]) == 2, "the RFC has no such hook"
    assert "has no hook get_folio_noalloc" in capsys.readouterr().err


def test_functions_are_measured_and_the_range_diff_is_gits(
    base: Base, warm: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = ("--study", "embedded", "--tree", str(base.path))
    assert all(one["complete"] for one in asked(capsys, "apply", "v3", *tree)["revisions"])
    shown = asked(capsys, "show", "v3", *tree)
    assert shown["applied"]["complete"]
    (patch,) = (one for one in shown["patches"] if "guest_memfd" in one["subject"])
    sizes = {one["name"]: one for one in patch["functions"]}
    added = sizes["kvm_gmem_get_folio_noalloc"]
    assert (added["change"], added["lines_before"]) == ("added", None)
    assert added["complexity_after"] > 1
    told = asked(capsys, "diff", "rfc", "v3", "--patches", *tree)
    assert "range-diff" in told["range_diff"]["command"]
    assert {one["state"] for one in told["range_diff"]["pairs"]} <= {
        "same",
        "changed",
        "added",
        "removed",
    }
    assert told["measures"]["v3"]["functions"]


def test_a_uapi_constant_has_the_number_the_compiler_gives_it(
    base: Base, warm: Path, lore: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """April's v3 as mailed; nothing exports handle_userfault to a modular KVM."""
    if shutil.which("cc") is None:
        pytest.skip("no C compiler (cc)")
    original = ("--study", str(_originals()), "--tree", str(base.path))
    shown = asked(capsys, "show", "v3-april", *original)
    assert shown["applied"]["complete"], "over its bridge and recorded resolutions"
    assert shown["numbers"]["UFFD_FEATURE_MINOR_GUEST_MEMFD"] == 1 << 17
    assert {one["name"] for one in shown["findings"]["not_exported"]} == {"handle_userfault"}
    # Beside shmem_get_policy() and so under its #ifdef: nobody said so on the list.
    missing = {one["parent"]: one["value"] for one in shown["findings"]["not_always_there"]}
    assert missing == {
        f"{holder}.can_userfault": "defined under CONFIG_NUMA, set under CONFIG_SHMEM"
        for holder in ("shmem_vm_ops", "shmem_anon_vm_ops")
    }


def test_the_life_of_a_hook_with_what_was_said_of_it(
    warm: Path, lore: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    boxes = [str(lore / f"rppt-{name}.mbox") for name in ("rfc", "v1", "v2", "v3")]
    assert main(["fetch", "--quiet", "--name", "november", "--from", *boxes]) == 0
    capsys.readouterr()
    found = asked(capsys, "log", "--hook", "get_folio")
    (hook,) = (row for row in found["rows"] if row["kind"] == "hook")
    assert list(hook["names"].values()) == [
        "get_pagecache_folio",
        "get_shared_folio",
        "get_folio",
        "get_folio_noalloc",
    ]
    hildenbrand = [one for one in found["remarks"] if "Hildenbrand" in one["author"]]
    assert any(one["revision"] == "rfc" for one in hildenbrand)
    assert main(["log", "--hook", "no_such_hook", "--quiet"]) == 2
    assert "no revision touches anything called no_such_hook" in capsys.readouterr().err


def _originals() -> Path:
    from reviewtool import paths

    return paths.reference_impl() / "study/guest_memfd/originals.toml"


def test_every_object_of_a_struct_in_a_revisions_whole_tree(
    base: Base, warm: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the revision adds is there with its condition, what it does not touch as well."""
    asking = ("--study", "embedded", "--tree", str(base.path), "--struct", "vm_operations_struct")
    slots = {
        name: {
            (one["path"], one["name"]): one
            for one in asked(capsys, "extract", name, *asking)["objects"]
        }
        for name in ("rfc", "v3")
    }
    assert len(slots["rfc"]) > 300
    new = {name for _, name in slots["v3"].keys() - slots["rfc"].keys()}
    assert new == {
        f"{holder}.get_folio_noalloc"
        for holder in ("shmem_vm_ops", "shmem_anon_vm_ops", "kvm_gmem_vm_ops")
    }
    gmem = slots["v3"]["virt/kvm/guest_memfd.c", "kvm_gmem_vm_ops.get_folio_noalloc"]
    assert "CONFIG_USERFAULTFD" in gmem["guard"]

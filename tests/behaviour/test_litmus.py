# SPDX-License-Identifier: GPL-2.0-or-later
"""The userfault bitmap put to the kernel's memory model, beside what the interleavings say."""

import shutil
from pathlib import Path

import pytest

from reviewtool.behaviour.litmus import litmus, observe, ordering
from reviewtool.behaviour.models import known, load
from reviewtool.errors import InputError, Unavailable
from reviewtool.report.litmus import ordering_shape, ordering_text
from reviewtool.tree.base import Base

BITMAP = ["kvm_userfault_v2", "kvm_userfault_v3", "kvm_userfault_v3_acquire"]


@pytest.fixture
def herd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A herd7 that prints what the file ``says`` beside it holds, and always ends well."""
    program = tmp_path / "herd7"
    program.write_text('#!/bin/sh\ncat "$(dirname "$0")/says"\n')
    program.chmod(0o755)
    (tmp_path / "linux-kernel.cfg").touch()
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path


def test_the_test_loads_the_bit_as_the_revision_does() -> None:
    assert "r0 = READ_ONCE(*bit);" in litmus(load("kvm_userfault_v3"))
    assert "r0 = smp_load_acquire(bit);" in litmus(load("kvm_userfault_v3_acquire"))
    for name in BITMAP:
        text = litmus(load(name))
        assert "smp_store_release(bit, 0);" in text
        assert text.endswith("exists (1:r0=0 /\\ 1:r1=0)\n")


def test_every_model_with_a_bitmap_says_how_it_reads_it() -> None:
    """That it can be switched on and that its load is known are one thing."""
    for name in known():
        model = load(name)
        if "KVM_MEM_USERFAULT" in model.hooks:
            assert litmus(model)
        else:
            with pytest.raises(InputError, match="reads no userfault bitmap"):
                litmus(model)


@pytest.mark.parametrize(("says", "stale"), [("Sometimes", True), ("Never", False)])
def test_the_answers_stand_side_by_side(herd: Path, says: str, stale: bool) -> None:
    (herd / "says").write_text(f"Test x\nObservation x {says} 1 3\nTime x 0.01\n")
    name = "kvm_userfault_v3" if stale else "kvm_userfault_v3_acquire"
    found = ordering(load(name), herd)
    assert (found.model, found.lkmm, found.agree) == (stale, says, True)
    assert "they agree" in ordering_text(found)
    other = ordering(load("kvm_userfault_v3_acquire" if stale else "kvm_userfault_v3"), herd)
    assert other.agree is False
    assert "DISAGREE" in ordering_text(other)


def test_a_herd_that_ends_well_without_an_observation_has_said_nothing(herd: Path) -> None:
    (herd / "says").write_text("Warning: File x: unexpected token (in P1)\n")
    with pytest.raises(Unavailable, match="made no observation: Warning: File x"):
        observe(litmus(load("kvm_userfault_v3")), herd)
    found = ordering(load("kvm_userfault_v3"), herd)
    assert found.lkmm is None
    assert found.agree is None
    assert "no observation" in ordering_shape(found)["lacking"]


def test_without_herd7_or_a_memory_model_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Unavailable, match="no kernel memory model"):
        observe("", tmp_path)
    (tmp_path / "linux-kernel.cfg").touch()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match="herd7 is not installed"):
        observe("", tmp_path)


@pytest.mark.parametrize("name", BITMAP)
def test_the_trees_own_memory_model_agrees(base: Base, name: str) -> None:
    if shutil.which("herd7") is None:
        pytest.skip("herd7 is not installed: Debian packages it (herdtools7) from 14 on only")
    if base.kind != "directory":
        pytest.skip("the kernel tree is a clone, not a folder with tools/memory-model")
    found = ordering(load(name), base.path / "tools" / "memory-model")
    assert found.agree is True, found.lacking
    assert found.lkmm == ("Never" if "acquire" in name else "Sometimes")

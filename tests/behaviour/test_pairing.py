# SPDX-License-Identifier: GPL-2.0-or-later
"""Models against the mail they model: every hook of the patches is in the model, and back."""

from pathlib import Path

import pytest

from reviewtool.archive.read import read_file
from reviewtool.behaviour.models import load, pair
from reviewtool.interface.from_mail import snapshot_mail

MODELS = {
    "kalyazin-uffd-rfc": ("rfc_missing",),
    "kalyazin-uffd-v2": ("v2_minor_posted", "v2_minor_meant"),
    "kalyazin-uffd-v3": ("v3_can_userfault_posted",),
    "kalyazin-write-rfcv2": ("write_rfc_v2",),
    "kalyazin-write-v3": ("write_v3",),
    "kalyazin-write-v4": ("write_v4",),
    "kalyazin-write-v5": ("write_v5",),
    "kalyazin-write-v6": ("write_v6",),
    "kalyazin-write-v7": ("write_v7",),
    "rppt-rfc": ("rfc_pagecache_folio",),
    "rppt-v1": ("v1_shared_folio",),
    "rppt-v2": ("v2_get_folio",),
    "rppt-v3": ("v3_minor_noalloc",),
}

PLUMBING = frozenset({"llseek", "mmap"})
"""Slots a patch fills that nothing in the alphabet can tell."""


def hooks_of(mailbox: Path) -> set[str]:
    """Slots, flags and exports a posting touches on guest_memfd's behalf."""
    names = set()
    for revision in read_file(mailbox):
        for element in snapshot_mail(revision).touched():
            if element.kind in ("hook", "flag", "export"):
                names.add(element.name)
            if element.kind == "object" and element.name.startswith("kvm_gmem_"):
                names.add(element.name.rpartition(".")[2])
            if element.kind == "function" and element.name == "kvm_gmem_vma_is_gmem":
                names.add(element.name)
    return names - PLUMBING


@pytest.mark.parametrize("mailbox", MODELS)
def test_model_and_mail_have_the_same_hooks(lore: Path, mailbox: str) -> None:
    extracted = hooks_of(lore / f"{mailbox}.mbox")
    for name in MODELS[mailbox]:
        found = pair(load(name), extracted, inherited={"fault"})
        assert found.paired, found


def test_a_model_of_another_revision_does_not_pair(lore: Path) -> None:
    found = pair(load("v2_get_folio"), hooks_of(lore / "rppt-v3.mbox"), inherited={"fault"})
    assert found.only_in_patches == ("get_folio_noalloc",)
    assert found.only_in_model == ("get_folio",)

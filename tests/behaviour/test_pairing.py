# SPDX-License-Identifier: GPL-2.0-or-later
"""Models against the mail they model: every hook of the patches is in the model, and back."""

from pathlib import Path

import pytest

from reviewtool.archive.read import read_file
from reviewtool.behaviour.models import load
from reviewtool.behaviour.pairing import paired, told
from reviewtool.cli.main import main
from reviewtool.interface.from_mail import snapshot_mail
from reviewtool.interface.types import Snapshot
from reviewtool.lineage.study import studies_folder
from reviewtool.paths import reference_impl
from reviewtool.review.session import described, mispaired, open_session

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


def interface(mailbox: Path) -> Snapshot:
    """What a posting shows of its interface, from the mail alone."""
    (revision,) = read_file(mailbox)
    return snapshot_mail(revision)


@pytest.mark.parametrize("mailbox", MODELS)
def test_model_and_mail_have_the_same_hooks(lore: Path, mailbox: str) -> None:
    mail = interface(lore / f"{mailbox}.mbox")
    for name in MODELS[mailbox]:
        found = paired(load(name), mail)
        assert found.paired, told(found)


def test_every_posting_at_hand_has_a_model_that_pairs(lore: Path) -> None:
    assert {path.stem for path in lore.glob("*.mbox")} == set(MODELS)


def test_a_model_of_another_revision_does_not_pair(lore: Path) -> None:
    found = paired(load("v2_get_folio"), interface(lore / "rppt-v3.mbox"))
    assert found.only_in_patches == ("get_folio_noalloc",)
    assert found.only_in_model == ("get_folio",)
    assert told(found) == (
        "model v2_get_folio does not pair with the patches: the patches have get_folio_noalloc, "
        "the model has not; the model has get_folio, the patches have not"
    )


STUDIES = sorted((reference_impl() / "study" / "guest_memfd").glob("*.toml"))


@pytest.mark.parametrize("study", STUDIES, ids=lambda path: path.stem)
def test_every_embedded_revision_pairs_with_its_model(study: Path, warm: Path) -> None:
    """Ports and bridged originals, with what they are built on."""
    opened = open_session(str(study), None)
    found = {one.id: described(opened, one.id) for one in opened.study.revisions}
    assert any(found.values())
    needs_mail = [
        one.id
        for one in opened.study.revisions
        if any(not (study.parent / mail).exists() for mail in one.mail)
    ]
    wrong = {
        name: mispaired(opened, one)
        for name, one in found.items()
        if one is not None and name not in needs_mail and mispaired(opened, one)
    }
    assert not wrong


def test_a_study_that_names_another_models_is_refused(
    lore: Path, warm: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    boxes = [str(lore / f"rppt-{name}.mbox") for name in ("v2", "v3")]
    assert main(["fetch", "--quiet", "--name", "mine", "--from", *boxes]) == 0
    study = studies_folder() / "mine.toml"
    text = study.read_text("utf-8")
    wrong = text.replace('id = "v3"', 'id = "v3"\nmodel = "v2_get_folio"')
    assert wrong != text
    study.write_text(wrong, "utf-8")
    capsys.readouterr()
    assert main(["diff", "v2", "v3", "--quiet"]) == 1
    behaviour = capsys.readouterr().out.partition("BEHAVIOUR")[2]
    assert "unknown: v3: model v2_get_folio does not pair with the patches" in behaviour
    assert "the patches have get_folio_noalloc" in behaviour
    assert main(["diff", "v2", "v3", "--behaviour", "--quiet"]) == 2
    assert "does not pair with the patches" in capsys.readouterr().err

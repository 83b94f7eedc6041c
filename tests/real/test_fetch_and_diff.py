# SPDX-License-Identifier: GPL-2.0-or-later
"""Every real posting at hand, through fetch and diff on the command line."""

import json
from pathlib import Path
from typing import Any

import pytest

from reviewtool.cli.main import main

PATCHES = {
    "kalyazin-uffd-rfc": 5,
    "kalyazin-uffd-v2": 5,
    "kalyazin-uffd-v3": 6,
    "kalyazin-write-rfcv2": 2,
    "kalyazin-write-v3": 2,
    "kalyazin-write-v4": 2,
    "kalyazin-write-v5": 2,
    "kalyazin-write-v6": 2,
    "kalyazin-write-v7": 2,
    "rppt-rfc": 4,
    "rppt-v1": 5,
    "rppt-v2": 5,
    "rppt-v3": 5,
}


def told(capsys: pytest.CaptureFixture[str], *words: str, status: int) -> dict[str, Any]:
    assert main([*words, "--json", "--quiet"]) == status
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


@pytest.mark.parametrize("name", PATCHES)
def test_a_file_is_fetched_and_diffed_from_the_mail_alone(
    name: str, lore: Path, warm: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del warm
    fetched = told(capsys, "fetch", "--from", str(lore / f"{name}.mbox"), status=0)
    (revision,) = fetched["revisions"]
    assert len(revision["patches"]) == PATCHES[name]
    assert revision["complete"]
    diff = told(capsys, "diff", status=1)
    assert diff["partial"]
    names = {one["b"]["name"] for one in diff["interface"] if one["b"]}
    if name == "rppt-v3":
        assert {"get_folio_noalloc", "kvm_gmem_get_folio_noalloc"} <= names
    if name in ("kalyazin-uffd-rfc", "kalyazin-uffd-v2"):
        assert "kvm_gmem_vma_is_gmem" in names
    if name == "kalyazin-uffd-v3":
        assert "can_userfault" in names
        assert "kvm_gmem_vma_is_gmem" not in names


def test_a_fetched_lineage_has_a_behaviour_part_at_once(
    lore: Path, warm: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody named a model: each says of which posting it is."""
    del warm
    boxes = [str(lore / f"rppt-{name}.mbox") for name in ("rfc", "v1", "v2", "v3")]
    told(capsys, "fetch", "--from", *boxes, status=0)
    diff = told(capsys, "diff", "v2", "v3", status=1)
    assert [one["model"] for one in diff["models"]] == ["v2_get_folio", "v3_minor_noalloc"]
    assert diff["models"][0]["by"] == "message-id"
    first = diff["behaviour"]["differences"][0]
    assert first["inputs"] == ["register minor", "read u0 p0"]
    assert main(["diff", "v2", "v3", "--behaviour", "--quiet"]) == 1
    assert "v2: model v2_get_folio (paired by message-id;" in capsys.readouterr().out
    assert told(capsys, "diff", "rfc", "v2", "--behaviour", status=0)["behaviour"]["equivalent"]


def test_revisions_about_write_are_asked_what_a_short_one_does(
    lore: Path, warm: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del warm
    boxes = [str(lore / f"kalyazin-write-{name}.mbox") for name in ("v4", "v5")]
    told(capsys, "fetch", "--from", *boxes, status=0)
    behaviour = told(capsys, "diff", "v4", "v5", "--behaviour", status=1)["behaviour"]
    assert "short writes" in behaviour["world"]
    assert [each["inputs"] for each in behaviour["differences"]] == [["pwrite-short p0 A"]]


def test_all_thirteen_files_at_hand_are_known_here(lore: Path) -> None:
    assert {path.stem for path in lore.glob("*.mbox")} == set(PATCHES)

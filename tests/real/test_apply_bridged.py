# SPDX-License-Identifier: GPL-2.0-or-later
"""The original mails of two lineages on 6.12, over bridges and recorded resolutions.

Each conflict was resolved once, by hand; the resolutions are data beside the embedded study.
"""

from pathlib import Path

import pytest

from reviewtool import paths
from reviewtool.archive.read import read_file
from reviewtool.archive.types import Revision
from reviewtool.errors import InputError
from reviewtool.lineage import study
from reviewtool.review.session import Session, applied
from reviewtool.tree.apply import apply
from reviewtool.tree.base import Base, find_base
from reviewtool.tree.delta import source_file
from reviewtool.tree.mailed import read_patches
from reviewtool.tree.outcome import Applied
from reviewtool.tree.resolution import read_resolutions
from tests.conftest import keep_in

GMEM = "virt/kvm/guest_memfd.c"
# Per series: its resolutions, the bridges it needs, and the outcome of each patch.
BRIDGED = {
    "kalyazin-uffd-rfc": (
        "kalyazin-rfc",
        ["prerequisite"],
        ["bridged", "bridged", "offset", "bridged", "bridged"],
    ),
    "kalyazin-uffd-v2": (
        "kalyazin-v2",
        ["prerequisite"],
        ["offset", "bridged", "offset", "offset", "bridged"],
    ),
    "kalyazin-uffd-v3": (
        "kalyazin-v3",
        ["prerequisite"],
        ["offset", "offset", "offset", "offset", "offset", "bridged"],
    ),
    "rppt-rfc": (
        "rppt-rfc",
        ["prerequisite", "prerequisite-6.18", "prerequisite-flags"],
        ["bridged", "bridged", "bridged", "bridged"],
    ),
    "rppt-v1": (
        "rppt-v1",
        ["prerequisite", "prerequisite-6.18", "prerequisite-flags"],
        ["bridged", "bridged", "offset", "bridged", "bridged"],
    ),
    "rppt-v2": (
        "rppt-v2",
        ["prerequisite", "prerequisite-6.18", "prerequisite-flags"],
        ["bridged", "bridged", "offset", "bridged", "bridged"],
    ),
    "rppt-v3": (
        "rppt-v3",
        ["prerequisite", "prerequisite-6.18", "prerequisite-flags"],
        ["bridged", "bridged", "offset", "bridged", "bridged"],
    ),
}
STUDY = paths.reference_impl() / "study/guest_memfd"


@pytest.fixture(scope="module")
def debian() -> Base:
    base = find_base()
    if not base.version.startswith("6.12."):
        pytest.skip(f"the resolutions are for 6.12, the base at hand is {base.version}")
    return base


@pytest.fixture(scope="module")
def mail(
    lore: Path, worked_out: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Revision]:
    """Every series of the table, read once: b4 takes a second for each."""
    with pytest.MonkeyPatch.context() as patch:
        keep_in(tmp_path_factory.mktemp("mail"), patch, worked_out)
        return {name: read_file(lore / f"{name}.mbox")[0] for name in sorted(BRIDGED)}


def bridged(mail: dict[str, Revision], base: Base, name: str) -> Applied:
    resolutions, bridges, _ = BRIDGED[name]
    return apply(
        base,
        mail[name].patches,
        name=f"bridged/{name}",
        bridge=[p for bridge in bridges for p in read_patches(STUDY / f"{bridge}.mbox")],
        resolutions=read_resolutions(STUDY / f"resolutions/{resolutions}.toml"),
    )


@pytest.mark.parametrize("name", sorted(BRIDGED))
def test_the_original_mails_apply_whole(
    mail: dict[str, Revision], debian: Base, cache: Path, name: str
) -> None:
    tree = bridged(mail, debian, name)
    assert tree.complete
    assert [outcome.state for outcome in tree.outcomes] == BRIDGED[name][2]
    for outcome in tree.outcomes:
        assert (outcome.state == "bridged") <= bool(outcome.detail), "bridged without a reason"


@pytest.mark.parametrize(
    ("name", "hook"),
    [
        ("rppt-rfc", "get_pagecache_folio"),
        ("rppt-v1", "get_shared_folio"),
        ("rppt-v2", "get_folio"),
        ("rppt-v3", "get_folio_noalloc"),
    ],
)
def test_what_the_mail_adds_is_in_the_tree_as_mailed(
    mail: dict[str, Revision], debian: Base, cache: Path, name: str, hook: str
) -> None:
    tree = bridged(mail, debian, name)
    assert f".{hook}\t= kvm_gmem_{hook}," in source_file(tree, GMEM).decode()
    assert f"(*{hook})(" in source_file(tree, "include/linux/mm.h").decode()


def test_every_resolution_is_for_a_mail_at_hand_and_is_used(
    mail: dict[str, Revision], debian: Base, cache: Path
) -> None:
    for name, (resolutions, _, _) in BRIDGED.items():
        held = read_resolutions(STUDY / f"resolutions/{resolutions}.toml")
        tree = bridged(mail, debian, name)
        notes = "; ".join(o.detail for o in tree.outcomes if o.state == "bridged")
        assert [r.note for r in held if r.note not in notes] == []


def test_a_study_names_its_resolutions(
    lore: Path, debian: Base, cache: Path, tmp_path: Path
) -> None:
    file = tmp_path / "originals.toml"
    file.write_text(
        f'name = "originals"\n[[prerequisite]]\nid = "gmem"\nmail = "{STUDY}/prerequisite.mbox"\n'
        '[[series]]\nid = "kalyazin"\n[[series.revision]]\nid = "v3"\norigin = "bridged"\n'
        f'mail = "{lore}/kalyazin-uffd-v3.mbox"\nprerequisites = ["gmem"]\n'
        f'resolutions = ["{STUDY}/resolutions/kalyazin-v3.toml"]\n'
    )
    session = Session(study.load(file), base=debian)
    whole = applied(session, "v3")
    assert whole.complete
    assert whole.outcomes[-1].state == "bridged"
    file.write_text(file.read_text().replace("kalyazin-v3.toml", "no-such.toml"))
    with pytest.raises(InputError, match=r"no-such\.toml: cannot be read"):
        applied(Session(study.load(file), base=debian), "v3")

# SPDX-License-Identifier: GPL-2.0-or-later
"""The 13 real series on Debian's 6.12: outcome per patch against a table checked by hand.

The table is that of ``git apply``, else ``patch``, patch by patch: (rejected hunks, all hunks) for
a conflict, and the state for what applies.
"""

from pathlib import Path

import pytest

from reviewtool.archive.read import read_file
from reviewtool.archive.types import Revision
from reviewtool.tree.apply import apply
from reviewtool.tree.base import Base, find_base

TABLE: dict[str, list[str | tuple[int, int]]] = {
    "kalyazin-uffd-rfc": [(1, 2), (1, 2), "offset", "fuzz", (1, 3)],
    "kalyazin-uffd-v2": ["offset", (1, 2), "offset", (1, 2), (1, 3)],
    "kalyazin-uffd-v3": ["offset", "offset", "offset", (1, 2), "offset", (1, 3)],
    "kalyazin-write-rfcv2": ["offset", "clean"],
    "kalyazin-write-v3": [(1, 2), (1, 2)],
    "kalyazin-write-v4": [(1, 4), (1, 2)],
    "kalyazin-write-v5": [(1, 4), (1, 2)],
    "kalyazin-write-v6": [(1, 4), (1, 2)],
    "kalyazin-write-v7": [(4, 7), (4, 4)],
    "rppt-rfc": [(1, 2), (1, 9), (2, 8), (3, 3)],
    "rppt-v1": [(1, 2), (1, 9), "offset", (2, 3), (3, 3)],
    "rppt-v2": [(1, 2), (1, 9), "offset", (2, 3), (3, 3)],
    "rppt-v3": [(1, 2), (1, 9), "offset", (2, 3), (3, 3)],
}


@pytest.fixture(scope="module")
def debian() -> Base:
    """The default base, wherever this machine has it."""
    base = find_base()
    if not base.version.startswith("6.12."):
        pytest.skip(f"the table is for 6.12, the base at hand is {base.version}")
    return base


@pytest.fixture(scope="module")
def mail(lore: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Revision]:
    """Every series of the table, read once: b4 takes a second for each."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("REVIEWTOOL_CACHE", str(tmp_path_factory.mktemp("mail")))
        return {name: read_file(lore / f"{name}.mbox")[0] for name in sorted(TABLE)}


@pytest.mark.parametrize("name", sorted(TABLE))
def test_every_patch_ends_as_the_table_says(
    mail: dict[str, Revision], debian: Base, cache: Path, name: str
) -> None:
    revision = mail[name]
    applied = apply(debian, revision.patches, name=f"lore/{name}", wanted_base=revision.base)
    seen = [
        (len(o.rejected), o.hunks) if o.state == "conflict" else o.state for o in applied.outcomes
    ]
    assert seen == TABLE[name]
    for outcome in applied.outcomes:
        assert (outcome.state == "clean") == (outcome.detail == "")


def test_what_fuzz_let_through_is_marked(
    mail: dict[str, Revision], debian: Base, cache: Path
) -> None:
    rfc = mail["kalyazin-uffd-rfc"]
    fuzzed = apply(debian, rfc.patches, name="lore/rfc").outcomes[3]
    assert any("fits at 3 places" in words for words in fuzzed.suspicions)
    assert any("finds '#include \"internal.h\"'" in words for words in fuzzed.suspicions)


def test_what_applies_whole_is_not_suspicious(
    mail: dict[str, Revision], debian: Base, cache: Path
) -> None:
    applied = apply(debian, mail["kalyazin-write-rfcv2"].patches, name="lore/write")
    assert applied.complete
    assert [o.suspicions for o in applied.outcomes] == [(), ()]


def test_the_embedded_ports_apply_clean(debian: Base, cache: Path) -> None:
    from reviewtool.lineage import study

    embedded = study.embedded()
    assert embedded.revisions
    for revision in embedded.revisions:
        mail = study.revision_mail(embedded, revision.id)
        before = study.prerequisites_mail(embedded, revision.id)
        applied = apply(
            debian,
            mail.patches,
            name=f"{embedded.name}/{revision.id}",
            prerequisites=[patch for series in before for patch in series.patches],
        )
        states = {o.state for o in (*applied.others, *applied.outcomes)}
        assert states == {"clean"}, f"{revision.id}: {states}"

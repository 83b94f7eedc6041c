# SPDX-License-Identifier: GPL-2.0-or-later
"""The 13 real series on Debian's 6.12, and on 7.x: outcome per patch against tables made by hand.

The tables are those of ``git apply``, else ``patch``, patch by patch: (rejected hunks, all hunks)
for a conflict, and the state for what applies. 7.x is used where $REVIEWTOOL_TEST_TREES names it.
"""

import os
from pathlib import Path

import pytest

from reviewtool.archive.read import read_file
from reviewtool.archive.types import Revision
from reviewtool.tree.apply import apply
from reviewtool.tree.base import Base, find_base
from reviewtool.tree.outcome import PatchOutcome
from tests.conftest import keep_in

Outcomes = dict[str, list[str | tuple[int, int]]]
TABLES: dict[str, Outcomes] = {
    "6.12": {
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
    },
    "7.2": {
        "kalyazin-uffd-rfc": [(1, 2), (2, 2), (1, 2), (2, 3), (3, 3)],
        "kalyazin-uffd-v2": [(1, 5), (1, 2), (3, 3), (1, 2), (2, 3)],
        "kalyazin-uffd-v3": [(1, 7), (3, 6), (3, 4), (1, 2), (1, 4), (2, 3)],
        "kalyazin-write-rfcv2": [(3, 3), (2, 2)],
        "kalyazin-write-v3": [(2, 2), (2, 2)],
        "kalyazin-write-v4": [(1, 4), (2, 2)],
        "kalyazin-write-v5": [(1, 4), (2, 2)],
        "kalyazin-write-v6": [(1, 4), (2, 2)],
        "kalyazin-write-v7": [(1, 7), "offset"],
        "rppt-rfc": [(1, 2), (6, 9), (4, 8), (2, 3)],
        "rppt-v1": [(1, 2), (6, 9), "offset", (2, 3), (2, 3)],
        "rppt-v2": [(1, 2), (6, 9), "offset", (2, 3), (2, 3)],
        "rppt-v3": [(1, 2), (6, 9), "offset", (2, 3), (2, 3)],
    },
    "7.3": {
        "kalyazin-uffd-rfc": [(2, 2), (2, 2), (1, 2), (2, 3), (3, 3)],
        "kalyazin-uffd-v2": [(1, 5), (2, 2), (3, 3), (1, 2), (2, 3)],
        "kalyazin-uffd-v3": [(1, 7), (3, 6), (3, 4), (1, 2), (4, 4), (2, 3)],
        "kalyazin-write-rfcv2": [(3, 3), (2, 2)],
        "kalyazin-write-v3": [(2, 2), (2, 2)],
        "kalyazin-write-v4": [(1, 4), (2, 2)],
        "kalyazin-write-v5": [(1, 4), (2, 2)],
        "kalyazin-write-v6": [(1, 4), (2, 2)],
        "kalyazin-write-v7": [(1, 7), "offset"],
        "rppt-rfc": [(1, 2), (6, 9), (6, 8), (2, 3)],
        "rppt-v1": [(1, 2), (6, 9), "offset", (2, 3), (2, 3)],
        "rppt-v2": [(1, 2), (6, 9), (1, 5), (2, 3), (2, 3)],
        "rppt-v3": [(1, 2), (6, 9), (1, 5), (2, 3), (2, 3)],
    },
}
SERIES = sorted(TABLES["6.12"])


@pytest.fixture(scope="module")
def debian() -> Base:
    """The default base, wherever this machine has it."""
    base = find_base()
    if not base.version.startswith("6.12."):
        pytest.skip(f"the table is for 6.12, the base at hand is {base.version}")
    return base


@pytest.fixture(scope="module")
def mail(
    lore: Path, worked_out: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Revision]:
    """Every series of the table, read once: b4 takes a second for each."""
    with pytest.MonkeyPatch.context() as patch:
        keep_in(tmp_path_factory.mktemp("mail"), patch, worked_out)
        return {name: read_file(lore / f"{name}.mbox")[0] for name in sorted(SERIES)}


@pytest.fixture(scope="module", params=["6.12", "7.2", "7.3"])
def kernel(request: pytest.FixtureRequest) -> Base:
    """Each of the kernels the tables are for, if it is at hand."""
    version: str = request.param
    for folder in filter(None, os.environ.get("REVIEWTOOL_TEST_TREES", "").split(":")):
        named = find_base(Path(folder))
        if named.version.startswith(f"{version}."):
            return named
    if version != "6.12":
        pytest.skip(f"no {version} at hand: name unpacked trees in REVIEWTOOL_TEST_TREES")
    default: Base = request.getfixturevalue("debian")
    return default


def refused(outcome: PatchOutcome) -> tuple[int, int]:
    """Hunks that did not fit, of all; a file that is not there refuses all of its own."""
    return sum(one.of if one.hunk == 0 else 1 for one in outcome.rejected), outcome.hunks


@pytest.mark.parametrize("name", SERIES)
def test_every_patch_ends_as_the_table_says(
    mail: dict[str, Revision], kernel: Base, cache: Path, name: str
) -> None:
    revision = mail[name]
    applied = apply(kernel, revision.patches, name=f"lore/{name}", wanted_base=revision.base)
    seen = [refused(o) if o.state == "conflict" else o.state for o in applied.outcomes]
    table = TABLES[kernel.version.rpartition(".")[0]]
    assert seen == table[name]
    for outcome in applied.outcomes:
        assert (outcome.state == "clean") == (outcome.detail == "")


@pytest.mark.parametrize("name", ["kalyazin-uffd-v2", "kalyazin-uffd-v3"])
def test_the_unlock_that_fuzz_lets_into_a_handler_without_the_lock_is_marked(
    mail: dict[str, Revision], kernel: Base, cache: Path, name: str
) -> None:
    """On 7.x patch 4 has a hunk accepted in a fault handler that takes no lock any more."""
    if kernel.version.startswith("6.12."):
        pytest.skip("6.12 has no such handler: there the hunk is refused")
    patch = apply(kernel, mail[name].patches, name=f"lore/{name}").outcomes[3]
    told = [words for words in patch.suspicions if "takes no such lock" in words]
    assert len(told) == 1
    assert "adds filemap_invalidate_unlock_shared()" in told[0]


def test_a_patch_that_fits_without_the_one_it_builds_on_is_marked(
    mail: dict[str, Revision], kernel: Base, cache: Path
) -> None:
    """Patch 3 of November's v1 fits, though the hook it returns to never came."""
    outcomes = apply(kernel, mail["rppt-v1"].patches, name="lore/v1").outcomes
    assert outcomes[1].state == "conflict"
    assert outcomes[2].state == "offset"
    assert outcomes[2].suspicions[0] == "applies, though patch 1, patch 2 before it did not"


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

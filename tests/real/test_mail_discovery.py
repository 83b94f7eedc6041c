# SPDX-License-Identifier: GPL-2.0-or-later
"""From any one message of an archive, every revision of its work and no stranger."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from reviewtool.archive.raw import read_raw
from reviewtool.lineage.fetch import Fetched, fetch_message
from reviewtool.lineage.study import prerequisites_mail, resolve, revision_mail
from tests.real.public_inbox import serve, write_epoch

# Written by hand from the subjects, dates and changelogs of the thirteen threads.
UFFD = {
    "rfc": "20250303133011.44095-1-kalyazin@amazon.com",
    "v2": "20250402160721.97596-1-kalyazin@amazon.com",
    "v3": "20250404154352.23078-1-kalyazin@amazon.com",
    "rppt-rfc": "20251117114631.2029447-1-rppt@kernel.org",
    "rppt-v1": "20251123102707.559422-1-rppt@kernel.org",
    "rppt-v2": "20251125183840.2368510-1-rppt@kernel.org",
    "rppt-v3": "20251130111812.699259-1-rppt@kernel.org",
}
WRITE = {
    "rfc-v2": "20241129123929.64790-1-kalyazin@amazon.com",
    "v3": "20250303130838.28812-1-kalyazin@amazon.com",
    "v4": "20250828153049.3922-1-kalyazin@amazon.com",
    "v5": "20250902111951.58315-1-kalyazin@amazon.com",
    "v6": "20251020161352.69257-1-kalyazin@amazon.com",
    "v7": "20251114151828.98165-1-kalyazin@amazon.com",
}
LINEAGES = [(message, UFFD) for message in UFFD.values()] + [(m, WRITE) for m in WRITE.values()]


@pytest.fixture(scope="session")
def mails(lore: Path) -> list[bytes]:
    return [raw for box in sorted(lore.glob("*.mbox")) for raw in read_raw(box)]


@pytest.fixture(scope="session")
def server(mails: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("public-inbox"), mails) as address:
        yield address


@pytest.fixture
def place(warm: Path) -> Path:
    return warm


def ids(fetched: Fetched) -> dict[str, str | None]:
    return {revision.id: revision.original for revision in fetched.study.revisions}


@pytest.mark.parametrize(("message", "expected"), LINEAGES)
def test_from_any_revision_the_whole_lineage_in_order(
    message: str, expected: dict[str, str], server: str, place: Path
) -> None:
    fetched = fetch_message(message, place=server)
    assert fetched.warnings == ()
    assert list(ids(fetched).items()) == list(expected.items())


def test_the_series_it_is_built_on_is_named_as_prerequisite(server: str, place: Path) -> None:
    study = fetch_message(UFFD["rppt-v3"], place=server).study
    (base,) = prerequisites_mail(study, "rfc")
    assert base.root == WRITE["v3"]
    assert len(base.patches) == 2
    assert resolve(study, "v2").prerequisites == ()
    assert any(
        "20250318161823.4005529-1-tabba@google.com" in line
        for line in resolve(study, "v2").evidence
    )


def test_the_link_across_authors_is_the_patch_both_carry(server: str, place: Path) -> None:
    study = fetch_message(UFFD["rfc"], place=server).study
    (line,) = resolve(study, "rppt-rfc").evidence
    assert line == (
        f"{UFFD['v3']}: patch 4/4 is 6/6 of it "
        "(“KVM: selftests: test userfaultfd minor for guest_memfd”)"
    )
    assert list(dict.fromkeys(r.series for r in study.revisions)) == [
        "kalyazin",
        "rppt",
    ]


def test_a_reply_and_a_web_address_name_the_same_work(server: str, place: Path) -> None:
    assert list(ids(fetch_message("Z8YfOVYvbwlZST0J@x1.local", place=server))) == list(UFFD)
    assert list(ids(fetch_message(f"{server}/{WRITE['v7']}/T/#u", "by-url"))) == list(WRITE)


def test_an_epoch_on_disk_and_a_box_answer_alike(
    mails: list[bytes], lore: Path, tmp_path: Path, place: Path
) -> None:
    write_epoch(tmp_path / "0.git", mails)
    for archive in (tmp_path / "0.git", _one_box(lore, tmp_path)):
        fetched = fetch_message(UFFD["v2"], archive.name.replace(".", "-"), place=str(archive))
        assert list(ids(fetched).items()) == list(UFFD.items())


def test_fetching_again_asks_nothing_and_works_offline(server: str, place: Path) -> None:
    first = fetch_message(UFFD["rfc"], place=server)
    text = first.study.path.read_text()
    again = fetch_message(UFFD["rfc"], place=server, offline=True)
    assert (again.new, again.warnings) == ((), ())
    assert again.study.path.read_text() == text


def test_corrections_by_hand_survive_and_count(server: str, place: Path) -> None:
    study = fetch_message(UFFD["rfc"], place=server).study
    text = study.path.read_text()
    text = text.replace('id = "v2"', 'id = "spring"  # as we call it')
    text = text.replace("\n[[", f'ignore = ["{UFFD["rppt-v1"]}"]\n\n[[', 1)
    text = re.sub(r'\[\[series.revision\]\]\nid = "rppt-v1"\n(?:(?!\[\[).*\n)*', "", text)
    study.path.write_text(text)
    again = fetch_message(UFFD["rfc"], place=server, refresh=True)
    assert again.study.path.read_text() == text
    assert list(ids(again)) == ["rfc", "spring", "v3", "rppt-rfc", "rppt-v2", "rppt-v3"]


def test_new_replies_reach_a_study_on_refresh(
    mails: list[bytes], tmp_path: Path, place: Path
) -> None:
    few = [m for m in mails if b"Z8YfOVYvbwlZST0J@x1.local" not in m.partition(b"\n\n")[0]]
    write_epoch(tmp_path / "0.git", few)
    study = fetch_message(UFFD["rfc"], place=str(tmp_path / "0.git")).study
    assert len(revision_mail(study, "rfc").replies) == 0
    write_epoch(tmp_path / "1.git", mails)
    study = fetch_message(UFFD["rfc"], place=str(tmp_path / "1.git")).study
    assert len(revision_mail(study, "rfc").replies) == 16


def test_a_second_fetch_loads_nothing_heavy_and_asks_nobody(
    lore: Path, tmp_path: Path, place: Path
) -> None:
    """How long it takes is measured by ``make bench``; what would make it long is seen here."""
    heavy = ["git", "b4", "liblore", "requests", "tree_sitter", "tomlkit", "refmodel", "textual"]
    code = (
        "import sys; from reviewtool.cli.main import main;"
        f"status = main(sys.argv[1:]); print([m for m in {heavy!r} if m in sys.modules], status)"
    )
    with serve(tmp_path / "public-inbox", read_raw(lore / "kalyazin-uffd-v3.mbox")) as address:
        fetch = ("fetch", UFFD["v3"], "--from", address, "--quiet")
        first = subprocess.run(
            [sys.executable, "-c", code, *fetch], capture_output=True, text=True, check=True
        )
    assert "liblore" in first.stdout.splitlines()[-1]
    # The server is gone: what would still ask it fails.
    second = subprocess.run(
        [sys.executable, "-c", code, *fetch], capture_output=True, text=True, check=True
    )
    assert second.stdout.splitlines()[-1] == "[] 0", second.stderr
    assert second.stdout.splitlines()[:-1] == first.stdout.splitlines()[:-1]


def _one_box(lore: Path, folder: Path) -> Path:
    box = folder / "all.mbox"
    box.write_bytes(b"".join(file.read_bytes() for file in sorted(lore.glob("*.mbox"))))
    return box

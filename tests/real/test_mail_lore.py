# SPDX-License-Identifier: GPL-2.0-or-later
"""The thirteen real threads, against figures counted by hand in the mail."""

import subprocess
import sys
from pathlib import Path

import pytest

from reviewtool.archive.b4 import b4_command
from reviewtool.archive.hunks import sound
from reviewtool.archive.read import read_file
from reviewtool.process import sealed_env

NIKITA = "Nikita Kalyazin <kalyazin@amazon.com>"
# file: id, patches, replies, base, {patch: [(trailer, who, the reply that gave it)]}
LIAM = "Liam R. Howlett <Liam.Howlett@oracle.com>"
DAVID = "David Hildenbrand (Red Hat) <david@kernel.org>"
Given = dict[int, list[tuple[str, str, str]]]
THREADS: dict[str, tuple[str, int, int, str, Given]] = {
    "kalyazin-uffd-rfc": ("rfc", 5, 16, "592e7531753dc4b711f96cd1daf808fd493d3223", {}),
    "kalyazin-uffd-v2": ("v2", 5, 6, "3cc51efc17a2c41a480eed36b31c1773936717e0", {}),
    "kalyazin-uffd-v3": ("v3", 6, 21, "3cc51efc17a2c41a480eed36b31c1773936717e0", {}),
    "kalyazin-write-rfcv2": ("rfc-v2", 2, 1, "1508bae37044ebffd7c7e09915f041936f338123", {}),
    "kalyazin-write-v3": ("v3", 2, 0, "005f6404708d430abab7fab9b422d0daf6e0c2fe", {}),
    "kalyazin-write-v4": ("v4", 2, 7, "a6ad54137af92535cfe32e19e5f3bc1bb7dbd383", {}),
    "kalyazin-write-v5": ("v5", 2, 14, "a6ad54137af92535cfe32e19e5f3bc1bb7dbd383", {}),
    "kalyazin-write-v6": ("v6", 2, 6, "6b36119b94d0b2bb8cea9d512017efafd461d6ac", {}),
    "kalyazin-write-v7": ("v7", 2, 1, "8a4821412cf2c1429fffa07c012dd150f2edf78c", {}),
    "rppt-rfc": (
        "rfc",
        4,
        8,
        "6146a0f1dfae5d37442a9ddcba012add260bceb0",
        {1: [("Reviewed-by", DAVID, "4c5a9201-b2dc-4765-bfc7-f89ec095b629@kernel.org")]},
    ),
    "rppt-v1": ("v1", 5, 5, "6a23ae0a96a600d1d12557add110e0bb6e32730c", {}),
    "rppt-v2": (
        "v2",
        5,
        21,
        "6a23ae0a96a600d1d12557add110e0bb6e32730c",
        {
            1: [
                (
                    "Reviewed-by",
                    LIAM,
                    "i3qrqbj6nhqpjrnolg2zf6nmbdwsw6ejgmugzkeg6iqsi22jjv@ycv5iw7iaeol",
                )
            ],
            2: [
                ("Acked-by", DAVID, "ab2044e8-5d9e-4ccb-b430-dcfdd5e32e3a@kernel.org"),
                (
                    "Reviewed-by",
                    LIAM,
                    "dgtxmr3oidq2uoehy4kg5wbcxwghnnbk2w4ilbd3imyqzmvtue@xoggdhie3ncf",
                ),
            ],
            4: [
                (
                    "Reviewed-by",
                    LIAM,
                    "4pjmnp7rvgftqg2l3icju2sduqfwun53ugbkw2pabbegpshvu4@uto2h4so2rgs",
                )
            ],
            5: [
                (
                    "Acked-by",
                    LIAM,
                    "fml27mxsuif3zbnbpperflml24ftis7uhdu5jymrajb3hroqts@wlxrnzxaigrs",
                )
            ],
        },
    ),
    "rppt-v3": (
        "v3",
        5,
        14,
        "ac3fd01e4c1efce8f2c054cdeb2ddd2fc0fb150d",
        {3: [("Acked-by", DAVID, "3b1916a6-0883-4713-8334-17d3932fe3b9@kernel.org")]},
    ),
}


@pytest.mark.parametrize("name", THREADS)
def test_patches_replies_base_and_trailers(name: str, lore: Path, cache: Path) -> None:
    expected, patches, replies, base, given = THREADS[name]
    (revision,) = read_file(lore / f"{name}.mbox")
    assert revision.id == expected
    assert revision.complete
    assert [patch.index for patch in revision.patches] == list(range(1, patches + 1))
    assert len(revision.replies) == replies
    assert revision.base == base
    assert revision.warnings == ()
    assert all(sound(patch.diff) for patch in revision.patches)
    found = {
        patch.index: [(t.name, t.value, t.given_by) for t in patch.trailers if t.given_by]
        for patch in revision.patches
    }
    assert {index: trailers for index, trailers in found.items() if trailers} == given


def test_no_reply_of_these_threads_lends_its_sign_off_where_b4_says_so(
    lore: Path, cache: Path, tmp_path: Path
) -> None:
    box = lore / "kalyazin-uffd-v3.mbox"
    by_b4 = subprocess.run(
        [
            *(str(b4_command()), "-n", "--no-stdin", "--offline-mode"),
            *("-c", "b4.attestation-policy=off", "am", "-m", str(box), "-o", "-"),
        ],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        check=True,
        cwd=tmp_path,
        env=sealed_env(tmp_path),
    )
    assert b"\nSigned-off-by: Peter Xu" in by_b4.stdout, "b4 no longer falls into the trap"
    (revision,) = read_file(box)
    everything = [t.value for patch in revision.patches for t in patch.trailers]
    assert not any("Peter Xu" in value for value in everything)


def test_authors_are_those_of_the_patches_not_of_the_mails(lore: Path, cache: Path) -> None:
    (revision,) = read_file(lore / "rppt-v3.mbox")
    assert revision.patches[4].author == NIKITA
    assert revision.patches[0].author == '"Mike Rapoport (Microsoft)" <rppt@kernel.org>'
    (write,) = read_file(lore / "kalyazin-write-v5.mbox")
    assert [patch.author for patch in write.patches] == [NIKITA] * 2


def test_all_in_one_box_they_stay_thirteen(lore: Path, cache: Path, tmp_path: Path) -> None:
    box = tmp_path / "all.mbox"
    box.write_bytes(b"".join(file.read_bytes() for file in sorted(lore.glob("*.mbox"))))
    revisions = read_file(box)
    assert len(revisions) == 13
    assert all(revision.complete for revision in revisions)
    assert sum(len(revision.replies) for revision in revisions) == sum(
        t[2] for t in THREADS.values()
    )


def test_a_thread_seen_before_is_read_without_b4_and_parsers(lore: Path, cache: Path) -> None:
    box = str(lore / "kalyazin-uffd-v3.mbox")
    read_file(box)
    heavy = ["email.parser", "reviewtool.archive.b4", "reviewtool.archive.mail", "tomlkit"]
    code = (
        "import sys; from reviewtool.archive.read import read_file; read_file(sys.argv[1]);"
        f"print([m for m in {heavy!r} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, box], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"

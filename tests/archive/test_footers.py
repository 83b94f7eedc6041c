# SPDX-License-Identifier: GPL-2.0-or-later
"""What a series says at its foot."""

import pytest

from reviewtool.archive.footers import Diffstat, read_diffstat, read_footers


@pytest.mark.parametrize(
    ("line", "stat"),
    [
        (" 5 files changed, 143 insertions(+), 3 deletions(-)", Diffstat(5, 143, 3)),
        (" 1 file changed, 1 insertion(+)", Diffstat(1, 1, 0)),
        (" 2 files changed, 7 deletions(-)", Diffstat(2, 0, 7)),
        (" 1 file changed", Diffstat(1, 0, 0)),
        ("5 files changed in all, which is a lot", None),
    ],
)
def test_the_diffstat_totals_as_git_writes_them(line: str, stat: Diffstat | None) -> None:
    assert read_diffstat(f"Why.\n\n mm/x.c | 2 +-\n{line}\n\nbase-commit: 1234567\n") == stat


def test_footers_of_all_kinds_in_their_order() -> None:
    text = (
        "prerequisite-change-id: 2025-a:v2\nprerequisite-patch-id: 0123abc\n"
        "base-commit: ABCDEF1234567890\nprerequisite-message-id: <p@x>\n"
        "prerequisite-base-commit: fedcba9\nchange-id: 2025-b\n"
    )
    footers = read_footers(text, "base-commit: 1111111\n")
    assert (footers.base, footers.change_id) == ("abcdef1234567890", "2025-b")
    assert footers.prerequisites == (
        "change-id: 2025-a:v2",
        "patch-id: 0123abc",
        "message-id: p@x",
        "base-commit: fedcba9",
    )

# SPDX-License-Identifier: GPL-2.0-or-later
"""The selftests of a revision as a reader gets them."""

from pathlib import Path

from reviewtool.behaviour.ktap import Result, suite
from reviewtool.kernel.build import Kernel
from reviewtool.report.selftests import shape, text
from reviewtool.review.selftests import Selftests

KERNEL = Kernel(
    path=Path("/cache/linux"),
    key="1",
    version="7.2.13",
    profile="fast",
    seconds=1.0,
    steps=1,
    cached=False,
    enclosed=True,
    config=Path("/cache/config"),
    log=Path("/cache/log"),
)
TESTS = (
    suite(
        "mm/uffd-unit-tests",
        [
            Result("zeropage on anon", "ok"),
            Result("move-pmd on anon", "skip", "User-Mode Linux has no huge pages"),
            Result("move-pmd-split on anon", "skip", "User-Mode Linux has no huge pages"),
        ],
    ),
    suite(
        "kvm/guest_memfd_test",
        [
            suite(
                "test_guest_memfd",
                [
                    Result("test_file_size", "ok"),
                    Result("test_fallocate", "not ok", "", ("guest_memfd_test.c:7: r\x1b[2J",)),
                ],
            )
        ],
    ),
)
RUN = Selftests("v3", "v3", KERNEL, suite("v3 (selftests of v3)", TESTS))


def test_the_text_counts_explains_and_quotes() -> None:
    assert text(RUN).splitlines() == [
        "Selftests of v3 on the kernel of v3 (Linux 7.2.13)",
        "",
        "mm/uffd-unit-tests: 1 passed, 0 failed, 2 skipped",
        "  skipped   2  User-Mode Linux has no huge pages",
        "",
        "kvm/guest_memfd_test: 1 passed, 1 failed, 0 skipped",
        "  FAILED  test_guest_memfd / test_fallocate",
        "      guest_memfd_test.c:7: r<U+001B>[2J",
    ]


def test_the_document_has_the_counts_and_every_test() -> None:
    document = shape(RUN)
    assert (document["passed"], document["failed"], document["skipped"]) == (2, 1, 2)
    below = document["programs"][1]["tests"][0]["tests"][1]
    assert (below["name"], below["status"]) == ("test_fallocate", "not ok")

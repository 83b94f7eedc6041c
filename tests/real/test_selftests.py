# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's own selftests, built by their own Makefiles and run under User-Mode Linux."""

import os
from pathlib import Path

import pytest

from reviewtool.behaviour.ktap import Result
from reviewtool.report.selftests import shape, text
from reviewtool.review.selftests import Selftests, run_selftests
from reviewtool.review.session import Session
from tests.schemas import check_shape

pytestmark = pytest.mark.kernel

LATER = "REVIEWTOOL_LATER_TREE"


@pytest.fixture(scope="module")
def own(session: Session) -> Selftests:
    """The base's own, on the base."""
    return run_selftests(session, "base")


def test_every_subtest_of_guest_memfd_test_passes(own: Selftests) -> None:
    (test,) = [each for each in own.result.subtests if each.name == "kvm/guest_memfd_test"]
    passed, failed, _ = test.count()
    assert failed == 0, text(own)
    assert passed >= 7


def test_every_skip_has_a_cause(own: Selftests) -> None:
    assert all(each.note for each in skipped(own.result)), text(own)
    assert own.result.status == "ok", text(own)


def test_the_document_has_every_test(own: Selftests) -> None:
    document = shape(own)
    check_shape("selftest", document)
    passed, failed, left_out = own.result.count()
    assert (document["passed"], document["failed"], document["skipped"]) == (
        *(passed, failed, left_out),
    )
    assert [each["name"] for each in document["programs"]] == [
        "mm/uffd-unit-tests",
        "kvm/guest_memfd_test",
    ]


def test_the_tests_of_a_later_kernel(session: Session) -> None:
    """7.2's are the first that need no fixed address; with write protection 34 of them run."""
    tree = os.environ.get(LATER)
    if not tree:
        pytest.skip(f"{LATER} names no kernel tree of 7.2 or later")
    done = run_selftests(session, "base", tests=Path(tree))
    (uffd,) = [each for each in done.result.subtests if each.name == "mm/uffd-unit-tests"]
    passed, failed, _ = uffd.count()
    assert failed == 0, text(done)
    assert passed >= 34


def skipped(test: Result) -> list[Result]:
    below = [each for sub in test.subtests for each in skipped(sub)]
    return below if test.subtests else [test] * (test.status == "skip")

# SPDX-License-Identifier: GPL-2.0-or-later
"""What the kernel's selftests print, read as tests."""

from reviewtool.behaviour.ktap import Result
from reviewtool.behaviour.selftests import Ending, read

ORDERLY = Ending("", 0)


def leaves(result: Result) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    for each in result.subtests:
        found += leaves(each) if each.subtests else [(each.name, each.status, each.note)]
    return found


def test_lines_of_kselftest() -> None:
    console = """\
TAP version 13
1..4
ok 1 UFFDIO_API (with syscall)
ok 2 # SKIP move-pmd on anon (CONFIG_TRANSPARENT_HUGEPAGE is not set)
show_segv_info: 10870 callbacks suppressed
# failed reason: [no event]
not ok 3 minor on shmem
ok 4 # SKIP wp-fork-pin on anon (feature missing)
# Totals: pass:1 fail:1 xfail:0 xpass:0 skip:2 error:0"""
    result = read("mm/uffd-unit-tests", console.splitlines(), Ending("", 1), {})
    assert leaves(result) == [
        ("UFFDIO_API (with syscall)", "ok", ""),
        ("move-pmd on anon", "skip", "User-Mode Linux has no huge pages"),
        ("minor on shmem", "not ok", ""),
        ("wp-fork-pin on anon", "skip", "feature missing"),
    ]
    assert "failed reason: [no event]" in result.subtests[2].diagnostics
    assert result.status == "not ok"


def test_what_was_planned_and_did_not_run_is_a_failure() -> None:
    result = read("t", ["TAP version 13", "1..3", "ok 1 a"], ORDERLY, {})
    assert leaves(result) == [("a", "ok", ""), ("2 more", "not ok", "")]


def test_a_kernel_that_dies_is_a_failure() -> None:
    ending = Ending("Kernel panic - not syncing: BUG!", None)
    result = read("t", ["TAP version 13", "1..1", "ok 1 a"], ending, {})
    assert leaves(result) == [("a", "ok", ""), ("runs to its end", "not ok", "")]
    assert result.subtests[1].diagnostics[0] == ending.wrong


def test_a_program_that_says_nothing_has_not_passed() -> None:
    assert leaves(read("t", [], ORDERLY, {})) == [("runs at all", "not ok", "")]
    skipped = read("t", ["1..0 # SKIP - no /dev/kvm"], Ending("", 4), {})
    assert leaves(skipped) == [("runs at all", "skip", "no /dev/kvm")]


def test_a_program_that_fails_without_saying_where_has_failed() -> None:
    result = read("t", ["TAP version 13", "1..1", "ok 1 a"], Ending("", 1), {})
    assert leaves(result) == [("a", "ok", ""), ("ends well", "not ok", "")]


def test_lines_of_older_uffd_unit_tests() -> None:
    console = """\
Testing UFFDIO_API (with syscall)... done
Testing zeropage on hugetlb... skipped [reason: memory allocation failed]
Testing minor on shmem... failed [reason: nothing]
Testing events on shmem... ERROR: mmap of memfd failed at 0x50000000 (errno=2)"""
    assert leaves(read("t", console.splitlines(), Ending("", 1), {})) == [
        ("UFFDIO_API (with syscall)", "ok", ""),
        ("zeropage on hugetlb", "skip", "User-Mode Linux has no hugetlbfs"),
        ("minor on shmem", "not ok", ""),
        ("events on shmem", "not ok", ""),
    ]


def test_the_address_older_tests_want_is_told_as_the_cause() -> None:
    console = "Testing register-ioctls on shmem... ERROR: mmap of memfd failed at 0x40000000"
    ((name, status, note),) = leaves(read("t", [console], Ending("", 1), {}))
    assert (name, status) == ("register-ioctls on shmem", "skip")
    assert "fixed address" in note


FUNCTIONS = {1: "test_guest_memfd", 2: "test_fallocate", 3: "test_mbind", 4: "test_guest"}


def test_functions_are_subtests_of_those_that_call_them() -> None:
    console = """\
RT begin 1
RT begin 2
RT begin 4
RT end 4 0
RT end 2 0
RT begin 3
RT end 3 4
RT begin 2
==== Test Assertion Failure ====
  guest_memfd_test.c:354: r && errno == EINVAL
RT end 2 254
RT end 1 0
RT begin 4
RT end 4 0"""
    result = read("kvm/guest_memfd_test", console.splitlines(), ORDERLY, FUNCTIONS)
    assert [(each.name, each.status) for each in result.subtests] == [
        ("test_guest_memfd", "not ok"),
        ("test_guest", "ok"),
    ]
    assert leaves(result)[:3] == [
        ("test_fallocate", "ok", ""),
        ("test_mbind", "skip", "User-Mode Linux has one memory node"),
        ("test_fallocate", "not ok", ""),
    ]
    assert "guest_memfd_test.c:354" in result.subtests[0].subtests[2].diagnostics[1]


def test_a_failure_between_two_functions_is_not_lost() -> None:
    console = ["RT begin 1", "RT begin 2", "RT end 2 0", "no huge pages", "RT end 1 254"]
    result = read("t", console, ORDERLY, FUNCTIONS)
    assert leaves(result) == [("test_fallocate", "ok", ""), ("all of it", "not ok", "")]


def test_a_function_the_program_did_not_return_from_failed() -> None:
    result = read("t", ["RT begin 1", "RT begin 2"], Ending("", 139), FUNCTIONS)
    assert result.status == "not ok"

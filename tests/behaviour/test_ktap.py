# SPDX-License-Identifier: GPL-2.0-or-later
"""KTAP as Documentation/dev-tools/ktap.rst has it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewtool.behaviour.ktap import KtapError, Result, parse, suite, write

WORDS = st.text("abcdefg uXYZ0123;:'/+-", min_size=1, max_size=30).map(
    lambda text: " ".join(text.split())
)
NAMES = WORDS.filter(lambda text: text and not text.startswith("-"))
LEAVES = st.builds(
    lambda name, status, note, lines: Result(
        name, status, note if status == "skip" else "", tuple(line for line in lines if line)
    ),
    NAMES,
    st.sampled_from(["ok", "not ok", "skip"]),
    WORDS,
    st.lists(WORDS, max_size=2),
)
TESTS = st.recursive(
    LEAVES,
    lambda inner: st.builds(suite, NAMES, st.lists(inner, min_size=1, max_size=3)),
    max_leaves=8,
)


@given(st.lists(TESTS, min_size=1, max_size=4))
def test_what_is_written_is_read_back(tests: list[Result]) -> None:
    read = parse(write(tests))
    assert [_shape(each) for each in read] == [_shape(each) for each in tests]


def _shape(test: Result) -> object:
    # A suite of skipped tests is written as skipped, and reads back so; all else is kept as it is.
    return (
        test.name,
        test.status,
        test.note,
        test.diagnostics,
        [_shape(each) for each in test.subtests],
    )


def test_a_nested_document() -> None:
    tests = [
        suite(
            "complete0",
            [Result("a; b", "ok"), Result("c", "not ok", "", ("model: ok", "kernel: EINVAL"))],
        ),
        Result("herd7", "skip", "not installed"),
    ]
    assert list(write(tests)) == [
        "KTAP version 1",
        "1..2",
        "    KTAP version 1",
        "    # Subtest: complete0",
        "    1..2",
        "    ok 1 a; b",
        "    # model: ok",
        "    # kernel: EINVAL",
        "    not ok 2 c",
        "not ok 1 complete0",
        "ok 2 herd7 # SKIP not installed",
    ]
    assert suite("all", tests).count() == (1, 1, 1)


def test_a_kernel_log_around_and_inside() -> None:
    # The shape kunit tests have on a console: timestamps, other messages, no '- '.
    log = """\
[    0.060000] printk: console [mc-1] enabled
[    0.060000] KTAP version 1
[    0.060000] 1..1
[    0.060000]     KTAP version 1
[    0.060000]     # Subtest: example
[    0.060000]     1..2
[    0.060000] random: crng init done
[    0.060000]     # example_simple_test: initializing
[    0.060000]     ok 1 example_simple_test
[    0.060000]     ok 2 - example_skip_test # SKIP this test should be skipped
[    0.060000] # example: pass:1 fail:0 skip:1 total:2
[    0.060000] ok 1 example
[    0.070000] reboot: Restarting system
"""
    (example,) = parse(log.splitlines())
    assert (example.name, example.status) == ("example", "ok")
    assert example.diagnostics == ("example: pass:1 fail:0 skip:1 total:2",)
    assert [(each.name, each.status, each.note) for each in example.subtests] == [
        ("example_simple_test", "ok", ""),
        ("example_skip_test", "skip", "this test should be skipped"),
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "line 1: no version line"),
        ("ok 1 a", "no version line"),
        ("KTAP version 1\n1..2\nok 1 a", "line 1: 2 tests planned, 1 reported"),
        ("KTAP version 1\n1..2\nok 1 a\nok 3 b", "line 4: test 3 where 2 was due"),
        (
            "KTAP version 1\n1..1\n    KTAP version 1\n    1..2\n    ok 1 a\nok 1 b",
            "line 3: 2 tests planned, 1 reported",
        ),
    ],
)
def test_a_crashed_run_does_not_read_as_a_shorter_one(text: str, complaint: str) -> None:
    with pytest.raises(KtapError, match=complaint):
        parse(text.splitlines())


def test_names_cannot_break_out_of_their_line() -> None:
    (line,) = list(write([Result("a\nok 2 b # SKIP never", "not ok")]))[2:]
    assert line == "not ok 1 a ok 2 b _ SKIP never"

# SPDX-License-Identifier: GPL-2.0-or-later
"""Which patch of one revision is which of the other."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from reviewtool.archive.types import Patch
from reviewtool.tree.pair import interdiff, pair

MakePatch = Callable[..., Patch]


def text(*changed: str) -> str:
    return "".join(f"line {n}\n" for n in range(10)) + "".join(f"{line}\n" for line in changed)


def shape(a: list[Patch], b: list[Patch]) -> list[tuple[int | None, int | None, str]]:
    return [(one.a, one.b, one.state) for one in pair(a, b)]


def test_what_did_not_change_is_the_same_whatever_its_line_numbers(make_patch: MakePatch) -> None:
    one = make_patch({"a.c": (text(), text("x"))})
    two = make_patch({"a.c": ("more\n" * 9 + text(), "more\n" * 9 + text("x"))})
    assert shape([one], [two]) == [(1, 1, "same")]


def test_a_changed_patch_tells_file_lines_and_message(make_patch: MakePatch) -> None:
    one = make_patch({"a.c": (text(), text("x", "y"))}, message="Why.")
    two = make_patch({"a.c": (text(), text("x", "z", "w"))}, message="Why, better.")
    (found,) = pair([one], [two])
    assert (found.state, found.detail) == ("changed", "a.c (+2 -1); message")


def test_a_trailer_picked_up_on_the_way_is_no_change(make_patch: MakePatch) -> None:
    one = make_patch({"a.c": (text(), text("x"))}, message="Why.")
    two = make_patch({"a.c": (text(), text("x"))}, message="Why.\n\nReviewed-by: R <r@x>")
    assert shape([one], [two]) == [(1, 1, "same")]


def test_a_reworded_subject_is_still_the_same_patch_and_named(make_patch: MakePatch) -> None:
    one = make_patch({"a.c": (text(), text("x", "y", "z"))}, subject="mm: do it")
    two = make_patch({"a.c": (text(), text("x", "y", "z"))}, subject="userfaultfd: have it done")
    (found,) = pair([one], [two])
    assert (found.state, found.detail) == ("changed", "was: mm: do it")


def test_added_and_removed_patches_stand_where_they_belong(make_patch: MakePatch) -> None:
    def patch(index: int, name: str) -> Patch:
        body = text(*(f"{name} {n}" for n in range(8)))
        return make_patch({f"{name}.c": (text(), body)}, index=index, subject=f"{name}: do {name}")

    a = [patch(1, "alpha"), patch(2, "beta"), patch(3, "gamma")]
    b = [patch(1, "alpha"), patch(2, "delta"), patch(3, "gamma")]
    assert shape(a, b) == [
        (1, 1, "same"),
        (None, 2, "added"),
        (2, None, "removed"),
        (3, 3, "same"),
    ]


def test_a_patch_that_changed_places_moved(make_patch: MakePatch) -> None:
    def patch(index: int, name: str) -> Patch:
        return make_patch({f"{name}.c": (text(), text(name))}, index=index, subject=name)

    a = [patch(1, "alpha"), patch(2, "beta"), patch(3, "gamma")]
    b = [patch(1, "gamma"), patch(2, "alpha"), patch(3, "beta")]
    assert shape(a, b) == [(3, 1, "moved"), (1, 2, "same"), (2, 3, "same")]


def test_a_likeness_too_weak_to_decide_is_mentioned(make_patch: MakePatch) -> None:
    a = make_patch(
        {"a.c": (text(), text("x", "y", "v1", "v2", "v3"))}, subject="gmem: support uffd missing"
    )
    b = make_patch(
        {"a.c": (text(), text("x", "y", "w1", "w2", "w3"))}, subject="gmem: support uffd minor"
    )
    added, removed = pair([a], [b])
    assert (added.state, removed.state) == ("added", "removed")
    assert added.detail == "perhaps from 1 (gmem: support uffd missing)"
    assert removed.detail == "perhaps in 1 (gmem: support uffd minor)"


def test_a_damaged_patch_is_paired_by_its_subject(wrap_diff: MakePatch) -> None:
    damaged = wrap_diff("@@ -1 +1 @@\n", subject="mm: thing")
    assert [(p.a, p.b) for p in pair([damaged], [damaged])] == [(1, 1)]


def test_the_interdiff_shows_what_changed_in_the_change(make_patch: MakePatch) -> None:
    one = make_patch({"a.c": (text(), text("x", "y"))})
    two = make_patch({"a.c": (text(), text("x", "z"))})
    lines = interdiff(one, two).splitlines()
    assert "-+y" in lines
    assert "++z" in lines
    assert interdiff(one, one) == ""


NAMES = st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=8)


@given(a=NAMES, b=NAMES)
def test_every_patch_is_in_exactly_one_pair(a: list[str], b: list[str]) -> None:
    def patches(names: list[str]) -> list[Patch]:
        return [
            Patch(
                n,
                len(names),
                f"{name * 9} subject {name * 7}",
                name,
                "A <a@x>",
                "",
                "",
                f"--- a/{name}\n+++ b/{name}\n@@ -1 +1 @@\n-{name}\n+{name}{name}\n",
                (),
                b"",
            )
            for n, name in enumerate(names, 1)
        ]

    pairs = pair(patches(a), patches(b))
    assert sorted(p.a for p in pairs if p.a is not None) == list(range(1, len(a) + 1))
    assert sorted(p.b for p in pairs if p.b is not None) == list(range(1, len(b) + 1))
    for found in pairs:
        if found.a is not None and found.b is not None:
            assert a[found.a - 1] == b[found.b - 1]
    assert sum(p.a is not None and p.b is not None for p in pairs) == len(set(a) & set(b))

# SPDX-License-Identifier: GPL-2.0-or-later
"""A changelog is held against how the patches changed, item by item."""

from dataclasses import replace

import pytest

from reviewtool.archive.types import Cover, Patch, Revision, Trailer
from reviewtool.review.claims import claims, items_of, mentions, own_changelog

FILE = "mm/thing.c"


def patch(index: int, *lines: str, path: str = FILE, message: str = "Why.\n") -> Patch:
    """A patch that adds ``lines`` inside one function."""
    body = "".join(f"+\t{line}\n" for line in lines)
    diff = (
        f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n"
        f"@@ -1,2 +1,{2 + len(lines)} @@ static int do_thing(void)\n \tfirst\n{body} \tlast\n"
    )
    return Patch(
        index, 2, f"mm: step {index}", f"p{index}@x", "A <a@x>", "", message, diff, (), b""
    )


def posting(version: int, cover: str, *patches: Patch, base: str = "") -> Revision:
    return Revision(
        id=f"v{version}",
        title="a thing",
        rfc=False,
        version=version,
        resend=False,
        date=f"2025-01-0{version}T00:00:00Z",
        author="A <a@x>",
        cover=Cover(f"c{version}@x", "a thing", cover),
        base=base or None,
        prerequisites=(),
        change_id=None,
        patches=patches,
        replies=(),
        complete=True,
        missing=(),
        evidence=(),
    )


OLD = posting(1, "", patch(1, "get_thing(a, old_name);", "if (unlikely(ret))"), patch(2, "two();"))
SAME = patch(2, "two();")


@pytest.mark.parametrize(
    ("item", "new", "state"),
    [
        ("rename old_name to new_name", ("get_thing(a, new_name);", "if (unlikely(ret))"), "seen"),
        ("rename old_name to other_name", ("get_thing(a, new_name);",), "not seen"),
        ("add check_thing()", ("get_thing(a, old_name);", "check_thing(a);"), "seen"),
        ("add check_thing()", ("get_thing(a, old_name, 1);",), "not seen"),
        ("drop old_name", ("get_thing(a);",), "seen"),
        ("simplify do_thing()", ("get_thing(a, old_name);",), "seen"),
        ("introduce CHECK_THIGN", ("get_thing(a, CHECK_THING);",), "seen"),
        ("only compile it where wanted", ("#ifdef CONFIG_A", "get_thing();"), "seen"),
        ("fix checkpatch findings", ("get_thing(a,  old_name);",), "cannot tell"),
    ],
)
def test_an_item_is_looked_for_in_what_the_two_do_not_share(
    item: str, new: tuple[str, ...], state: str
) -> None:
    found = claims(OLD, posting(2, f"Changes in v2:\n - {item}\n", patch(1, *new), SAME))
    assert [one.state for one in found.items] == [state]


def test_a_patch_no_item_is_seen_in_changed_unsaid() -> None:
    old = posting(1, "", patch(1, "one();"), patch(2, "two();"))
    new = posting(2, "v2:\n - add three()\n", patch(1, "one();", "three();"), patch(2, "four();"))
    found = claims(old, new)
    assert [one.b for one in found.unsaid] == [2]


def test_tags_and_words_of_messages_excuse_no_change_of_code() -> None:
    tagged = replace(patch(1, "other();"), trailers=(Trailer("Reviewed-by", "R <r@x>"),))
    old = posting(1, "", patch(1, "one();", message="A MISSING fault.\n"))
    new = posting(2, "v2:\n - add review tags\n", tagged)
    found = claims(old, new)
    assert [one.state for one in found.items] == ["seen"]
    assert [one.b for one in found.unsaid] == [1]


def test_substitution_in_changelogs_is_looked_for_in_messages() -> None:
    old = posting(1, "", patch(1, "one();", message="A MISSING fault.\n"))
    new = posting(
        2,
        "v2:\n - s/MISSING/MINOR/g in changelogs\n",
        patch(1, "one();", message="A MINOR fault.\n"),
    )
    assert [one.state for one in claims(old, new).items] == ["seen"]


@pytest.mark.parametrize(
    ("before", "after", "state"),
    [("aa", "bb", "seen"), ("aa", "aa", "not seen"), ("", "bb", "cannot tell")],
)
def test_a_rebase_is_a_change_of_base(before: str, after: str, state: str) -> None:
    old, new = posting(1, "", SAME, base=before), posting(2, "v2:\n - Rebase\n", SAME, base=after)
    assert [one.state for one in claims(old, new).items] == [state]


def test_a_base_that_changed_without_a_word_is_told() -> None:
    old, new = posting(1, "", SAME, base="aa"), posting(2, "v2:\n - add x_y\n", SAME, base="bb")
    assert claims(old, new).base == "aa -> bb"
    assert claims(old, replace(new, cover=Cover("c", "", "Rebased.\n"))).base == ""


def test_a_miscounted_heading_is_still_the_postings_own() -> None:
    text = "v2 changes:\n* one\n\nv1: https://lore.kernel.org/all/old-1@example.org\n* older\n"
    found = own_changelog(replace(posting(1, text, SAME)))
    assert found is not None
    assert items_of(found.text) == ("one",)


def test_a_posting_without_changelog_says_nothing() -> None:
    found = claims(OLD, posting(2, "A new idea.\n", patch(1, "x();"), SAME))
    assert (found.written, found.items) == (False, ())


def test_items_are_bullets_and_prose_after_them_is_none() -> None:
    text = " - one\n   goes on\n - two\n\nThen prose.\n"
    assert items_of(text) == ("one goes on", "two")


def test_an_item_has_one_blank_where_it_was_wrapped_or_aligned() -> None:
    assert items_of("- not  \n  checked\n") == ("not checked",)
    assert items_of("not  checked\n") == ("not checked",)


def test_without_bullets_a_line_is_an_item_unless_the_one_before_was_full() -> None:
    text = (
        "Use the newer kmem_cache_create() with its arguments in a structure,\n"
        "as was asked for.\n"
        "Drop the lock first.\n"
        "\n"
        "Add a test.\n"
    )
    assert items_of(text) == (
        "Use the newer kmem_cache_create() with its arguments in a structure, as was asked for.",
        "Drop the lock first.",
        "Add a test.",
    )
    assert items_of("Rebase on V17. Use its inodes\n      from A. Use a new API\n") == (
        "Rebase on V17. Use its inodes from A. Use a new API",
    )


def test_a_sign_by_words_is_told_in_the_words_of_the_item() -> None:
    new = patch(1, "return -EOPNOTSUPP;")
    (item,) = claims(
        OLD, posting(2, "v2:\n - Now returning EOPNOTSUPP. Returns early.\n", new, SAME)
    ).items
    assert item.evidence == "by words alone, patch 1: returning, EOPNOTSUPP"


def test_a_misspelt_name_counts_as_mentioned() -> None:
    assert mentions("hardwire VM_FAULF_UFFD_MINOR to 0", "VM_FAULT_UFFD_MINOR")
    assert not mentions("hardwire it to 0", "VM_FAULT_UFFD_MINOR")

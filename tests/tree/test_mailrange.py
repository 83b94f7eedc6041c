# SPDX-License-Identifier: GPL-2.0-or-later
"""Range-diff from mail pairs patches as git does, and says which hunks changed."""

import itertools
import random
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from reviewtool.archive.types import Patch
from reviewtool.lineage.study import load
from reviewtool.paths import reference_impl
from reviewtool.report.rangediff import lines, range_shape, range_text
from reviewtool.review.session import Session, applied, open_session, posting, with_base
from reviewtool.tree.assignment import assign
from reviewtool.tree.base import Base
from reviewtool.tree.mailrange import MailPair, mail_range
from reviewtool.tree.outcome import Applied
from reviewtool.tree.rangediff import RangePair, parse_range_diff, range_diff
from reviewtool.tree.store import run_git
from tests.bench.rangediff import series
from tests.tree.mailed_commits import mailed_commits


def patch(index: int, *body: str, subject: str = "", message: str = "Why.\n") -> Patch:
    added = "".join(f"+\t{line}\n" for line in body)
    diff = (
        "diff --git a/mm/a.c b/mm/a.c\n--- a/mm/a.c\n+++ b/mm/a.c\n"
        f"@@ -1,2 +1,{2 + len(body)} @@ int one(void)\n {{\n{added} }}\n"
    )
    return Patch(
        index, 9, subject or f"mm: step {index}", f"{index}@x", "", "", message, diff, (), b""
    )


BODY = [f"call_number_{n}();" for n in range(8)]
CHANGED = [*BODY[:-1], "call_something_else();"]


def told(a: list[Patch], b: list[Patch]) -> list[tuple[int | None, int | None, str]]:
    return [(one.a, one.b, one.state) for one in mail_range(a, b)]


def test_a_patch_that_is_alike_costs_nothing_wherever_it_went() -> None:
    a = [patch(1, "first_thing();"), patch(2, *BODY)]
    b = [patch(1, *BODY, subject="mm: step 2"), patch(2, "first_thing();", subject="mm: step 1")]
    assert told(a, b) == [(2, 1, "same"), (1, 2, "same")]


def test_a_changed_hunk_is_told_as_a_diff_of_its_lines() -> None:
    (one,) = mail_range([patch(1, *BODY)], [patch(1, *CHANGED)])
    assert (one.state, one.message) == ("changed", False)
    (hunk,) = one.hunks
    assert (hunk.path, hunk.section, hunk.state) == ("mm/a.c", "int one(void)", "changed")
    assert "-+\tcall_number_7();" in hunk.diff
    assert "++\tcall_something_else();" in hunk.diff
    assert one.cost > 0


def test_a_changed_message_alone_is_a_change() -> None:
    (one,) = mail_range([patch(1, *BODY)], [patch(1, *BODY, message="Other words.\n")])
    assert (one.state, one.message, one.hunks) == ("changed", True, ())
    tagged = patch(1, *BODY, message="Why.\n\nReviewed-by: R <r@x>\n")
    assert told([patch(1, *BODY)], [tagged]) == [(1, 1, "same")]


def test_commits_without_a_diff_are_one_where_their_messages_are() -> None:
    empty = replace(patch(1, *BODY), diff="")
    assert told([empty], [empty]) == [(1, 1, "same")]
    assert told([empty], [replace(empty, message="Other.\n")]) == [
        (None, 1, "added"),
        (1, None, "removed"),
    ]


def test_what_has_little_in_common_is_left_alone() -> None:
    a, b = [patch(1, *BODY)], [patch(1, *(f"quite_another_{n}();" for n in range(8)))]
    assert told(a, b) == [(None, 1, "added"), (1, None, "removed")]


def test_every_patch_stands_once_in_the_order_of_the_newer() -> None:
    old, new = series(60)
    pairs = mail_range(old, new)
    assert [one.b for one in pairs if one.b is not None] == list(range(1, len(new) + 1))
    assert sorted(one.a for one in pairs if one.a is not None) == list(range(1, len(old) + 1))


def test_the_assignment_is_the_cheapest_there_is() -> None:
    chance = random.Random(7)
    for _ in range(60):
        n, m = chance.randint(1, 4), chance.randint(1, 4)
        costs = {
            (i, j): chance.randint(0, 20)
            for i in range(n)
            for j in range(m)
            if chance.random() < 0.8
        }
        a = {i: chance.randint(1, 12) for i in range(n)}
        b = {j: chance.randint(1, 12) for j in range(m)}

        def price(pairs: list[tuple[int, int]]) -> int:
            left = sum(a.values()) - sum(a[i] for i, _ in pairs)  # noqa: B023 - used at once
            right = sum(b.values()) - sum(b[j] for _, j in pairs)  # noqa: B023
            return left + right + sum(costs[pair] for pair in pairs)  # noqa: B023

        every = [
            list(chosen)
            for size in range(min(n, m) + 1)
            for chosen in itertools.combinations(costs, size)
            if len({i for i, _ in chosen}) == len({j for _, j in chosen}) == size
        ]
        assert price(assign(costs, a, b)) == min(map(price, every))


def test_three_revisions_are_one_table_with_a_line_a_patch() -> None:
    first = [patch(1, *BODY)]
    second = [patch(1, *CHANGED, subject="mm: renamed"), patch(2, "brand_new_thing();")]
    third = [patch(1, "brand_new_thing();"), patch(2, *CHANGED, subject="mm: renamed")]
    ranges = [("v1", "v2", mail_range(first, second)), ("v2", "v3", mail_range(second, third))]
    table = {line.subject: line.numbers for line in lines(ranges)}
    assert table["mm: renamed"] == {"v1": 1, "v2": 1, "v3": 2}
    document = range_shape(ranges)
    assert document["revisions"] == ["v1", "v2", "v3"]
    assert [row["numbers"]["v3"] for row in document["rows"]] == [1, 2]
    assert "1!" in range_text(ranges, hunks=True)


def alike(git: Iterable[RangePair], ours: Iterable[MailPair], *numbers: list[int]) -> bool:
    """Whether git, which counts commits, and ours, by the numbers of the mails, pair the same."""
    (a, b) = numbers
    return {(one.a, one.b) for one in ours} == {
        (a[one.a - 1] if one.a else None, b[one.b - 1] if one.b else None) for one in git
    }


@pytest.mark.kernel
def test_the_embedded_revisions_are_paired_as_git_pairs_their_commits(session: Session) -> None:
    names = [one.id for one in session.study.revisions]
    trees = {name: applied(session, name) for name in names}
    whole = [name for name in names if trees[name].complete]
    assert len(whole) >= 6
    for a, b in itertools.combinations(whole, 2):
        ours = mail_range(posting(session, a).patches, posting(session, b).patches)
        numbers = [[one.index for one in posting(session, name).patches] for name in (a, b)]
        assert alike(range_diff(trees[a], trees[b]).pairs, ours, *numbers), (a, b)


ORIGINALS = reference_impl() / "study/guest_memfd/originals.toml"
POSTED = [one.id for one in load(ORIGINALS).revisions if one.original]


def test_the_real_series_are_paired_as_git_pairs_what_was_mailed(
    lore: Path, tmp_path: Path
) -> None:
    del lore  # the study's mail is there
    session = open_session(str(ORIGINALS), None)
    patches = {name: posting(session, name).patches for name in POSTED}
    store = tmp_path / "mailed.git"
    commits = mailed_commits(store, patches)
    pairs = list(itertools.combinations(patches, 2))
    assert len(pairs) == 78
    for a, b in pairs:
        told = run_git(store, "range-diff", "--no-color", "--no-notes", commits[a], commits[b])
        git = parse_range_diff(told.stdout.decode("utf-8", "surrogateescape"))
        numbers = [[one.index for one in patches[name]] for name in (a, b)]
        assert alike(git, mail_range(patches[a], patches[b]), *numbers), (a, b)


@pytest.mark.kernel
def test_the_real_series_on_a_base_are_paired_as_git_pairs_their_commits(
    lore: Path, base: Base
) -> None:
    """Bridging changes diffs, and leaves selftests out: what is compared are the commits."""
    del lore
    if not base.version.startswith("6.12."):
        pytest.skip(f"the resolutions are for 6.12, the base at hand is {base.version}")
    session = with_base(open_session(str(ORIGINALS), None))
    trees = {name: applied(session, name) for name in POSTED}
    committed = {name: commits_of(trees[name], posting(session, name).patches) for name in trees}
    pairs = list(itertools.combinations(trees, 2))
    assert len(pairs) == 78
    for a, b in pairs:
        numbers = [[one.index for one in committed[name]] for name in (a, b)]
        ours = mail_range(committed[a], committed[b])
        assert alike(range_diff(trees[a], trees[b]).pairs, ours, *numbers), (a, b)


def commits_of(tree: Applied, patches: Iterable[Patch]) -> list[Patch]:
    """The patches with the diffs of their commits, empty where all hunks were left out."""
    found = []
    for patch, outcome in zip(patches, tree.outcomes, strict=True):
        shown = run_git(tree.store, "diff-tree", "-p", f"{outcome.commit}^", str(outcome.commit))
        found.append(replace(patch, diff=shown.stdout.decode("utf-8", "surrogateescape")))
    return found

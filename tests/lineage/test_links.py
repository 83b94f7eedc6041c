# SPDX-License-Identifier: GPL-2.0-or-later
"""What binds two postings into one lineage, and what does not."""

from reviewtool.archive.changelog import ids_in, read_changelog, read_citations
from reviewtool.archive.mail import parse_mail
from reviewtool.archive.postings import sort_mails
from reviewtool.archive.types import Revision
from reviewtool.lineage.discover import sketch
from reviewtool.lineage.links import lineages, links_between, needs_of
from tests.archive.mails import Series

BOB = "Bob <bob@example.org>"


def revisions(*series: Series) -> list[Revision]:
    found = sort_mails(parse_mail(raw) for one in series for raw in one.mails())
    return [sketch(posting) for posting in found.postings]


def groups(*series: Series) -> list[list[str]]:
    found = revisions(*series)
    return [[r.root.split("-")[0] for r in g] for g in lineages(found, links_between(found))]


def test_subject_and_author_bind() -> None:
    assert groups(Series("a"), Series("b", "PATCH v2", day=9)) == [["a", "b"]]


def test_a_subject_alone_does_not() -> None:
    lines = {1: "quite", 2: "different"}
    assert groups(Series("a"), Series("b", author=BOB, day=9, lines=lines)) == [["a"], ["b"]]


def test_a_change_id_binds_whatever_the_subject() -> None:
    one = Series("a", cover="x\n\nchange-id: 20250303-thing-1\n")
    two = Series(
        "b", title="net: renamed", author=BOB, cover="change-id: 20250303-thing-1\n", day=9
    )
    assert groups(one, two) == [["a", "b"]]


def test_a_version_named_in_the_cover_binds_across_subject_and_author() -> None:
    cover = "v1: https://lore.kernel.org/all/a-0@example.org/\n"
    assert groups(Series("a"), Series("b", title="net: new", author=BOB, cover=cover, day=9)) == [
        ["a", "b"]
    ]


def test_a_series_built_on_another_is_no_revision_of_it() -> None:
    cover = "This is based on https://lore.kernel.org/r/a-0@example.org .\n"
    top = Series("b", title="net: new", cover=cover, day=9)
    assert groups(Series("a"), top) == [["a"], ["b"]]
    (need,) = needs_of(revisions(top)[0])
    assert need.message_id == "a-0@example.org"


def test_the_same_patch_carried_on_by_another_binds() -> None:
    """The patch keeps its author in its first body line, as git send-email writes it."""
    raws = Series("b", title="mm: do a thing", author=BOB, day=9).mails()
    carried = [
        raw.replace(b"\n\nDo step", b"\n\nFrom: Ada Author <ada@example.org>\n\nDo step")
        for raw in raws
    ]
    found = sort_mails(parse_mail(raw) for raw in [*Series("a").mails(), *carried])
    sketches = [sketch(posting) for posting in found.postings]
    (link,) = links_between(sketches)
    assert link.reason == "2 of 2 patches are patches of it"


def test_a_lone_patch_taken_into_a_long_series_is_not_that_work() -> None:
    """Unless something says so: here nothing but the patch itself is shared."""

    def carried(total: int) -> list[list[str]]:
        title, one = "mm: do a thing", Series("a", total=1, title="mm: do a thing", lines={1: "x"})
        long = Series("b", total=total, title=title, day=9, lines={1: "x"})
        alone = one.mail_of(1).replace(b"In-Reply-To", b"X-Was").replace(b"References", b"X-Too")
        letter, *patches = long.mails()
        mails = [alone, letter.replace(title.encode(), b"net: other"), *patches]
        found = [sketch(p) for p in sort_mails(map(parse_mail, mails)).postings]
        return [[r.root for r in g] for g in lineages(found, links_between(found))]

    assert carried(20) == [["a-1@example.org"], ["b-0@example.org"]]
    assert carried(8) == [["a-1@example.org", "b-0@example.org"]]


def test_sent_in_reply_to_the_last_version_binds_if_the_titles_are_alike() -> None:
    two = Series("b", "PATCH v2", title="mm: do a thing better", day=9, reply_to="a-0@example.org")
    assert groups(Series("a", lines={1: "x1", 2: "x2"}), two) == [["a", "b"]]
    far = Series("b", title="net: quite other matter", day=9, reply_to="a-0@example.org")
    assert groups(Series("a"), far) == [["a"], ["b"]]


def test_citations_know_versions_needs_and_mentions() -> None:
    text = (
        "This series is built on top of the v3 write support [1]. See also [2].\n"
        "As discussed in the v1 [3], it differs.\n\nChanges since RFC [4]:\n - all\n\n"
        "[1] https://lore.kernel.org/kvm/need@x/T/\n[2] https://lore.kernel.org/kvm/other@x/\n"
        "[3]: https://patch.msgid.link/first@x\n[4]\nhttps://lore.kernel.org/r/rfc%40x\n"
    )
    assert {c.message_id: c.role for c in read_citations(text)} == {
        "need@x": "needed",
        "other@x": "mentioned",
        "first@x": "earlier",
        "rfc@x": "earlier",
    }


def test_links_are_read_from_any_archive() -> None:
    text = "https://lore.kernel.org/all/a@b/T/#u, (https://x.org/y/c@d/raw). http://no.id/here"
    assert ids_in(text) == ("a@b", "c@d")


def test_changelogs_as_people_write_them() -> None:
    text = (
        "v3 changes:\n* one\n\nv2: https://lore.kernel.org/all/v2@x\n* two\n\n"
        "Changes in v1:\n- three\n- Link to rfc: https://lore.kernel.org/r/rfc@x\n\n"
        "v0 -> v1:\n four\n\nAda Author (2):\n  mm: x\n"
    )
    entries = read_changelog(text, 3)
    assert [(c.version, c.text.strip()[:6], c.links) for c in entries] == [
        ("v3", "* one", ()),
        ("v2", "* two", ("v2@x",)),
        ("v1", "- thre", ()),
        ("v1", "four", ()),
    ]
    assert {c.message_id: c.role for c in read_citations(text)} == {
        "v2@x": "earlier",
        "rfc@x": "earlier",
    }


def test_a_heading_between_rules_or_without_a_word_of_change_is_one() -> None:
    text = (
        "=== Changes Since v3 [3] ===\n\n - one\n\n* From v2 [5]:\n  - two\n\n"
        "* From v1 [9]\n  - three\n\nIt differs from v1 in\nmuch, as from v3 on.\n"
    )
    entries = read_changelog(text, 4)
    assert [(c.version, c.text.strip().split("\n")[0]) for c in entries] == [
        ("v4", "- one"),
        ("v3", "- two"),
        ("v2", "- three"),
    ]

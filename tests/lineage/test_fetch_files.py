# SPDX-License-Identifier: GPL-2.0-or-later
"""Files of mail become a study; a second fetch adds and never takes away what a person wrote."""

from pathlib import Path

import pytest

from reviewtool.archive.store import data_root, thread_mails
from reviewtool.errors import InputError
from reviewtool.lineage.fetch import fetch_files
from reviewtool.lineage.study import Study, load, prerequisites_mail, revision_mail
from tests.archive.mails import Series, diff, mail, mbox

RFC = Series("rfc", "RFC PATCH")
V2 = Series("v2", "PATCH v2", day=10, cover="v2:\n - better\n")
OTHER = Series("other", title="net: elsewhere", day=20, author="Bob <bob@example.org>")


@pytest.fixture
def box(tmp_path: Path, warm: Path) -> Path:
    return tmp_path / "box"


def fetch(box: Path, *series: Series, name: str = "s") -> Study:
    box.write_bytes(mbox([raw for one in series for raw in one.mails()]))
    return fetch_files([box], name)


def test_revisions_get_the_names_reviewers_use(box: Path) -> None:
    study = fetch(box, V2, RFC)
    assert [(r.id, r.date, r.series) for r in study.revisions] == [
        ("rfc", "2025-03-03", "ada"),
        ("v2", "2025-03-10", "ada"),
    ]
    assert study.revisions[1].evidence == (
        "rfc-0@example.org: same subject and author; 2 of 2 patches are patches of it",
    )


def test_names_are_never_given_twice(box: Path) -> None:
    bob = Series("bob", "PATCH v2", title="mm: do a thing", author="Bob <bob@example.org>", day=20)
    again = Series("again", "PATCH v2", title="mm: do it again", day=25)
    study = fetch(box, RFC, V2, bob, again)
    ids = [r.id for r in study.revisions]
    assert len(set(ids)) == 4
    assert {"rfc", "v2", "bob-v2"} < set(ids)


def test_a_patch_sent_anew_the_same_day_is_a_revision_of_its_own(box: Path) -> None:
    """“[PATCH v2.1 2/2]” has the cover of v2, and was taken for it."""
    text = f"Better.\n\nSigned-off-by: {V2.author}\n---\n{diff('f2.c', new='anew')}"
    date = "Mon, 10 Mar 2025 23:00:00 +0000"
    anew = mail(
        "[PATCH v2.1 2/2] step 2", text, message_id="anew@x", reply_to=V2.id_of(2), date=date
    )
    box.write_bytes(mbox([*V2.mails(), anew]))
    study = fetch_files([box], "s")
    held = {one.id: revision_mail(study, one) for one in study.revisions}
    assert {name: [p.message_id for p in one.patches] for name, one in held.items()} == {
        "v2": [V2.id_of(1), V2.id_of(2)],
        "v2-2025-03-10": [V2.id_of(1), "anew@x"],
    }


def test_a_work_that_goes_on_as_two_side_by_side_is_two_series(box: Path) -> None:
    first = "https://lore.kernel.org/all/rfc-0@example.org/"
    cover = f"v1: {first}\n"
    core = Series("core", "PATCH v2", title="iommu: nesting infrastructure", day=9, cover=cover)
    driver = Series("driver", "PATCH v2", title="vtd: nested translation", day=9, cover=cover)
    core3 = Series("core3", "PATCH v3", title="iommu: nesting infrastructure", day=12)
    driver3 = Series("driver3", "PATCH v3", title="vtd: nested translation", day=12)
    study = fetch(box, RFC, core, driver, core3, driver3)
    by_series: dict[str, list[str]] = {}
    for revision in study.revisions:
        by_series.setdefault(revision.series, []).append(revision.id)
    assert list(by_series.values()) == [
        ["rfc"],
        ["v2", "v3"],
        ["nested-v2", "nested-v3"],
    ]


def test_one_person_under_two_names_makes_one_series(box: Path) -> None:
    cover = "v1: https://lore.kernel.org/all/v1-0@example.org/\n"
    home = Series("home", "PATCH v2", author="adas@mail.example", day=9, cover=cover)
    study = fetch(box, Series("v1"), home, Series("v3", "PATCH v3", day=12))
    assert [(r.id, r.series) for r in study.revisions] == [
        ("v1", "ada"),
        ("v2", "ada"),
        ("v3", "ada"),
    ]


def test_raw_mail_is_kept_unchanged_and_once(box: Path) -> None:
    study = fetch(box, RFC)
    (thread,) = study.revisions[0].mail
    assert [m.rstrip(b"\n") for m in thread_mails(thread)] == [m.rstrip(b"\n") for m in RFC.mails()]
    before = sorted(data_root().rglob("*"))
    fetch(box, RFC)
    assert sorted(data_root().rglob("*")) == before


def test_what_a_person_wrote_stays(box: Path) -> None:
    study = fetch(box, RFC)
    text = study.path.read_text()
    text = text.replace('id = "rfc"', "# the first try\nid = \"first\"  # not 'rfc'")
    text = text.replace("[[series]]", "# Ada's work\n[[series]]")
    text = text.rstrip("\n") + '\nmodel = "my.model"\n\n# to be continued\n'
    study.path.write_text(text)
    added = fetch(box, RFC, V2)
    assert [r.id for r in added.revisions] == ["first", "v2"]
    assert added.revisions[0].model == "my.model"
    written = iter(added.path.read_text().split("\n"))
    assert all(line in written for line in text.split("\n") if line), "a line is gone or moved"


def test_an_earlier_revision_found_later_goes_before_the_others(box: Path) -> None:
    fetch(box, V2)
    assert [r.id for r in fetch(box, V2, RFC).revisions] == ["rfc", "v2"]


def test_a_series_begun_earlier_goes_before_those_at_hand_and_harms_no_comment(box: Path) -> None:
    late = Series("late", "PATCH v3", title="mm: do a thing", author="Bob <bob@x.org>", day=25)
    study = fetch(box, late)
    text = study.path.read_text().replace("[[series]]", "# Bob took over here\n[[series]]")
    study.path.write_text(text)
    added = fetch(box, late, OTHER, RFC, V2)
    assert [(r.id, r.date) for r in added.revisions] == [
        ("rfc", "2025-03-03"),
        ("v2", "2025-03-10"),
        ("v1", "2025-03-20"),
        ("v3", "2025-03-25"),
    ]
    written = added.path.read_text()
    assert '# Bob took over here\n[[series]]\nid = "bob"' in written
    kept = iter(written.split("\n"))
    assert all(line in kept for line in text.split("\n") if line), "a line is gone or moved"


def test_an_order_a_person_chose_stays(box: Path) -> None:
    study = fetch(box, RFC, OTHER)
    head, ada, bob = study.path.read_text().rstrip("\n").split("[[series]]")
    study.path.write_text(f"{head}[[series]]{bob}\n\n[[series]]{ada.rstrip()}\n")
    assert [r.id for r in fetch(box, RFC, V2, OTHER).revisions] == ["v1", "rfc", "v2"]


def test_new_replies_renew_the_thread_but_not_a_file_the_user_named(box: Path) -> None:
    fetch(box, RFC)
    reply = mail("Re: x", "hm", message_id="r@x", reply_to=RFC.id_of(1))
    box.write_bytes(mbox([*RFC.mails(), reply]))
    study = fetch_files([box], "s")
    assert len(revision_mail(study, "rfc").replies) == 1
    own = study.path.read_text().replace(study.revisions[0].mail[0], str(box))
    study.path.write_text(own)
    box.write_bytes(mbox(RFC.mails()))
    assert fetch_files([box], "s").path.read_text() == own


def test_what_a_cover_says_it_is_built_on_is_a_prerequisite(box: Path) -> None:
    cover = "This is based on [1].\n\n[1] https://lore.kernel.org/all/other-0@example.org/\n"
    study = fetch(box, Series("on-top", title="mm: on top", cover=cover, day=25), OTHER)
    top = next(r for r in study.revisions if r.title == "mm: on top")
    (base,) = prerequisites_mail(study, top)
    assert base.root == OTHER.id_of(0)
    assert "based on" in study.prerequisites[0].evidence[0]


def test_a_prerequisite_a_person_took_out_stays_out(box: Path) -> None:
    cover = "This is based on https://lore.kernel.org/all/other-0@example.org/ .\n"
    top = Series("on-top", title="mm: on top", cover=cover, day=25)
    study = fetch(box, top, OTHER)
    text = study.path.read_text()
    table = text[text.index("[[prerequisite]]") : text.index("[[series]]")]
    line = f'prerequisites = ["{study.prerequisites[0].id}"]\n'
    assert line in text
    text = text.replace(table, "").replace(line, "")
    study.path.write_text(text)
    assert fetch(box, top, OTHER).path.read_text() == text


def test_a_posting_a_person_names_is_filled_in_and_keeps_what_they_wrote(box: Path) -> None:
    study = fetch(box, RFC)
    ours = (
        '\n[[series.revision]]  # the tool did not see it\nid = "second"\n'
        f'original = "<{OTHER.id_of(0)}>"\ntitle = "as we call it"\n'
    )
    study.path.write_text(study.path.read_text() + ours)
    added = fetch(box, RFC, OTHER)
    assert [(r.id, r.title) for r in added.revisions] == [
        ("rfc", RFC.title),
        ("second", "as we call it"),
    ]
    assert revision_mail(added, "second").title == OTHER.title
    assert "[[series.revision]]  # the tool did not see it" in added.path.read_text()
    assert fetch(box, RFC, OTHER).path.read_text() == added.path.read_text()


def test_nothing_is_written_if_anything_is_wrong(box: Path) -> None:
    box.write_bytes(mbox(Series(total=5).mails(without=(3,))))
    with pytest.raises(InputError, match="patch 3/5 missing"):
        fetch_files([box], "s")
    assert not (data_root() / "studies").exists()
    study = fetch(box, RFC)
    study.path.write_text(study.path.read_text() + "\nbroken\n")
    before = study.path.read_bytes()
    with pytest.raises(InputError, match="no study file"):
        fetch(box, RFC, V2)
    assert study.path.read_bytes() == before


def test_hostile_titles_harm_no_study_file(box: Path) -> None:
    nasty = Series("n", title="mm: \"]]\\ \N{RIGHT-TO-LEFT OVERRIDE}gnp \x07 [[series]] '''")
    study = fetch(box, nasty)
    assert load(study.path).revisions[0].title.startswith('mm: "]]\\ <U+202E>gnp')
    assert revision_mail(study, study.revisions[0]).complete

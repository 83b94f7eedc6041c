# SPDX-License-Identifier: GPL-2.0-or-later
"""A study is a file a person edits: it is read strictly and told about plainly."""

import re
from pathlib import Path

import pytest

from reviewtool.errors import InputError
from reviewtool.lineage import study as studies
from reviewtool.lineage.fetch import fetch_files
from reviewtool.lineage.study import (
    embedded,
    find,
    load,
    prerequisites_mail,
    resolve,
    revision_mail,
)
from tests.archive.mails import Series, mbox

TEXT = """\
name = "s"
title = "A study"
base = "6.12"

[[prerequisite]]
id = "before"
mail = "before.mbox"

[[series]]
id = "ada"

[[series.revision]]
id = "rfc"
original = "<one-0@example.org>"
mail = "rfc.mbox"
origin = "port"
model = "refmodel.revisions.x"
prerequisites = ["before"]

[[series.revision]]
id = "v2"
mail = ["two.mbox"]
base = "6.13"
"""


@pytest.fixture
def study_file(tmp_path: Path, warm: Path) -> Path:
    (tmp_path / "before.mbox").write_bytes(mbox(Series("before", title="mm: before").mails()))
    (tmp_path / "rfc.mbox").write_bytes(mbox(Series("one", "RFC PATCH").mails()))
    (tmp_path / "two.mbox").write_bytes(mbox(Series("two", "PATCH v2").mails()))
    file = tmp_path / "study.toml"
    file.write_text(TEXT)
    return file


def test_what_the_file_says_is_what_the_study_has(study_file: Path) -> None:
    study = load(study_file)
    assert (study.name, study.title, study.base) == ("s", "A study", "6.12")
    rfc, v2 = study.revisions
    assert (rfc.id, rfc.base, rfc.origin, rfc.model) == (
        "rfc",
        "6.12",
        "port",
        "refmodel.revisions.x",
    )
    assert (v2.base, v2.origin, v2.model, v2.series) == ("6.13", "original", None, "ada")


def test_mail_comes_under_the_name_the_study_gives_it(study_file: Path) -> None:
    study = load(study_file)
    rfc = revision_mail(study, "rfc")
    assert (rfc.id, rfc.root, len(rfc.patches)) == ("rfc", "one-0@example.org", 2)
    assert [base.id for base in prerequisites_mail(study, "rfc")] == ["before"]
    assert prerequisites_mail(study, "v2") == ()


def test_a_revision_is_found_by_id_and_by_message_id(study_file: Path) -> None:
    study = load(study_file)
    assert resolve(study, "<one-0@example.org>").id == "rfc"
    with pytest.raises(InputError, match=r"no revision “rcf” in s; did you mean rfc\?"):
        resolve(study, "rcf")
    with pytest.raises(InputError, match="no revision “v3” in s; it has rfc, v2"):
        resolve(study, "v3")


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('name = "s"', "name = ", "no study file: .* line 1"),
        ('model = "', 'modle = "', "revision rfc: unknown key “modle”; did you mean model\\?"),
        ('origin = "port"', 'origin = "mine"', "origin is “mine”; write port, bridged or original"),
        ('id = "v2"', 'id = "rfc"', "two revisions are called rfc; rename one"),
        ('["before"]', '["after"]', "needs the prerequisite “after”.*it describes before"),
        ('id = "v2"\n', "", "revision \\?: has no id"),
        ('mail = "rfc.mbox"', "mail = 3", "mail is no list of texts"),
        ('title = "A study"', "title = 3", "title is no text"),
        ("[[series]]", "[series]", "“series” is no table|no study file"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_place(
    old: str, new: str, complaint: str, study_file: Path
) -> None:
    study_file.write_text(TEXT.replace(old, new, 1))
    with pytest.raises(InputError, match=complaint) as error:
        load(study_file)
    assert str(error.value).startswith(str(study_file))
    assert "\n" not in str(error.value)


def test_mail_that_cannot_be_told_is_an_error(study_file: Path, tmp_path: Path) -> None:
    both = [*Series("a").mails(), *Series("b", day=4).mails()]
    (tmp_path / "two.mbox").write_bytes(mbox(both))
    with pytest.raises(InputError, match=re.escape("v2: its mail holds 2 postings")):
        revision_mail(load(study_file), "v2")


def test_the_study_in_use(
    study_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find().path == embedded().path
    fetched = fetch_files([tmp_path / "two.mbox"], "mine")
    assert find().path == fetched.path
    assert find("mine").path == fetched.path
    assert find("guest_memfd").path == embedded().path
    assert find(study_file).name == "s"
    monkeypatch.setenv("REVIEWTOOL_STUDY", str(study_file))
    assert find().name == "s"
    assert find("mine").path == fetched.path
    with pytest.raises(InputError, match=r"no study “yours”.*there is mine, guest_memfd"):
        find("yours")


def test_every_mail_of_the_embedded_study_is_whole(warm: Path) -> None:
    study = embedded()
    for revision in study.revisions:
        mail = revision_mail(study, revision)
        assert mail.complete
        assert mail.warnings == ()
        assert all(base.complete for base in prerequisites_mail(study, revision))


def test_the_study_fetched_last_is_gone_is_no_error(study_file: Path, tmp_path: Path) -> None:
    fetch_files([tmp_path / "two.mbox"], "mine").path.unlink()
    assert find().path == embedded().path
    assert studies.current_file().exists()


def test_an_empty_name_is_no_study_rather_than_the_one_fetched_last() -> None:
    with pytest.raises(InputError, match="no study is named"):
        find("")

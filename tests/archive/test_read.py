# SPDX-License-Identifier: GPL-2.0-or-later
"""From a file to revisions, through b4, and from the cache the second time."""

import subprocess
import sys
from pathlib import Path

import pytest

from reviewtool.archive import b4
from reviewtool.archive.read import read_file
from reviewtool.errors import InputError
from tests.archive.mails import Series, diff, mail, mbox


@pytest.fixture
def box(tmp_path: Path, cache: Path) -> Path:
    return tmp_path / "box"


def test_a_revision_has_all_a_reviewer_needs(box: Path) -> None:
    cover = "Why.\n\nbase-commit: 592e7531753dc4b711f96cd1daf808fd493d3223\nchange-id: 2025-x\n"
    cover += "prerequisite-message-id: <p@x>\nprerequisite-patch-id: 0123\n"
    one = Series(prefix="RFC PATCH v2", cover=cover)
    ack = mail(
        "Re: x",
        "Acked-by: Rita <r@x>\n",
        message_id="a@x",
        reply_to=one.id_of(0),
        author="Rita <r@x>",
    )
    box.write_bytes(mbox([*one.mails(), ack]))
    (revision,) = read_file(box)
    assert (revision.id, revision.rfc, revision.version, revision.complete) == (
        "rfc-v2",
        True,
        2,
        True,
    )
    assert revision.base == "592e7531753dc4b711f96cd1daf808fd493d3223"
    assert revision.change_id == "2025-x"
    assert revision.prerequisites == ("message-id: p@x", "patch-id: 0123")
    assert revision.date == "2025-03-03T13:30:00Z"
    patch = revision.patches[1]
    assert (patch.index, patch.total, patch.subject) == (2, 2, "mm: do a thing, step 2")
    assert patch.message == f"Do step 2.\n\nSigned-off-by: {one.author}\n"
    assert patch.diff == diff("f2.c", new="step 2 of mm: do a thing")
    assert patch.notes.startswith(" a.c | 2 +-")
    assert [(t.name, t.given_by) for t in patch.trailers] == [
        ("Signed-off-by", None),
        ("Acked-by", "a@x"),
    ]
    assert b"Acked-by" not in patch.mail
    assert revision.replies[0].body == "Acked-by: Rita <r@x>\n"


def test_patch_mails_are_fit_for_git_am(box: Path, tmp_path: Path) -> None:
    series = Series(author="Änne Müller <anne@example.org>")
    box.write_bytes(mbox(series.mails()))
    tree = tmp_path / "tree"
    tree.mkdir()

    def git(*words: str, stdin: bytes = b"") -> str:
        who = ("-c", "user.name=t", "-c", "user.email=t@x")
        done = subprocess.run(
            ["git", *who, *words], cwd=tree, input=stdin, capture_output=True, check=True
        )
        return done.stdout.decode()

    git("init", "-q")
    for number in (1, 2):
        (tree / f"f{number}.c").write_text("first\nold\nlast\n")
    git("add", ".")
    git("commit", "-qm", "base")
    for patch in read_file(box)[0].patches:
        git("am", "-q", stdin=patch.mail)
    assert git("log", "-1", "--format=%an <%ae>|%s|%aI").strip() == (
        "Änne Müller <anne@example.org>|mm: do a thing, step 2|2025-03-03T13:30:02+00:00"
    )


def test_a_missing_patch_is_an_error_that_names_it(box: Path) -> None:
    box.write_bytes(mbox(Series(total=5).mails(without=(3,))))
    with pytest.raises(InputError) as error:
        read_file(box)
    assert str(error.value) == (
        f"{box}: patch 3/5 missing from v1 “mm: do a thing”; "
        "add the mail, fetch the thread of one-0@example.org, or take it so: --incomplete"
    )
    (revision,) = read_file(box, incomplete=True)
    assert (revision.complete, revision.missing) == (False, (3,))
    assert [p.index for p in revision.patches] == [1, 2, 4, 5]


def test_mail_without_a_series_is_an_error(box: Path) -> None:
    box.write_bytes(mbox([mail("hello", "hi", message_id="a@x")]))
    with pytest.raises(InputError, match="no patch series among its 1 mail;"):
        read_file(box)


def test_a_partial_reroll_is_filled_from_what_it_answers(box: Path) -> None:
    one = Series(total=3)
    body = f"Better.\n\nSigned-off-by: {one.author}\n---\n{diff('f2.c', new='anew')}"
    anew = mail(
        "[PATCH v2 2/3] step 2",
        body,
        message_id="anew@x",
        reply_to=one.id_of(2),
        date="Tue, 04 Mar 2025 10:00:00 +0000",
    )
    box.write_bytes(mbox([*one.mails(), anew]))
    v1, v2 = read_file(box)
    assert v2.complete
    assert [p.message_id for p in v2.patches] == [one.id_of(1), "anew@x", one.id_of(3)]
    assert "2/3 sent anew" in v2.evidence[-1]
    assert v1.patches[1].message_id == one.id_of(2)


def test_a_pasted_patch_gives_no_trailer_where_b4_gives_one(box: Path) -> None:
    one = Series(total=1)
    head = "From: Rita <r@x.org>\nSubject: [PATCH] mine\n"
    pasted = f"How about\n\n{head}\nSigned-off-by: Rita <r@x.org>\n---\n{diff()}"
    reply = mail("Re: x", pasted, message_id="r@x", reply_to=one.id_of(1), author="Rita <r@x.org>")
    box.write_bytes(mbox([*one.mails(), reply]))
    by_b4 = subprocess.run(
        [b4.b4_command(), "-n", "--no-stdin", "--offline-mode", "am", "-m", box, "-o", "-"],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        check=True,
        cwd=box.parent,
        env={"PATH": "/usr/bin:/bin", "HOME": str(box.parent)},
    )
    assert b"Signed-off-by: Rita" in by_b4.stdout
    assert [t.value for t in read_file(box)[0].patches[0].trailers] == [one.author]


def test_the_second_reading_starts_no_b4_and_is_equal(
    box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.write_bytes(mbox(Series().mails()))
    first = read_file(box)

    def refuse() -> Path:
        raise AssertionError("b4 was started")

    monkeypatch.setattr(b4, "b4_command", refuse)
    assert read_file(box) == first


def test_reading_from_the_cache_imports_neither_b4_nor_the_mail_parser(box: Path) -> None:
    box.write_bytes(mbox(Series().mails()))
    read_file(box)
    code = (
        "import sys; from reviewtool.archive.read import read_file; read_file(sys.argv[1]);"
        "heavy = {'b4', 'liblore', 'email', 'tomlkit', 'requests'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, box], capture_output=True, check=False, text=True
    )
    assert done.stderr == ""


def test_b4_sees_nothing_of_the_users_and_leaves_nothing_behind(
    box: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text("[b4]\n\tsave-maildirs = broken\n[user]\n\tname = nobody\n")
    (home / ".b4-config").write_text("[b4]\n\tmidmask = http://127.0.0.1:1/%s\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(home)
    box.write_bytes(mbox(Series().mails()))
    assert read_file(box)[0].complete
    assert sorted(p.name for p in home.iterdir()) == [".b4-config", ".gitconfig"]


def test_a_prefix_glued_with_commas_keeps_version_and_number(box: Path) -> None:
    one = Series(total=3)
    mails = [raw.replace(b"[PATCH ", b"[net-next,v2,", 1) for raw in one.mails()]
    box.write_bytes(mbox(mails))
    (revision,) = read_file(box)
    assert (revision.id, len(revision.patches), revision.warnings) == ("v2", 3, ())
    assert revision.patches[2].subject == "mm: do a thing, step 3"


def test_a_diff_in_the_message_is_not_the_patch_and_told(box: Path) -> None:
    shown = diff("elsewhere.c", new="not this")
    body = f"Tested with\n\n{shown}\nSigned-off-by: A <a@x>\n---\n x | 2 +-\n\n{diff()}-- \n2.47\n"
    box.write_bytes(mail("[PATCH] mm: x", body, message_id="m@x"))
    (revision,) = read_file(box)
    (patch,) = revision.patches
    assert patch.diff == diff()
    assert patch.message.startswith("Tested with\n\ndiff --git a/elsewhere.c")
    assert patch.message.endswith("Signed-off-by: A <a@x>\n")
    assert patch.notes.strip() == "x | 2 +-"
    assert any("its message holds a diff" in line for line in revision.warnings)

# SPDX-License-Identifier: GPL-2.0-or-later
"""Mail as mailers mangle it and as enemies write it: read right, or told in one line."""

import base64
import quopri
from pathlib import Path

import pytest

from reviewtool.archive.read import read_file
from reviewtool.archive.types import Revision
from reviewtool.errors import InputError
from reviewtool.text import visible_line
from tests.archive.mails import AUTHOR, Series, diff, mail, mbox

BODY = f"Say grün.\n\nSigned-off-by: {AUTHOR}\n---\n a.c | 2 +-\n\n{diff(new='neü')}"
PLAIN = "Content-Type: text/plain; charset=utf-8"


@pytest.fixture
def box(tmp_path: Path, cache: Path) -> Path:
    return tmp_path / "box"


def read(box: Path, *raws: bytes) -> Revision:
    box.write_bytes(mbox(list(raws)))
    (revision,) = read_file(box)
    return revision


def encoded(kind: str, body: bytes, charset: str = "utf-8") -> bytes:
    headers = (f"Content-Type: text/plain; charset={charset}", f"Content-Transfer-Encoding: {kind}")
    if kind == "base64":
        body = base64.encodebytes(body)
    elif kind == "quoted-printable":
        body = quopri.encodestring(body)
    head = mail("[PATCH] mm: x", "", message_id="p@x", headers=headers)
    return head + body


@pytest.mark.parametrize(
    ("kind", "charset"),
    [
        ("8bit", "utf-8"),
        ("8bit", "iso-8859-1"),
        ("base64", "utf-8"),
        ("base64", "utf-16"),
        ("quoted-printable", "iso-8859-1"),
    ],
)
def test_encodings_do_not_matter(kind: str, charset: str, box: Path) -> None:
    revision = read(box, encoded(kind, BODY.encode(charset), charset))
    assert revision.patches[0].diff == diff(new="neü")
    assert revision.patches[0].message.startswith("Say grün.")
    assert revision.warnings == ()


@pytest.mark.parametrize("charset", ["us-ascii", "no-such-charset"])
def test_a_wrong_charset_is_told_and_the_patch_read(charset: str, box: Path) -> None:
    revision = read(box, encoded("8bit", BODY.encode(), charset))
    assert f"not in the charset it names ({charset})" in revision.warnings[0]
    assert revision.patches[0].diff == diff(new="neü")


def test_a_missing_charset_is_told_and_the_patch_read(box: Path) -> None:
    revision = read(box, mail("[PATCH] mm: x", BODY, message_id="p@x", headers=()))
    assert "names no charset" in revision.warnings[0]
    assert revision.patches[0].diff == diff(new="neü")


def test_crlf_of_the_transport_is_taken_off(box: Path) -> None:
    raw = mail("[PATCH] mm: x", BODY, message_id="p@x").replace(b"\n", b"\r\n")
    box.write_bytes(raw)
    (revision,) = read_file(box)
    assert revision.patches[0].diff == diff(new="neü")


def test_a_flowed_patch_is_unstuffed(box: Path) -> None:
    stuffed = "\n".join(" " + line if line.startswith(" ") else line for line in BODY.split("\n"))
    headers = ("Content-Type: text/plain; charset=utf-8; format=flowed",)
    revision = read(box, mail("[PATCH] mm: x", stuffed, message_id="p@x", headers=headers))
    assert revision.patches[0].diff == diff(new="neü")


def test_a_patch_cut_short_is_told(box: Path) -> None:
    revision = read(box, mail("[PATCH] mm: x", BODY.partition("+neü")[0], message_id="p@x"))
    assert any("patch 1 is damaged: hunk 1 is" in warning for warning in revision.warnings)


def test_no_message_id_anywhere(box: Path) -> None:
    raws = [
        mail(f"[PATCH {n}/2] mm: x {n}", f"m\n\nSigned-off-by: {AUTHOR}\n---\n{diff(f'{n}.c')}")
        for n in (1, 2)
    ]
    revision = read(box, *raws)
    assert [patch.diff for patch in revision.patches] == [diff("1.c"), diff("2.c")]
    assert "no Message-ID" in revision.warnings[0]


def test_one_message_id_with_two_bodies(box: Path) -> None:
    evil = mail(
        "[PATCH 2/2] mm: x", BODY, message_id="one-2@example.org", reply_to="one-0@example.org"
    )
    revision = read(box, *Series().mails(), evil)
    assert any("two different mails bear this id" in warning for warning in revision.warnings)
    assert revision.patches[1].diff == diff("f2.c", new="step 2 of mm: do a thing")


def test_references_that_go_round(box: Path) -> None:
    loop = [mail("Re: x", "y", message_id=f"{n}@x", reply_to=f"{1 - n}@x") for n in (0, 1)]
    self_loop = Series(reply_to="one-0@example.org")
    assert read(box, *self_loop.mails(), *loop).complete


def test_a_version_that_goes_backwards_is_two_revisions(box: Path) -> None:
    three, two = (
        Series("three", "PATCH v3"),
        Series("two", "PATCH v2", day=9, reply_to="three-0@example.org"),
    )
    box.write_bytes(mbox([*three.mails(), *two.mails()]))
    assert [(r.id, r.date[:10]) for r in read_file(box)] == [
        ("v3", "2025-03-03"),
        ("v2", "2025-03-09"),
    ]


def test_ten_thousand_mails_in_one_thread(box: Path) -> None:
    one = Series()
    chain = [one.id_of(0), *(f"r{n}@x" for n in range(10_000))]
    replies = [
        mail("Re: x", f"> {n}\n\nno\n", message_id=chain[n + 1], reply_to=chain[n])
        for n in range(10_000)
    ]
    assert len(read(box, *one.mails(), *replies).replies) == 10_000


def test_subjects_of_an_enemy_can_be_shown(box: Path) -> None:
    title = "mm: \x1b[2J\N{RIGHT-TO-LEFT OVERRIDE}gnp.c\N{ZERO WIDTH SPACE} \x07"
    revision = read(box, mail(f"[PATCH] {title}", BODY, message_id="p@x"))
    shown = visible_line(revision.patches[0].subject)
    assert shown.isprintable()
    assert "<U+202E>" in shown


def test_a_patch_naming_foreign_files_is_read_as_text_only(box: Path, tmp_path: Path) -> None:
    body = BODY.replace("a.c", "../../../../etc/passwd")
    revision = read(box, mail("[PATCH] mm: x", body, message_id="p@x"))
    assert "etc/passwd" in revision.patches[0].diff


def test_b4_commands_in_mail_are_not_obeyed(box: Path, tmp_path: Path) -> None:
    """Names that end in a path or an option stay names."""
    names = ("$(touch pwned)", "-o /tmp/pwned", "../../pwned", "`id`", "a" * 3000)
    box.write_bytes(
        mbox(
            [
                mail(
                    f"[PATCH] {name}",
                    BODY,
                    message_id=f"{n}@x",
                    date=f"Mon, 03 Mar 2025 13:30:0{n} +0000",
                )
                for n, name in enumerate(names)
            ]
        )
    )
    revisions = read_file(box)
    assert [revision.patches[0].subject for revision in revisions] == list(names)
    assert not list(tmp_path.rglob("pwned*"))


@pytest.mark.parametrize("junk", [b"\0" * 5000, b"From " * 2000, b"From: a\n\n" + b"\xff" * 9000])
def test_junk_is_one_line(junk: bytes, box: Path) -> None:
    box.write_bytes(junk)
    with pytest.raises(InputError) as error:
        read_file(box)
    assert "\n" not in str(error.value)

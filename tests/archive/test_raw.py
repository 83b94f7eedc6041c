# SPDX-License-Identifier: GPL-2.0-or-later
"""Raw mails come out of a file as they went in, whatever the file wraps them in."""

import gzip
import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewtool.archive import raw
from reviewtool.errors import InputError
from tests.archive.mails import Series, mail, mbox


def test_mboxrd_gives_back_every_mail(tmp_path: Path) -> None:
    sent = Series().mails()
    (tmp_path / "box").write_bytes(mbox(sent))
    assert [m.rstrip() for m in raw.read_raw(tmp_path / "box")] == [m.rstrip() for m in sent]


@given(st.lists(st.text("From >\n ab:", max_size=60), min_size=1, max_size=4))
def test_no_body_is_torn_or_altered_by_mboxrd(bodies: list[str]) -> None:
    sent = [mail("hello", body, message_id=f"{n}@x") for n, body in enumerate(bodies)]
    got = raw.split_mails(mbox(sent), "box")
    assert [m.rstrip(b"\n") for m in got] == [m.rstrip(b"\n") for m in sent]


def test_mboxo_unquotes_one_level_and_mboxrd_any() -> None:
    body = b"From a@b Thu Jan  1 00:00:00 1970\nFrom: a\nSubject: s\n\n>From here\n"
    assert raw.split_mails(body, "box") == (b"From: a\nSubject: s\n\nFrom here\n",)
    deeper = body.replace(b"a@b", b"mboxrd@z") + b">>From there\n"
    assert raw.split_mails(deeper, "box")[0].endswith(b"From here\n>From there\n")


def test_git_format_patch_output_is_not_unquoted() -> None:
    line = b"From " + b"0" * 40 + b" Mon Sep 17 00:00:00 2001\n"
    assert raw.split_mails(line + b"From: a\nSubject: s\n\n>From here\n", "p")[0].endswith(
        b"\n>From here\n"
    )


def test_a_from_line_in_prose_begins_no_mail() -> None:
    text = b"From x@y Thu Jan  1 00:00:00 1970\nFrom: a\n\nhello\n\nFrom here on\nit is prose\n"
    assert len(raw.split_mails(text, "box")) == 1


def test_gzip_of_several_members_is_one_box(tmp_path: Path) -> None:
    one, two = Series("one").mails(), Series("two").mails()
    (tmp_path / "box.gz").write_bytes(gzip.compress(mbox(one)) + gzip.compress(mbox(two)))
    assert len(raw.read_raw(tmp_path / "box.gz")) == 6


def test_maildir_and_standard_input_and_a_single_mail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cur").mkdir()
    (tmp_path / "new").mkdir()
    (tmp_path / "cur" / "1:2,S").write_bytes(Series().mail_of(0))
    (tmp_path / "new" / "2").write_bytes(Series().mail_of(1))
    assert len(raw.read_raw(tmp_path)) == 2
    assert raw.read_raw(tmp_path / "new" / "2") == (Series().mail_of(1),)

    class Input:
        buffer = io.BytesIO(mbox(Series().mails()))

    monkeypatch.setattr("sys.stdin", Input)
    assert len(raw.read_raw("-")) == 3


def test_a_folder_of_patch_files_is_read_in_order(tmp_path: Path) -> None:
    for number in (2, 1):
        (tmp_path / f"{number:04}-step.patch").write_bytes(Series().mail_of(number))
    (tmp_path / "notes.txt").write_text("not mail")
    assert raw.read_raw(tmp_path) == (Series().mail_of(1), Series().mail_of(2))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "box: the file is empty; give the mails of at least one series"),
        (b"\n\n", "box: the file is empty"),
        (b"just some words\n", "box: is no mail"),
        (b"\x7fELF\0\0\0", "box: is no mail"),
        (gzip.compress(b"x" * 9000, mtime=0)[:-12], "box: the gzip file is cut short"),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\0garbage", "box: damaged gzip data"),
    ],
)
def test_what_is_no_mail_is_one_line(content: bytes, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "box").write_bytes(content)
    with pytest.raises(InputError, match=re.escape(complaint)) as error:
        raw.read_raw(tmp_path / "box")
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there_and_a_folder_without_mail(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no-such: cannot be read: No such file"):
        raw.read_raw(tmp_path / "no-such")
    with pytest.raises(InputError, match="is a folder without mail; name a maildir"):
        raw.read_raw(tmp_path)


def test_a_gzip_bomb_is_refused_at_the_stated_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw, "MAX_BYTES", 1 << 20)
    (tmp_path / "bomb.gz").write_bytes(gzip.compress(bytes(1 << 26)))
    with pytest.raises(InputError, match="more than 1 MiB of mail"):
        raw.read_raw(tmp_path / "bomb.gz")

# SPDX-License-Identifier: GPL-2.0-or-later
"""What is written where the user says, and what a disk may refuse."""

import errno
import os
from pathlib import Path

import pytest

from reviewtool.cli.main import main
from reviewtool.cli.output import write_file
from reviewtool.errors import InputError, Unavailable
from reviewtool.lineage.fetch import fetch_files
from tests.archive.mails import Series, mbox


def test_a_file_is_written_whole_also_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "latest").symlink_to("v3.txt")
    write_file(str(tmp_path / "latest"), b"report")
    assert (tmp_path / "latest").is_symlink()
    assert (tmp_path / "v3.txt").read_bytes() == b"report"
    assert len(list(tmp_path.iterdir())) == 2


def test_what_is_no_plain_file_is_written_to_and_never_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_file(str(pipe), b"report")
    assert os.read(reader, 100) == b"report"
    assert pipe.is_fifo()
    os.close(reader)


@pytest.mark.parametrize("name", ["no-such-folder/report.html", "."])
def test_a_slip_of_the_pen_makes_no_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="name another file"):
        write_file(str(tmp_path / name), b"report")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES])
def test_a_disk_that_refuses_is_one_line(
    number: int,
    tmp_path: Path,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    box = tmp_path / "one.mbox"
    box.write_bytes(mbox(Series(total=1).mails()))
    monkeypatch.setattr("reviewtool.cache.os.fdopen", refuse)
    assert main(["fetch", "--from", str(box), "--quiet"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"reviewtool: {tmp_path}")
    assert os.strerror(number) in printed.err
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_a_file_the_user_names_is_no_fault_of_the_cache(
    number: int,
    tmp_path: Path,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It was told to move the cache when a mailbox could not be read."""
    box = tmp_path / "one.mbox"

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number), str(box))

    monkeypatch.setattr("reviewtool.lineage.fetch.read_raw", refuse)
    assert main(["fetch", "--from", str(box), "--quiet"]) == 2
    said = capsys.readouterr().err
    assert said == (
        f"reviewtool: {box}: {os.strerror(number)}; change its permissions, or name another\n"
    )


def test_a_cache_that_cannot_be_made_is_no_fault_of_the_mail(tmp_path: Path, cache: Path) -> None:
    """It was told as patches missing from a series that has them all."""
    box = tmp_path / "one.mbox"
    box.write_bytes(mbox(Series(total=1).mails()))
    cache.write_text("in the way")
    with pytest.raises(Unavailable, match="cannot make the cache folder"):
        fetch_files([str(box)], "one")

# SPDX-License-Identifier: GPL-2.0-or-later
"""b4 runs sealed, and what it needs to run is gone afterwards."""

import os
import time
from pathlib import Path

import pytest

from reviewtool.archive.b4 import am
from reviewtool.archive.mail import parse_mail
from reviewtool.archive.patches import read_patch
from tests.archive.mails import Series

MAILS = [parse_mail(raw) for raw in Series().mails()]


def test_nothing_is_left_behind(cache: Path) -> None:
    am(MAILS)
    assert list((cache / "b4-scratch").iterdir()) == []


def test_what_a_killed_run_left_goes_and_what_another_uses_stays(cache: Path) -> None:
    for name, age in (("left", 3600), ("in-use", 60)):
        (cache / "b4-scratch" / name / "inbox").mkdir(parents=True)
        then = time.time() - age
        os.utime(cache / "b4-scratch" / name, (then, then))
    am(MAILS)
    assert [path.name for path in (cache / "b4-scratch").iterdir()] == ["in-use"]


@pytest.mark.parametrize("cut", range(38, 42))
def test_a_title_too_long_for_a_file_name_comes_back_whole(cache: Path, cut: int) -> None:
    """b4 names files after titles; it gets a stand-in, wherever a blank falls in it."""
    title = "x" * cut + " " + "’long and telling" * 20
    one = Series(title=title, total=1)
    (mail,), _ = am([parse_mail(one.mail_of(1).replace(b"In-Reply-To", b"X-Was"))])
    patch, _ = read_patch(mail)
    assert patch.subject == f"{title}, step 1"

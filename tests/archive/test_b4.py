# SPDX-License-Identifier: GPL-2.0-or-later
"""b4 runs sealed, and what it needs to run is gone afterwards."""

import os
import time
from pathlib import Path

from reviewtool.archive.b4 import am
from reviewtool.archive.mail import parse_mail
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

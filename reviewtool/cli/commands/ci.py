# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool ci``: a mailbox or a branch checked in one line, for a job."""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from reviewtool.cli.progress import progress
from reviewtool.errors import InputError
from reviewtool.report.json import document

if TYPE_CHECKING:
    from reviewtool.review.told import Told

_LEVELS = {"info": 0, "warn": 1, "fail": 2, "never": 3}


def configure(parser: argparse.ArgumentParser) -> None:
    given = parser.add_mutually_exclusive_group(required=True)
    given.add_argument("--mbox", metavar="FILE", help="the series, as a mailbox or maildir")
    given.add_argument("--branch", metavar="RANGE", help="the series, as commits: BASE..HEAD")
    parser.add_argument(
        "--against",
        metavar="FILE|RANGE",
        help="its previous revision, given the same way (default: the one before it in the "
        "mailbox, else its base)",
    )
    parser.add_argument(
        "--repository", metavar="PATH", default=".", help="of the branch (default: here)"
    )
    parser.add_argument(
        "--fail-on",
        choices=tuple(_LEVELS),
        default="fail",
        help="exit with 1 from this status of a finding on (default: fail)",
    )
    parser.add_argument("--format", choices=("text", "markdown"), default="text")
    parser.epilog = "--study FILE: findings acknowledged in it are not told."


def run(arguments: argparse.Namespace) -> int:
    """Exit status 1 where a finding is as grave as ``--fail-on`` says."""
    from reviewtool.lineage import study as studies
    from reviewtool.review.ci import study_of
    from reviewtool.review.difference import chosen_pair
    from reviewtool.review.session import Session
    from reviewtool.review.told import told

    known = None if arguments.study is None else studies.find(arguments.study)
    with tempfile.TemporaryDirectory(prefix="reviewtool-ci-") as name:
        folder = Path(name)
        boxes = [_box(arguments, given, folder) for given in _given(arguments)]
        study = study_of(boxes, folder, known)
        session = Session(
            study,
            Path(arguments.tree) if arguments.tree else None,
            progress=progress(arguments.quiet or arguments.json),
        )
        found = told(session, *chosen_pair(session, ()))
    sys.stdout.write(_written(arguments, found))
    worst = max((_LEVELS[one.status] for one in found.findings), default=-1)
    return int(worst >= _LEVELS[arguments.fail_on])


def _given(arguments: argparse.Namespace) -> list[str]:
    return [text for text in (arguments.against, arguments.mbox or arguments.branch) if text]


def _box(arguments: argparse.Namespace, given: str, folder: Path) -> Path:
    from reviewtool.review.ci import of_branch

    if arguments.branch is None:
        return Path(given)
    if ".." not in given:
        raise InputError("is no range of commits", given, "write BASE..HEAD")
    own = folder / f"box{len(list(folder.iterdir()))}"
    own.mkdir()
    return of_branch(given, Path(arguments.repository), own)


def _written(arguments: argparse.Namespace, found: "Told") -> str:
    from reviewtool.report.findings import report_shape
    from reviewtool.report.mail import mail_text
    from reviewtool.report.markdown import markdown

    if arguments.json:
        return document("report", report_shape(found)) + "\n"
    return markdown(found) if arguments.format == "markdown" else mail_text(found)

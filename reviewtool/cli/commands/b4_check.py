# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool b4-check``: a check command for b4's review screen."""

import argparse
import json
import os
import sys
from dataclasses import replace
from pathlib import Path


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--series",
        action="store_true",
        help="for b4.review-series-check-cmd: results for the cover letter; without, for "
        "b4.review-perpatch-check-cmd: results for the patch on standard input",
    )
    parser.epilog = (
        "Reads one mail from standard input and prints b4's JSON array of {tool, status, summary, "
        "url, details}. The series must have been fetched (reviewtool fetch); builds no kernel."
    )


def run(arguments: argparse.Namespace) -> int:
    """Exit status 0 whatever is found: b4 reads the statuses."""
    from reviewtool.review.b4check import (
        find_revision,
        patch_checks,
        read_mail,
        series_checks,
        unknown,
    )
    from reviewtool.review.session import Session

    file = os.environ.get("B4_TRACKING_FILE")
    asking = read_mail(sys.stdin.buffer.read(), Path(file) if file else None)
    found = find_revision(asking, arguments.study)
    if found is None:
        results = unknown(asking)
    else:
        study, revision = found
        session = replace(Session(study), tree=Path(arguments.tree) if arguments.tree else None)
        if arguments.series:
            results = series_checks(session, revision.id)
        else:
            results = patch_checks(session, revision.id, asking.message_id)
    print(json.dumps(results, ensure_ascii=True, indent=None if arguments.quiet else 1))
    return 0

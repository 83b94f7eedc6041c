# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool fetch``: mail into a study."""

import argparse
from dataclasses import replace

from reviewtool.cli.output import emit
from reviewtool.cli.session import session
from reviewtool.errors import InputError
from reviewtool.report.lineage import log_shape, log_text
from reviewtool.review.lineage import lineage


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--from",
        dest="files",
        metavar="FILE",
        nargs="+",
        default=[],
        help="mbox, mbox.gz or maildir; - is standard input",
    )
    parser.add_argument("--name", help="what to call the study (default: after the series)")
    parser.add_argument(
        "--incomplete", action="store_true", help="take a series although patches are missing"
    )


def run(arguments: argparse.Namespace) -> int:
    from reviewtool.lineage.fetch import fetch_files

    if not arguments.files:
        raise InputError("nothing to fetch from", "fetch", "name mail with --from FILE")
    opened = session(arguments)
    study = fetch_files(
        arguments.files,
        arguments.name,
        incomplete=arguments.incomplete,
        progress=opened.progress,
    )
    opened = replace(opened, study=study)
    entries = lineage(opened)
    text = log_text(study, entries) + f"\n{study.path}\n"
    emit(arguments, "fetch", log_shape(study, entries), text)
    return 0

# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool fetch``: mail into a study."""

import argparse
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from reviewtool.cli.output import emit
from reviewtool.cli.session import session
from reviewtool.errors import InputError
from reviewtool.progress import Progress
from reviewtool.text import visible_line

if TYPE_CHECKING:
    from reviewtool.lineage.study import Study


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "message",
        nargs="?",
        metavar="MESSAGE",
        help="a message-id, or its address on lore or any public-inbox: every revision of the work "
        "it belongs to is found",
    )
    parser.add_argument(
        "--from",
        dest="places",
        metavar="PLACE",
        nargs="+",
        default=[],
        help="without MESSAGE: mboxes (also gzipped), maildirs, - for standard input; with MESSAGE "
        "the archive to look in: a public-inbox address, an inbox or epoch on disk, mail files",
    )
    parser.add_argument("--name", help="what to call the study (default: after the series)")
    parser.add_argument(
        "--incomplete", action="store_true", help="take a series although patches are missing"
    )
    parser.add_argument("--refresh", action="store_true", help="look again at what was fetched")
    parser.add_argument("--offline", action="store_true", help="only what was fetched before")


def run(arguments: argparse.Namespace) -> int:
    from reviewtool.report.lineage import log_shape, log_text
    from reviewtool.review.lineage import lineage

    opened = session(arguments)
    study = _fetch(arguments, opened.progress)
    entries = lineage(replace(opened, study=study))
    text = log_text(study, entries) + f"\n{study.path}\n"
    emit(arguments, "fetch", log_shape(study, entries), text)
    return 0


def _fetch(arguments: argparse.Namespace, progress: Progress) -> "Study":
    from reviewtool.lineage.fetch import fetch_files, fetch_message

    if arguments.message is None:
        if not arguments.places:
            raise InputError("nothing to fetch", "fetch", "name a message, or mail with --from")
        return fetch_files(
            arguments.places,
            arguments.name,
            incomplete=arguments.incomplete,
            progress=progress,
        )
    if len(arguments.places) > 1:
        raise InputError("names more than one archive", "--from", "one, where a message is named")
    found = fetch_message(
        arguments.message,
        arguments.name,
        place=arguments.places[0] if arguments.places else None,
        refresh=arguments.refresh,
        offline=arguments.offline,
        progress=progress,
    )
    for warning in found.warnings:
        print(f"reviewtool: {visible_line(warning)}", file=sys.stderr)
    return found.study

# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool report``: what is to be told of a revision, to send, to link to, to file."""

import argparse
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from reviewtool.cli.output import write_file
from reviewtool.cli.session import session
from reviewtool.errors import InputError
from reviewtool.report.json import document

if TYPE_CHECKING:
    from reviewtool.interface.types import Matrix
    from reviewtool.review.session import Session

FORMATS = ("text", "markdown", "html")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "revision", metavar="REV", nargs="?", help="the revision told of (default: the last)"
    )
    parser.add_argument(
        "--against", metavar="REV", help="compare with this one (default: the one before)"
    )
    parser.add_argument(
        "--lineage",
        action="store_true",
        help="text, markdown: against the first posting of the work REV is of; html: each "
        "revision against the one before it of the same work",
    )
    parser.add_argument(
        "--format",
        choices=FORMATS,
        default="text",
        help="text: a reply for the list, 72 columns (default); markdown; html: one file that "
        "loads nothing",
    )
    parser.add_argument(
        "--test",
        action="store_true",
        help="html: hold the models against the revisions' kernels, which builds and boots them",
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="write it there, whole or not")


def run(arguments: argparse.Namespace) -> int:
    opened = session(arguments)
    if arguments.against and arguments.lineage:
        raise InputError("both --against and --lineage are given", "report", "say one")
    out = _page(opened, arguments) if _is_page(arguments) else _written(opened, arguments)
    if arguments.output is None:
        sys.stdout.write(out)
    else:
        write_file(arguments.output, out.encode("utf-8", "backslashreplace"))
    return 0


def _pair(opened: "Session", arguments: argparse.Namespace) -> tuple[str, str]:
    from reviewtool.lineage.succession import lineage_of
    from reviewtool.review.difference import BASE, pair_against

    before, chosen = pair_against(opened, arguments.revision, arguments.against)
    if arguments.lineage:
        first = lineage_of(opened.study, chosen)[0]
        return (BASE, chosen) if first == chosen else (first, chosen)
    return before, chosen


def _is_page(arguments: argparse.Namespace) -> bool:
    return arguments.format == "html" and not arguments.json


def _page(opened: "Session", arguments: argparse.Namespace) -> str:
    from reviewtool.report.html import html
    from reviewtool.review.difference import neighbours
    from reviewtool.review.page import page

    pairs = [_pair(opened, arguments)]
    if arguments.lineage:
        pairs = list(neighbours(opened.study))[::-1]
    return html(page(opened, pairs, test=arguments.test))


def _written(opened: "Session", arguments: argparse.Namespace) -> str:
    from reviewtool.report.findings import report_shape
    from reviewtool.report.mail import mail_text
    from reviewtool.report.markdown import markdown
    from reviewtool.review.told import told

    found = told(opened, *_pair(opened, arguments))
    if arguments.json:
        return document("report", report_shape(found)) + "\n"
    if arguments.format == "markdown":
        return markdown(found, _matrix(opened))
    return mail_text(found)


def _matrix(opened: "Session") -> "Matrix":
    from reviewtool.interface.matrix import matrix
    from reviewtool.report.interface import outward
    from reviewtool.review.session import snapshots

    every = matrix(snapshots(opened, [one.id for one in opened.study.revisions]))
    return replace(every, rows=tuple(row for row in every.rows if outward(row)))

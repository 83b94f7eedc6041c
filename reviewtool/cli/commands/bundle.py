# SPDX-License-Identifier: GPL-2.0-or-later
"""``reviewtool bundle``: a comparison with all it was made from in one file, and made again."""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from reviewtool.cli.output import emit, write_file
from reviewtool.cli.progress import progress
from reviewtool.cli.session import session
from reviewtool.errors import InputError
from reviewtool.report.json import document
from reviewtool.text import visible_line

if TYPE_CHECKING:
    from reviewtool.report.bundle import Bundle
    from reviewtool.review.session import Session


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("revision", metavar="REV", nargs="?", help="default: the last")
    parser.add_argument("--against", metavar="REV", help="default: the revision before it")
    parser.add_argument(
        "--lineage", action="store_true", help="each against the one before it of its work"
    )
    parser.add_argument(
        "--test",
        action="store_true",
        help="with what came of holding the models against the revisions' kernels",
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="write the bundle there")
    parser.add_argument(
        "--replay",
        metavar="FILE",
        help="make the results of a bundle again from its mail alone and compare them",
    )
    parser.epilog = (
        "A bundle is cited by its SHA-256. --replay reads nothing but the bundle; exit status 1: a "
        "result is not byte for byte as it was; 2: the bundle was changed."
    )


def run(arguments: argparse.Namespace) -> int:
    if arguments.replay:
        return _replay(arguments)
    if not arguments.output:
        raise InputError("neither --output nor --replay is given", "bundle", "say -o FILE")
    return _write(arguments)


def _write(arguments: argparse.Namespace) -> int:
    from reviewtool.report.bundle import gather, read
    from reviewtool.review.difference import neighbours, pair_against

    opened = session(arguments)
    pairs = [pair_against(opened, arguments.revision, arguments.against)]
    if arguments.lineage:
        pairs = list(neighbours(opened.study))
    recorded = _recorded(opened, pairs) if arguments.test else {}
    with tempfile.TemporaryDirectory(prefix="reviewtool-bundle-") as folder:
        content = gather(opened, pairs, recorded, Path(folder))
    write_file(arguments.output, content)
    bundle = read(content, arguments.output)
    emit(arguments, "bundle", _shape(bundle, ()), _text(bundle, arguments.output))
    return 0


def _recorded(opened: "Session", pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Hashes of trees and verdicts of kernels: what the bundle tells, and cannot make again."""
    from reviewtool.report.verdict import held_shape
    from reviewtool.review.difference import BASE
    from reviewtool.review.session import applied, described, with_base
    from reviewtool.review.testing import hold_revision

    based = with_base(opened)
    found = {}
    for name in dict.fromkeys(name for pair in pairs for name in pair if name != BASE):
        tree = applied(based, name)
        shape = {
            "revision": name,
            "base": tree.base_commit,
            "commit": tree.commit,
            "complete": tree.complete,
        }
        found[f"tree {name}"] = document("tree", shape)
        if described(based, name) is not None:
            held = held_shape(hold_revision(based, name))
            found[f"test {name}"] = document("test", {"revisions": [held]})
    return found


def _replay(arguments: argparse.Namespace) -> int:
    from reviewtool.report.bundle import documents, read, unlike, unpack
    from reviewtool.review.session import Session

    try:
        content = Path(arguments.replay).read_bytes()
    except OSError as error:
        raise InputError(
            f"cannot be read: {error.strerror}", arguments.replay, "name a bundle"
        ) from error
    bundle = read(content, arguments.replay)
    with tempfile.TemporaryDirectory(prefix="reviewtool-bundle-") as folder:
        study = unpack(bundle.files, Path(folder))
        again = Session(study, progress=progress(arguments.quiet or arguments.json))
        for text in unlike(again, bundle):
            print(f"reviewtool: {visible_line(text)}", file=sys.stderr)
        made = documents(again, bundle.pairs)
    differing = tuple(
        name
        for name in sorted({*made, *bundle.results})
        if made.get(name) != bundle.results.get(name)
    )
    emit(
        arguments,
        "bundle",
        _shape(bundle, differing),
        _text(bundle, arguments.replay, differing, replayed=True),
    )
    return int(bool(differing))


def _shape(bundle: "Bundle", differing: tuple[str, ...]) -> dict[str, object]:
    return {
        "digest": bundle.digest,
        "version": bundle.version,
        "mails": sum(name.startswith("mail/") for name in bundle.files),
        "models": dict(bundle.models),
        "results": {name: json.loads(text) for name, text in sorted(bundle.results.items())},
        "recorded": {name: json.loads(text) for name, text in sorted(bundle.recorded.items())},
        "differing": list(differing),
    }


def _text(
    bundle: "Bundle", file: str, differing: tuple[str, ...] = (), *, replayed: bool = False
) -> str:
    lines = [visible_line(f"{file}: sha256:{bundle.digest}")]
    lines.append(f"  {sum(name.startswith('mail/') for name in bundle.files)} mails")
    for name in bundle.results:
        told = "DIFFERS" if name in differing else "byte for byte the same" if replayed else ""
        lines.append(visible_line(f"  {name:40} {told}").rstrip())
    lines += [visible_line(f"  {name:40} recorded") for name in bundle.recorded]
    return "\n".join(lines) + "\n"

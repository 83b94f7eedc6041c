# SPDX-License-Identifier: GPL-2.0-or-later
"""``python -m tests.bulk.diffs INBOX``: series of a public-inbox through fetch, matrix and diff.

Cover letters are picked by lot, of series that touch C outside tools/ and Documentation/. Each is
fetched with all its revisions, from mail alone, and every command that needs no kernel tree is
run on it as a user would. What they print goes to a file a series in the work folder, to be read;
a series whose file is there is passed over. Exit status 1 if a command crashed or refused.
"""

import argparse
import io
import json
import os
import random
import re
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from itertools import pairwise
from pathlib import Path

from reviewtool import cache
from reviewtool.archive.sources.epoch import Inbox, epoch_mails, open_inbox
from reviewtool.cli.main import main as reviewtool

_COVER = re.compile(rb"^Subject: *\[[^\]\n]*\b0+/(?!1\])\d+\]", re.MULTILINE | re.IGNORECASE)
_ID = re.compile(rb"^Message-Id:\s*<([^<>\s]+)>", re.MULTILINE | re.IGNORECASE)
_TOUCHES_C = re.compile(rb"^\+\+\+ b/(?!tools/|Documentation/|samples/)\S+\.[ch]$", re.MULTILINE)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bulk.diffs", description=__doc__)
    parser.add_argument("inbox", type=Path, help="a public-inbox epoch or v2 inbox")
    parser.add_argument("--series", type=int, default=200, help="how many (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", type=Path, help="where results are kept (default: the cache)")
    words = parser.parse_args(argv)
    work = words.work or cache.folder("bulk-diffs")
    work.mkdir(parents=True, exist_ok=True)
    os.environ["REVIEWTOOL_DATA"] = str(work / "data")
    inbox = open_inbox(words.inbox)
    bad = revisions = differing = 0
    for number, message_id in enumerate(picked(inbox, words.seed, words.series), 1):
        report = work / f"{number:03}.txt"
        if not report.exists():
            text = examine(str(words.inbox), message_id, f"s{number:03}")
            report.write_text(text, "utf-8", "backslashreplace")
        text = report.read_text("utf-8")
        count = re.search(r"^revisions: (\d+)", text, re.MULTILINE)
        revisions += int(count.group(1)) if count else 0
        differing += bool(count and int(count.group(1)) > 1)
        if faults := re.findall(r"^(?:CRASH|REFUSED).*", text, re.MULTILINE):
            bad += 1
            print(f"{number:03} {message_id}: {faults[0]}", flush=True)
    print(
        f"{words.series} series, {revisions} revisions, {differing} with more than one; {bad} bad"
    )
    return 1 if bad else 0


def picked(inbox: Inbox, seed: int, most: int) -> Iterator[str]:
    """The message-ids of cover letters, in an order the seed gives."""
    covers: list[str] = []
    for epoch in inbox.epochs:
        for raw in epoch_mails(epoch):
            head = raw.partition(b"\n\n")[0]
            if _COVER.search(head) and (found := _ID.search(head)):
                covers.append(found.group(1).decode("ascii", "replace"))
    random.Random(seed).shuffle(covers)
    for message_id in covers:
        if most == 0:
            return
        if any(_TOUCHES_C.search(raw) for raw in inbox.thread(message_id)):
            most -= 1
            yield message_id


def examine(inbox: str, message_id: str, name: str) -> str:
    """What every command prints of one series and its revisions."""
    parts = [f"message: {message_id}"]
    fetched, text = _run("fetch", message_id, "--from", inbox, "--name", name, "--json")
    if not fetched:
        return "\n".join([*parts, text])
    found = [one["id"] for one in json.loads(text)["revisions"]]
    parts.append(f"revisions: {len(found)}")
    commands = [["log"], ["matrix"], ["show", found[-1]], ["remarks", found[-1]], ["diff"]]
    commands += [["diff", "--json"], ["matrix", "--json"]]
    commands += [["diff", "--interface", a, b] for a, b in pairwise(found)]
    for command in commands:
        done, text = _run(*command, "--study", name)
        if "--json" in command and done:
            json.loads(text)  # what a program reads must be a document
            text = f"{len(text)} bytes of JSON"
        parts.append(f"\n=== {' '.join(command)}\n{text}")
    return "\n".join(parts)


def _run(*words: str) -> tuple[bool, str]:
    """Whether the command did its work, and what it printed."""
    out, errors = io.StringIO(), io.StringIO()
    started = time.monotonic()
    try:
        with redirect_stdout(out), redirect_stderr(errors):
            status = reviewtool([*words, "--quiet"])
    except BaseException:  # noqa: BLE001 - what this is for; SystemExit of argparse is one, too
        return False, f"CRASH {words[0]}: {traceback.format_exc()}"
    seconds = time.monotonic() - started
    if status == 2:
        return False, f"REFUSED {' '.join(words)}: {errors.getvalue()}"
    told = "" if "--json" in words else f"{errors.getvalue()}({seconds:.1f} s)\n"
    return True, told + out.getvalue()


if __name__ == "__main__":
    sys.exit(main())

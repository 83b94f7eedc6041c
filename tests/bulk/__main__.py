# SPDX-License-Identifier: GPL-2.0-or-later
"""``python -m tests.bulk ARCHIVE``: a whole list archive through everything that reads mail.

ARCHIVE is a public-inbox epoch, a v2 inbox, an mbox or a maildir. Every thread that holds a patch
is sorted, made into revisions by b4, given its trailers, remarks and lineage, and what comes out
is held against a second reading of the mail. One line of JSON a thread goes to ``results.jsonl``
in the work folder; a thread that is in it already is passed over, so a run that was interrupted is
continued. Exit status 1 if anything was found.
"""

import argparse
import json
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from reviewtool import cache
from reviewtool.archive.assemble import assemble_sorted
from reviewtool.archive.mail import Mail, parse_mail
from reviewtool.archive.postings import is_member, sort_mails
from reviewtool.archive.remarks import remarks_of
from reviewtool.archive.sources.box import Box
from reviewtool.archive.sources.choose import open_archive
from reviewtool.archive.sources.epoch import Inbox, epoch_mails
from reviewtool.archive.stored import decode_revision, encode
from reviewtool.archive.types import Revision
from reviewtool.lineage.links import lineages, links_between, needs_of
from reviewtool.progress import SILENT
from tests.bulk.checks import check_revision, check_sorting
from tests.bulk.witness import Witness


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bulk", description=__doc__)
    parser.add_argument("archive", help="a public-inbox epoch or inbox, an mbox, a maildir")
    parser.add_argument("--threads", type=int, help="stop after so many threads (default: all)")
    parser.add_argument("--work", type=Path, help="where results are kept (default: the cache)")
    parser.add_argument("--again", action="store_true", help="begin anew; what b4 made is kept")
    words = parser.parse_args(argv)
    work = (
        words.work or cache.folder("bulk") / cache.digest(str(Path(words.archive).resolve()))[:16]
    )
    work.mkdir(parents=True, exist_ok=True)
    results = work / "results.jsonl"
    if words.again:
        results.unlink(missing_ok=True)
    mails = tuple(parse_mail(raw) for raw in raw_mails(words.archive))
    print(f"{len(mails)} mails in {words.archive}; results in {results}", flush=True)
    done = _read(results)
    with results.open("a") as out:
        for name, thread in _chosen(mails, words.threads):
            if name in done:
                continue
            done[name] = examine(thread)
            out.write(json.dumps({"thread": name, **done[name]}) + "\n")
            out.flush()
            if len(done) % 100 == 0:
                print(f"  {len(done)} threads", flush=True)
    print(figures(list(done.values())))
    return 1 if any(found["findings"] or found["crash"] for found in done.values()) else 0


def raw_mails(archive: str) -> Iterator[bytes]:
    """Every mail of an archive; those an epoch lists and does not have are left out."""
    opened = open_archive(archive)
    if isinstance(opened, Inbox):
        for epoch in opened.epochs:
            yield from epoch_mails(epoch)
    elif isinstance(opened, Box):
        yield from (mail.raw for mail in opened.mails)
    else:
        sys.exit("name an archive on disk")


def examine(raws: Sequence[bytes]) -> dict[str, Any]:
    """One thread through everything; figures, findings, and the traceback of a crash."""
    started = time.monotonic()
    counts: Counter[str] = Counter(threads=1, mails=len(raws))
    findings: list[tuple[str, str]] = []
    crash = ""
    try:
        _examine(raws, counts, findings)
    except Exception:  # noqa: BLE001 - what this is for: to find what crashes, and go on
        crash = traceback.format_exc(limit=-4)
    seconds = round(time.monotonic() - started, 3)
    return {"counts": counts, "findings": findings, "crash": crash, "seconds": seconds}


def _examine(raws: Sequence[bytes], counts: Counter[str], findings: list[tuple[str, str]]) -> None:
    mails = [parse_mail(raw) for raw in raws]
    sorted_mails = sort_mails(mails)
    thread: dict[str, Witness] = {}
    for mail in mails:
        thread.setdefault(mail.message_id, Witness(mail.raw))
    findings.extend(check_sorting(sorted_mails, thread))
    with ThreadPoolExecutor(1) as executor:
        revisions = assemble_sorted(sorted_mails, progress=SILENT, executor=executor)
    by_root = {posting.first.message_id: posting for posting in sorted_mails.postings}
    counts["strays"] += len(sorted_mails.strays)
    for revision in revisions:
        if decode_revision(json.loads(json.dumps(encode(revision)))) != revision:
            findings.append(("does not come back from the cache as it went in", revision.root))
        posting = by_root.get(revision.root) or next(
            p for p in sorted_mails.postings if p.first.date == revision.date
        )
        findings.extend(check_revision(revision, posting, thread))
        counts.update(_count(revision))
    links = links_between(revisions)
    groups = lineages(revisions, links)
    counts["revisions tied to another of the thread"] += len(revisions) - len(groups)
    for group in groups:
        for before, after in zip(group, [*group[1:], None], strict=True):
            counts["remarks"] += len(remarks_of(before, after))
            counts["needs"] += len(needs_of(before))


def _count(revision: Revision) -> Counter[str]:
    given = [t for patch in revision.patches for t in patch.trailers if t.given_by]
    kind = "series" if len(revision.patches) + len(revision.missing) > 1 else "single patches"
    state = "complete" if revision.complete else "incomplete"
    found = Counter(
        {
            kind: 1,
            f"{kind} {state}": 1,
            "patches": len(revision.patches),
            "replies": len(revision.replies),
            "trailers given": len(given),
        }
    )
    for warning in revision.warnings:
        found[f"warning: {_kind_of(warning)}"] += 1
    return found


def _kind_of(warning: str) -> str:
    """A warning without the ids and numbers in it."""
    text = warning.partition(": ")[2] if "@" in warning.partition(": ")[0] else warning
    return " ".join("N" if any(c.isdigit() for c in w) else w for w in text.split())[:60]


def _chosen(mails: Iterable[Mail], most: int | None) -> Iterator[tuple[str, tuple[bytes, ...]]]:
    """The threads that hold a cover letter or patch, in an order that is no order: a part is a
    fair sample of the whole."""
    box = Box("", tuple(mails))
    threads: dict[frozenset[bytes], str] = {}
    for mail in box.mails:
        if is_member(mail):
            threads.setdefault(frozenset(box.thread(mail.message_id)), mail.message_id)
    names = sorted(threads.values())
    random.Random(1).shuffle(names)
    for name in names[:most]:
        yield name, box.thread(name)


def _read(results: Path) -> dict[str, dict[str, Any]]:
    if not results.exists():
        return {}
    lines = results.read_text().splitlines()
    # A line that was being written when the run ended is no result.
    return {
        line["thread"]: line for text in lines if text.endswith("}") and (line := json.loads(text))
    }


def figures(results: Sequence[dict[str, Any]]) -> str:
    """The table at the end."""
    total: Counter[str] = Counter()
    for found in results:
        total.update(found["counts"])
    lines = [f"{total[key]:9,}  {key}" for key in sorted(total)]
    lines.append(f"{sum(found['seconds'] for found in results):9,.0f}  seconds")
    crashes = [found["crash"] for found in results if found["crash"]]
    kinds = Counter(kind for found in results for kind, _ in found["findings"])
    lines += ["", f"{len(crashes):9,}  crashes", f"{sum(kinds.values()):9,}  findings"]
    for kind, count in kinds.most_common():
        lines.append(f"{count:9,}      {kind}")
        said = [text for found in results for k, text in found["findings"] if k == kind]
        lines += [f"{'':15}{text[:150]!a}" for text in said[:4]]
    lines += [f"\n{text}" for text in crashes[:5]]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

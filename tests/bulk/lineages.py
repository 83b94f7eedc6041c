# SPDX-License-Identifier: GPL-2.0-or-later
"""``python -m tests.bulk.lineages ARCHIVE``: which postings of a whole archive are one work.

All postings are sketched (b4 is not needed for it) and linked; then every link is held against the
mail itself: the later posting names the earlier one's message-id, or both carry one change-id, or
they have a patch title in common, or the sender, who repeats most of the title or replies to the
earlier one. Exit status 1 if a link has none of these.
"""

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence

from reviewtool.archive.mail import parse_mail
from reviewtool.archive.postings import Posting, sort_mails
from reviewtool.lineage.discover import sketch
from reviewtool.lineage.links import Link, lineages, links_between
from tests.bulk.__main__ import raw_mails


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bulk.lineages", description=__doc__)
    parser.add_argument("archive", help="a public-inbox epoch or inbox, an mbox, a maildir")
    words = parser.parse_args(argv)
    postings = sort_mails(map(parse_mail, raw_mails(words.archive))).postings
    sketches = [sketch(posting) for posting in postings]
    links = links_between(sketches)
    groups = [group for group in lineages(sketches, links) if len(group) > 1]
    unfounded = list(check_links(links, {p.first.message_id: p for p in postings}))
    print(f"{len(postings):9,}  postings\n{len(links):9,}  links between them")
    print(f"{len(groups):9,}  works with more than one posting")
    print(f"{sum(map(len, groups)):9,}  postings in these")
    for kind, count in Counter(_kind(link) for link in links).most_common():
        print(f"{count:9,}      linked by {kind}")
    print(f"{len(unfounded):9,}  links the mail itself does not bear out")
    for link in unfounded[:10]:
        print(f"{'':15}{link.earlier} -> {link.later}: {link.reason[:100]!a}")
    print("some to be read:")
    for group in random.Random(2).sample(groups, min(12, len(groups))):
        print()
        for one in group:
            print(f"  {one.date[:10]} v{one.version:<3} {one.author[:24]!a:28} {one.title[:70]!a}")
    return 1 if unfounded else 0


def check_links(links: Sequence[Link], postings: dict[str, Posting]) -> Iterator[Link]:
    """The links for which the two postings show no sign of belonging together."""
    for link in links:
        earlier, later = postings[link.earlier], postings[link.later]
        text = "".join(mail.body for mail in later.members)
        ids = {mail.message_id for mail in earlier.members}
        named = any(key in text for key in ids)
        replied = bool(ids & set(later.first.parents))
        change = any(
            line.strip() in text
            for mail in earlier.members
            for line in mail.body.split("\n")
            if line.strip().startswith("change-id:")
        )
        shared = _titles(earlier) & _titles(later)
        own = _words(earlier.first.subject.title), _words(later.first.subject.title)
        alike = len(own[0] & own[1]) * 2 >= len(own[0] | own[1])
        same = _sender(earlier) & _sender(later)
        if not (named or change or shared or (same and (alike or replied))):
            yield link


def _kind(link: Link) -> str:
    """The first reason, without names and numbers."""
    reason = link.reason.partition("; ")[0].partition(" (")[0]
    words = ["N" if any(c.isdigit() for c in w) else w for w in reason.split()]
    return "change-id" if words[:1] == ["change-id"] else " ".join(words)


def _titles(posting: Posting) -> set[frozenset[str]]:
    return {_words(mail.subject.title) for mail in posting.patches}


def _words(title: str) -> frozenset[str]:
    return frozenset("".join(c if c.isalnum() else " " for c in title.lower()).split())


def _sender(posting: Posting) -> set[str]:
    """Address and name: either tells a person."""
    name, _, address = posting.first.author.lower().partition("<")
    return {name.strip(' "'), address.strip("> ")} - {""}


if __name__ == "__main__":
    sys.exit(main())

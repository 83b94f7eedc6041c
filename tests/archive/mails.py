# SPDX-License-Identifier: GPL-2.0-or-later
"""Mail written for tests: small series as git send-email would send them."""

from dataclasses import dataclass, field

AUTHOR = "Ada Author <ada@example.org>"


def diff(name: str = "a.c", old: str = "old", new: str = "new") -> str:
    """A sound diff of one line of ``name``."""
    return (
        f"diff --git a/{name} b/{name}\nindex 1111111..2222222 100644\n--- a/{name}\n+++ b/{name}\n"
        f"@@ -1,3 +1,3 @@\n first\n-{old}\n+{new}\n last\n"
    )


def mail(
    subject: str,
    body: str = "",
    *,
    message_id: str = "",
    reply_to: str = "",
    author: str = AUTHOR,
    date: str = "Mon, 03 Mar 2025 13:30:06 +0000",
    headers: tuple[str, ...] = ("Content-Type: text/plain; charset=utf-8",),
) -> bytes:
    """One raw mail; an empty ``message_id`` leaves the header out."""
    lines = [f"From: {author}", f"Subject: {subject}", f"Date: {date}"]
    if message_id:
        lines.append(f"Message-ID: <{message_id}>")
    if reply_to:
        lines += [f"In-Reply-To: <{reply_to}>", f"References: <{reply_to}>"]
    text = "\n".join([*lines, *headers]) + "\n\n" + body
    return text.encode("utf-8", "surrogateescape")


@dataclass(frozen=True)
class Series:
    """A series to be mailed: cover and ``total`` patches, threaded below the cover."""

    name: str = "one"
    prefix: str = "PATCH"
    title: str = "mm: do a thing"
    total: int = 2
    author: str = AUTHOR
    cover: str = "Why and how.\n"
    day: int = 3
    reply_to: str = ""
    lines: dict[int, str] = field(default_factory=dict)

    def id_of(self, index: int) -> str:
        """The message-id of patch ``index``, of the cover if 0."""
        return f"{self.name}-{index}@example.org"

    def mail_of(self, index: int) -> bytes:
        """The raw mail of patch ``index``, of the cover if 0."""
        cover = self.id_of(0)
        body = self.cover
        title = self.title
        if index:
            title = f"{self.title}, step {index}"
            changed = self.lines.get(index, f"step {index} of {self.title}")
            body = (
                f"Do step {index}.\n\nSigned-off-by: {self.author}\n---\n a.c | 2 +-\n"
                " 1 file changed, 1 insertion(+), 1 deletion(-)\n\n"
                f"{diff(f'f{index}.c', new=changed)}-- \n2.47.1\n"
            )
        return mail(
            f"[{self.prefix} {index}/{self.total}] {title}",
            body,
            message_id=self.id_of(index),
            reply_to=cover if index else self.reply_to,
            author=self.author,
            date=f"Mon, {self.day:02} Mar 2025 13:30:{index:02} +0000",
        )

    def mails(self, *, without: tuple[int, ...] = ()) -> list[bytes]:
        """All mails of the series but those ``without``."""
        return [self.mail_of(n) for n in range(self.total + 1) if n not in without]


def mbox(mails: list[bytes], sender: str = "mboxrd@z") -> bytes:
    """``mails`` as an mboxrd."""
    import re

    quoted = [re.sub(rb"^(>*From )", rb">\1", raw, flags=re.MULTILINE) for raw in mails]
    line = f"From {sender} Thu Jan  1 00:00:00 1970\n".encode()
    return b"".join(line + raw.rstrip(b"\n") + b"\n\n" for raw in quoted)

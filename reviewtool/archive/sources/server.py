# SPDX-License-Identifier: GPL-2.0-or-later
"""A public-inbox server: lore.kernel.org, its mirrors, or any other, over HTTP by liblore."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, urlsplit

from reviewtool.archive import raw
from reviewtool.errors import InputError, Unavailable

if TYPE_CHECKING:
    from liblore.node import LoreNode

LORE = "https://lore.kernel.org/all"
CONNECT_SECONDS = 10.0
SILENT_SECONDS = 20.0
ANSWER_SECONDS = 180.0
_TITLES_AT_ONCE = 12
_CHUNK = 1 << 16


@dataclass(frozen=True)
class Server:
    """The inbox at ``url`` (``https://lore.kernel.org/kvm``); it is asked when it is used."""

    url: str
    answer_seconds: float = ANSWER_SECONDS
    silent_seconds: float = SILENT_SECONDS

    @property
    def name(self) -> str:
        """Its base address."""
        return self.url

    def thread(self, message_id: str) -> tuple[bytes, ...]:
        """The thread ``message_id`` is in; also if another list of the server has it."""
        with self._node() as node:
            answer = self._ask(node, "GET", f"{self.url}/{quote(message_id, safe='@')}/t.mbox.gz")
            if answer is None:
                elsewhere = self._elsewhere(node, message_id)
                answer = self._ask(node, "GET", elsewhere) if elsewhere else None
        return self._mails(answer, message_id)

    def titled(self, titles: Sequence[str]) -> tuple[bytes, ...]:
        """Threads found by subject; a dozen titles make one question."""
        found: list[bytes] = []
        for start in range(0, len(titles), _TITLES_AT_ONCE):
            some = titles[start : start + _TITLES_AT_ONCE]
            phrases = [title.replace('"', " ").strip() for title in some]
            found.extend(self._search(" OR ".join(f's:"{phrase}"' for phrase in phrases)))
        return tuple(found)

    def changed_by(self, change_id: str) -> tuple[bytes, ...]:
        """Threads found by the footer ``b4 prep`` writes."""
        return self._search(f'nq:"change-id: {change_id}"')

    def complaints(self) -> tuple[str, ...]:
        """Nothing: a server does not tell what it lacks."""
        return ()

    def _search(self, query: str) -> tuple[bytes, ...]:
        url = f"{self.url}/?x=m&t=1&q={quote_plus(query)}"
        with self._node() as node:
            # public-inbox gives an mbox of the results to a POST alone.
            return self._mails(self._ask(node, "POST", url, data="x=m"), "search results")

    def _node(self) -> "LoreNode":
        from liblore.node import LoreNode

        return LoreNode(
            self.url,
            request_timeout=(CONNECT_SECONDS, self.silent_seconds),
            follow_upstream=False,
        )

    def _elsewhere(self, node: "LoreNode", message_id: str) -> str | None:
        """Servers redirect ``/ID/`` to the list that has the mail."""
        origin = f"{urlsplit(self.url).scheme}://{urlsplit(self.url).netloc}"
        response = self._send(node, "HEAD", f"{origin}/{quote(message_id, safe='@')}/")
        path = urlsplit(str(response.url)).path.rstrip("/")
        found = response.status_code == 200 and path.count("/") > 1
        return f"{origin}{path}/t.mbox.gz" if found else None

    def _ask(self, node: "LoreNode", method: str, url: str, **more: Any) -> bytes | None:
        """The body of the answer within limits of size and time; None if there is no such thing."""
        response = self._send(node, method, url, stream=True, **more)
        if response.status_code == 404:
            return None
        if response.status_code != 200:
            raise Unavailable(
                f"the server answered {response.status_code}", self.url, "try again later"
            )
        return self._read(response)

    def _send(self, node: "LoreNode", method: str, url: str, **more: Any) -> Any:
        import logging

        import liblore
        import requests

        # It tells of every host that fails; here the one error below says it.
        logging.getLogger("liblore").setLevel(logging.CRITICAL)
        try:
            return node.request(method, url, allow_redirects=True, **more)
        except (liblore.RemoteError, requests.RequestException) as error:
            # liblore makes its own of lost connections alone; a loop of redirects comes as it is.
            raise Unavailable(
                "cannot be reached",
                self.url,
                "work offline with what is stored, or name another archive with --from",
            ) from error

    def _read(self, response: Any) -> bytes:
        import requests
        from urllib3.exceptions import HTTPError

        deadline = time.monotonic() + self.answer_seconds
        pieces: list[bytes] = []
        size = 0
        try:
            # The mbox is a gzip file: taken as it comes, it is unpacked within raw's limits. read1
            # returns what is there; read would wait for a whole chunk from a server that trickles.
            while piece := response.raw.read1(_CHUNK, decode_content=False):
                size += len(piece)
                pieces.append(piece)
                if size > raw.MAX_BYTES:
                    raise InputError(f"sends more than {raw.MAX_BYTES >> 20} MiB", self.url)
                if time.monotonic() > deadline:
                    raise Unavailable(
                        f"took longer than {self.answer_seconds:g} s to answer",
                        self.url,
                        "try again later",
                    )
        except (requests.RequestException, HTTPError, OSError) as error:
            raise Unavailable("broke off its answer", self.url, "try again later") from error
        finally:
            response.close()
        return b"".join(pieces)

    def _mails(self, answer: bytes | None, what: str) -> tuple[bytes, ...]:
        where = f"{self.url} ({what})"
        unpacked = raw.unpack(answer, where) if answer else b""
        return raw.split_mails(unpacked, where) if unpacked.strip() else ()

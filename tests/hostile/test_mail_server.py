# SPDX-License-Identifier: GPL-2.0-or-later
"""An HTTP server that stalls, lies or fails costs one clear line and nothing of what is stored."""

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from reviewtool.archive import raw
from reviewtool.archive.sources.kept import Kept
from reviewtool.archive.sources.server import Server
from reviewtool.archive.store import data_root
from reviewtool.errors import InputError, RequestError, Unavailable
from reviewtool.lineage.fetch import fetch_message
from tests.archive.mails import Series, mbox

SERIES = Series()
GOOD = gzip.compress(mbox(SERIES.mails()))
STALL = threading.Event()
"""Never set: who waits for such a server without a limit waits for ever."""
Behaviour = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def behaving(behaviour: Behaviour) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.close_connection = True
            behaviour(self)

        do_POST = do_HEAD = do_GET  # noqa: N815 - the names http.server wants

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - inherited
            """Tests speak for themselves."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/list"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def answer(
    handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, length: int = -1
) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body) if length < 0 else length))
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(body)


def stalls(handler: BaseHTTPRequestHandler) -> None:
    STALL.wait()


def stalls_midway(handler: BaseHTTPRequestHandler) -> None:
    answer(handler, GOOD[:50], length=len(GOOD))
    handler.wfile.flush()
    STALL.wait()


def trickles(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for byte in GOOD * 100:
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()
        time.sleep(0.05)


def redirects_forever(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(302)
    handler.send_header("Location", handler.path)
    handler.send_header("Content-Length", "0")
    # Said, not only done: else who asks again on the old connection may find it broken off instead.
    handler.send_header("Connection", "close")
    handler.end_headers()


@pytest.mark.parametrize(
    ("behaviour", "complaint"),
    [
        (stalls, "cannot be reached"),
        (stalls_midway, "broke off its answer"),
        (trickles, "took longer than 1 s to answer"),
        (redirects_forever, "cannot be reached"),
        (lambda h: answer(h, b"", 500), "the server answered 500"),
        (lambda h: answer(h, b"", 503), "the server answered 503"),
        (lambda h: answer(h, b"", 403), "the server answered 403"),
        (lambda h: answer(h, GOOD, length=len(GOOD) + 99), "broke off its answer"),
        (lambda h: answer(h, GOOD, length=len(GOOD) // 2), "the gzip file is cut short"),
        (lambda h: answer(h, GOOD[: len(GOOD) // 2]), "the gzip file is cut short"),
        (lambda h: answer(h, b"<html>log in first</html>"), "is no mail"),
        (lambda h: answer(h, gzip.compress(b"<html>hi</html>")), "is no mail"),
        (lambda h: answer(h, b"\x1f\x8bgarbage garbage garbage"), "damaged gzip data"),
    ],
)
def test_a_server_in_trouble_is_one_line(behaviour: Behaviour, complaint: str, cache: Path) -> None:
    with behaving(behaviour) as url, pytest.raises(RequestError) as error:
        Server(url, answer_seconds=1, silent_seconds=0.5).thread("one-0@example.org")
    assert complaint in str(error.value)
    assert url in str(error.value)
    assert "\n" not in str(error.value)


def test_no_server_at_all(cache: Path) -> None:
    with behaving(stalls) as url:
        pass
    with pytest.raises(Unavailable, match=r"cannot be reached; work offline with what is stored"):
        Server(url).thread("one-0@example.org")


def test_a_bomb_is_refused_at_the_stated_limit(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw, "MAX_BYTES", 1 << 20)
    bomb = gzip.compress(bytes(1 << 26))
    with (
        behaving(lambda h: answer(h, bomb)) as url,
        pytest.raises(InputError, match="more than 1 MiB"),
    ):
        Server(url).thread("one-0@example.org")


def test_unknown_everywhere_is_no_trouble(cache: Path) -> None:
    with behaving(lambda h: answer(h, b"", 404)) as url:
        assert Server(url).thread("one-0@example.org") == ()
        assert Server(url).titled(["mm: x"]) == ()
        with pytest.raises(InputError, match=r"one-0@example.org is not in the archive"):
            fetch_message("one-0@example.org", place=url)


def test_a_search_that_fails_leaves_what_the_thread_gave(cache: Path) -> None:
    def half(handler: BaseHTTPRequestHandler) -> None:
        if "q=" in handler.path:
            answer(handler, b"", 503)
        else:
            answer(handler, GOOD)

    with behaving(half) as url:
        fetched = fetch_message("one-0@example.org", place=url)
    assert fetched.new == ("v1",)
    (warning,) = fetched.warnings
    assert warning.startswith("revisions may be missing: ")
    assert "the server answered 503" in warning


def test_failure_after_success_loses_nothing(cache: Path) -> None:
    failing = threading.Event()

    def once(handler: BaseHTTPRequestHandler) -> None:
        answer(handler, GOOD if not failing.is_set() else b"", 500 if failing.is_set() else 200)

    with behaving(once) as url:
        study = fetch_message("one-0@example.org", place=url).study
        before = {path: path.read_bytes() for path in data_root().rglob("*") if path.is_file()}
        failing.set()
        with pytest.raises(Unavailable, match="the server answered 500"):
            fetch_message("one-0@example.org", place=url, refresh=True)
        assert fetch_message("one-0@example.org", place=url).study == study
    after = {path: path.read_bytes() for path in data_root().rglob("*") if path.is_file()}
    assert after == before


def test_offline_nothing_is_asked(cache: Path) -> None:
    asked: list[str] = []

    def counting(handler: BaseHTTPRequestHandler) -> None:
        asked.append(handler.path)
        answer(handler, GOOD)

    with behaving(counting) as url:
        with pytest.raises(Unavailable, match="was never asked and this is offline"):
            Kept(Server(url), offline=True).thread("one-0@example.org")
        assert asked == []
        assert len(Kept(Server(url)).thread("one-0@example.org")) == 3
        assert len(Kept(Server(url), offline=True).thread("one-2@example.org")) == 3
        assert len(asked) == 1


def test_offline_a_study_at_hand_is_used_and_said_to_be_old(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "box").write_bytes(mbox(SERIES.mails()))
    study = fetch_message("one-0@example.org", place=str(tmp_path / "box")).study
    fetched = fetch_message("one-0@example.org", offline=True)
    assert fetched.study == study
    (warning,) = fetched.warnings
    assert warning.startswith("nothing new can be looked for: https://lore.kernel.org/all: ")

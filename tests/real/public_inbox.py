# SPDX-License-Identifier: GPL-2.0-or-later
"""A real public-inbox server on loopback over an epoch written here."""

import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

TOOLS = ("public-inbox-init", "public-inbox-index", "public-inbox-httpd")
PACKAGES = "public-inbox libsearch-xapian-perl libdbd-sqlite3-perl libplack-perl"


def write_epoch(epoch: Path, mails: Sequence[bytes]) -> None:
    """A v2 epoch: a bare repository with one commit a mail, its tree one blob ``m``."""
    subprocess.run(["git", "init", "-q", "--bare", "-b", "master", epoch], check=True)
    stream: list[bytes] = []
    for number, mail in enumerate(mails, 1):
        who = b"t <t@example.org> %d +0000" % (1_700_000_000 + number)
        stream.append(b"commit refs/heads/master\nmark :%d\n" % number)
        stream.append(b"author %s\ncommitter %s\ndata 1\nm\n" % (who, who))
        stream.append(b"from :%d\n" % (number - 1) if number > 1 else b"")
        stream.append(b"M 100644 inline m\ndata %d\n%s\n" % (len(mail), mail))
    subprocess.run(
        ["git", f"--git-dir={epoch}", "fast-import", "--quiet"], input=b"".join(stream), check=True
    )


@contextmanager
def serve(folder: Path, mails: Sequence[bytes]) -> Iterator[str]:
    """Serve ``mails`` from ``folder``; the base address of the inbox. Skips where it cannot."""
    lacking = [tool for tool in TOOLS if shutil.which(tool) is None]
    if lacking:
        pytest.skip(f"no {', '.join(lacking)}: apt-get install {PACKAGES}")
    home, inbox = folder / "home", folder / "inbox"
    home.mkdir(parents=True)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PI_CONFIG": str(home / "config"),
        "LC_ALL": "C.UTF-8",
    }
    write_epoch(inbox / "git" / "0.git", mails)
    for command in (
        [
            "public-inbox-init",
            "-V2",
            "-L",
            "full",
            "t",
            str(inbox),
            "http://127.0.0.1/t",
            "t@x.invalid",
        ],
        ["public-inbox-index", str(inbox)],
    ):
        subprocess.run(command, env=environment, check=True, capture_output=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder / "httpd.log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            ["public-inbox-httpd", "-W0", "-l", f"http://127.0.0.1:{port}"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
        )
    try:
        address = f"http://127.0.0.1:{port}/t"
        _wait(address, server, log)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=20)


def _wait(address: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(200):
        if server.poll() is not None:
            pytest.fail(f"public-inbox-httpd ended: {log.read_text()}")
        try:
            with urllib.request.urlopen(f"{address}/", timeout=5) as answer:  # noqa: S310 - loopback
                answer.read()
                return
        except OSError:
            time.sleep(0.05)
    pytest.fail(f"public-inbox-httpd does not answer: {log.read_text()}")

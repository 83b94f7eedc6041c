# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's source package: real apt against an archive of our own on this machine."""

import hashlib
import http.server
import shutil
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from reviewtool.errors import Unavailable
from reviewtool.tree import debian
from reviewtool.tree.base import find_base

pytestmark = pytest.mark.skipif(
    not (shutil.which("apt-get") and shutil.which("dpkg-deb")), reason="this is no Debian"
)


@pytest.fixture
def archive(kernel: Path, tmp_path: Path) -> Path:
    """A flat Debian archive holding a small linux-source-6.12."""
    root = tmp_path / "package"
    (root / "DEBIAN").mkdir(parents=True)
    (root / "DEBIAN/control").write_text(
        f"Package: {debian.PACKAGE}\nVersion: 6.12.9-1\nArchitecture: all\n"
        "Maintainer: T <t@example.org>\nDescription: test\n"
    )
    (root / "usr/src").mkdir(parents=True)
    renamed = kernel.rename(kernel.with_name(debian.PACKAGE))
    tarball = root / f"usr/src/{debian.PACKAGE}.tar.xz"
    subprocess.run(
        ["tar", "-cJf", str(tarball), "-C", str(renamed.parent), renamed.name], check=True
    )
    folder = tmp_path / "archive"
    folder.mkdir()
    package = folder / f"{debian.PACKAGE}_6.12.9-1_all.deb"
    subprocess.run(["dpkg-deb", "-b", str(root), str(package)], check=True, capture_output=True)
    content = package.read_bytes()
    (folder / "Packages").write_text(
        (root / "DEBIAN/control").read_text()
        + f"Filename: ./{package.name}\nSize: {len(content)}\n"
        + f"SHA256: {hashlib.sha256(content).hexdigest()}\n\n"
    )
    return folder


@pytest.fixture
def asked() -> list[str]:
    """The paths that were asked of the server, in order."""
    return []


@pytest.fixture
def server(archive: Path, asked: list[str]) -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *words: object) -> None:
            super().__init__(*words, directory=str(archive))  # type: ignore[arg-type] # the base's

        def log_message(self, *_: object) -> None:
            asked.append(self.path)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{web.server_port}"
        web.shutdown()


@pytest.fixture
def apt(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path) -> Path:
    """apt that knows our archive alone and has read no lists yet."""
    folder = tmp_path / "apt"
    (folder / "lists/partial").mkdir(parents=True)
    (folder / "sources.list").write_text(f"deb [trusted=yes] {server} ./\n")
    (folder / "apt.conf").write_text(
        f'Dir::Etc::SourceList "{folder}/sources.list";\nDir::Etc::SourceParts "/dev/null";\n'
        f'Dir::State::Lists "{folder}/lists";\nDir::Cache "{folder}/cache";\n'
        'Acquire::http::Proxy "DIRECT";\nAcquire::Retries "0";\n'
    )
    monkeypatch.setenv("APT_CONFIG", str(folder / "apt.conf"))
    monkeypatch.delenv("REVIEWTOOL_TREE", raising=False)
    return folder


def test_without_lists_and_without_root_the_package_is_found_and_unpacked(
    apt: Path, cache: Path
) -> None:
    base = find_base()
    assert base.version == "6.12.9"
    assert base.identity == "debian:linux-source-6.12 6.12.9-1"
    assert list((apt / "lists").glob("*Packages*")) == [], "the system's lists were touched"
    assert list((cache / "downloads").glob("*.deb")) == [], "the package is of no more use"


def test_a_second_run_asks_nobody(apt: Path, cache: Path, archive: Path) -> None:
    first = find_base()
    shutil.rmtree(archive)
    assert find_base() == first


def test_a_part_left_by_an_interrupted_download_does_no_harm(
    apt: Path, cache: Path, archive: Path
) -> None:
    package = next(archive.glob("*.deb"))
    (cache / "downloads").mkdir(parents=True)
    (cache / "downloads" / package.name).write_bytes(package.read_bytes()[:500])
    assert find_base().version == "6.12.9"


def test_a_package_that_was_tampered_with_is_not_unpacked(
    apt: Path, cache: Path, archive: Path
) -> None:
    package = next(archive.glob("*.deb"))
    raw = bytearray(package.read_bytes())
    raw[-20] ^= 1
    package.write_bytes(raw)
    with pytest.raises(Unavailable, match=r"download failed: .*Hash Sum mismatch"):
        find_base()
    assert not list((cache / "bases").glob("*/linux"))


def test_an_archive_that_is_not_there_is_one_line_with_the_ways_out(
    apt: Path, cache: Path, archive: Path
) -> None:
    shutil.rmtree(archive)
    with pytest.raises(Unavailable, match=r"cannot be looked up .*--tree or REVIEWTOOL_TREE"):
        find_base()


def test_a_release_without_the_package_is_told(apt: Path, cache: Path, archive: Path) -> None:
    packages = archive / "Packages"
    packages.write_text(packages.read_text().replace(debian.PACKAGE, "linux-source-6.1"))
    with pytest.raises(Unavailable, match="in none of the configured Debian sources"):
        find_base()


def test_where_there_is_no_apt_a_tree_is_asked_for(
    cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("REVIEWTOOL_TREE", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match=r"no Debian .*--tree"):
        find_base()


def test_three_at_once_download_it_once(apt: Path, asked: list[str]) -> None:
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda _: find_base(), range(3)))
    assert {base.version for base in found} == {"6.12.9"}
    assert len([path for path in asked if path.endswith(".deb")]) == 1

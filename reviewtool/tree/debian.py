# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's kernel source package: downloaded and unpacked once, without root."""

import os
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from reviewtool import cache, process
from reviewtool.errors import Unavailable
from reviewtool.lock import locked
from reviewtool.progress import SILENT, Progress
from reviewtool.tree import unpack

PACKAGE = "linux-source-6.12"
_URI = re.compile(r"^'(?P<uri>[^']+)' (?P<file>\S+) (?P<size>\d+)(?: (?P<hash>\S+))?$", re.M)
_ELSE = "or give a kernel tree by --tree or REVIEWTOOL_TREE"


@dataclass(frozen=True, slots=True)
class Download:
    """What apt would fetch."""

    file: str
    size: int

    @property
    def version(self) -> str:
        """The package's version, as in ``6.12.117-1~deb12u1``."""
        return self.file.split("_")[1].replace("%3a", ":")


def source(progress: Progress = SILENT) -> tuple[Path, str]:
    """The unpacked source and ``linux-source-6.12 VERSION``.

    The newest one already in the cache is used as it is: only a cache without any asks apt.
    """
    bases = cache.folder("bases")
    if (ready := _ready(bases)) is not None:
        return ready
    lock = cache.folder("downloads") / "lock"
    with locked(lock, f"waiting for another download of {PACKAGE}", progress):
        if (ready := _ready(bases)) is not None:
            return ready
        options, download = _find(progress)
        package = _fetch(options, download, progress)
        target = bases / f"{PACKAGE}_{download.version.replace('/', '-')}"
        _unpack(package, target, progress)
        package.unlink()
    return target / "linux", f"{PACKAGE} {download.version}"


def _ready(bases: Path) -> tuple[Path, str] | None:
    found = sorted(bases.glob(f"{PACKAGE}_*/linux"), key=lambda p: p.parent.stat().st_mtime)
    return (found[-1], found[-1].parent.name.replace("_", " ", 1)) if found else None


def _find(progress: Progress) -> tuple[list[str], Download]:
    """The apt options that know the package, and the package."""
    found = _ask([])
    if found:
        return [], found
    # The system's lists are missing or old. Lists of our own need no root and change nothing.
    lists = cache.folder("apt")
    (lists / "lists/partial").mkdir(parents=True, exist_ok=True)
    (lists / "archives/partial").mkdir(parents=True, exist_ok=True)
    options = [
        f"-oDir::State::lists={lists}/lists",
        f"-oDir::Cache={lists}",
        f"-oDir::Cache::archives={lists}/archives",
        "-oAPT::Sandbox::User=root",
    ]
    with progress.task("reading Debian's package lists"):
        update = _apt([*options, "update", "-q"])
    found = _ask(options)
    if found is None:
        why = "is in none of the configured Debian sources"
        said = (update.stdout + update.stderr).decode("utf-8", "replace").splitlines()
        failed = [line for line in said if line.startswith(("E:", "W: Failed"))]
        if update.returncode or failed:
            why = f"cannot be looked up ({failed[0] if failed else update.complaint})"
        raise Unavailable(f"{PACKAGE} {why}", "apt", f"connect and run: apt-get update; {_ELSE}")
    return options, found


def _ask(options: list[str]) -> Download | None:
    done = _apt([*options, "download", "--print-uris", PACKAGE])
    match = _URI.search(done.stdout.decode("utf-8", "replace"))
    if done.returncode or match is None:
        return None
    return Download(match["file"], int(match["size"]))


def _apt(words: list[str]) -> process.Completed:
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "HOME": "/"}
    kept = ("http_proxy", "https_proxy", "no_proxy", "apt_config")
    environment |= {k: v for k, v in os.environ.items() if k.lower() in kept}
    try:
        return process.run(["apt-get", *words], env=environment, timeout=600)
    except Unavailable as error:
        raise Unavailable(
            "this is no Debian (no apt-get)", "", "give a kernel tree by --tree or REVIEWTOOL_TREE"
        ) from error


def _fetch(options: list[str], download: Download, progress: Progress) -> Path:
    """Download the package; apt resumes a part left by an earlier try and checks the hash."""
    folder = cache.folder("downloads")
    package = folder / download.file
    if package.is_file() and package.stat().st_size > download.size:
        package.unlink()
    unpack.require_space(folder, download.size * 13, f"{PACKAGE} (download and unpack)")
    argv = ["apt-get", *options, "-q", "-oAPT::Sandbox::User=root", "download", PACKAGE]
    title = f"downloading {PACKAGE} {download.version}, MB"
    with progress.task(title, download.size // unpack.MB) as task:
        environment = os.environ | {"LC_ALL": "C.UTF-8"}
        with subprocess.Popen(
            argv,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        ) as apt:
            try:
                while apt.poll() is None:
                    task.update(package.stat().st_size // unpack.MB if package.exists() else 0)
                    time.sleep(0.2)
                assert apt.stderr is not None  # noqa: S101 - a pipe
                complaint = apt.stderr.read().decode("utf-8", "replace").strip().splitlines()
            except BaseException:
                apt.terminate()
                raise
        task.update(download.size // unpack.MB)
    if apt.returncode or not package.is_file() or package.stat().st_size != download.size:
        errors = [line for line in complaint if line.startswith("E:")] or complaint
        why = errors[0] if errors else f"exit status {apt.returncode}"
        raise Unavailable(f"download failed: {why}", PACKAGE, f"try again, {_ELSE}")
    return package


def _unpack(package: Path, target: Path, progress: Progress) -> None:
    """Take the tarball out of the package and the tree out of the tarball, in one go."""
    script = 'dpkg-deb --fsys-tarfile "$1" | tar -xO "./usr/src/$2.tar.xz"'
    with subprocess.Popen(
        ["sh", "-c", script, "sh", str(package), PACKAGE],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as reader:
        assert reader.stdout is not None  # noqa: S101 - a pipe
        try:
            size = package.stat().st_size
            unpack.unpack_stream(target, reader.stdout, size, "-J", package, progress)
        except BaseException:
            reader.kill()
            raise

# SPDX-License-Identifier: GPL-2.0-or-later
"""Source archives unpacked once into the cache: a whole tree appears there, or none."""

import errno
import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from reviewtool import cache
from reviewtool.errors import InputError, Unavailable
from reviewtool.progress import SILENT, Progress

_TAR_OPTION = {".xz": "-J", ".gz": "-z", ".tgz": "-z", ".bz2": "-j", ".zst": "--zstd", ".tar": ""}
_CHUNK = 1 << 20
MB = 1_000_000
"""What progress is counted in: nobody reads nine digits that change."""
# A 6.12 to 7.3 tree takes 1.5 to 1.8 GB unpacked, its archive a tenth of that.
_GROWTH = 12


def tarball(path: Path, progress: Progress = SILENT) -> tuple[Path, str]:
    """The folder of the unpacked tarball ``path`` and the tarball's SHA-256."""
    option = _TAR_OPTION.get(path.suffix)
    if option is None:
        raise InputError(
            "is neither a folder nor a tarball (.tar, .tar.xz, .tar.gz, .tar.bz2, .tar.zst)",
            str(path),
            "give --tree a kernel's git clone, unpacked source or source tarball",
        )
    digest = sha256(path, progress)
    target = cache.folder("bases") / digest[:16]
    if not target.is_dir():
        unpack_file(target, path, option, progress)
    return target / "linux", digest


def sha256(path: Path, progress: Progress) -> str:
    """The digest of the file ``path``, computed once for each time it changes."""
    try:
        state = path.stat()
        key = cache.digest(str(path.resolve()), str(state.st_size), str(state.st_mtime_ns))

        def compute() -> str:
            total = hashlib.sha256()
            with (
                path.open("rb") as file,
                progress.task("reading the tarball, MB", state.st_size // MB) as t,
            ):
                while chunk := file.read(_CHUNK):
                    total.update(chunk)
                    t.update(file.tell() // MB)
            return total.hexdigest()

        return str(cache.cached_json("tarballs", key, compute))
    except OSError as error:
        raise InputError(error.strerror or str(error), str(path)) from error


def unpack_file(target: Path, archive: Path, option: str, progress: Progress) -> None:
    """Unpack the one folder of ``archive`` as ``target/linux``, atomically."""
    size = archive.stat().st_size
    require_space(target.parent, size * _GROWTH if option else size, f"unpacking {archive.name}")
    with archive.open("rb") as stream:
        unpack_stream(target, stream, size, option, archive, progress)


def unpack_stream(
    target: Path, stream: IO[bytes], size: int, option: str, origin: Path, progress: Progress
) -> None:
    """Unpack a tar ``stream`` of about ``size`` bytes as ``target/linux``, atomically."""
    with (
        atomic_folder(target) as fresh,
        progress.task(f"unpacking {origin.name}, MB", size // MB) as task,
    ):
        inner = fresh / "linux"
        inner.mkdir()
        argv = ["tar", "-x", "--strip-components=1", "--no-same-owner", *option.split()]
        done = 0

        def read() -> bytes:
            nonlocal done
            chunk = stream.read(_CHUNK)
            done += len(chunk)
            task.update(done // MB)
            return chunk

        _pipe([*argv, "-C", str(inner)], read, origin)


def _pipe(argv: list[str], read: Callable[[], bytes], origin: Path) -> None:
    """Run ``argv`` on what ``read`` returns until it returns nothing."""
    try:
        process = subprocess.Popen(argv, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    except FileNotFoundError as error:
        raise Unavailable(f"{argv[0]} is not installed", "", f"install {argv[0]}") from error
    with process:
        assert process.stdin is not None and process.stderr is not None  # noqa: S101, PT018 - pipes
        try:
            while chunk := read():
                process.stdin.write(chunk)
            process.stdin.close()
        except BrokenPipeError:
            pass  # its complaint follows
        except BaseException:
            process.kill()
            raise
        complaint = process.stderr.read().decode("utf-8", "replace")
        code = process.wait()
    if code:
        if "No space left" in complaint:
            raise Unavailable(
                "no space left on the disk", str(cache.root()), "free 2 GB or set REVIEWTOOL_CACHE"
            )
        lines = [line for line in complaint.splitlines() if "Exiting" not in line]
        raise InputError(
            f"cannot be unpacked: {lines[0] if lines else f'exit status {code}'}",
            str(origin),
            "download it again",
        )


class atomic_folder:  # noqa: N801 - used as a function
    """``with atomic_folder(target) as fresh``: ``fresh`` becomes ``target`` if all goes well."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __enter__(self) -> Path:
        try:
            self.fresh = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=self.target.parent))
        except OSError as error:
            raise Unavailable(
                f"cannot write: {error.strerror}", str(self.target.parent), "set REVIEWTOOL_CACHE"
            ) from error
        return self.fresh

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        try:
            if kind is None:
                self.fresh.chmod(0o755)
                self.fresh.rename(self.target)
        except OSError as failure:
            # Another process was first, and its folder is as good as ours.
            if failure.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
        finally:
            if self.fresh.exists():
                shutil.rmtree(self.fresh, ignore_errors=True)


def require_space(folder: Path, needed: int, purpose: str) -> None:
    """Raise :class:`Unavailable` unless ``folder``'s disk has ``needed`` bytes to spare."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise Unavailable(
            f"{purpose} needs {needed / 1e9:.1f} GB, {free / 1e9:.1f} GB are free",
            str(folder),
            "free some space or set REVIEWTOOL_CACHE to another disk",
        )

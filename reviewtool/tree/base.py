# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel source revisions are applied to: the user's tree, or Debian's."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from reviewtool import cache
from reviewtool.errors import InputError
from reviewtool.progress import SILENT, Progress
from reviewtool.tree import debian, unpack
from reviewtool.tree.kernel_version import LANDMARKS, parse_version
from reviewtool.tree.store import git_dir, is_bare, objects_of, open_store, run_git

_REMEDY = "give --tree a kernel's git clone, unpacked source or source tarball"


@dataclass(frozen=True, slots=True)
class Base:
    """A kernel tree.

    ``path`` is a folder with the source (``directory``) or a clone (``git``, work tree or bare).
    ``version`` is what the Makefile states (in a clone: at HEAD). ``identity`` changes when the
    tree does, as far as that can be told without reading it all: the package's version, the
    tarball's digest, or a folder's path with version and Makefile time.
    """

    kind: Literal["directory", "git"]
    path: Path
    version: str
    describe: str
    identity: str


def find_base(spec: Path | None = None, progress: Progress = SILENT) -> Base:
    """The base named by ``spec``, else by ``$REVIEWTOOL_TREE``, else Debian's linux-source.

    ``spec`` may be a git clone, an unpacked tree or a tarball. Raises :class:`InputError` if it is
    no kernel, :class:`~reviewtool.errors.Unavailable` if Debian's cannot be had.
    """
    if spec is None:
        named = os.environ.get("REVIEWTOOL_TREE", "")
        spec = Path(named) if named else None
    if spec is None:
        folder, package = debian.source(progress)
        return _directory(folder, f"Debian {package}", f"debian:{package}")
    spec = spec.expanduser()
    try:
        exists = spec.exists()
    except OSError as error:
        raise InputError(error.strerror or str(error), str(spec), _REMEDY) from error
    if not exists:
        raise InputError("no such file or folder", str(spec), _REMEDY)
    if spec.is_file():
        folder, digest = unpack.tarball(spec, progress)
        return _directory(folder, f"unpacked from {spec.name}", f"tarball:{digest}")
    spec = spec.resolve()
    if (spec / ".git").exists() or is_bare(spec):
        return _clone(spec)
    return _directory(spec, str(spec), "")


def _directory(folder: Path, origin: str, identity: str) -> Base:
    makefile = folder / "Makefile"
    try:
        version = parse_version(makefile.read_text(errors="replace"))
    except (FileNotFoundError, NotADirectoryError):
        version = None
    except OSError as error:
        raise InputError(error.strerror or str(error), str(makefile), _REMEDY) from error
    missing = [name for name in LANDMARKS if not (folder / name).is_file()]
    if version is None or missing:
        why = "its Makefile states no version" if version is None else f"no {missing[0]}"
        raise InputError(f"is no kernel source ({why})", str(folder), _REMEDY)
    if not identity:
        stamp = makefile.stat().st_mtime_ns
        identity = f"directory:{cache.digest(str(folder), version, str(stamp))}"
    return Base("directory", folder, version, f"Linux {version} ({origin})", identity)


def _clone(clone: Path) -> Base:
    objects = objects_of(clone)
    gitdir = objects.parent
    form = run_git(gitdir, "config", "--local", "--get", "extensions.objectFormat")
    if form.stdout.strip() not in (b"", b"sha1"):
        raise InputError("uses SHA-256 object ids, which are not supported", str(clone), _REMEDY)
    head = head_commit(clone)
    if head is None:
        raise InputError("has no commit at HEAD", str(clone), "check out a kernel there")
    store = open_store(clone)
    if run_git(store, "cat-file", "-e", f"{head}^{{tree}}").returncode:
        raise InputError(
            "lacks the objects of its own HEAD (a partial clone made without trees?)",
            str(clone),
            f"run git -C {clone} fetch --refetch --no-filter",
        )
    makefile = run_git(store, "cat-file", "blob", f"{head}:Makefile")
    if makefile.returncode and b"does not exist" not in makefile.stderr:
        raise InputError(
            "a partial clone that lacks HEAD:Makefile", str(clone), "check out HEAD there"
        )
    version = parse_version(makefile.stdout.decode("utf-8", "replace"))
    if version is None:
        raise InputError("is a git clone, but not of a kernel", str(clone), _REMEDY)
    describe = f"Linux {version} (git clone {clone}, HEAD {head[:12]})"
    return Base("git", clone, version, describe, f"git:{head}")


def head_commit(clone: Path) -> str | None:
    """The commit id HEAD names, None if there is none yet."""
    done = run_git(git_dir(clone), "rev-parse", "--verify", "--quiet", "HEAD")
    return done.stdout.decode().strip() or None

# SPDX-License-Identifier: GPL-2.0-or-later
"""The private bare repositories in which patches become commits.

A user's clone is only ever read: a store borrows its objects through ``objects/info/alternates``,
and no git command that may write runs with the clone as its repository.
"""

import hashlib
import os
import re
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import git

from reviewtool import cache, process
from reviewtool.errors import InputError, Unavailable

ReadObject = Callable[[str], tuple[str, bytes]]
"""Type and content of the object with a hex id; KeyError if it is absent."""
NULL_SHA = "0" * 40
# Objects are not compressed: packing and unpacking took a sixth of the time to apply a series, and
# three quarters of that to see what it changed. A revision takes 0.5 MB instead of 0.2.
_STORED = 0
_COMMITTER = "reviewtool <reviewtool@reviewtool.invalid>"


def git_env(**extra: str) -> dict[str, str]:
    """The environment of every git command: no user configuration, no lazy fetch, no locks."""
    environment = process.sealed_env(cache.folder("home"))
    environment |= {
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_ALLOW_PROTOCOL": "",
    }
    return environment | extra


def run_git(gitdir: Path, *words: str, stdin: bytes = b"", **extra: str) -> process.Completed:
    """Run git on the repository ``gitdir``; the exit status is the caller's to judge."""
    return process.run(
        ["git", f"--git-dir={gitdir}", *words], env=git_env(**extra), stdin=stdin, cwd=gitdir
    )


def objects_of(clone: Path) -> Path:
    """The object folder of a clone, work tree or bare, linked work trees included."""
    gitdir = git_dir(clone)
    common = gitdir / "commondir"
    if common.is_file():
        gitdir = (gitdir / common.read_text().strip()).resolve()
    return gitdir / "objects"


def git_dir(clone: Path) -> Path:
    """The repository folder behind ``clone``. Raises :class:`InputError` if there is none."""
    dot = clone / ".git"
    if dot.is_file():
        pointer = dot.read_text(errors="replace").strip()
        if not pointer.startswith("gitdir: "):
            raise InputError("is no pointer to a git repository", str(dot), "give another --tree")
        target = (clone / pointer.removeprefix("gitdir: ")).resolve()
        if not target.is_dir():
            raise InputError(
                f"points to {target}, which is gone", str(dot), "run git worktree repair there"
            )
        return target
    if dot.is_dir():
        return dot.resolve()
    if is_bare(clone):
        return clone.resolve()
    raise InputError("is no git repository", str(clone), "give another --tree")


def is_bare(folder: Path) -> bool:
    """Whether ``folder`` itself is a repository."""
    return (folder / "HEAD").is_file() and (folder / "objects").is_dir() and folder.is_dir()


def open_store(clone: Path | None) -> Path:
    """The store for bases that are plain folders (None), or the one that borrows from ``clone``.

    Made on first use, as a whole or not at all.
    """
    objects = objects_of(clone) if clone is not None else None
    name = "plain" if objects is None else cache.digest(str(objects))[:16]
    store = cache.folder("stores") / f"{name}.git"
    if not store.is_dir():
        _make_store(store, objects)
    if clone is not None:
        _copy_shallow(clone, store)
    return store


def _make_store(store: Path, objects: Path | None) -> None:
    with tempfile.TemporaryDirectory(prefix=".new-", dir=store.parent) as folder:
        fresh = Path(folder) / "store.git"
        done = process.run(
            ["git", "init", "-q", "--bare", "--template=", str(fresh)], env=git_env()
        )
        if done.returncode:
            raise InputError(f"git init: {done.complaint}", str(store.parent), "free some space")
        (fresh / "config").write_text(
            "[core]\n\trepositoryformatversion = 0\n\tbare = true\n\tlogallrefupdates = false\n"
            f"\tlooseCompression = {_STORED}\n[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n"
        )
        if objects is not None:
            alternates = fresh / "objects/info/alternates"
            alternates.parent.mkdir(parents=True, exist_ok=True)
            alternates.write_text(f"{objects}\n")
        try:
            fresh.rename(store)
        except OSError:
            # Another process made it first: theirs is as good.
            if not store.is_dir():
                raise


def _copy_shallow(clone: Path, store: Path) -> None:
    """Tell the store where a shallow clone's history ends, or git log would look for parents."""
    boundary = objects_of(clone).parent / "shallow"
    mine = store / "shallow"
    if boundary.is_file():
        content = boundary.read_bytes()
        if not mine.is_file() or mine.read_bytes() != content:
            cache.write_atomic(mine, content)
    else:
        mine.unlink(missing_ok=True)


@contextmanager
def repository(store: Path) -> Iterator[git.Repo]:
    """The store opened by GitPython, its cat-file processes ended afterwards."""
    try:
        repo = git.Repo(store, search_parent_directories=False)
    except (git.InvalidGitRepositoryError, git.NoSuchPathError) as error:
        raise InputError("is damaged: no git repository", str(store), "remove it") from error
    repo.git.update_environment(**git_env())
    try:
        yield repo
    finally:
        repo.close()


def read_object(repo: git.Repo, name: str) -> tuple[str, bytes]:
    """Type and content of the object with the hex id ``name``. Raises KeyError if absent."""
    if len(name) != 40:
        raise KeyError(name)
    loose = _loose(Path(repo.git_dir), name)
    if loose is not None:
        return loose
    try:
        stream = repo.odb.stream(bytes.fromhex(name))
        return stream.type.decode(), stream.read()
    except (ValueError, git.BadName, git.BadObject) as error:
        raise KeyError(name) from error


@contextmanager
def reading(store: Path) -> Iterator[ReadObject]:
    """:func:`read_object` for a store; no git is started while all that is asked for is loose."""
    with ExitStack() as stack:
        opened: list[git.Repo] = []

        def read(name: str) -> tuple[str, bytes]:
            loose = _loose(store, name)
            if loose is not None:
                return loose
            if not opened:
                opened.append(stack.enter_context(repository(store)))
            return read_object(opened[0], name)

        yield read


def blobs_named(repo: git.Repo, names: Iterable[str]) -> dict[str, str]:
    """The full ids of those blobs the repository has, by the (abbreviated) ids asked for."""
    objects = Path(repo.git_dir) / "objects"
    if not (objects / "info/alternates").exists() and not any(objects.glob("pack/*.idx")):
        return _loose_blobs(objects, names)
    asked = list(names)
    form = "--batch-check=%(objectname) %(objecttype)"
    orders = "".join(f"{name}\n" for name in asked).encode()
    answers = run_git(Path(repo.git_dir), "cat-file", form, stdin=orders)
    found = {}
    for name, answer in zip(asked, answers.stdout.decode().splitlines(), strict=False):
        full, _, kind = answer.partition(" ")
        if kind == "blob":
            found[name] = full
    return found


def _loose_blobs(objects: Path, names: Iterable[str]) -> dict[str, str]:
    """:func:`blobs_named` where every object is a file: no git needs to be started."""
    found = {}
    for name in names:
        try:
            rests = [path.name for path in (objects / name[:2]).iterdir()]
        except (FileNotFoundError, NotADirectoryError):
            continue
        full = [name[:2] + rest for rest in rests if rest.startswith(name[2:])]
        held = _loose(objects.parent, full[0]) if len(full) == 1 else None
        if held is not None and held[0] == "blob":
            found[name] = full[0]
    return found


def _loose(gitdir: Path, name: str) -> tuple[str, bytes] | None:
    """An object that is a file of its own in the store, as all are that we wrote; one that is
    damaged is git's to complain of."""
    try:
        with open(f"{gitdir}/objects/{name[:2]}/{name[2:]}", "rb") as file:  # noqa: PTH123 - hot
            raw = zlib.decompress(file.read())
    except (FileNotFoundError, NotADirectoryError, zlib.error):
        return None
    head, _, content = raw.partition(b"\0")
    kind, _, size = head.partition(b" ")
    return (kind.decode(), content) if size == b"%d" % len(content) else None


def write_object(repo: git.Repo, kind: str, content: bytes) -> str:
    """Store an object (``blob``, ``tree`` or ``commit``) and return its hex id.

    A loose object is a file under its own digest; GitPython would start a ``git hash-object``
    for each.
    """
    raw = f"{kind} {len(content)}\0".encode() + content
    name = hashlib.sha1(raw, usedforsecurity=False).hexdigest()
    path = Path(repo.git_dir) / "objects" / name[:2] / name[2:]
    if not path.exists():
        try:
            cache.write_atomic(path, zlib.compress(raw, _STORED))
        except OSError as error:
            raise Unavailable(
                f"cannot write: {error.strerror}", str(repo.git_dir), "free some space there"
            ) from error
    return name


def carry(source: git.Repo, target: git.Repo, blobs: Iterable[str]) -> None:
    """Copy blobs from one store to another that lacks them."""
    for name in blobs:
        if not (Path(target.git_dir) / "objects" / name[:2] / name[2:]).exists():
            write_object(target, "blob", read_object(source, name)[1])


def write_commit(
    repo: git.Repo, tree: str, parents: list[str], author: str, date: int, message: bytes
) -> str:
    """A commit whose id depends on nothing but its content: committer and date are given by us.

    ``author`` is ``Name <address>``; ``date`` is in seconds since the epoch, UTC.
    """
    head = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
    head += [f"author {_person(author)} {date} +0000", f"committer {_COMMITTER} {date} +0000"]
    raw = "\n".join(head).encode("utf-8", "surrogateescape")
    try:
        message.decode("utf-8")
    except UnicodeDecodeError:
        # git reads a message as UTF-8 unless told otherwise; every byte is valid Latin-1.
        raw += b"\nencoding ISO-8859-1"
    return write_object(repo, "commit", raw + b"\n\n" + message)


def _person(author: str) -> str:
    """``author`` as git takes it; whatever a mail's From line holds."""
    name, _, address = author.rpartition("<") if "<" in author else (author, "", "")
    name, address = (re.sub(r"[<>\n\r\0]", "", part).strip() for part in (name, address))
    return f"{name or 'unknown'} <{address}>"


def set_refs(store: Path, refs: Mapping[str, str]) -> None:
    """Point each ref (below refs/reviewtool/) at its commit: all of them, or none."""
    orders = "".join(f"update {ref} {commit}\n" for ref, commit in refs.items())
    done = run_git(store, "update-ref", "--stdin", stdin=orders.encode())
    if done.returncode:
        raise InputError(f"git update-ref: {done.complaint}", str(store), "remove it and try again")


@contextmanager
def scratch_index() -> Iterator[Path]:
    """A name for a temporary index, in memory where there is room for it."""
    shm = Path("/dev/shm")  # noqa: S108 - the folder made in it is private (mkdtemp)
    parent = shm if os.access(shm, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="reviewtool-index-", dir=parent))
    try:
        yield folder / "index"
    finally:
        shutil.rmtree(folder, ignore_errors=True)

# SPDX-License-Identifier: GPL-2.0-or-later
"""KVM for User-Mode Linux as files laid over a revision: ``reference-impl/um-kvm``."""

import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reviewtool import cache, paths
from reviewtool.errors import InputError
from reviewtool.tree.delta import FileChange

_TOUCHED = re.compile(rb"^(?:---|\+\+\+) (?:[ab]/)(\S+)", re.M)


@dataclass(frozen=True, slots=True)
class Overlay:
    """``files`` go in as they are, ``patches`` are applied in order, ``fragments`` configure."""

    files: tuple[tuple[str, bytes], ...]
    patches: tuple[tuple[str, bytes], ...]
    fragments: tuple[tuple[str, str], ...]

    @property
    def digest(self) -> str:
        parts = [part for pair in self.files + self.patches + self.fragments for part in pair]
        return cache.digest(*parts)


def read_overlay(version: str, profile: str, folder: Path | None = None) -> Overlay:
    """The overlay for a base of ``version`` (``6.12.117``), built by ``profile``.

    A profile other than fast comes on top of fast. Below ``patches``, what lies in a folder named
    after a version (``6.12``), or the first and the last of several (``7.2-7.3``), is for bases of
    these versions only, and all that are for a base are applied in the order of their own names;
    ``config`` may have a fragment for a version. Raises :class:`InputError` for a profile or a base
    that nothing is there for.
    """
    root = folder if folder is not None else paths.reference_impl() / "um-kvm"
    series = ".".join(version.split(".")[:2])
    config = root / "config" / f"{profile}.config"
    if not config.is_file():
        known = sorted(p.stem for p in (root / "config").glob("[a-z]*.config"))
        raise InputError("is no build profile", profile, f"one of: {', '.join(known)}")
    folders = sorted(p.name for p in (root / "patches").iterdir() if p.is_dir())
    mine = [name for name in folders if _covers(name, series)]
    if folders and not mine:
        raise InputError(
            "KVM for User-Mode Linux does not know this base",
            f"Linux {version}",
            f"use one of {', '.join(_known(folders))}",
        )
    places = [root / "patches", *(root / "patches" / name for name in mine)]
    mails = sorted((m for place in places for m in place.glob("*.patch")), key=lambda m: m.name)
    files = sorted(p for p in (root / "files").rglob("*") if p.is_file())
    named = dict.fromkeys(("fast", profile, series))
    fragments = [root / "config" / f"{name}.config" for name in named]
    return Overlay(
        tuple((str(p.relative_to(root / "files")), p.read_bytes()) for p in files),
        tuple((str(p.relative_to(root)), p.read_bytes()) for p in mails),
        tuple((p.name, p.read_text()) for p in fragments if p.is_file()),
    )


def _covers(folder: str, series: str) -> bool:
    """Whether ``7.2`` or ``7.2-7.3`` is for bases of ``series``."""
    first, _, last = folder.partition("-")
    return _numbers(first) <= _numbers(series) <= _numbers(last or first)


def _known(folders: list[str]) -> list[str]:
    """``folders``, without those of single versions that a folder for several is for as well."""
    several = [folder for folder in folders if "-" in folder]
    rest = {one for one in folders if one in several or not any(_covers(f, one) for f in several)}
    return sorted(rest, key=lambda folder: _numbers(folder.partition("-")[0]))


def _numbers(series: str) -> tuple[int, ...]:
    return tuple(int(word) for word in series.split("."))


def lay_over(
    base: Path, changes: Sequence[FileChange], overlay: Overlay
) -> tuple[tuple[FileChange, ...], tuple[str, ...]]:
    """``changes`` with the overlay put on top of them, and the patches already in there.

    Raises :class:`InputError` naming a patch that does not apply, or a file the revision has too.
    """
    result = {change.path: change for change in changes}
    for path, content in overlay.files:
        present = result.get(path)
        theirs = present.content if present else _read(base / path)
        if theirs is not None and theirs != content:
            raise InputError("both the revision and KVM for User-Mode Linux bring it", path)
        result[path] = FileChange(path, 0o100644, content)
    present_already = []
    for name, mail in overlay.patches:
        touched = sorted({path.decode() for path in _TOUCHED.findall(mail)} - {"/dev/null"})
        with tempfile.TemporaryDirectory(prefix="reviewtool-overlay-") as scratch:
            tree = Path(scratch)
            for path in touched:
                known = result.get(path)
                content_now = known.content if known else _read(base / path)
                if content_now is not None:
                    (tree / path).parent.mkdir(parents=True, exist_ok=True)
                    (tree / path).write_bytes(content_now)
            complaint = _git_apply(tree, mail)
            if complaint:
                if _git_apply(tree, mail, "--reverse", "--check"):
                    raise InputError(f"does not apply to this revision: {complaint}", name)
                present_already.append(name)
                continue
            for path in touched:
                result[path] = _change(tree, path)
    return tuple(sorted(result.values(), key=lambda change: change.path)), tuple(present_already)


def _git_apply(tree: Path, mail: bytes, *options: str) -> str:
    """Apply ``mail`` to the files below ``tree``; the complaint if it does not fit, else empty."""
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "HOME": str(tree)}
    # Outside any repository, wherever the temporary folder happens to lie.
    environment |= {"GIT_CEILING_DIRECTORIES": str(tree.parent), "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", "apply", *options, "-"],
        cwd=tree,
        env=environment,
        input=mail,
        capture_output=True,
        check=False,
    )
    if done.returncode == 0:
        return ""
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    errors = [line.removeprefix("error: ") for line in said if line.startswith("error: ")]
    return errors[0] if errors else f"git apply: exit status {done.returncode}"


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _change(tree: Path, path: str) -> FileChange:
    place = tree / path
    if not place.is_file():
        return FileChange(path, 0, None)
    return FileChange(path, 0o100755 if place.stat().st_mode & 0o111 else 0o100644, _read(place))

# SPDX-License-Identifier: GPL-2.0-or-later
"""One patch against one set of files: git decides, and where it refuses we say what and where."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import git

from reviewtool.tree.hunks import MAX_FUZZ, Placement, context_of, place
from reviewtool.tree.objects import Entry, Files, read_index, write_index
from reviewtool.tree.outcome import Rejected, State
from reviewtool.tree.patchfile import FilePatch, mode_changes
from reviewtool.tree.store import read_object, run_git, write_object
from reviewtool.tree.suspicion import Placed, suspicions

_OFFSET = re.compile(r"^Hunk #\d+ succeeded at (\d+) \(offset (-?\d+) lines?\)", re.M)
_REDUCED = re.compile(r"^Context reduced to", re.M)
_APPLY = ("apply", "--cached", "--whitespace=nowarn", "-v")
_REGULAR = 0o100644
ALREADY = "already in the base"


@dataclass(frozen=True, slots=True)
class Attempt:
    """The files after the patch (after its fitting hunks only, if it is a conflict), and how."""

    files: Files
    state: State
    detail: str
    rejected: tuple[Rejected, ...] = ()
    suspicions: tuple[str, ...] = ()


def attempt(
    repo: git.Repo,
    index: Path,
    files: Files,
    diff: bytes,
    patches: tuple[FilePatch, ...],
    known: Mapping[str, str],
) -> Attempt:
    """Apply ``diff`` (read as ``patches``) to ``files``.

    ``known`` maps the abbreviated blob ids of ``index`` lines to the full ids the store has.
    ``index`` is a scratch file's name.
    """
    missing = [p for p in patches if p.old is not None and p.old not in files]
    if missing and len(missing) == len(patches):
        rejected = tuple(_absent(p) for p in missing)
        return Attempt(files, "not-applicable", str(rejected[0]), rejected)
    same = all(_same_blob(p, files) for p in patches)
    merges = not same and any(p.old_blob in known for p in patches if p.old is not None)

    made, said = _git_apply(repo, index, files, diff)
    if made is not None:
        found = () if same else suspicions(_placed(repo, files, patches))
        offsets = [int(number) for _, number in _OFFSET.findall(said)]
        if not offsets:
            return Attempt(made, "clean", "; ".join(mode_changes(patches)), (), found)
        detail = f"{len(offsets)} hunk{'s' * (len(offsets) > 1)} moved by {_span(offsets)} lines"
        merged, _ = _git_apply(repo, index, files, diff, "--3way") if merges else (None, "")
        if merged is not None and merged != made:
            # The merge knows which of two like places the author meant; line numbers do not.
            found = ("the offset alone would have put a hunk elsewhere than the merge does", *found)
            return Attempt(merged, "three-way", "merged; its context alone misleads", (), found)
        return Attempt(made, "offset", detail, (), found)
    if merges:
        merged, _ = _git_apply(repo, index, files, diff, "--3way")
        if merged is not None:
            found = suspicions(_placed(repo, files, patches), merged=True)
            return Attempt(merged, "three-way", "merged with the blobs it names", (), found)
    placed = _placed(repo, files, patches)
    hopeless = any(_hopeless(spot) for _, _, spots in placed for spot in spots)
    fuzzed, said = (None, said) if hopeless else _git_apply(repo, index, files, diff, "-C1")
    if fuzzed is not None:
        found = suspicions(placed)
        count = len(_REDUCED.findall(said))
        detail = f"{count or 'some'} hunk{'s' * (count != 1)} with less context than mailed"
        return Attempt(fuzzed, "fuzz", detail, (), found)
    return _explain(repo, files, patches, said)


def _hopeless(spot: Placement) -> bool:
    """Whether a hunk must not, or cannot, be put in by ``git apply -C1``.

    With less context git would put in a second time what is there already. And where one line of
    context on either side fits nowhere by patch's rules, git, which asks for as much, refuses.
    """
    if spot.state == "already":
        return True
    return spot.state == "rejected" and max(context_of(spot.hunk)) <= MAX_FUZZ + 1


def _git_apply(
    repo: git.Repo, index: Path, files: Files, diff: bytes, *options: str
) -> tuple[Files | None, str]:
    """The files after ``git apply``, None if it refused or left conflicts; and what it said."""
    write_index(index, files)
    done = run_git(
        Path(repo.git_dir), *_APPLY, *options, "-", stdin=diff, GIT_INDEX_FILE=str(index)
    )
    said = done.stderr.decode("utf-8", "replace")
    if done.returncode:
        return None, said
    made, conflicts = read_index(index)
    return (None if conflicts else made), said


def _placed(repo: git.Repo, files: Files, patches: tuple[FilePatch, ...]) -> list[Placed]:
    placed = []
    for patch in patches:
        if patch.old is None or patch.old not in files or not patch.hunks:
            continue
        if _same_blob(patch, files):
            continue
        before = read_object(repo, files[patch.old].blob)[1]
        placed.append((patch, before, place(before, patch.hunks)[0]))
    return placed


def _explain(repo: git.Repo, files: Files, patches: tuple[FilePatch, ...], said: str) -> Attempt:
    """Which hunks do not fit; the others are put in, so that later patches are judged fairly."""
    made = dict(files)
    rejected: list[Rejected] = []
    placed: list[Placed] = []
    already = total = 0
    for patch in patches:
        total += max(1, len(patch.hunks))
        if patch.old is not None and patch.old not in files:
            rejected.append(_absent(patch))
            continue
        if patch.new is not None and patch.new != patch.old and patch.new in files:
            rejected.append(_whole(patch, "exists already in the base"))
            continue
        before = read_object(repo, files[patch.old].blob)[1] if patch.old is not None else b""
        placements, after = place(before, patch.hunks)
        if patch.old is not None and not _same_blob(patch, files):
            placed.append((patch, before, placements))
        bad = [
            Rejected(
                patch.path, number, len(patch.hunks), spot.hunk.old_start, spot.hunk.at, reason
            )
            for number, spot in enumerate(placements, 1)
            if (reason := _reason(spot))
        ]
        already += sum(spot.state == "already" for spot in placements)
        if patch.new is None and not bad and after:
            bad = [_whole(patch, "is to be removed but holds more than the patch knows")]
        rejected += bad
        if patch.new is None:
            if not bad and patch.old is not None:
                made.pop(patch.old)
            continue
        mode = patch.new_mode or (files[patch.old].mode if patch.old is not None else _REGULAR)
        made[patch.new] = Entry(mode, write_object(repo, "blob", after))
    if rejected and already == total:
        return Attempt(files, "not-applicable", ALREADY, tuple(rejected))
    if not rejected:
        # git refuses and we cannot say why: then its own words are the honest answer.
        words = [line for line in said.splitlines() if line.startswith("error:")]
        reason = words[-1].removeprefix("error: ") if words else "git apply refuses it"
        return Attempt(files, "conflict", reason, (_whole(patches[0], reason),))
    # One line names the first; the others are in ``rejected``.
    more = f" (and {len(rejected) - 1} more)" if len(rejected) > 1 else ""
    return Attempt(made, "conflict", f"{rejected[0]}{more}", tuple(rejected), suspicions(placed))


def _reason(spot: Placement) -> str:
    if spot.state == "rejected":
        return "does not fit"
    if spot.state == "already":
        return "is already there"
    return ""


def _absent(patch: FilePatch) -> Rejected:
    return Rejected(patch.old or patch.path, 0, len(patch.hunks), 0, patch.at, "no such file")


def _whole(patch: FilePatch, reason: str) -> Rejected:
    return Rejected(patch.path, 0, len(patch.hunks), 0, patch.at, reason)


def _same_blob(patch: FilePatch, files: Mapping[str, Entry]) -> bool:
    """Whether the file is byte for byte what the author had."""
    if patch.old is None:
        return patch.new not in files
    entry = files.get(patch.old)
    return entry is not None and len(patch.old_blob) >= 7 and entry.blob.startswith(patch.old_blob)


def _span(offsets: list[int]) -> str:
    low, high = min(offsets), max(offsets)
    return f"{low:+d}" if low == high else f"{low:+d} to {high:+d}"

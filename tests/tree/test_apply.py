# SPDX-License-Identifier: GPL-2.0-or-later
"""Mails become commits in a private store; what became of each is told exactly."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reviewtool.archive.types import Patch
from reviewtool.errors import InputError
from reviewtool.tree.apply import apply
from reviewtool.tree.base import find_base
from reviewtool.tree.outcome import Applied, require_complete

Git = Callable[..., str]
MakePatch = Callable[..., Patch]
FILE = "virt/kvm/guest_memfd.c"
MM = "mm/memory.c"


def states(applied: Applied) -> list[str]:
    return [outcome.state for outcome in applied.outcomes]


def log(applied: Applied, form: str) -> list[str]:
    done = subprocess.run(
        ["git", f"--git-dir={applied.store}", "log", f"--format={form}", applied.ref],
        capture_output=True,
        check=True,
    )
    return done.stdout.decode().splitlines()


def content(applied: Applied, path: str, commit: str | None = None) -> str:
    done = subprocess.run(
        ["git", f"--git-dir={applied.store}", "show", f"{commit or applied.commit}:{path}"],
        capture_output=True,
        check=True,
    )
    return done.stdout.decode()


def edit(text: str, line: int, new: str) -> str:
    lines = text.splitlines(keepends=True)
    lines[line - 1] = new + "\n"
    return "".join(lines)


# --- what becomes of a patch ---------------------------------------------------------------------


def test_a_patch_made_on_these_files_is_clean(
    kernel: Path, cache: Path, make_patch: MakePatch, sources: dict[str, str]
) -> None:
    after = edit(sources[FILE], 20, "twenty")
    applied = apply(find_base(kernel), [make_patch({FILE: (sources[FILE], after)})], name="s/v1")
    assert states(applied) == ["clean"]
    assert applied.complete
    assert content(applied, FILE) == after


def test_a_patch_whose_lines_moved_is_an_offset_and_says_how_far(
    kernel: Path, cache: Path, make_patch: MakePatch, sources: dict[str, str]
) -> None:
    patch = make_patch({FILE: (sources[FILE], edit(sources[FILE], 20, "twenty"))})
    (kernel / FILE).write_text("one more\n" * 5 + sources[FILE])
    (outcome,) = apply(find_base(kernel), [patch], name="s/v1").outcomes
    assert (outcome.state, outcome.detail) == ("offset", "1 hunk moved by +5 lines")


def test_a_patch_that_fits_with_less_context_is_fuzz_and_tells_the_lines(
    kernel: Path, cache: Path, make_patch: MakePatch, sources: dict[str, str]
) -> None:
    patch = make_patch({FILE: (sources[FILE], edit(sources[FILE], 20, "twenty"))})
    (kernel / FILE).write_text(edit(sources[FILE], 17, "seventeen"))
    applied = apply(find_base(kernel), [patch], name="s/v1")
    (outcome,) = applied.outcomes
    assert outcome.state == "fuzz"
    assert "'line 17' beside it, but finds 'seventeen'" in outcome.suspicions[0]
    assert content(applied, FILE) == edit(edit(sources[FILE], 17, "seventeen"), 20, "twenty")


def test_a_conflict_names_file_line_and_hunk_and_what_follows_is_still_tried(
    kernel: Path, cache: Path, make_patch: MakePatch, sources: dict[str, str]
) -> None:
    after = edit(edit(sources[FILE], 10, "ten"), 40, "forty")
    patches = [
        make_patch({MM: (sources[MM], edit(sources[MM], 3, "\treturn 7;"))}, index=1),
        make_patch({FILE: (sources[FILE], after)}, index=2),
        make_patch({FILE: (after, edit(after, 11, "eleven"))}, index=3),
    ]
    (kernel / FILE).write_text(edit(sources[FILE], 40, "something else"))
    applied = apply(find_base(kernel), patches, name="s/v1")
    assert states(applied) == ["clean", "conflict", "clean"]
    conflict = applied.outcomes[1]
    assert conflict.detail == f"{FILE}:37: hunk 2 of 2 does not fit"
    assert [(r.hunk, r.of, r.line) for r in conflict.rejected] == [(2, 2, 37)]
    assert [o.commit is None for o in applied.outcomes] == [False, True, True]
    assert applied.commit == applied.outcomes[0].commit
    assert applied.outcomes[2].suspicions == ("applies, though patch 2 before it did not",)
    with pytest.raises(InputError, match=r"^s/v1: patch 2 \(mm: change a thing\) does not apply: "):
        require_complete(applied)


def test_a_patch_of_files_this_kernel_lacks_is_not_applicable(
    kernel: Path, cache: Path, make_patch: MakePatch
) -> None:
    patch = make_patch({"fs/userfaultfd.c": ("a\nb\n", "a\nc\n")})
    (outcome,) = apply(find_base(kernel), [patch], name="s/v1").outcomes
    assert (outcome.state, outcome.detail) == ("not-applicable", "fs/userfaultfd.c: no such file")


def test_a_patch_that_is_in_already_is_told_from_one_that_does_not_fit(
    kernel: Path, cache: Path, make_patch: MakePatch, sources: dict[str, str]
) -> None:
    after = sources[FILE].replace("line 20\n", "line 20\nnew\n")
    (kernel / FILE).write_text(after)
    (outcome,) = apply(
        find_base(kernel), [make_patch({FILE: (sources[FILE], after)})], name="s/v1"
    ).outcomes
    assert (outcome.state, outcome.detail) == ("not-applicable", "already in the base")


def test_a_new_file_that_exists_already_is_a_conflict(
    kernel: Path, cache: Path, make_patch: MakePatch
) -> None:
    patch = make_patch({FILE: (None, "x\n")})
    (outcome,) = apply(find_base(kernel), [patch], name="s/v1").outcomes
    assert (outcome.state, outcome.detail) == (
        "conflict",
        f"{FILE}: exists already in the base",
    )


def test_files_made_removed_and_renamed_are_so_in_the_commit(
    kernel: Path, cache: Path, make_patch: MakePatch, wrap_diff: MakePatch
) -> None:
    made = make_patch({"mm/new.c": (None, "int x;\n"), "Kbuild": ("obj-y += kernel/\n", None)})
    renamed = wrap_diff(
        "diff --git a/scripts/run.sh b/scripts/go.sh\nsimilarity index 100%\n"
        "rename from scripts/run.sh\nrename to scripts/go.sh\n",
        index=2,
    )
    applied = apply(find_base(kernel), [made, renamed], name="s/v1")
    assert states(applied) == ["clean", "clean"]
    done = subprocess.run(
        ["git", f"--git-dir={applied.store}", "ls-tree", "-r", applied.commit],
        capture_output=True,
        check=True,
    )
    listing = [line.split() for line in done.stdout.decode().splitlines()]
    assert [(mode, path) for mode, _, _, path in listing] == [
        ("100644", "Makefile"),
        ("100644", "mm/new.c"),
        ("100755", "scripts/go.sh"),
    ]


# --- what the commits are ------------------------------------------------------------------------


def test_commits_carry_author_date_subject_and_message(
    kernel: Path, cache: Path, make_patch: MakePatch, sources: dict[str, str]
) -> None:
    patch = make_patch({FILE: (sources[FILE], edit(sources[FILE], 20, "x"))}, subject="mm: sübject")
    applied = apply(find_base(kernel), [patch], name="s/v1")
    shown = log(applied, "%an|%ae|%ad|%s|%B")
    assert shown[0] == "A Uthor|a@example.org|Mon Mar 3 13:30:11 2025 +0000|mm: sübject|mm: sübject"
    assert shown[1:4] == ["", "Because.", ""]


def test_the_same_mail_on_the_same_files_gives_the_same_commits_anywhere(
    kernel: Path,
    tmp_path: Path,
    make_patch: MakePatch,
    sources: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    patch = make_patch({FILE: (sources[FILE], edit(sources[FILE], 20, "x"))})
    commits = set()
    for number in range(2):
        monkeypatch.setenv("REVIEWTOOL_CACHE", str(tmp_path / f"cache{number}"))
        monkeypatch.setenv("GIT_COMMITTER_DATE", f"2020-01-0{number + 1}T00:00:00Z")
        copy = shutil.copytree(kernel, tmp_path / f"copy{number}")
        commits.add(apply(find_base(copy), [patch], name="s/v1").commit)
    assert len(commits) == 1


def test_applying_again_is_a_lookup_until_a_touched_file_changes(
    kernel: Path, cache: Path, make_patch: MakePatch, sources: dict[str, str]
) -> None:
    patch = make_patch({FILE: (sources[FILE], edit(sources[FILE], 20, "x"))})
    base = find_base(kernel)
    first = apply(base, [patch], name="s/v1")
    again = apply(base, [patch], name="t/other")
    assert (first.cached, again.cached) == (False, True)
    assert again.commit == first.commit
    assert log(again, "%H") == log(first, "%H")
    (kernel / FILE).write_text("one more\n" + sources[FILE])
    changed = apply(base, [patch], name="s/v1")
    assert not changed.cached
    assert states(changed) == ["offset"]


def test_a_store_that_was_removed_is_made_again(
    kernel: Path, cache: Path, make_patch: MakePatch, sources: dict[str, str]
) -> None:
    patch = make_patch({FILE: (sources[FILE], edit(sources[FILE], 20, "x"))})
    first = apply(find_base(kernel), [patch], name="s/v1")
    shutil.rmtree(first.store)
    again = apply(find_base(kernel), [patch], name="s/v1")
    assert not again.cached
    assert again.commit == first.commit


def test_only_what_is_touched_is_imported_from_a_folder(
    kernel: Path, cache: Path, make_patch: MakePatch, sources: dict[str, str]
) -> None:
    patch = make_patch({FILE: (sources[FILE], edit(sources[FILE], 20, "x"))})
    applied = apply(find_base(kernel), [patch], name="s/v1")
    done = subprocess.run(
        ["git", f"--git-dir={applied.store}", "ls-tree", "-r", "--name-only", applied.base_commit],
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode().split() == ["Makefile", FILE]


def test_prerequisites_go_first_and_the_overlay_last(
    kernel: Path, cache: Path, make_patch: MakePatch, sources: dict[str, str]
) -> None:
    one = edit(sources[FILE], 20, "first")
    two = edit(one, 21, "second")
    three = edit(two, 22, "third")
    applied = apply(
        find_base(kernel),
        [make_patch({FILE: (one, two)}, subject="the patch")],
        name="s/v1",
        prerequisites=[make_patch({FILE: (sources[FILE], one)}, subject="before")],
        overlay=[make_patch({FILE: (two, three)}, subject="after")],
    )
    assert [o.role for o in applied.others] == ["prerequisite", "overlay"]
    assert log(applied, "%s") == ["the patch", "before", "Linux 6.12.9"]
    assert content(applied, FILE, applied.start) == one
    assert content(applied, FILE) == two
    assert content(applied, FILE, applied.tip) == three


def test_a_prerequisite_that_fails_is_the_failure_that_is_named(
    kernel: Path, cache: Path, make_patch: MakePatch, sources: dict[str, str]
) -> None:
    applied = apply(
        find_base(kernel),
        [make_patch({FILE: (sources[FILE], edit(sources[FILE], 9, "x"))})],
        name="s/v1",
        prerequisites=[make_patch({"no/such.c": ("a\n", "b\n")})],
    )
    assert not applied.complete
    with pytest.raises(
        InputError, match=r"prerequisite 1 .* does not apply: no/such\.c: no such file"
    ):
        require_complete(applied)


@pytest.mark.parametrize("name", ["", "../x", "a//b", "-x", "a b", "x.lock", "a/v1.base", "a..b"])
def test_names_that_are_no_refs_are_refused(kernel: Path, cache: Path, name: str) -> None:
    with pytest.raises(InputError, match="is no name for a revision"):
        apply(find_base(kernel), [], name=name)


# --- on a clone ----------------------------------------------------------------------------------


def fingerprint(folder: Path) -> dict[str, tuple[int, int, str]]:
    """Every file of a folder with mode, time and digest: what byte for byte means."""
    found = {}
    for path in sorted(folder.rglob("*")):
        state = path.lstat()
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[str(path)] = (state.st_mode, state.st_mtime_ns, digest)
    return found


@pytest.fixture
def history(clone: Path, git: Git, sources: dict[str, str]) -> dict[str, str]:
    """The clone with three states of one file: v6.12, a branch, HEAD."""
    commits = {"v6.12": git(clone, "rev-parse", "HEAD")}
    git(clone, "checkout", "-q", "-b", "topic")
    (clone / FILE).write_text("of the topic\n" + sources[FILE])
    git(clone, "commit", "-q", "-am", "topic")
    commits["topic"] = git(clone, "rev-parse", "HEAD")
    git(clone, "checkout", "-q", "master")
    (clone / FILE).write_text(edit(sources[FILE], 17, "of master") + "tail\n")
    git(clone, "commit", "-q", "-am", "master")
    commits["master"] = git(clone, "rev-parse", "HEAD")
    return commits


def test_the_users_clone_stays_as_it_is_byte_for_byte(
    clone: Path,
    cache: Path,
    make_patch: MakePatch,
    sources: dict[str, str],
    history: dict[str, str],
) -> None:
    (clone / FILE).write_text("an edit that is not committed\n")
    # Another git is at work there: its locks neither stop us nor are they taken away.
    for lock in ("index.lock", "HEAD.lock", "packed-refs.lock", "refs/heads/master.lock"):
        (clone / ".git" / lock).write_text("")
    before = fingerprint(clone)
    patch = make_patch({FILE: (sources[FILE], edit(sources[FILE], 20, "x"))}, blobs=True)
    for wanted in (None, history["topic"], "f" * 40):
        applied = apply(find_base(clone), [patch], name="s/v1", wanted_base=wanted)
        assert applied.complete
    assert fingerprint(clone) == before
    assert not applied.store.is_relative_to(clone)


def test_a_read_only_clone_is_no_hindrance(
    clone: Path, cache: Path, make_patch: MakePatch, sources: dict[str, str]
) -> None:
    for path in [*clone.rglob("*"), clone]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    patch = make_patch({FILE: (sources[FILE], edit(sources[FILE], 20, "x"))})
    try:
        assert apply(find_base(clone), [patch], name="s/v1").complete
    finally:
        for path in [clone, *clone.rglob("*")]:
            path.chmod(0o755)


def test_the_base_the_mail_names_is_taken_if_the_clone_has_it(
    clone: Path,
    cache: Path,
    make_patch: MakePatch,
    history: dict[str, str],
    sources: dict[str, str],
) -> None:
    topic = "of the topic\n" + sources[FILE]
    patch = make_patch({FILE: (topic, edit(topic, 21, "x"))}, blobs=True)
    applied = apply(find_base(clone), [patch], name="s/v1", wanted_base=history["topic"][:12])
    assert applied.base_commit == history["topic"]
    assert "the base the mail names" in applied.base_note
    assert states(applied) == ["clean"]


def test_else_the_commit_with_most_files_as_the_author_had_them(
    clone: Path,
    cache: Path,
    make_patch: MakePatch,
    history: dict[str, str],
    sources: dict[str, str],
) -> None:
    patch = make_patch({FILE: (sources[FILE], edit(sources[FILE], 20, "x"))}, blobs=True)
    applied = apply(find_base(clone), [patch], name="s/v1", wanted_base="e" * 40)
    assert applied.base_commit == history["v6.12"]
    assert applied.base_note == (
        f"{history['v6.12'][:12]} (v6.12), for the clone lacks eeeeeeeeeeee, the base the mail "
        "names; 1 of 1 files are as the author had them"
    )


def test_without_any_hint_the_base_is_head(
    clone: Path,
    cache: Path,
    make_patch: MakePatch,
    history: dict[str, str],
    sources: dict[str, str],
) -> None:
    patch = make_patch({FILE: (sources[FILE], edit(sources[FILE], 40, "x"))})
    applied = apply(find_base(clone), [patch], name="s/v1")
    assert applied.base_commit == history["master"]


def test_where_context_alone_fails_the_merge_with_the_named_blob_succeeds(
    clone: Path,
    cache: Path,
    make_patch: MakePatch,
    history: dict[str, str],
    sources: dict[str, str],
) -> None:
    # Line 17 differs at master and stands two lines above the change: the clone has the blob the
    # author started from, and a merge needs no fuzz.
    after = edit(sources[FILE], 19, "merged")
    other = make_patch({MM: (sources[MM], edit(sources[MM], 3, "\treturn 7;"))}, index=2)
    applied = apply(
        find_base(clone),
        [make_patch({FILE: (sources[FILE], after)}, blobs=True), other],
        name="s/v1",
        wanted_base=history["master"],
    )
    assert states(applied) == ["three-way", "clean"]
    assert "of master\nline 18\nmerged\n" in content(applied, FILE)


def test_a_merge_that_conflicts_is_a_conflict(
    clone: Path,
    cache: Path,
    make_patch: MakePatch,
    history: dict[str, str],
    sources: dict[str, str],
) -> None:
    after = edit(sources[FILE], 17, "of the patch")
    patch = make_patch({FILE: (sources[FILE], after)}, blobs=True)
    applied = apply(find_base(clone), [patch], name="s/v1", wanted_base=history["master"])
    assert states(applied) == ["conflict"]
    assert applied.commit == applied.base_commit


def test_git_log_and_git_diff_work_on_the_whole_tree(
    clone: Path,
    cache: Path,
    make_patch: MakePatch,
    history: dict[str, str],
    sources: dict[str, str],
    git: Git,
) -> None:
    patch = make_patch({FILE: (sources[FILE], edit(sources[FILE], 20, "x"))}, blobs=True)
    applied = apply(find_base(clone), [patch], name="s/v1", wanted_base=history["v6.12"])
    assert log(applied, "%s") == ["mm: change a thing", "Linux 6.12.9"]
    listed = git(applied.store, "ls-tree", "-r", "--name-only", applied.ref).splitlines()
    assert sorted(listed) == sorted(sources)
    assert git(applied.store, "diff", "--stat", f"{applied.ref}.base", applied.ref).endswith(
        "1 file changed, 1 insertion(+), 1 deletion(-)"
    )


def test_a_shallow_clone_is_a_base(
    clone: Path,
    tmp_path: Path,
    cache: Path,
    make_patch: MakePatch,
    history: dict[str, str],
    sources: dict[str, str],
    git: Git,
) -> None:
    git(tmp_path, "clone", "-q", "--depth=1", clone.as_uri(), "shallow")
    master = edit(sources[FILE], 17, "of master") + "tail\n"
    patch = make_patch({FILE: (master, edit(master, 30, "x"))}, blobs=True)
    applied = apply(find_base(tmp_path / "shallow"), [patch], name="s/v1", wanted_base="a" * 40)
    assert applied.complete
    assert log(applied, "%s") == ["mm: change a thing", "master"]


def test_a_clone_that_borrows_from_another_is_a_base(
    clone: Path,
    tmp_path: Path,
    cache: Path,
    make_patch: MakePatch,
    sources: dict[str, str],
    git: Git,
) -> None:
    git(tmp_path, "clone", "-q", "--shared", str(clone), "sharing")
    git(tmp_path / "sharing", "worktree", "add", "-q", str(tmp_path / "linked"))
    patch = make_patch({FILE: (sources[FILE], edit(sources[FILE], 20, "x"))}, blobs=True)
    on_shared = apply(find_base(tmp_path / "sharing"), [patch], name="s/v1")
    on_linked = apply(find_base(tmp_path / "linked"), [patch], name="s/v1")
    assert states(on_shared) == ["clean"]
    assert on_linked.commit == on_shared.commit
    assert on_linked.cached, "two work trees of one clone share a store"


def test_a_partial_clone_without_the_files_is_one_line(
    clone: Path,
    tmp_path: Path,
    cache: Path,
    make_patch: MakePatch,
    history: dict[str, str],
    sources: dict[str, str],
    git: Git,
) -> None:
    git(clone, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--filter=blob:none", clone.as_uri(), "partial")
    partial = tmp_path / "partial"
    before = fingerprint(partial)
    patch = make_patch({FILE: (sources[FILE], edit(sources[FILE], 20, "x"))}, blobs=True)
    # HEAD is checked out, so its files are there; those of the tag never were.
    assert (
        apply(find_base(partial), [patch], name="s/v1", wanted_base=history["master"]).base_commit
        == history["master"]
    )
    with pytest.raises(InputError, match=r"lacks objects of commit .* \(a partial clone\?\); run"):
        apply(find_base(partial), [patch], name="s/v1", wanted_base=history["v6.12"])
    assert fingerprint(partial) == before, "objects were fetched behind the user's back"


def test_two_processes_at_once_do_not_disturb_each_other(
    kernel: Path, cache: Path, tmp_path: Path, sources: dict[str, str]
) -> None:
    script = tmp_path / "one.py"
    script.write_text(
        "import sys\n"
        "from pathlib import Path\n"
        "from reviewtool.archive.types import Patch\n"
        "from reviewtool.tree.apply import apply\n"
        "from reviewtool.tree.base import find_base\n"
        "diff = ('diff --git a/Kbuild b/Kbuild\\n--- a/Kbuild\\n+++ b/Kbuild\\n'\n"
        "        '@@ -1 +1,2 @@\\n obj-y += kernel/\\n+# more\\n')\n"
        "patch = Patch(1, 1, 's', 'm', 'A <a@b>', '', '', diff, (), b'')\n"
        "base = find_base(Path(sys.argv[1]))\n"
        "for n in range(8):\n"
        "    print(apply(base, [patch], name='s/v1').commit)\n"
    )
    runs = [
        subprocess.Popen(
            [sys.executable, str(script), str(kernel)],
            stdout=subprocess.PIPE,
            env={**os.environ, "REVIEWTOOL_CACHE": str(cache)},
        )
        for _ in range(4)
    ]
    printed = [run.communicate()[0].decode().split() for run in runs]
    assert [run.returncode for run in runs] == [0] * 4
    assert len({commit for lines in printed for commit in lines}) == 1

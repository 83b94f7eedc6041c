# SPDX-License-Identifier: GPL-2.0-or-later
"""Patches that mean harm, or are broken: refused with one clear line, and nothing is written.

The whole world around the cache is compared before and after: no test here may leave a file
outside of it.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reviewtool.archive.types import Patch
from reviewtool.errors import InputError
from reviewtool.text import visible_line
from reviewtool.tree.apply import apply
from reviewtool.tree.base import Base, find_base
from reviewtool.tree.delta import delta, source_file
from reviewtool.tree.outcome import PatchOutcome, require_complete

FILES = {
    "Makefile": "VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 9\n",
    "Kbuild": "a\nb\nc\n",
    "MAINTAINERS": "",
    "include/linux/kernel.h": "",
    "kernel/fork.c": "x\ny\nz\n",
    "mm/memory.c": "m\n",
}

Try = Callable[[str], PatchOutcome]


@pytest.fixture
def base(tmp_path: Path, cache: Path) -> Base:
    for name, text in FILES.items():
        (tmp_path / "linux" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "linux" / name).write_text(text)
    (tmp_path / "outside").write_text("untouched\n")
    (tmp_path / "linux/mm/link.c").symlink_to(tmp_path / "outside")
    (tmp_path / "linux/linked").symlink_to(tmp_path)
    return find_base(tmp_path / "linux")


def world(folder: Path) -> dict[Path, tuple[int, bytes]]:
    return {
        path: (path.lstat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in sorted(folder.rglob("*"))
        if "cache" not in path.relative_to(folder).parts[:1]
    }


@pytest.fixture
def try_patch(base: Base, tmp_path: Path) -> Iterator[Try]:
    """Apply the text of one diff, check that it applied to nothing, return the outcome."""
    before = world(tmp_path)

    def run(diff: str) -> PatchOutcome:
        patch = Patch(1, 1, "evil", "m@x", "E <e@x>", "2025-01-01T00:00:00Z", "", diff, (), b"")
        applied = apply(base, [patch], name="evil/v1")
        assert not applied.complete
        assert applied.commit == applied.base_commit
        with pytest.raises(InputError) as error:
            require_complete(applied)
        assert "\n" not in str(error.value)
        assert str(error.value).startswith("evil/v1: patch 1 (evil) does not apply: ")
        return applied.outcomes[0]

    yield run
    assert world(tmp_path) == before, "something outside the cache was written"


def modify(path: str, head: str | None = None) -> str:
    head = head if head is not None else f"diff --git a/{path} b/{path}\n"
    return f"{head}--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-untouched\n+owned\n"


def create(path: str, mode: str = "100644") -> str:
    return (
        f"diff --git a/{path} b/{path}\nnew file mode {mode}\n--- /dev/null\n+++ b/{path}\n"
        "@@ -0,0 +1 @@\n+owned\n"
    )


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("../outside", "path leaves the tree"),
        ("mm/../../outside", "path leaves the tree"),
        ("/etc/passwd", "absolute path"),
        (".git/hooks/post-commit", "path inside .git"),
        ("mm/.GIT/config", "path inside .git"),
        ("mm/.git /config", "path inside .git"),
        ("git~1/config", "path inside .git"),
        ("mm//memory.c", "malformed path"),
        ("./mm/memory.c", "malformed path"),
    ],
)
@pytest.mark.parametrize("form", [create, modify])
def test_paths_that_leave_the_tree_are_refused(
    try_patch: Try, form: Callable[[str], str], path: str, reason: str
) -> None:
    outcome = try_patch(form(path))
    assert outcome.state == "not-applicable"
    assert outcome.detail == f"refused: line 1: {reason}: {path!r}"


def test_a_path_hidden_in_quotes_is_refused_too(try_patch: Try) -> None:
    quoted = '"a/\\056\\056/outside" "b/\\056\\056/outside"'
    diff = (
        f"diff --git {quoted}\n" + '--- "a/\\056\\056/outside"\n+++ "b/\\056\\056/outside"\n'
        "@@ -1 +1 @@\n-untouched\n+owned\n"
    )
    assert "path leaves the tree: '../outside'" in try_patch(diff).detail


def test_a_rename_out_of_the_tree_is_refused(try_patch: Try) -> None:
    diff = (
        "diff --git a/Kbuild b/Kbuild\nsimilarity index 100%\nrename from Kbuild\n"
        "rename to ../outside2\n"
    )
    assert "path leaves the tree" in try_patch(diff).detail


def test_names_that_disagree_between_header_and_hunk_do_no_harm(try_patch: Try) -> None:
    head = "diff --git a/Kbuild b/Kbuild\n"
    assert try_patch(modify("../outside", head)).state == "not-applicable"


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("120000", "mm/new is a symbolic link"),
        ("160000", "mm/new is a submodule"),
        ("104755", "mm/new has the mode 104755"),
        ("040000", "mm/new has the mode 40000"),
    ],
)
def test_what_is_no_plain_file_is_refused(try_patch: Try, mode: str, reason: str) -> None:
    assert try_patch(create("mm/new", mode)).detail == f"refused: line 1: {reason}"


def test_a_file_turned_into_a_link_is_refused(try_patch: Try) -> None:
    diff = "diff --git a/Kbuild b/Kbuild\nold mode 100644\nnew mode 120000\n"
    assert try_patch(diff).detail == "refused: line 1: Kbuild is a symbolic link"


@pytest.mark.parametrize("path", ["mm/link.c", "linked/outside"])
def test_a_link_in_the_base_is_not_followed_out_of_it(try_patch: Try, path: str) -> None:
    outcome = try_patch(modify(path))
    assert (outcome.state, outcome.detail) == ("not-applicable", f"{path}: no such file")


@pytest.mark.parametrize(
    "body",
    [
        "GIT binary patch\nliteral 4\nLcmZQzU|?ckU|;|M00aO5\n\nliteral 0\nHcmV?d00001\n",
        "Binary files a/logo.bin and b/logo.bin differ\n",
    ],
)
def test_binary_files_are_refused(try_patch: Try, body: str) -> None:
    diff = f"diff --git a/logo.bin b/logo.bin\nindex 0000000..1111111 100644\n{body}"
    assert "logo.bin is a binary file" in try_patch(diff).detail


def test_a_patch_of_fifty_megabytes_is_refused_at_once(try_patch: Try) -> None:
    outcome = try_patch(create("mm/big.c") + "+x" * (25 * 1024 * 1024))
    assert outcome.detail == "damaged: 52 MB; patches above 34 MB are not applied"


def test_a_large_patch_within_the_limit_is_applied(base: Base) -> None:
    lines = 200_000
    diff = (
        "diff --git a/mm/big.h b/mm/big.h\nnew file mode 100644\n--- /dev/null\n+++ b/mm/big.h\n"
        f"@@ -0,0 +1,{lines} @@\n" + "+#define REGISTER_WITH_A_LONG_NAME 0x12345678\n" * lines
    )
    patch = Patch(1, 1, "regs", "m@x", "E <e@x>", "2025-01-01T00:00:00Z", "", diff, (), b"")
    assert apply(base, [patch], name="big/v1").complete


@pytest.mark.parametrize(
    "diff",
    [
        "",
        "no patch at all\n",
        "diff --git a/Kbuild b/Kbuild\n--- a/Kbuild\n+++ b/Kbuild\n@@ -1,3 +1,3 @@\n a\n-b\n",
        "diff --git a/Kbuild b/Kbuild\n--- a/Kbuild\n+++ b/Kbuild\n@@ -1,99999999 +1,1 @@\n-a\n",
        "diff --git a/Kbuild b/Kbuild\n--- a/Kbuild\n+++ b/Kbuild\n@@ -0,0 +0,0 @@\n",
        "@@ -1 +1 @@\n-a\n+b\n",
    ],
)
def test_damaged_patches_are_told_and_not_applied(try_patch: Try, diff: str) -> None:
    outcome = try_patch(diff)
    assert outcome.state in ("not-applicable", "conflict")
    assert outcome.detail


def test_a_name_that_is_not_utf8_is_refused_and_printable(try_patch: Try) -> None:
    outcome = try_patch(create("mm/\udcff\udcfe.c"))
    assert "bytes that are not UTF-8" in outcome.detail
    assert visible_line(outcome.detail) == outcome.detail


def test_a_name_that_would_turn_the_terminal_around_is_shown_harmless(try_patch: Try) -> None:
    outcome = try_patch(modify("mm/\u202ec.live"))
    assert "\u202e" not in outcome.detail
    assert "\\u202e" in outcome.detail or "<U+202E>" in outcome.detail


def test_content_that_is_not_utf8_comes_through_byte_for_byte(base: Base, tmp_path: Path) -> None:
    raw = b"latin \xe9\n"
    (tmp_path / "linux/Kbuild").write_bytes(b"a\n" + raw)
    diff = "diff --git a/Kbuild b/Kbuild\n--- a/Kbuild\n+++ b/Kbuild\n@@ -1,2 +1,3 @@\n a\n"
    diff += (b" " + raw + b"+more \xfc\n").decode("utf-8", "surrogateescape")
    patch = Patch(1, 1, "s", "m@x", "E <e@x>", "", "message \udce9", diff, (), b"")
    applied = apply(base, [patch], name="bytes/v1")
    assert applied.complete
    assert source_file(applied, "Kbuild") == b"a\n" + raw + b"more \xfc\n"


def test_mode_bits_are_set_and_cleared_as_mailed(base: Base) -> None:
    diff = "diff --git a/Kbuild b/Kbuild\nold mode 100644\nnew mode 100755\n"
    patch = Patch(1, 1, "s", "m@x", "E <e@x>", "", "", diff, (), b"")
    applied = apply(base, [patch], name="mode/v1")
    assert applied.complete
    assert [(c.path, c.mode) for c in delta(applied)] == [("Kbuild", 0o100755)]
    assert applied.outcomes[0].detail == "Kbuild mode 100644 -> 100755"


def test_a_subject_full_of_control_characters_stays_on_its_line(base: Base) -> None:
    patch = Patch(1, 1, "a\n\x1b[2Jb", "m@x", "E\n <e@x>", "", "", create("../x"), (), b"")
    applied = apply(base, [patch], name="evil/v1")
    with pytest.raises(InputError) as error:
        require_complete(applied)
    assert "\n" not in str(error.value)
    assert "\x1b" not in str(error.value)


def test_a_base_that_may_not_be_read_is_named(
    base: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # root may read everything: the refusal itself is put in its place.
    read = Path.read_bytes

    def refuse(self: Path) -> bytes:
        if self.is_relative_to(base.path):
            raise PermissionError(13, "Permission denied")
        return read(self)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    patch = Patch(1, 1, "s", "m@x", "E <e@x>", "", "", modify("Kbuild"), (), b"")
    with pytest.raises(InputError, match=r"Makefile: Permission denied; make it readable"):
        apply(base, [patch], name="evil/v1")

# SPDX-License-Identifier: GPL-2.0-or-later
"""A wrong request, or a machine that lacks something: one line, status 2, nothing half-written."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from reviewtool.behaviour import guests
from reviewtool.cli.main import main
from reviewtool.kernel import enclose
from reviewtool.kernel.build import Kernel
from reviewtool.lineage.study import embedded
from reviewtool.tree.base import Base
from tests.archive.mails import Series, mail, mbox
from tests.tree.conftest import SOURCES, write_sources

Refused = Callable[..., str]


@pytest.fixture
def refused(cache: Path, capsys: pytest.CaptureFixture[str]) -> Refused:
    """Run a command line that must be refused; its one line. Nothing may be left in the data."""

    def run(*words: str) -> str:
        assert main([*words, "--quiet"]) == 2
        printed = capsys.readouterr()
        lines = printed.err.splitlines()
        assert len(lines) == 1, printed.err
        assert lines[0].startswith("reviewtool: ")
        for folder in (cache.parent / "data", cache / "kernel" / "built", cache / "verdicts"):
            assert [path for path in folder.rglob(".*") if path.is_file()] == []
        return lines[0]

    return run


def saved(folder: Path, content: bytes, name: str = "series.mbox") -> str:
    path = folder / name
    path.write_bytes(content)
    return str(path)


def test_a_file_that_is_no_mbox(tmp_path: Path, refused: Refused) -> None:
    path = saved(tmp_path, b"\x7fELF\x02\x01\x01 not mail at all")
    line = refused("fetch", "--from", path)
    assert path in line
    assert not (tmp_path / "data" / "studies").exists()


def test_an_empty_file(tmp_path: Path, refused: Refused) -> None:
    path = saved(tmp_path, b"")
    assert path in refused("fetch", "--from", path)
    assert not (tmp_path / "data" / "studies").exists()


def test_a_series_with_a_patch_missing_names_the_patch_and_the_way_out(
    tmp_path: Path, refused: Refused
) -> None:
    path = saved(tmp_path, mbox(Series(total=5).mails(without=(3,))))
    line = refused("fetch", "--from", path)
    assert path in line
    assert "3/5" in line
    assert "fetch the thread" in line
    assert not (tmp_path / "data" / "studies").exists()


def test_a_patch_that_does_not_apply_is_named_with_file_and_hunk(
    tmp_path: Path, refused: Refused, capsys: pytest.CaptureFixture[str]
) -> None:
    diff = (
        "diff --git a/mm/memory.c b/mm/memory.c\nindex 1111111..2222222 100644\n"
        "--- a/mm/memory.c\n+++ b/mm/memory.c\n@@ -1,3 +1,3 @@\n never\n-was\n+will be\n there\n"
    )
    body = f"Why.\n\nSigned-off-by: Ada Author <ada@example.org>\n---\n{diff}-- \n2.47.1\n"
    path = saved(tmp_path, mbox([mail("[PATCH] mm: fail", body, message_id="f@example.org")]))
    tree = tmp_path / "linux"
    write_sources(tree, SOURCES)
    assert main(["fetch", "--from", path, "--name", "fails", "--quiet"]) == 0
    capsys.readouterr()
    line = refused("apply", "--tree", str(tree))
    assert "mm/memory.c" in line
    assert "hunk 1" in line


def test_a_tree_that_is_no_kernel(tmp_path: Path, refused: Refused) -> None:
    line = refused("apply", "--study", "embedded", "--tree", str(tmp_path))
    assert str(tmp_path) in line
    assert "--tree" in line


def without(monkeypatch: pytest.MonkeyPatch, folder: Path, *tools: str) -> None:
    """A PATH with everything but ``tools``."""
    folder.mkdir()
    for place in ("/usr/bin", "/bin", "/usr/sbin", "/sbin"):
        for program in Path(place).iterdir():
            link = folder / program.name
            if program.name not in tools and not link.exists():
                link.symlink_to(program)
    monkeypatch.setenv("PATH", str(folder))
    # What this machine has is asked once a process; here it changes between two tests.
    monkeypatch.setattr(enclose, "missing", enclose.missing.__wrapped__)


@pytest.mark.kernel
def test_no_compiler(
    tmp_path: Path, base: Base, monkeypatch: pytest.MonkeyPatch, refused: Refused
) -> None:
    tree = base.path
    without(monkeypatch, tmp_path / "bin", "gcc", "cc")
    line = refused("test", "rfc", "--study", "embedded", "--tree", str(tree))
    assert "gcc" in line
    assert "install" in line


@pytest.mark.kernel
def test_no_sandbox_for_a_strangers_revision(
    tmp_path: Path, base: Base, monkeypatch: pytest.MonkeyPatch, refused: Refused
) -> None:
    tree = base.path
    theirs = tmp_path / "theirs"
    shutil.copytree(embedded().path.parent, theirs)
    without(monkeypatch, tmp_path / "bin", "bwrap")
    study = str(theirs / "study.toml")
    line = refused("test", "rfc", "--study", study, "--tree", str(tree))
    assert "bubblewrap" in line
    assert "install" in line


@pytest.mark.kernel
def test_without_a_sandbox_our_own_ports_are_held_all_the_same_and_it_is_said(
    tmp_path: Path,
    built_kernel: Callable[[str], Kernel],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    built_kernel("v3")
    without(monkeypatch, tmp_path / "bin", "bwrap")
    assert main(["test", "v3", "--study", "embedded", "--extra", "0", "--again", "--quiet"]) == 0
    assert "without a sandbox" in capsys.readouterr().out


@pytest.mark.kernel
def test_a_kernel_that_hangs_at_boot(
    tmp_path: Path,
    built_kernel: Callable[[str], Kernel],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    hanging = tmp_path / "linux"
    source = b"#include <unistd.h>\nint main(void)\n{\n\tfor (;;)\n\t\tpause();\n}\n"
    subprocess.run(["cc", "-xc", "-", "-o", str(hanging)], input=source, check=True)
    kernel = replace(built_kernel("v3"), path=hanging, key="0" * 64)
    monkeypatch.setattr("reviewtool.review.testing.kernel", lambda *_, **__: kernel)
    monkeypatch.setattr(
        "reviewtool.behaviour.verdict.kernel_guest", partial(guests.kernel_guest, silence=2)
    )
    assert main(["test", "v3", "--study", "embedded", "--extra", "0", "--again", "--quiet"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    assert "the kernel of v3: no word from it for 2 s" in line
    assert "see this log" in line

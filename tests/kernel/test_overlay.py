# SPDX-License-Identifier: GPL-2.0-or-later
from pathlib import Path

import pytest

from reviewtool.errors import InputError
from reviewtool.kernel.overlay import Overlay, lay_over, read_overlay
from reviewtool.tree.delta import FileChange

PATCH = b"""\
From: A <a@example.org>
Subject: [PATCH] um: hook it up

---
diff --git a/arch/um/Kconfig b/arch/um/Kconfig
--- a/arch/um/Kconfig
+++ b/arch/um/Kconfig
@@ -2,4 +2,5 @@
 config UML
 \tbool
+\tselect HAVE_KVM
 \tdefault y
 \thelp
--
2.39
"""
KCONFIG = "# um\nconfig UML\n\tbool\n\tdefault y\n\thelp\n\t  Text.\n"


@pytest.fixture
def base(tmp_path: Path) -> Path:
    folder = tmp_path / "base"
    (folder / "arch/um").mkdir(parents=True)
    (folder / "arch/um/Kconfig").write_text(KCONFIG)
    return folder


def contents(changes: tuple[FileChange, ...]) -> dict[str, bytes | None]:
    return {change.path: change.content for change in changes}


PATCHED = KCONFIG.replace("\tdefault", "\tselect HAVE_KVM\n\tdefault").encode()
WITH_PATCH = Overlay((), (("patches/0001.patch", PATCH),), ())


def test_a_patch_applies_to_the_base(base: Path) -> None:
    changes, already = lay_over(base, (), WITH_PATCH)
    assert contents(changes) == {"arch/um/Kconfig": PATCHED}
    assert already == ()
    assert (base / "arch/um/Kconfig").read_text() == KCONFIG


def test_a_patch_applies_to_what_the_revision_made_of_the_file(base: Path) -> None:
    theirs = FileChange("arch/um/Kconfig", 0o100644, b"# new first line\n" + KCONFIG.encode())
    changes, _ = lay_over(base, (theirs,), WITH_PATCH)
    assert contents(changes) == {"arch/um/Kconfig": b"# new first line\n" + PATCHED}


def test_a_patch_the_revision_brings_itself_is_left_out(base: Path) -> None:
    theirs = FileChange("arch/um/Kconfig", 0o100644, PATCHED)
    changes, already = lay_over(base, (theirs,), WITH_PATCH)
    assert contents(changes) == {"arch/um/Kconfig": PATCHED}
    assert already == ("patches/0001.patch",)


def test_a_patch_that_does_not_fit_is_named(base: Path) -> None:
    theirs = FileChange("arch/um/Kconfig", 0o100644, b"all different\n")
    with pytest.raises(InputError, match=r"^patches/0001.patch: does not apply to this revision: "):
        lay_over(base, (theirs,), WITH_PATCH)


def test_files_are_put_in(base: Path) -> None:
    overlay = Overlay((("arch/um/kvm/main.c", b"main"),), (), ())
    mine = FileChange("mm/memory.c", 0o100644, b"memory")
    changes, _ = lay_over(base, (mine,), overlay)
    assert contents(changes) == {"arch/um/kvm/main.c": b"main", "mm/memory.c": b"memory"}


def test_a_file_that_both_bring_is_refused(base: Path) -> None:
    overlay = Overlay((("arch/um/kvm/main.c", b"main"),), (), ())
    theirs = FileChange("arch/um/kvm/main.c", 0o100644, b"theirs")
    with pytest.raises(InputError, match="both the revision and KVM for User-Mode Linux bring it"):
        lay_over(base, (theirs,), overlay)
    same = FileChange("arch/um/kvm/main.c", 0o100644, b"main")
    assert contents(lay_over(base, (same,), overlay)[0]) == {"arch/um/kvm/main.c": b"main"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "um-kvm"
    for name, text in {
        "files/arch/um/kvm/main.c": "main",
        "patches/0002-b.patch": "b",
        "patches/0001-a.patch": "a",
        "config/fast.config": "CONFIG_KVM=y\n",
        "config/6.12.config": "CONFIG_OLD=y\n",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_the_overlay_is_read_in_order(folder: Path) -> None:
    overlay = read_overlay("6.12.117", "fast", folder)
    assert overlay.files == (("arch/um/kvm/main.c", b"main"),)
    assert [name for name, _ in overlay.patches] == ["patches/0001-a.patch", "patches/0002-b.patch"]
    assert [name for name, _ in overlay.fragments] == ["fast.config", "6.12.config"]
    assert [name for name, _ in read_overlay("7.2", "fast", folder).fragments] == ["fast.config"]


def test_an_unknown_profile_is_named_with_the_known_ones(folder: Path) -> None:
    with pytest.raises(InputError, match=r"^slow: is no build profile; one of: fast"):
        read_overlay("6.12.117", "slow", folder)


def test_a_base_the_overlay_does_not_know_is_named(folder: Path) -> None:
    (folder / "patches/6.12").mkdir()
    read_overlay("6.12.1", "fast", folder)
    (folder / "patches/7.2-7.10").mkdir()
    (folder / "patches/7.2-7.10/0003-c.patch").write_text("")
    assert len(read_overlay("7.9", "fast", folder).patches) == 3
    assert len(read_overlay("6.12.1", "fast", folder).patches) == 2
    (folder / "patches/7.3").mkdir()
    with pytest.raises(InputError, match=r"^Linux 5.10: .*this base; use one of 6.12, 7.2-7.10"):
        read_overlay("5.10", "fast", folder)


def test_patches_for_one_version_and_for_several_go_in_together_by_number(folder: Path) -> None:
    for name in ("7.2-7.3/0003-c", "7.2-7.3/0005-e", "7.3/0004-d", "7.2/0004-d"):
        (folder / f"patches/{name}.patch").parent.mkdir(exist_ok=True)
        (folder / f"patches/{name}.patch").write_text("")
    applied = [Path(name).name for name, _ in read_overlay("7.3.1", "fast", folder).patches]
    assert applied == [f"{n}.patch" for n in ("0001-a", "0002-b", "0003-c", "0004-d", "0005-e")]


@pytest.mark.parametrize("profile", ["fast", "debug"])
def test_the_overlay_that_is_shipped_can_be_read(profile: str) -> None:
    overlay = read_overlay("6.12.117", profile)
    assert any(path.startswith("arch/um/kvm/") for path, _ in overlay.files)
    assert overlay.patches

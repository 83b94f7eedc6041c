# SPDX-License-Identifier: GPL-2.0-or-later
import os
from pathlib import Path

import pytest

from reviewtool.errors import InputError
from reviewtool.kernel.layout import lay_out, part, plan
from reviewtool.tree.delta import FileChange

OLD = 1_000_000_000  # nanoseconds would do as well; long before any object file


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A small kernel tree, all of it from long ago."""
    folder = tmp_path / "base"
    for name in (
        *("Makefile", "Kconfig", "mm/memory.c", "mm/Kconfig", "include/linux/mm.h", "arch/Kconfig"),
        *("arch/um/Makefile", "arch/arm/Kconfig", "arch/arm/mm/mmu.c", "drivers/gpu/Kconfig.debug"),
        *("drivers/gpu/drm.c", "drivers/base/core.c", "tools/include/x.h", "tools/perf/perf.c"),
        *("Documentation/Kconfig", "Documentation/index.rst", ".git/HEAD"),
    ):
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"base {name}\n")
        os.utime(place, (OLD, OLD))
    return folder


def laid(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def change(path: str, content: str | None, mode: int = 0o100644) -> FileChange:
    return FileChange(
        path, 0 if content is None else mode, None if content is None else content.encode()
    )


def test_only_what_a_build_needs_is_laid_out(base: Path, tmp_path: Path) -> None:
    lay_out(plan(base, []), tmp_path / "src")
    assert sorted(laid(tmp_path / "src")) == [
        *("Documentation/Kconfig", "Kconfig", "Makefile", "arch/Kconfig", "arch/arm/Kconfig"),
        *("arch/um/Makefile", "drivers/base/core.c", "drivers/gpu/Kconfig.debug"),
        *("include/linux/mm.h", "mm/Kconfig", "mm/memory.c", "tools/include/x.h"),
    ]


def test_files_of_the_base_are_links_and_those_of_a_revision_never(
    base: Path, tmp_path: Path
) -> None:
    source = tmp_path / "src"
    lay_out(plan(base, [change("mm/memory.c", "new")]), source)
    assert (source / "include/linux/mm.h").samefile(base / "include/linux/mm.h")
    assert (source / "mm/memory.c").read_text() == "new"
    assert (base / "mm/memory.c").read_text() == "base mm/memory.c\n"


def test_revisions_replace_each_other_and_the_base_stays_as_it_was(
    base: Path, tmp_path: Path
) -> None:
    before = laid(base)
    source = tmp_path / "src"
    first = [change("mm/memory.c", "one"), change("mm/new.c", "one"), change("mm/Kconfig", None)]
    second = [change("mm/memory.c", "two"), change("virt/kvm/x.c", "two")]
    lay_out(plan(base, first), source)
    lay_out(plan(base, second), source)
    got = laid(source)
    assert (got["mm/memory.c"], got["virt/kvm/x.c"]) == ("two", "two")
    assert got["mm/Kconfig"] == "base mm/Kconfig\n"
    assert "mm/new.c" not in got
    lay_out(plan(base, []), source)
    assert laid(source) == {path: before[path] for path in laid(source)}
    assert laid(base) == before


def test_only_what_differs_is_touched_and_it_is_new_to_make(base: Path, tmp_path: Path) -> None:
    source = tmp_path / "src"
    lay_out(plan(base, [change("mm/memory.c", "one")]), source)
    compiled = (source / "mm/memory.c").stat().st_mtime_ns
    assert lay_out(plan(base, [change("mm/memory.c", "one")]), source) == frozenset()
    # Back to the base: the old time of a link would hide the change from make.
    assert lay_out(plan(base, []), source) == {"mm/memory.c"}
    assert (source / "mm/memory.c").stat().st_mtime_ns > compiled
    assert (source / "include/linux/mm.h").stat().st_mtime == OLD


def test_an_interrupted_layout_is_made_good(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "src"
    lay_out(plan(base, []), source)
    wanted = [change(f"mm/{name}.c", name) for name in ("a", "b", "c")]
    real = Path.replace

    def fail_at_b(self: Path, target: Path) -> Path:
        if Path(target).name == "b.c":
            raise KeyboardInterrupt
        return real(self, target)

    monkeypatch.setattr(Path, "replace", fail_at_b)
    with pytest.raises(KeyboardInterrupt):
        lay_out(plan(base, wanted), source)
    monkeypatch.undo()
    lay_out(plan(base, []), source)
    in_mm = [name for name in laid(source) if name.startswith("mm/")]
    assert in_mm == ["mm/Kconfig", "mm/memory.c"]


def test_a_changed_base_is_noticed(base: Path, tmp_path: Path) -> None:
    source = tmp_path / "src"
    before = plan(base, [])
    lay_out(before, source)
    edited = base / "mm/memory.c"
    edited.unlink()
    edited.write_text("edited by the user")
    after = plan(base, [])
    assert after.digest != before.digest
    assert lay_out(after, source) == {"mm/memory.c"}
    assert (source / "mm/memory.c").read_text() == "edited by the user"


def test_a_file_may_become_a_folder_and_back(base: Path, tmp_path: Path) -> None:
    source = tmp_path / "src"
    lay_out(plan(base, [change("mm/x", "file")]), source)
    lay_out(plan(base, [change("mm/x/y", "below")]), source)
    assert (source / "mm/x/y").read_text() == "below"
    lay_out(plan(base, [change("mm/x", "file")]), source)
    assert (source / "mm/x").read_text() == "file"


def test_scripts_stay_executable(base: Path, tmp_path: Path) -> None:
    lay_out(plan(base, [change("scripts/x.sh", "", 0o100755)]), tmp_path / "src")
    assert (tmp_path / "src/scripts/x.sh").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("path", ["../evil", "/etc/evil", "mm/../../evil", "mm//x", "./x", ""])
def test_a_path_that_leads_outside_is_refused(base: Path, path: str) -> None:
    with pytest.raises(InputError, match="is no path within a kernel tree"):
        plan(base, [change(path, "x")])


def test_a_symbolic_link_of_a_revision_is_refused(base: Path) -> None:
    with pytest.raises(InputError, match="has mode 120000"):
        plan(base, [change("mm/link", "/etc/passwd", 0o120000)])


def test_nothing_is_written_through_a_link_of_the_base(base: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (base / "mm" / "link").symlink_to(elsewhere)
    with pytest.raises(InputError, match="symbolic link"):
        lay_out(plan(base, [change("mm/link/x.c", "x")]), tmp_path / "src")
    assert list(elsewhere.iterdir()) == []


def test_a_part_has_what_its_links_lead_to_within_the_tree(base: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("")
    for name, target in {
        "here.h": "../../drivers/gpu/drm.c",
        "outside": "../../../secret",
        "absolute": str(tmp_path / "secret"),
        "nowhere": "../../mm/gone.c",
        "folder": "../../mm",
    }.items():
        (base / "tools/include" / name).symlink_to(target)
    lay_out(part(base, (), ["tools/include"]), tmp_path / "src", linked=False)
    assert (tmp_path / "src/tools/include/here.h").read_text() == "base drivers/gpu/drm.c\n"
    files = [path for path in (tmp_path / "src").rglob("*") if path.is_file()]
    assert sorted(path.name for path in files if not path.is_symlink()) == ["drm.c", "x.h"]

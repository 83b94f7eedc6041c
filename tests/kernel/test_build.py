# SPDX-License-Identifier: GPL-2.0-or-later
import os
import shutil
import threading
import time
from pathlib import Path

import pytest

from reviewtool import cache as cache_module
from reviewtool.errors import InputError, Unavailable
from reviewtool.kernel import compiler, enclose, objects
from reviewtool.kernel.build import Kernel, build
from reviewtool.kernel.make import BuildFailed
from reviewtool.kernel.overlay import Overlay
from reviewtool.progress import SILENT
from reviewtool.tree.delta import FileChange

pytestmark = [
    pytest.mark.usefixtures("cache"),
    pytest.mark.skipif(enclose.missing() is not None, reason=f"no sandbox: {enclose.missing()}"),
]


def overlay(*symbols: str) -> Overlay:
    return Overlay((), (), (("test.config", "\n".join(symbols)),))


def built(
    base: Path, *, trusted: bool = True, cancel: threading.Event | None = None, **files: str
) -> Kernel:
    changes = [FileChange(f"{n}.c", 0o100644, text.encode()) for n, text in files.items()]
    return build(base, changes, overlay=overlay(), trusted=trusted, cancel=cancel, title="v3")


def left_behind() -> list[Path]:
    """Half-written results."""
    return list((cache_module.root() / "kernel/built").glob("*/.*"))


def test_a_revision_is_laid_over_the_base_and_built(tiny: Path) -> None:
    kernel = built(tiny, second="of the revision\n")
    assert kernel.path.read_text() == "first\nof the revision\n"
    assert kernel.path.stat().st_mode & 0o111
    assert (kernel.version, kernel.profile, kernel.cached) == ("6.12.117", "fast", False)
    assert kernel.enclosed


def test_the_same_again_is_looked_up(tiny: Path) -> None:
    first = built(tiny, second="x\n")
    again = built(tiny, second="x\n")
    assert again.cached
    assert (again.path, again.seconds, again.steps) == (first.path, first.seconds, first.steps)


def test_another_revision_compiles_only_what_differs(tiny: Path) -> None:
    assert built(tiny).steps == 2
    assert built(tiny, second="x\n").steps == 1
    assert built(tiny, first="y\n").steps == 2  # second goes back to the base's
    assert built(tiny, first="z\n").path.read_text() == "z\nsecond\n"


def test_a_revision_that_does_not_compile_says_where(tiny: Path) -> None:
    with pytest.raises(BuildFailed) as raised:
        built(tiny, first="ERROR of v3\n")
    assert raised.value.errors == (compiler.Complaint("first.c", 7, "ERROR of v3"),)
    assert str(raised.value).startswith("v3: does not build: first.c:7: ERROR of v3; the whole log")
    assert "ERROR of v3" in raised.value.log.read_text()
    assert left_behind() == []
    assert built(tiny, first="mended\n").path.read_text() == "mended\nsecond\n"


def test_a_symbol_kconfig_does_not_grant_ends_the_build(tiny: Path) -> None:
    with pytest.raises(InputError, match="did not grant CONFIG_GONE=y"):
        build(tiny, (), overlay=overlay("CONFIG_KVM=y", "CONFIG_GONE=y"), trusted=True)
    assert left_behind() == []


def test_a_new_configuration_is_configured(tiny: Path) -> None:
    build(tiny, (), overlay=overlay("CONFIG_KVM=y"), trusted=True)
    kernel = build(tiny, (), overlay=overlay("# CONFIG_KVM is not set"), trusted=True)
    assert kernel.config.read_text() == "# CONFIG_KVM is not set\n"


def _made(name: str, content: bytes) -> bool:
    """Whether a build has made that of ``name`` by now."""
    found = (cache_module.root() / "kernel/objects").rglob(name)
    return any(path.is_file() and path.read_bytes() == content for path in found)


def test_an_interrupted_build_goes_on_where_it_was(tiny: Path) -> None:
    cancel = threading.Event()

    def cancel_when_first_is_made() -> None:
        until = time.monotonic() + 60
        while not _made("first", b"quick\n") and time.monotonic() < until:
            time.sleep(0.05)
        cancel.set()

    threading.Thread(target=cancel_when_first_is_made).start()
    with pytest.raises(BuildFailed, match="build ended: cancelled"):
        built(tiny, cancel=cancel, first="quick\n", second="sleep 100\n")
    assert left_behind() == []
    # "first" was complete: only "second" remains to be done.
    kernel = built(tiny, first="quick\n", second="fast now\n")
    assert kernel.path.read_text() == "quick\nfast now\n"
    assert kernel.steps == 1


def test_two_builds_at_once_wait_for_each_other(tiny: Path) -> None:
    done: dict[str, str] = {}

    def work(name: str) -> None:
        done[name] = built(tiny, first=f"{name}\nsleep 0.3\n").path.read_text()

    threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "two", "three")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == {name: f"{name}\nsleep 0.3\nsecond\n" for name in ("one", "two", "three")}


def test_who_waits_for_another_build_can_be_cancelled(tiny: Path) -> None:
    built(tiny)
    (room,) = (cache_module.root() / "kernel/objects").iterdir()
    cancel = threading.Event()
    threading.Timer(0.3, cancel.set).start()
    with objects.locked(room, SILENT), pytest.raises(BuildFailed, match="cancelled while waiting"):
        built(tiny, first="more\n", cancel=cancel)


def test_ours_and_theirs_share_no_objects(tiny: Path) -> None:
    ours = built(tiny, trusted=True)
    theirs = built(tiny, trusted=False)
    assert not theirs.cached
    assert theirs.steps == ours.steps
    assert theirs.key != ours.key


def test_without_bubblewrap_a_fetched_revision_is_refused(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", {}.get)
    enclose.missing.cache_clear()
    monkeypatch.setattr(compiler, "require_tools", lambda: None)
    try:
        with pytest.raises(Unavailable, match=r"^bubblewrap .* is not installed"):
            built(tiny, trusted=False)
    finally:
        monkeypatch.undo()
        enclose.missing.cache_clear()


def test_without_bubblewrap_our_own_is_built_and_says_so(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enclose, "missing", lambda: Unavailable("bubblewrap is not installed"))
    kernel = built(tiny, trusted=True, second="mine\n")
    assert kernel.path.read_text() == "first\nmine\n"
    assert not kernel.enclosed


def test_a_base_that_is_no_kernel_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file"):
        build(tmp_path, (), overlay=overlay())
    (tmp_path / "Makefile").write_text("all:\n")
    with pytest.raises(InputError, match="states no kernel version"):
        build(tmp_path, (), overlay=overlay())


def test_a_target_newer_than_its_command_is_not_trusted(tmp_path: Path) -> None:
    for name in ("whole.o", "torn.o"):
        (tmp_path / name).write_text(name)
        (tmp_path / f".{name}.cmd").write_text("cmd")
    os.utime(tmp_path / "torn.o", (2e9, 2e9))
    assert objects.mend(tmp_path) == 1
    assert (tmp_path / "whole.o").exists()
    assert not (tmp_path / "torn.o").exists()


def test_what_depends_on_a_change_is_counted(tmp_path: Path) -> None:
    (tmp_path / "mm").mkdir()
    (tmp_path / "mm/.a.o.cmd").write_text("deps := /src/mm/a.c \\\n  /src/include/linux/mm.h \\\n")
    (tmp_path / "mm/.b.o.cmd").write_text("deps := /src/mm/b.c \\\n  /src/include/linux/mm.h \\\n")
    assert objects.dependents(tmp_path, frozenset({"include/linux/mm.h"})) == 2
    assert objects.dependents(tmp_path, frozenset({"mm/a.c", "mm/c.c"})) == 1
    assert objects.dependents(tmp_path, frozenset({"mm/a"})) == 0
    assert objects.dependents(tmp_path, frozenset(f"{n}.c" for n in range(999))) is None


def test_what_a_build_left_is_taken_only_if_it_is_a_plain_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(bytes(100))
    assert objects.take(tmp_path / "secret", 100) == b"secret"
    for name, why in (("link", "symbolic"), ("pipe", "plain file"), ("large", "100 bytes")):
        with pytest.raises(InputError, match=why):
            objects.take(tmp_path / name, 99)

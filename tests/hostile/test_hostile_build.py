# SPDX-License-Identifier: GPL-2.0-or-later
"""A revision whose Makefile, Kconfig or host program attacks whoever builds it.

The trees are small, but make runs their files exactly as it runs a kernel's. Every attack is first
shown to work when make is run by hand.
"""

import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from reviewtool import cache as cache_module
from reviewtool.errors import InputError, RequestError
from reviewtool.kernel import enclose
from reviewtool.kernel.build import Kernel, build
from reviewtool.kernel.make import BuildFailed
from reviewtool.kernel.overlay import Overlay
from reviewtool.tree.delta import FileChange

pytestmark = [
    pytest.mark.usefixtures("cache"),
    pytest.mark.skipif(enclose.missing() is not None, reason=f"no sandbox: {enclose.missing()}"),
]

HEAD = "VERSION = 6\nPATCHLEVEL = 12\n"
TREE = HEAD + "allnoconfig:\n\t@touch $(O)/.config\nlinux:\n\t@cp innocent.c $(O)/linux\n"


@pytest.fixture
def base(tmp_path: Path) -> Path:
    folder = tmp_path / "base"
    folder.mkdir()
    (folder / "Makefile").write_text(TREE)
    (folder / "innocent.c").write_text("innocent\n")
    return folder


def by_hand(base: Path, makefile: str, objects: Path) -> None:
    """What happens to those who type make."""
    objects.mkdir()
    tree = objects.with_name("by-hand")
    tree.mkdir()
    (tree / "Makefile").write_text(makefile)
    os.link(base / "innocent.c", tree / "innocent.c")
    for target in ("allnoconfig", "linux"):
        subprocess.run(
            ["make", "-C", tree, f"O={objects}", target], capture_output=True, check=False
        )


def attacked(base: Path, makefile: str, seconds: float = 60) -> Kernel:
    changes = [FileChange("Makefile", 0o100644, makefile.encode())]
    return build(base, changes, overlay=Overlay((), (), ()), seconds=seconds, title="evil")


def no_result() -> bool:
    return not list((cache_module.root() / "kernel" / "built").glob("*/*"))


@pytest.mark.parametrize("target", ["allnoconfig", "linux"])
def test_a_makefile_writes_nothing_outside(base: Path, tmp_path: Path, target: str) -> None:
    victim = tmp_path / "victim"
    makefile = TREE.replace(f"{target}:\n", f"{target}:\n\t@touch {victim}\n")
    by_hand(base, makefile, tmp_path / "objects")
    assert victim.exists()
    victim.unlink()
    with pytest.raises(BuildFailed):
        attacked(base, makefile)
    assert not victim.exists()
    assert no_result()


def test_a_shell_function_that_runs_while_parsing_writes_nothing_outside(
    base: Path, tmp_path: Path
) -> None:
    victim = tmp_path / "victim"
    makefile = f"X := $(shell echo gotcha > {victim})\n" + TREE
    by_hand(base, makefile, tmp_path / "objects")
    assert victim.exists()
    victim.unlink()
    attacked(base, makefile)  # the rest of it builds; the write just fails
    assert not victim.exists()


def test_the_base_cannot_be_changed_through_its_links(base: Path, tmp_path: Path) -> None:
    makefile = TREE.replace("linux:\n", "linux:\n\t@echo poisoned >> innocent.c\n")
    by_hand(base, makefile, tmp_path / "objects")
    assert (base / "innocent.c").read_text() == "innocent\npoisoned\n"
    (base / "innocent.c").write_text("innocent\n")
    with pytest.raises(BuildFailed, match=r"Read-only file system|Permission denied"):
        attacked(base, makefile)
    assert (base / "innocent.c").read_text() == "innocent\n"


def test_keys_do_not_get_into_the_kernel(base: Path, tmp_path: Path) -> None:
    key = tmp_path / "home" / ".ssh" / "id_rsa"
    key.parent.mkdir(parents=True)
    key.write_text("PRIVATE KEY")
    makefile = TREE.replace("cp innocent.c", f"cp {key}")
    by_hand(base, makefile, tmp_path / "objects")
    assert (tmp_path / "objects/linux").read_text() == "PRIVATE KEY"
    with pytest.raises(BuildFailed, match="does not build: "):
        attacked(base, makefile)
    assert no_result()


@pytest.mark.parametrize("result", ["linux", ".config"])
def test_a_link_in_the_place_of_the_result_is_not_followed(
    base: Path, tmp_path: Path, result: str
) -> None:
    key = tmp_path / "id_rsa"
    key.write_text("PRIVATE KEY")
    commands = {"linux": "cp innocent.c $(O)/linux", ".config": "touch $(O)/.config"}
    makefile = TREE.replace(commands[result], f"ln -s {key} $(O)/{result}")
    by_hand(base, makefile, tmp_path / "objects")
    assert (tmp_path / "objects" / result).read_text() == "PRIVATE KEY"
    with pytest.raises(InputError, match="cannot be read: Too many levels of symbolic links"):
        attacked(base, makefile)
    assert no_result()


@pytest.fixture
def server() -> Iterator[tuple[int, list[str]]]:
    visits: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                visits.append("somebody")
                connection.close()

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1], visits
        listener.shutdown(socket.SHUT_RDWR)


def test_a_host_program_reaches_no_server(
    base: Path, tmp_path: Path, server: tuple[int, list[str]]
) -> None:
    port, visits = server
    program = (
        f"import socket; socket.create_connection(('127.0.0.1', {port})).close(); print('sent')"
    )
    makefile = TREE.replace("linux:\n", f'linux:\n\t@python3 -c "{program}"\n')
    by_hand(base, makefile, tmp_path / "objects")
    assert visits == ["somebody"]
    with pytest.raises(BuildFailed):
        attacked(base, makefile)
    assert visits == ["somebody"]


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        ("sleep 1000", "not finished after 2 s"),
        ("while :; do :; done", "not finished after 2 s"),
        ("yes", "more than 65536 KiB of output|not finished after 2 s"),
    ],
)
def test_a_build_that_never_ends_is_ended_in_one_line(base: Path, recipe: str, said: str) -> None:
    makefile = TREE.replace("linux:\n", f"linux:\n\t@{recipe}\n")
    with pytest.raises(
        BuildFailed, match=f"^evil: build ended: (?:{said}); the whole log is "
    ) as e:
        attacked(base, makefile, seconds=2)
    assert "\n" not in str(e.value)
    assert no_result()


def test_one_revision_s_leavings_do_not_reach_our_own(base: Path) -> None:
    """A hostile build may ruin the objects of fetched revisions, never those of the study."""
    makefile = TREE.replace("linux:\n", "linux:\n\t@echo poisoned > $(O)/innocent.o\n")
    attacked(base, makefile)
    trusting = TREE.replace("cp innocent.c $(O)/linux", "cat $(O)/innocent.o > $(O)/linux")
    with pytest.raises(RequestError, match="No such file"):
        build(
            base,
            [FileChange("Makefile", 0o100644, trusting.encode())],
            overlay=Overlay((), (), ()),
            trusted=True,
        )

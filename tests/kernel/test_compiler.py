# SPDX-License-Identifier: GPL-2.0-or-later
import shutil

import pytest

from reviewtool.errors import Unavailable
from reviewtool.kernel.compiler import Complaint, complaints, require_tools


def test_errors_are_found_with_their_place_in_the_tree() -> None:
    log = """\
  CC      mm/memory.o
/src/mm/memory.c: In function 'do_fault':
/src/mm/memory.c:5012:9: error: 'x' undeclared (first use in this function)
 5012 |         x = 1;
../include/linux/mm.h:12: warning: unused
/src/mm/gup.c:7:10: fatal error: linux/nosuch.h: No such file or directory
make[3]: *** [/src/scripts/Makefile.build:229: mm/memory.o] Error 1
make: *** [Makefile:224: __sub-make] Error 2
"""
    assert complaints(log) == (
        Complaint("mm/memory.c", 5012, "'x' undeclared (first use in this function)"),
        Complaint("mm/gup.c", 7, "linux/nosuch.h: No such file or directory"),
    )


def test_what_the_linker_misses_is_an_error() -> None:
    log = (
        "  LD      .tmp_vmlinux1\n"
        "ld: mm/memory.o: in function `do_fault':\n"
        "ld: memory.c:(.text+0x12a): undefined reference to `kvm_gmem_fault'\n"
        "make[2]: *** [/src/scripts/Makefile.vmlinux:34: vmlinux] Error 1\n"
    )
    (found,) = complaints(log)
    assert str(found) == "memory.c:(.text+0x12a): undefined reference to `kvm_gmem_fault'"


def test_kconfig_is_read_too() -> None:
    (found,) = complaints('crypto/Kconfig:9: can\'t open file "a/Kconfig"\nmake: *** [x] Error 1\n')
    assert str(found) == 'crypto/Kconfig:9: can\'t open file "a/Kconfig"'


def test_make_s_own_words_count_only_if_there_is_nothing_better() -> None:
    log = (
        "make[3]: *** No rule to make target 'mm/x.o', needed by 'mm/built-in.a'.  Stop.\n"
        "make[2]: *** [/src/Makefile:1: mm] Error 2\n"
    )
    (found,) = complaints(log)
    assert str(found).startswith("make[3]: *** No rule to make target 'mm/x.o'")
    (found,) = complaints("make[2]: *** [/src/Makefile:1: mm] Error 2\n")
    assert str(found) == "make[2]: *** [/src/Makefile:1: mm] Error 2"
    assert complaints("all is well\n") == ()


def test_a_command_s_last_words_are_taken_for_its_error() -> None:
    log = (
        "  GEN     include/x.h\n"
        "/bin/sh: 1: cannot create x.h: Read-only file system\n"
        "make[1]: *** [Makefile:6: x.h] Error 2\n"
        "make: *** [Makefile:2: all] Error 2\n"
    )
    (found,) = complaints(log)
    assert str(found) == "/bin/sh: 1: cannot create x.h: Read-only file system"


def test_without_a_compiler_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def which(name: str) -> str | None:
        return None if name in ("gcc", "flex") else "/usr/bin/" + name

    monkeypatch.setattr(shutil, "which", which)
    with pytest.raises(Unavailable) as raised:
        require_tools()
    assert str(raised.value) == (
        "not installed: gcc, flex; a kernel cannot be built without; "
        "apt-get install libc6-dev flex gcc"
    )

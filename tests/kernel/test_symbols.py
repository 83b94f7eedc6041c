# SPDX-License-Identifier: GPL-2.0-or-later
import shutil
import subprocess
from pathlib import Path

import pytest

from reviewtool.kernel.symbols import read_symbols


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("gcc") is None:
        pytest.skip("no compiler: gcc is not installed")
    folder = tmp_path_factory.mktemp("elf")
    (folder / "x.c").write_text("int one(void) { return 1; }\nint main(void) { return one(); }\n")
    subprocess.run(["gcc", "-O0", "-no-pie", "-o", "x", "x.c"], cwd=folder, check=True)
    return folder / "x"


def test_an_address_has_the_name_nm_gives_it(program: Path) -> None:
    listed = subprocess.run(["nm", program], capture_output=True, text=True, check=True).stdout
    (address,) = (int(line.split()[0], 16) for line in listed.splitlines() if line.endswith(" one"))
    symbols = read_symbols(program)
    assert symbols.name(address).startswith("one+0x0/0x")
    assert symbols.name(address + 3).startswith("one+0x3/0x")


def test_an_address_of_no_function_has_no_name(program: Path) -> None:
    assert read_symbols(program).name(0) == ""
    assert read_symbols(program).name(1 << 60) == ""


def test_a_stripped_kernel_has_no_names(program: Path, tmp_path: Path) -> None:
    subprocess.run(["strip", "-o", tmp_path / "x", program], check=True)
    assert read_symbols(tmp_path / "x").addresses == ()


@pytest.mark.parametrize("content", [b"", b"#!/bin/sh\n", b"\x7fELF\x02\x01" + bytes(100)])
def test_what_is_no_kernel_is_refused_or_empty(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(content)
    if content.startswith(b"\x7fELF"):
        assert read_symbols(tmp_path / "x").addresses == ()
    else:
        with pytest.raises(ValueError, match="is no 64-bit"):
            read_symbols(tmp_path / "x")


def test_a_cut_off_kernel_is_refused(program: Path, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(program.read_bytes()[:1000])
    with pytest.raises(ValueError, match="damaged"):
        read_symbols(tmp_path / "x")


def test_a_console_line_is_completed_with_the_name_behind_its_address(program: Path) -> None:
    symbols = read_symbols(program)
    address = next(
        address
        for address, (_, name) in zip(symbols.addresses, symbols.functions, strict=True)
        if name == "one"
    )
    line = f"Kernel panic - not syncing: Kernel mode fault at addr 0x8, ip {address + 1:#x}"
    assert symbols.named(line) == f"{line} in one"
    assert symbols.named("Kernel mode fault at addr 0x8, ip 0x0").endswith("ip 0x0")
    assert symbols.named("nothing here") == "nothing here"

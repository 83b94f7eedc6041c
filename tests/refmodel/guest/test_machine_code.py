# SPDX-License-Identifier: GPL-2.0-or-later
"""The worker's machine code is what its listing says."""

import shutil
import subprocess
from pathlib import Path

import pytest

from refmodel.guest import machine_code


@pytest.mark.skipif(
    not (shutil.which("as") and shutil.which("objcopy")), reason="needs the GNU assembler"
)
def test_the_listing_assembles_to_its_bytes(tmp_path: Path) -> None:
    source, code = tmp_path / "worker.S", tmp_path / "worker.bin"
    source.write_text(machine_code.source())
    subprocess.run(["as", "--64", "-o", tmp_path / "worker.o", source], check=True)
    subprocess.run(
        ["objcopy", "-O", "binary", "-j", ".text", tmp_path / "worker.o", code], check=True
    )
    assert machine_code.assembled()[0] == code.read_bytes()


def test_the_handler_follows_the_worker() -> None:
    code, handler = machine_code.assembled()
    # mov rax, [rdx+0xa8]: the first thing the handler looks at is where the fault was.
    assert code[handler : handler + 3] == bytes.fromhex("488b82")

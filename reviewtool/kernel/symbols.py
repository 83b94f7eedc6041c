# SPDX-License-Identifier: GPL-2.0-or-later
"""Names of code addresses, from the symbol table of a kernel built here."""

import bisect
import re
import struct
from dataclasses import dataclass
from pathlib import Path

_SECTION = struct.Struct("<IIQQQQIIQQ")  # Elf64_Shdr
_SYMBOL = struct.Struct("<IBBHQQ")  # Elf64_Sym
_SYMTAB = 2
_FUNCTION = 2
_BARE = re.compile(r"(?<=, ip )0x([0-9a-f]+)$")


@dataclass(frozen=True, slots=True)
class Symbols:
    """The functions of an ELF file, sorted by address."""

    addresses: tuple[int, ...]
    functions: tuple[tuple[int, str], ...]  # size, name

    def name(self, address: int) -> str:
        """``function+0x1c/0x40`` for a code address, empty if no function lies there."""
        index = bisect.bisect_right(self.addresses, address) - 1
        if index < 0:
            return ""
        size, name = self.functions[index]
        offset = address - self.addresses[index]
        return f"{name}+{offset:#x}/{size:#x}" if offset < size else ""

    def named(self, line: str) -> str:
        """A console line with the function behind ``ip 0x…`` at its end, where there is one."""
        found = _BARE.search(line)
        name = self.name(int(found[1], 16)).partition("+")[0] if found else ""
        return f"{line} in {name}" if name else line


def read_symbols(kernel: Path) -> Symbols:
    """The function symbols of ``kernel``, a 64-bit little-endian ELF file; none if stripped.

    Raises ValueError if it is no such file.
    """
    content = kernel.read_bytes()
    if content[:6] != b"\x7fELF\x02\x01":
        raise ValueError(f"{kernel} is no 64-bit little-endian ELF file")
    try:
        return _parse(content)
    except (struct.error, IndexError) as error:
        raise ValueError(f"{kernel} has a damaged symbol table") from error


def _parse(content: bytes) -> Symbols:
    (table,) = struct.unpack_from("<Q", content, 0x28)
    entry, count = struct.unpack_from("<HH", content, 0x3A)
    sections = [_SECTION.unpack_from(content, table + entry * index) for index in range(count)]
    found: dict[int, tuple[int, str]] = {}
    for section in sections:
        if section[1] != _SYMTAB:
            continue
        names = sections[section[6]][4]
        for place in range(section[4], section[4] + section[5], _SYMBOL.size):
            name, info, _, _, address, size = _SYMBOL.unpack_from(content, place)
            if info & 0xF == _FUNCTION and size:
                end = content.index(b"\0", names + name)
                found[address] = (size, content[names + name : end].decode("ascii", "replace"))
    order = sorted(found)
    return Symbols(tuple(order), tuple(found[address] for address in order))

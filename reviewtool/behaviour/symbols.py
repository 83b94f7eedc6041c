# SPDX-License-Identifier: GPL-2.0-or-later
"""Addresses a kernel prints without a name, named from the kernel's own symbol table."""

import re
import struct
from bisect import bisect_right
from functools import cache
from pathlib import Path

_ELF64_LITTLE_ENDIAN = b"\x7fELF\x02\x01"
_HEADER = struct.Struct("<16xHHIQQQIHHHHHH")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_SHT_SYMTAB = 2
_STT_FUNC = 2

_ADDRESS = re.compile(r"(?<=, ip )0x([0-9a-f]+)$")


def name_addresses(line: str, kernel: Path) -> str:
    """A console line with the function behind ``ip 0x…`` at its end, where there is one."""
    found = _ADDRESS.search(line)
    name = function_at(kernel, int(found[1], 16)) if found else None
    return f"{line} in {name}" if name else line


def function_at(kernel: Path, address: int) -> str | None:
    """The function that ``address`` lies in; None where the file has none there."""
    starts, ends, names = _functions(kernel)
    place = bisect_right(starts, address) - 1
    return names[place] if place >= 0 and address < ends[place] else None


@cache
def _functions(kernel: Path) -> tuple[list[int], list[int], list[str]]:
    """Starts, ends and names of the functions of an ELF file for x86-64, by address.

    All empty for a file that is no such thing or has no symbols: what cannot be named is left
    as it was printed.
    """
    data = kernel.read_bytes()
    found: list[tuple[int, int, str]] = []
    if data.startswith(_ELF64_LITTLE_ENDIAN):
        _, _, _, _, _, offset, _, _, _, _, size, count, _ = _HEADER.unpack_from(data)
        sections = [_SECTION.unpack_from(data, offset + n * size) for n in range(count)]
        for section in sections:
            if section[1] == _SHT_SYMTAB:
                table = data[section[4] : section[4] + section[5]]
                names = sections[section[6]][4]
                for name, info, _, _, value, length in _SYMBOL.iter_unpack(table):
                    if info & 0xF == _STT_FUNC and length:
                        start = names + name
                        text = data[start : data.index(b"\0", start)].decode("ascii", "replace")
                        found.append((value, value + length, text))
    found.sort()
    return [each[0] for each in found], [each[1] for each in found], [each[2] for each in found]

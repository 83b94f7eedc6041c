# SPDX-License-Identifier: GPL-2.0-or-later
"""Values only the compiler knows: ioctl numbers hold the size of their argument.

The header is compiled, never run: the value is read from the assembly. Includes come from the
tree's UAPI headers alone, with the x86 ones for ``asm/``.
"""

import re
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from reviewtool.errors import InputError
from reviewtool.interface.types import Element
from reviewtool.process import run

_SECONDS = 20
_NO_USER_SPACE = {  # headers_install takes these out of what user space gets
    "linux/compiler.h": "#define __user\n#define __force\n",
    "linux/compiler_types.h": "#define __user\n#define __force\n",
}
_QUAD = re.compile(r"^v_(\d+):\s*\n\s*\.(quad|zero)\s+(-?\d+)", re.MULTILINE)


def values(
    elements: Iterable[Element], tree: Path, files: Mapping[str, bytes | None] | None = None
) -> dict[str, int | None]:
    """The number behind each constant and ioctl among ``elements``, by name.

    ``files`` are headers that take the place of the tree's (path to content), as the revision
    has them. A constant no header defines is taken from the element's own text. None where the
    compiler cannot tell, for instance where a struct it needs is not shown.

    Raises :class:`~reviewtool.errors.Unavailable` if there is no C compiler.
    """
    wanted = [
        one
        for one in elements
        if one.kind in ("flag", "ioctl") and one.value and "/uapi/" in f"/{one.path}"
    ]
    found: dict[str, int | None] = {}
    with tempfile.TemporaryDirectory(prefix="reviewtool-values-") as name:
        folder = Path(name)
        _lay_headers(folder, tree, files or {})
        for path in dict.fromkeys(one.path for one in wanted):
            here = [one for one in wanted if one.path == path]
            found.update(dict.fromkeys((one.name for one in here), None))
            while here:
                told, refused = _compiled(folder, tree, path, here)
                found.update(told)
                # One that does not compile must not hide the others.
                here = [one for index, one in enumerate(here) if index not in refused]
                if told or not refused:
                    break
    return found


def _lay_headers(folder: Path, tree: Path, files: Mapping[str, bytes | None]) -> None:
    uapi = tree / "include" / "uapi"
    if not uapi.is_dir():
        raise InputError("has no include/uapi", str(tree), "give an unpacked kernel tree")
    for path, text in _NO_USER_SPACE.items():
        _write(folder / "include" / path, text.encode())
    for generic in sorted((uapi / "asm-generic").glob("*.h")):
        if not (tree / "arch/x86/include/uapi/asm" / generic.name).is_file():
            text = f"#include <asm-generic/{generic.name}>\n"
            _write(folder / "include" / "asm" / generic.name, text.encode())
    for path, content in files.items():
        found = re.match(r"(?:arch/x86/)?include/uapi/(.+\.h)$", path)
        if found and content is not None and ".." not in Path(path).parts:
            _write(folder / "revision" / found[1], content)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _compiled(
    folder: Path, tree: Path, path: str, elements: list[Element]
) -> tuple[dict[str, int | None], set[int]]:
    """The values of the ``elements`` of one header; or none, and which the compiler refuses."""
    header = path.split("/uapi/", 1)[1]
    present = (folder / "revision" / header).is_file() or (tree / "include/uapi" / header).is_file()
    lines = [f"#include <{header}>"] if present else ["#include <linux/types.h>"]
    lines.append("#include <linux/ioctl.h>")
    owner: dict[int, int] = {}
    for index, one in enumerate(elements):
        if not one.parent.startswith("enum") and " if " not in one.value:
            lines += [f"#ifndef {one.name}", f"#define {one.name} {one.value}", "#endif"]
            owner[len(lines) - 1] = index
        lines.append(f"unsigned long long v_{index} = (unsigned long long)({one.name});")
        owner[len(lines)] = index
    source = folder / "values.c"
    source.write_text("\n".join(lines) + "\n")
    argv = ["cc", "-S", "-O1", "-w", "-nostdinc", "-x", "c", "-o", "-"]
    for where in (
        folder / "revision",
        folder / "include",
        tree / "include/uapi",
        tree / "arch/x86/include/uapi",
    ):
        argv += ["-I", str(where)]
    done = run([*argv, source.name], cwd=folder, timeout=_SECONDS)
    if done.returncode:
        blamed = re.findall(r"values\.c:(\d+):", done.stderr.decode("utf-8", "replace"))
        return {}, {owner[int(line)] for line in blamed if int(line) in owner}
    told = dict(_numbers(done.stdout.decode()))
    return {one.name: told.get(index) for index, one in enumerate(elements)}, set()


def _numbers(assembly: str) -> Iterable[tuple[int, int]]:
    """(index, value) of each variable; one that is zero has room and no value."""
    for index, kind, number in _QUAD.findall(assembly):
        yield int(index), (0 if kind == "zero" else int(number)) & 0xFFFF_FFFF_FFFF_FFFF

# SPDX-License-Identifier: GPL-2.0-or-later
"""The driver of the guests on kvm_amd, under a processor that QEMU emulates: a second real KVM.

It takes QEMU and a Debian cloud kernel with its modules (packages linux-binary-VERSION and
linux-modules-VERSION) unpacked in the folder that ``REVIEWTOOL_CLOUD_KERNEL`` names. The machine
boots from memory: this Python, the driver and the modules in an archive of their own.
"""

import lzma
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from reviewtool import paths
from reviewtool.behaviour.guests import GuestEnd

VARIABLE = "REVIEWTOOL_CLOUD_KERNEL"
_QEMU = "qemu-system-x86_64"
_MACHINE = (
    *("-accel", "tcg,thread=multi", "-cpu", "EPYC,+svm", "-m", "1024", "-smp", "1"),
    *("-nographic", "-no-reboot", "-net", "none"),
)
_MODULES = ("irqbypass", "kvm", "kvm-amd")
_INIT = """\
#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /tmp
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t devtmpfs dev /dev
for module in {modules}; do /bin/busybox insmod /$module.ko; done
cd /tmp
echo
LD_LIBRARY_PATH={home}/lib PYTHONHOME={home} {python} -I -S -B -u /agent.py
/bin/busybox poweroff -f
"""
_AGENT = b"""\
import runpy, sys
sys.path.insert(0, "/python")
sys.argv[1:] = ["/plan.json"]
runpy.run_module("refmodel.guest.agent", run_name="__main__", alter_sys=True)
"""
_UNNEEDED = re.compile(
    r"/(test|tests|idlelib|tkinter|site-packages|ensurepip|lib2to3|__pycache__|config-[^/]+|"
    r"turtledemo|pydoc_data)(/|$)"
)
_LIBRARY = re.compile(r"(/\S+\.so\S*)")


def unusable() -> str:
    """Why there is no such machine; empty if there is one."""
    missing = [name for name in (_QEMU, "busybox") if shutil.which(name) is None]
    if missing:
        return f"not installed: {', '.join(missing)}"
    folder = os.environ.get(VARIABLE)
    if not folder:
        return f"{VARIABLE} names no folder with a Debian cloud kernel"
    if not any(Path(folder).rglob("vmlinuz*")):
        return f"{VARIABLE}: no vmlinuz below {folder}"
    return ""


def qemu_guest(plan: bytes, on_line: Callable[[str], None]) -> GuestEnd:
    """Run a plan in the emulated machine: see RunGuest."""
    folder = Path(os.environ[VARIABLE])
    kernel = next(path for path in sorted(folder.rglob("vmlinuz*")) if path.is_file())
    with tempfile.NamedTemporaryFile(suffix=".cpio") as archive:
        for piece in _archive(folder, plan):
            archive.write(piece)
        archive.flush()
        command = [
            *(_QEMU, *_MACHINE, "-kernel", str(kernel), "-initrd", archive.name),
            *("-append", "console=ttyS0 quiet panic=-1 rdinit=/init"),
        ]
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, errors="replace"
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                on_line(line.rstrip("\r\n"))
    return GuestEnd("halted" if process.returncode == 0 else "killed", "")


def _archive(folder: Path, plan: bytes) -> Iterator[bytes]:
    """An initramfs in the format the kernel wants: "newc" cpio."""
    prefix = Path(sys.base_prefix)
    python = Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}").resolve()
    init = _INIT.format(modules=" ".join(_MODULES), home=prefix, python=python)
    files: dict[str, tuple[int, bytes]] = {
        "/init": (0o755, init.encode()),
        "/agent.py": (0o644, _AGENT),
        "/plan.json": (0o644, plan),
        "/bin/busybox": (0o755, Path(shutil.which("busybox") or "").read_bytes()),
    }
    for name in _MODULES:
        module = next(folder.rglob(f"{name}.ko*"))
        content = module.read_bytes()
        files[f"/{name}.ko"] = (
            0o644,
            lzma.decompress(content) if module.suffix == ".xz" else content,
        )
    for place, source in _python(prefix, python):
        files[place] = 0o755, source.read_bytes()
    package = paths.reference_impl() / "refmodel"
    for source in package.rglob("*.py"):
        files[f"/python/refmodel/{source.relative_to(package)}"] = 0o644, source.read_bytes()
    folders = {str(parent) for name in files for parent in Path(name).parents} - {"/"}
    for number, name in enumerate(sorted(folders), 1):
        yield _entry(name, 0o040755, b"", number)
    for number, (name, (mode, content)) in enumerate(files.items(), len(folders) + 1):
        yield _entry(name, 0o100000 | mode, content, number)
    yield _entry("TRAILER!!!", 0, b"", 0)


def _python(prefix: Path, python: Path) -> Iterator[tuple[str, Path]]:
    """The interpreter, its standard library and the shared libraries these take."""
    library = prefix / "lib" / f"python3.{sys.version_info.minor}"
    extensions = library / "lib-dynload"
    yield str(python), python
    for source in library.rglob("*"):
        inside = str(source.relative_to(prefix))
        if source.is_file() and not _UNNEEDED.search("/" + inside):
            yield str(source), source
    linked = {str(python), *(str(path) for path in extensions.glob("_ctypes.*"))}
    seen: set[str] = set()
    for program in linked:
        told = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
        seen |= {found[1] for line in told.splitlines() if (found := _LIBRARY.search(line))}
    for name in sorted(seen):
        yield name, Path(name).resolve()


def _entry(name: str, mode: int, content: bytes, number: int) -> bytes:
    path = name.lstrip("/").encode() + b"\0"
    fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(path), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + path
    return _padded(head) + _padded(content)


def _padded(piece: bytes) -> bytes:
    return piece + b"\0" * (-len(piece) % 4)

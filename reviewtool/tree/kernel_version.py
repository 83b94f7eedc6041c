# SPDX-License-Identifier: GPL-2.0-or-later
"""The version a kernel tree states in its top Makefile."""

import re

_LINE = re.compile(r"^(VERSION|PATCHLEVEL|SUBLEVEL|EXTRAVERSION)[ \t]*=[ \t]*(.*?)[ \t]*$", re.M)
# Every kernel since 2.6 has these beside a Makefile that states a version; other projects with
# a VERSION line in their Makefile (busybox, u-boot, barebox) lack at least one.
LANDMARKS = ("Kbuild", "MAINTAINERS", "include/linux/kernel.h", "kernel/fork.c", "mm/memory.c")


def parse_version(makefile: str) -> str | None:
    """``"6.12.117"`` or ``"7.1.0-rc3"``; None if this is no kernel's top Makefile."""
    words: dict[str, str] = dict(_LINE.findall(makefile[:4096]))
    if not (words.get("VERSION", "").isdigit() and words.get("PATCHLEVEL", "").isdigit()):
        return None
    numbers = [words["VERSION"], words["PATCHLEVEL"]]
    if words.get("SUBLEVEL", "").isdigit():
        numbers.append(words["SUBLEVEL"])
    return ".".join(numbers) + words.get("EXTRAVERSION", "")

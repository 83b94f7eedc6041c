# SPDX-License-Identifier: GPL-2.0-or-later
"""The version in a kernel's top Makefile."""

import pytest

from reviewtool.tree.kernel_version import parse_version

STABLE = "VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 117\nEXTRAVERSION =\nNAME = X\n"


@pytest.mark.parametrize(
    ("makefile", "version"),
    [
        (STABLE, "6.12.117"),
        (STABLE.replace("EXTRAVERSION =", "EXTRAVERSION = -rc3"), "6.12.117-rc3"),
        (STABLE.replace("SUBLEVEL = 117", "SUBLEVEL ="), "6.12"),
        ("# comment\n" + STABLE.replace(" = ", "\t=\t"), "6.12.117"),
        ("VERSION = 6\n", None),
        ("VERSION = 1.2.3\nPATCHLEVEL = x\n", None),
        ("all:\n\tcc -o x x.c\n", None),
        ("", None),
    ],
)
def test_the_makefile_states_the_version_or_is_no_kernels(makefile: str, version: str) -> None:
    assert parse_version(makefile) == version

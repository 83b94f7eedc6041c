# SPDX-License-Identifier: GPL-2.0-or-later
"""Which macros are constants of an interface."""

import pytest

from reviewtool.interface.macros import macros
from reviewtool.interface.source import read


def flags(text: str) -> dict[str, str]:
    return {one.name: one.value for one in macros(read("include/linux/x.h", text.encode()))}


@pytest.mark.parametrize(
    "value",
    [
        "1",
        "0x20UL",
        "(1 << 3)",
        "BIT(7)",
        "BIT_ULL(40)",
        "_BITUL(2)",
        "GENMASK(7, 0)",
        "(UL(1) << (VA_BITS - 1))",
        "_AC(0x10, UL)",
        "((__u64)1 << 40)",
        "(FLAG_A | FLAG_B | 0x10)",
        "~(PAGE_SIZE - 1)",
        "'c'",
        '"name"',
        "-1",
    ],
)
def test_constants(value: str) -> None:
    assert flags(f"#define MY_FLAG {value}\n") == {"MY_FLAG": value}


@pytest.mark.parametrize("value", ["do_it(1)", "current->flags", "struct page *", "lower_case"])
def test_code_is_none(value: str) -> None:
    assert flags(f"#define MY_FLAG {value}\n") == {}


def test_a_long_value_that_is_none_is_refused_at_once() -> None:
    """With one way too many to cut it into pieces this does not end."""
    value = "(3, 3, 4, 5, 6), " * 400 + "sys_reg"
    assert flags(f"#define SYS_REGISTERS {value}\n") == {}


def test_the_number_of_a_system_call_is_one_and_their_count_is_none() -> None:
    text = b"#define __NR_mseal 462\n#define __NR_syscalls 463\n"
    for path, told in (("include/uapi/asm-generic/unistd.h", ["__NR_mseal"]), ("mm/x.h", [])):
        assert [one.name for one in macros(read(path, text))] == told

# SPDX-License-Identifier: GPL-2.0-or-later
"""Values by the compiler, against the kernel's encoding of ioctl numbers."""

import shutil
from pathlib import Path

import pytest

from reviewtool.errors import InputError
from reviewtool.interface.extract import elements_of_c
from reviewtool.interface.types import Element
from reviewtool.interface.values import values

pytestmark = pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler (cc)")

_IOCTL = """\
#define _IOC(d, t, n, s) (((d) << 30) | ((s) << 16) | ((t) << 8) | (n))
#define _IOWR(t, n, s) _IOC(3U, (t), (n), sizeof(s))
"""
_HEADER = """\
#include <linux/types.h>
#define XIO 0xAE
#define XIO_MAKE _IOWR(XIO, 0xd4, struct x_make)
#define XIO_ELSEWHERE _IOWR(XIO, 0xd5, struct of_another_architecture)
#define X_FLAG (1ULL << 2)
#define X_NONE 0
#define X_ALL (X_FLAG | 0x1)
struct x_make {
	__u64 size;
	__u64 flags;
	__u64 reserved[6];
};
enum x { X_ONE = 1, X_TWO };
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    uapi = tmp_path / "include" / "uapi"
    files = {
        "linux/ioctl.h": _IOCTL,
        "linux/types.h": "typedef unsigned long long __u64;\n",
        "linux/x.h": _HEADER,
        "asm-generic/types.h": "",
    }
    for path, text in files.items():
        (uapi / path).parent.mkdir(parents=True, exist_ok=True)
        (uapi / path).write_text(text)
    return tmp_path


def _encoded(number: int, size: int) -> int:
    return 3 << 30 | size << 16 | 0xAE << 8 | number


def test_an_ioctl_number_holds_the_size_of_its_argument(tree: Path) -> None:
    found = values(elements_of_c("include/uapi/linux/x.h", _HEADER.encode()), tree)
    assert found["XIO_MAKE"] == _encoded(0xD4, 64)
    assert (found["X_FLAG"], found["X_NONE"], found["X_ALL"]) == (4, 0, 5)


def test_what_the_compiler_refuses_is_unknown_and_hides_nothing(tree: Path) -> None:
    found = values(elements_of_c("include/uapi/linux/x.h", _HEADER.encode()), tree)
    assert found["XIO_ELSEWHERE"] is None
    assert sum(value is None for value in found.values()) == 1


def test_the_headers_of_the_revision_take_the_place_of_the_tree_s(tree: Path) -> None:
    path = "include/uapi/linux/x.h"
    larger = _HEADER.replace("reserved[6]", "reserved[7]").encode()
    assert values(elements_of_c(path, larger), tree, {path: larger})["XIO_MAKE"] == _encoded(
        0xD4, 72
    )


def test_a_constant_only_the_mail_knows_is_taken_from_it(tree: Path) -> None:
    new = Element("flag", "X_NEW", "uapi", value="(X_FLAG << 1)", path="include/uapi/linux/x.h")
    assert values([new], tree) == {"X_NEW": 8}


def test_only_what_user_space_sees_is_asked_about(tree: Path) -> None:
    inner = Element("flag", "INNER", "", value="1", path="include/linux/x.h")
    assert values([inner], tree) == {}


def test_a_header_that_leads_out_of_the_folder_is_not_written(tree: Path, tmp_path: Path) -> None:
    path = "include/uapi/../../../evil.h"
    values([], tree, {path: b"int x;"})
    assert not list(tmp_path.parent.glob("evil.h"))


def test_no_tree_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no include/uapi"):
        values([], tmp_path)

# SPDX-License-Identifier: GPL-2.0-or-later
# ruff: noqa: E101 - Kconfig indents help text by a tab and two blanks
"""Kconfig symbols with what they depend on."""

from hypothesis import given
from hypothesis import strategies as st

from reviewtool.interface.kconfig import grammar_symbols, options
from reviewtool.interface.types import Element

_FILE = """\
# SPDX-License-Identifier: GPL-2.0
config KVM_COMMON
       bool
       select EVENTFD
       select INTERVAL_TREE if X

menu "Virtualization"
	depends on HAVE_KVM

config KVM_GMEM_SHARED_MEM
	bool "Shared guest_memfd" if EXPERT
	depends on KVM_PRIVATE_MEM && \\
		   !HAVE_KVM_ARCH_GMEM_PREPARE
	depends on A || B
	default y if 64BIT
	help
	  Lets user space map guest memory.

	  config NOT_A_SYMBOL

if NET
menuconfig KVM_NET
	tristate "Net"
	def_tristate m
endif

endmenu

config PLAIN
	def_bool y
	transitional
"""


def _options(text: str) -> dict[str, Element]:
    return {one.name: one for one in options("virt/kvm/Kconfig", text.encode())}


def test_symbols_types_dependencies_and_defaults() -> None:
    found = _options(_FILE)
    assert list(found) == [
        "CONFIG_KVM_COMMON",
        "CONFIG_KVM_GMEM_SHARED_MEM",
        "CONFIG_KVM_NET",
        "CONFIG_PLAIN",
    ]
    assert found["CONFIG_KVM_COMMON"].value == "select EVENTFD; select INTERVAL_TREE if X"
    shared = found["CONFIG_KVM_GMEM_SHARED_MEM"]
    assert shared.type == "bool"
    assert shared.guard == (
        "HAVE_KVM && KVM_PRIVATE_MEM && !HAVE_KVM_ARCH_GMEM_PREPARE && (A || B)"
    )
    assert shared.value == "prompt if EXPERT; default y if 64BIT"
    assert shared.comment == "Lets user space map guest memory. config NOT_A_SYMBOL"
    assert (shared.line, shared.end) == (10, 19)


def test_if_blocks_and_menus_around_a_symbol_are_dependencies() -> None:
    found = _options(_FILE)
    assert found["CONFIG_KVM_NET"].guard == "HAVE_KVM && NET"
    assert found["CONFIG_PLAIN"].guard == ""
    assert found["CONFIG_PLAIN"].value == "default y; transitional"


def test_the_keyword_the_grammar_does_not_know_does_not_disturb_it() -> None:
    assert grammar_symbols(_FILE.encode()) == [
        "KVM_COMMON",
        "KVM_GMEM_SHARED_MEM",
        "KVM_NET",
        "PLAIN",
    ]


def test_a_fragment_closes_what_it_does_not_open() -> None:
    found = _options("\tdepends on X\nendif\nendmenu\nconfig NEW\n\tbool\n")
    assert found["CONFIG_NEW"].guard == ""


@given(st.text())
def test_any_text_is_read_without_error(text: str) -> None:
    list(options("Kconfig", text.encode("utf-8", "replace")))


@given(
    st.lists(
        st.sampled_from(
            ["config A\n", "\tbool\n", "if X\n", "endif\n", "menu\n", "\thelp\n", "\t  text\n",
             "\n", "\tdepends on \\\n", "choice\n", "endchoice\n", "source \"x\"\n"]
        )
    ).map("".join)
)  # fmt: skip
def test_any_order_of_lines_is_read_without_error(text: str) -> None:
    for one in options("Kconfig", text.encode()):
        assert 0 < one.line <= one.end

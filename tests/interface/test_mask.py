# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernel C made readable for the grammar, byte for byte in place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewtool.interface.mask import mask, mask_bodies, mask_loops, without_comments
from reviewtool.interface.parse import tree_of

_C = st.lists(
    st.sampled_from(
        [
            b"/*", b"*/", b"//", b'"', b"'", b"\\", b"\n", b"#if A", b"#endif", b"{", b"}", b"(",
            b")", b" x", b";", b"__init", b" __aligned(8)", b"for_each_vma(a, b)", b"= ", b"\xff",
            b"EXPORT_SYMBOL(f);", b"#define M(x) \\\n",
        ]
    )
).map(b"".join)  # fmt: skip


@given(st.one_of(_C, st.binary()))
def test_nothing_moves(source: bytes) -> None:
    masked = mask(source)
    for text in (masked.code, masked.text, mask_loops(masked.text)):
        assert len(text) == len(source)
        assert [at for at, byte in enumerate(text) if byte == 10] == [
            at for at, byte in enumerate(source) if byte == 10
        ]


@given(st.one_of(_C, st.binary()))
def test_what_is_left_is_what_was_there_or_a_blank(source: bytes) -> None:
    text = mask(source).text
    assert all(new in (old, 32) for new, old in zip(text, source, strict=True))


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (b"a /* b; */ c", b"a          c"),
        (b"a // b\nc", b"a     \nc"),
        (b'f("/*"); /* x */', b'f("/*");        '),
        (b'\'"\' /* x */ "//"', b'\'"\'         "//"'),
        (b"a /* never closed", b"a                "),
    ],
)
def test_comments_go_and_strings_stay(source: bytes, code: bytes) -> None:
    assert without_comments(source) == code


@pytest.mark.parametrize(
    "attribute",
    [
        b"__ro_after_init", b"__initconst", b"__aligned(sizeof(long) * 2)", b"__read_mostly",
        b'__section(".data..ro_after_init")', b"__maybe_unused", b"____cacheline_aligned",
        b"__attribute__((unused, aligned(8)))",
    ],
)  # fmt: skip
def test_attributes_between_a_name_and_its_value_are_blanks(attribute: bytes) -> None:
    source = b"static struct file_operations f %s = { .open = g };" % attribute
    text = mask(source).text
    assert attribute not in text
    assert not tree_of(text).root_node.has_error


def test_names_that_look_like_attributes_stay() -> None:
    source = b"p->__init(x); q.__user = 1; __initialise(); do__init();"
    assert mask(source).text == source


def test_directives_in_an_initialiser_do_not_disturb_the_grammar() -> None:
    source = b"struct s x = {\n\t.a = b,\n#ifdef CONFIG_NUMA\n\t.c = d,\n#endif\n};\n"
    assert not tree_of(mask(source).text).root_node.has_error


@pytest.mark.parametrize(
    "body",
    [
        b"for_each_vma(vmi, vma) {\n\t\tf(vma);\n\t}",
        b"list_for_each_entry(p, &head, list)\n\t\tf(p);",
        b"do {\n\t\tf();\n\t} for_each_vma_range(vmi, cur, end);",
        b"scoped_guard(mutex, &lock) {\n\t\tf();\n\t}",
        b"p = container_of(q, struct foo, member);",
    ],
)
def test_loops_by_macro_are_understood_at_the_second_try(body: bytes) -> None:
    source = b"static void f(void)\n{\n\t%s\n}\n" % body
    root = tree_of(mask(source).text).root_node
    assert not root.has_error
    assert [child.type for child in root.children] == ["function_definition"]


def test_an_error_in_one_function_does_not_take_the_next_declaration_along() -> None:
    source = (
        b"static void f(void)\n{\n\tdo {\n\t\tx(;\n\t} strange_loop(a, b) while {;\n\t((\n}\n\n"
        b"static const struct vm_operations_struct ops = {\n\t.fault = f,\n};\n"
    )
    root = tree_of(mask(source).text).root_node
    assert "declaration" in [child.type for child in root.children]


def test_emptied_bodies_keep_their_braces_and_lines() -> None:
    text = b"void f(void)\n{\n\tx(;\n}\nint a;\n"
    assert mask_bodies(text, [(0, len(text))]) == b"void f(void)\n{\n    \n}\nint a;\n"
    assert mask_bodies(text, []) == text


def test_a_comment_inside_a_macro_does_not_end_it() -> None:
    source = b'#define M(x) \\\n\t/* why \\\n\t */ \\\n\tasm(" #x " \\\n\t#x ":\\n")\nint a;\n'
    masked = mask(source)
    assert masked.text.split() == [b"int", b"a;"]
    assert len(masked.text) == len(source)
    assert [(one.word, one.first, one.last) for one in masked.directives] == [("define", 0, 4)]

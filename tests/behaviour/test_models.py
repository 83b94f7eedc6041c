# SPDX-License-Identifier: GPL-2.0-or-later
"""Finding models by name, module or file, and pairing their hooks with the patches."""

import ast
import io
import sys
import tokenize
from pathlib import Path

import pytest

import refmodel
from reviewtool.behaviour.models import known, load, of_posting, pair, read_sequence
from reviewtool.errors import InputError
from reviewtool.review.session import described, open_session
from reviewtool.review.session import model as model_of

PACKAGE = Path(refmodel.__file__).parent
SOURCES = [each for each in PACKAGE.rglob("*.py") if "guest" not in each.relative_to(PACKAGE).parts]


def test_a_model_is_found_by_its_name_and_by_its_module() -> None:
    assert load("rfc_missing") is load("refmodel.revisions.rfc_missing")


@pytest.mark.parametrize("name", known())
def test_every_model_is_called_what_its_module_is_called(name: str) -> None:
    model = load(name)
    assert model.name == name
    assert model.title
    assert model.hooks


@pytest.mark.parametrize("name", known())
def test_every_rule_cites_a_patch(name: str) -> None:
    for each in load(name).rules:
        assert "@" in each.source or "6.12" in each.source, each
        assert len(each.text) > 15, each


def test_a_posting_has_one_model_of_it_as_posted_which_comes_first() -> None:
    covered = [(message_id, load(name)) for name in known() for message_id in load(name).covers]
    assert len(covered) >= 20
    for message_id, model in covered:
        first, *others = of_posting(message_id)
        assert model in (first, *others)
        assert all(each.variant for each in others), [each.name for each in others]
        posting = message_id.partition("-")[0]
        assert any(posting in rule.source for rule in first.rules), f"{first.name} cites nothing"


def test_the_april_posting_comes_before_its_repair() -> None:
    names = [each.name for each in of_posting("<20250404154352.23078-1-kalyazin@amazon.com>")]
    assert names == ["v3_can_userfault_posted", "v3_can_userfault"]
    assert of_posting("somebody@else") == ()


def test_the_study_has_the_first_word_on_which_model_it_is(tmp_path: Path) -> None:
    study = tmp_path / "study.toml"
    study.write_text(
        '[[series]]\nid = "s"\n'
        '[[series.revision]]\nid = "v3"\nmodel = "v3_can_userfault"\n'
        'original = "20250404154352.23078-1-kalyazin@amazon.com"\n'
        '[[series.revision]]\nid = "v4"\noriginal = "20251130111812.699259-1-rppt@kernel.org"\n'
        '[[series.revision]]\nid = "v5"\noriginal = "somebody@else"\n'
    )
    opened = open_session(str(study), None)
    named, paired, none = (described(opened, name) for name in ("v3", "v4", "v5"))
    assert named is not None
    assert (named.model.name, named.by) == ("v3_can_userfault", "study")
    assert named.others == ("v3_can_userfault_posted",)
    assert paired is not None
    assert (paired.model.name, paired.by) == ("v3_minor_noalloc", "message-id")
    assert none is None
    with pytest.raises(InputError, match=r"revision v5: has no reference model.*add model"):
        model_of(opened, "v5")


def test_a_model_is_found_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        '"""mine, as base"""\n'
        "from refmodel.revisions import base\n"
        "class Kernel(base.Kernel):\n"
        "    covers = ('mine@example',)\n"
    )
    assert load(str(path)).name == "mine"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (None, "no such file"),
        ("x = 1\n", "defines no class Kernel"),
        ("def f(:\n", "mend the module"),
        ("import no_such_module_at_all\n", "no_such_module_at_all"),
    ],
)
def test_a_file_that_is_no_model_says_what_to_mend(
    tmp_path: Path, text: str | None, complaint: str
) -> None:
    path = tmp_path / "broken.py"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=complaint):
        load(str(path))


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"no such model; use one of .*rfc_missing"):
        load("v9")


def test_a_sequence_that_does_not_parse_is_bad_input() -> None:
    with pytest.raises(InputError, match="unknown operation 'fix'"):
        read_sequence("fix p0")


def test_pairing_names_what_either_side_lacks() -> None:
    model = load("v3_minor_noalloc")
    assert pair(model, model.hooks).paired
    found = pair(model, {"get_folio_noalloc", "get_supported_orders"}, inherited={"fault"})
    assert found.only_in_patches == ("get_supported_orders",)
    assert "VM_FAULT_UFFD_MINOR" in found.only_in_model
    assert "fault" not in found.only_in_model


def code_lines(text: str) -> int:
    """Lines with code on them: no blank ones, comments or docstrings."""
    told: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            told.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    code: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in (tokenize.NAME, tokenize.OP, tokenize.NUMBER, tokenize.STRING):
            code.update(range(token.start[0], token.end[0] + 1))
    return len(code - told)


def test_models_are_small_and_use_the_standard_library_only() -> None:
    assert sum(code_lines(path.read_text()) for path in SOURCES) < 1700
    assert sum(path.read_text().count("\n") for path in SOURCES) < 2500
    for path in SOURCES:
        text = path.read_text()
        limit = 150 if path.parent.name == "revisions" else 300
        assert text.count("\n") <= limit, f"{path.name} is too long"
        for node in ast.walk(ast.parse(text)):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                top = name.split(".")[0]
                assert top == "refmodel" or top in sys.stdlib_module_names, f"{path.name}: {name}"

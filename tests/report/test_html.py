# SPDX-License-Identifier: GPL-2.0-or-later
"""The page: it loads nothing, shows every part, and what strangers wrote is text in it."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from reviewtool.archive.remarks import Remark
from reviewtool.report.html import html
from reviewtool.report.machine import UNDRAWN, picture, without
from reviewtool.review.page import Page, page
from reviewtool.review.session import open_session

HOSTILE = "</title><script>alert(1)</script><img src=http://x/ onerror=y>&\u202e{{ 7*7 }}"
PARTS = ("findings", "lineage", "matrix", "changelog", "machines", "kernels", "method")
VOID = {"meta", "br", "link", "img", "hr", "input"}


class Reader(HTMLParser):
    """Elements in order with their attributes, and whether they are closed as they should be."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> at {self.getpos()}")


@pytest.fixture(scope="module")
def shown(warm_module: Path) -> Page:
    return page(open_session("embedded", None), [("rfc", "v3")])


@pytest.fixture(scope="module")
def text(shown: Page) -> str:
    return html(shown)


def test_every_part_is_there_and_reachable_from_the_top(text: str) -> None:
    reader = Reader(text)
    ids = {attributes.get("id") for _, attributes in reader.elements}
    links = {attributes.get("href") for tag, attributes in reader.elements if tag == "a"}
    assert set(PARTS) <= ids
    assert {f"#{part}" for part in PARTS} <= links


def test_it_is_well_formed_and_ids_are_unique(text: str) -> None:
    reader = Reader(text)
    assert reader.wrong == []
    assert reader.open == []
    ids = [a["id"] for _, a in reader.elements if a.get("id")]
    assert len(ids) == len(set(ids))


def test_it_loads_nothing_from_anywhere(text: str) -> None:
    loading = {"src", "srcset", "data", "poster", "background", "action", "formaction", "ping"}
    for tag, attributes in Reader(text).elements:
        assert not loading & set(attributes), tag
        assert tag not in {"link", "iframe", "object", "embed", "base", "img", "image", "use"}
        assert not [name for name in attributes if name.startswith("on")]
        if tag != "a":
            assert not any("http" in (value or "") for value in attributes.values()), tag
    assert "@import" not in text
    assert "url(" not in text


def test_its_own_policy_allows_only_its_own_script(text: str) -> None:
    policy = next(a["content"] for _, a in Reader(text).elements if a.get("http-equiv"))
    assert policy is not None
    assert "default-src 'none'" in policy
    (hashed,) = re.findall(r"'sha256-([A-Za-z0-9+/=]+)'", policy)
    import base64
    import hashlib

    script = text[text.rindex("<script>") + len("<script>") : text.rindex("</script>")]
    assert base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() == hashed


def test_it_is_small(text: str) -> None:
    assert len(text.encode()) < 3_000_000


def test_every_witness_shows_the_state_of_both_after_each_step(text: str) -> None:
    assert text.count('<tr class="step') == text.count('<tr class="state">') > 10
    assert "u0 blocked on p0" in text


def test_what_a_stranger_wrote_is_text(shown: Page) -> None:
    remark = Remark(
        HOSTILE, HOSTILE, HOSTILE, "2025", 0, HOSTILE, HOSTILE, HOSTILE, (), (), (HOSTILE,),
        ("get_folio_noalloc",), "standing", False,
    )  # fmt: skip
    told = shown.pairs[0]
    diff = "".join(f"+{HOSTILE}\n" if line.startswith("+") else line + "\n" for line in "ab")
    hostile = replace(
        shown,
        title=HOSTILE,
        pairs=(
            replace(
                told,
                mail=replace(
                    told.mail,
                    title=HOSTILE,
                    author=HOSTILE,
                    patches=tuple(
                        replace(one, subject=HOSTILE, diff=one.diff + diff)
                        for one in told.mail.patches
                    ),
                ),
                findings=tuple(replace(one, title=HOSTILE) for one in told.findings),
            ),
        ),
        remarks=(("v3", (remark,)),),
        unheld=(HOSTILE,),
        method=((HOSTILE, HOSTILE),),
    )
    written = html(hostile)
    reader = Reader(written)
    assert [tag for tag, _ in reader.elements].count("script") == 1
    assert not [tag for tag, _ in reader.elements if tag == "img"]
    assert reader.wrong == []
    assert "\u202e" not in written
    assert "&lt;U+202E&gt;" in written
    assert "{{ 7*7 }}" in written  # nor is it a template


def test_without_graphviz_there_is_a_table_and_the_reason(
    shown: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    drawn = picture(shown.drawn[0].machine, "m")
    assert drawn.svg == ""
    assert "graphviz" in drawn.why
    assert drawn.rows
    assert "<summary>As a table: " in html(shown)


def test_the_picture_keeps_every_state_that_can_be_reached_without_what_it_leaves_out(
    shown: Page,
) -> None:
    machine = shown.drawn[0].machine
    drawn = without(machine, UNDRAWN)
    assert set(drawn.states) <= set(machine.states)
    assert not {each.op for row in drawn.rows for each in row} & UNDRAWN
    for number, row in enumerate(drawn.rows):
        source = machine.states.index(drawn.states[number])
        for each, step in row.items():
            meant = machine.rows[source][each]
            assert drawn.states[step.target] == machine.states[meant.target]
            assert step.observation == meant.observation

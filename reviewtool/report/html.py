# SPDX-License-Identifier: GPL-2.0-or-later
"""A page about a lineage: one HTML file that loads nothing and opens from disk.

Every value goes through :func:`reviewtool.text.visible` and is escaped; only the style, the script
and graphviz's drawing are markup. The page forbids its browser everything but these.
"""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from refmodel.world import World
from reviewtool import __version__
from reviewtool.archive.remarks import Remark
from reviewtool.behaviour import properties
from reviewtool.behaviour.described import describe
from reviewtool.behaviour.explore import trace
from reviewtool.behaviour.models import read_sequence
from reviewtool.interface.types import Row
from reviewtool.report.changelog import unsaid
from reviewtool.report.interface import cells, changes_text, life, outward, qualified
from reviewtool.report.machine import UNDRAWN, picture
from reviewtool.report.mail import LEGEND, patches_told, quoted, to_tell
from reviewtool.report.verdict import disagreement_lines
from reviewtool.review.findings import Finding
from reviewtool.review.page import Page
from reviewtool.review.testing import Failure, Held
from reviewtool.review.told import Told
from reviewtool.text import name_of, visible

_FILES = Path(__file__).parent / "page"
_WORDS = {"fail": "fail", "warn": "warning", "info": "note"}
_QUOTE_LINES = 12


@dataclass(frozen=True, slots=True)
class _Step:
    input: str
    a: str
    b: str
    state_a: str
    state_b: str

    @property
    def differs(self) -> bool:
        return bool(self.a) and self.a != self.b


def html(page: Page) -> str:
    """The page as one document."""
    script = (_FILES / "page.js").read_text("utf-8")
    digest = hashlib.sha256(script.encode()).digest()
    environment = Environment(
        loader=FileSystemLoader(_FILES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=False,
    )
    models = _Models(page)
    return environment.get_template(
        "page.html.j2"
    ).render(
        page=page,
        version=__version__,
        css=Markup((_FILES / "page.css").read_text("utf-8")),  # noqa: S704 - our own file
        js=Markup(script),  # noqa: S704 - our own file
        script_hash=base64.b64encode(digest).decode(),
        words=_WORDS,
        legend=LEGEND,
        partial=any(page.matrix.partial.values()),
        rows=list(_rows(page)),
        machines=list(_machines(page)),
        held=[_held(one) for one in page.held],
        line_class=_line_class,
        console=lambda event: "\n".join((event.headline, *event.backtrace)),
        steps=models.steps,
        quotes=_quote,
        patches=patches_told,
        counts=_counts,
        to_tell=to_tell,
        subject=_subject,
        original=lambda told: _original(page, told),
        changes=lambda told: changes_text(told.diff.interface),
        unsaid=unsaid,
        name_of=name_of,
        tail=lambda text: "\n".join(line for line in text.splitlines() if line.strip())[-1200:],
        remarks_about=lambda told, one: _remarks_about(page, told, one),
    )


def _shown(value: object) -> object:
    """What every expression of the template passes: a stranger's controls are made visible."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _line_class(line: str) -> str:
    return {"+": "plus", "-": "minus", "@": "head"}.get(line[:1], "context")


def _quote(told: Told, one: Finding) -> tuple[str, ...]:
    patch = next((each for each in told.mail.patches if each.index == one.patch), None)
    return quoted(one, patch, _QUOTE_LINES)


def _counts(told: Told) -> list[tuple[str, int]]:
    every = [one.status for one in to_tell(told)]
    return [(status, every.count(status)) for status in _WORDS if status in every]


def _subject(told: Told, number: int) -> str:
    return next((one.subject for one in told.mail.patches if one.index == number), "")


def _original(page: Page, told: Told) -> str:
    """The posting a port or a bridged revision is of; "" for the posting itself."""
    known = {entry.study.id: entry.study.original or "" for entry in page.entries}
    original = known.get(told.b, "")
    return original if original != told.mail.root else ""


def _remarks_about(page: Page, told: Told, one: Finding) -> list[Remark]:
    """What was said of the thing in either revision, by hook or function."""
    names = {*one.names, one.about} - {""}
    return [
        remark
        for revision, remarks in page.remarks
        if revision in (told.a, told.b)
        for remark in remarks
        if names & {*remark.functions[:1], *remark.hooks}
    ][:12]


class _Models:
    """The models the page's comparisons were made with, to play their witnesses on."""

    def __init__(self, page: Page) -> None:
        self._models = {name: one.model for one in page.drawn for name in one.revisions}

    def steps(self, one: Finding, told: Told) -> Iterator[_Step]:
        if one.witness is None:
            return
        inputs = read_sequence("; ".join(one.witness.inputs))
        behaviour = told.diff.behaviour
        world: World = properties.WORLD
        if one.kind == "behaviour" and behaviour is not None:
            world = behaviour.world
        played = {}
        for side, name in (("a", told.a), ("b", told.b)):
            if name in self._models and (side == "b" or one.witness.a):
                played[side] = trace(self._models[name], world, inputs).states[1:]
        for at, given in enumerate(one.witness.inputs):
            yield _Step(
                given,
                one.witness.a[at] if one.witness.a else "",
                one.witness.b[at],
                *(
                    describe(played[side][at]).replace("; ", "\n") if side in played else ""
                    for side in "ab"
                ),
            )


def _rows(page: Page) -> Iterator[dict[str, Any]]:
    for row in page.matrix.rows:
        if not outward(row):
            continue
        yield {
            "kind": row.kind,
            "name": qualified(row),
            "cells": cells(row, page.matrix.revisions),
            "evidence": row.evidence,
            "life": life(page.matrix.revisions, row),
            "remarks": list(_remarks_on(page, row)) if row.kind != "object" else [],
        }


def _remarks_on(page: Page, row: Row) -> Iterator[tuple[str, Remark]]:
    for revision, remarks in page.remarks:
        name = row.names.get(revision, "").rpartition(".")[2]
        for one in remarks:
            if name and (name in one.hooks or name in one.functions):
                yield revision, one


def _machines(page: Page) -> Iterator[dict[str, Any]]:
    for number, one in enumerate(page.drawn, 1):
        drawn = picture(one.machine, f"m{number}")
        yield {
            "title": f"{', '.join(one.revisions)}: {one.model.title}",
            "about": f"For {one.machine.world}: {drawn.states} states that some sequence of "
            "operations tells apart. The picture leaves out what changes nothing, and "
            f"{', '.join(sorted(UNDRAWN))}, which lead nearly anywhere; the table has these.",
            "svg": Markup(drawn.svg),  # noqa: S704 - graphviz's drawing, its text escaped by it
            "why": drawn.why,
            "rows": drawn.rows,
        }


def _held(held: Held) -> dict[str, Any]:
    if isinstance(held, Failure):
        return {
            "title": held.revision,
            "failure": held.reason,
            "suites": (),
            "disagreements": (),
            "findings": (),
        }
    agrees = "agrees" if held.agrees else "DOES NOT agree"
    return {
        "title": f"{held.revision}: kernel {held.kernel} on {held.base} {agrees} with {held.model}",
        "failure": "",
        "suites": held.suites,
        "disagreements": [
            "\n".join(disagreement_lines(number, each))
            for number, each in enumerate(held.disagreements, 1)
        ],
        "findings": held.findings,
    }

# SPDX-License-Identifier: GPL-2.0-or-later
"""Findings as data: the report document."""

from typing import Any

from reviewtool.report.diff import diff_shape
from reviewtool.report.mail import quotes_of
from reviewtool.review.findings import Finding
from reviewtool.review.told import Told


def report_shape(told: Told) -> dict[str, Any]:
    """The report document: what is to be told of ``b``, and all it was told from."""
    quotes = quotes_of((*told.findings, *told.known), told.mail)
    return {
        "a": told.a,
        "b": told.b,
        "message_id": told.mail.root,
        "against": told.before.root if told.before else None,
        "findings": [finding_shape(one, quotes.get(one.id, ())) for one in told.findings],
        "acknowledged": [finding_shape(one, ()) for one in told.known],
        "diff": diff_shape(told.diff),
    }


def finding_shape(one: Finding, quote: tuple[str, ...] = ()) -> dict[str, Any]:
    """One finding; ``also`` are others that come of the same."""
    return {
        "id": one.id,
        "kind": one.kind,
        "status": one.status,
        "patch": one.patch,
        "title": one.title,
        "details": list(one.details),
        "about": one.about,
        "quote": list(quote),
        "witness": None
        if one.witness is None
        else {
            "inputs": list(one.witness.inputs),
            "a": list(one.witness.a),
            "b": list(one.witness.b),
        },
        "also": [finding_shape(each) for each in one.also],
        "reason": one.reason or None,
    }

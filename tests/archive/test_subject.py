# SPDX-License-Identifier: GPL-2.0-or-later
"""Subject lines as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewtool.archive.subject import Subject, parse_subject


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[PATCH] mm: x", Subject("mm: x", patch=True)),
        (
            "[RFC PATCH v2 0/2] KVM: x",
            Subject(
                "KVM: x",
                patch=True,
                rfc=True,
                version=2,
                index=0,
                total=2,
                counted=True,
                versioned=True,
            ),
        ),
        (
            "[v3 PATCH 1/2] KVM: x",
            Subject("KVM: x", patch=True, version=3, total=2, counted=True, versioned=True),
        ),
        ("[PATCHv4] x", Subject("x", patch=True, version=4, versioned=True)),
        ("[RFCv2] x", Subject("x", rfc=True, version=2, versioned=True)),
        ("[PATCH,RFC,v2] x", Subject("x", patch=True, rfc=True, version=2, versioned=True)),
        ("[RESEND PATCH] x", Subject("x", patch=True, resend=True)),
        (
            "[PATCH v2.1 3/5] x",
            Subject(
                "x", patch=True, version=2, minor=1, index=3, total=5, counted=True, versioned=True
            ),
        ),
        (
            "[PATCH bpf-next 03/12] x",
            Subject("x", patch=True, index=3, total=12, counted=True, words=("bpf-next",)),
        ),
        (
            "[[PATCH 6.1.y] 1/2] x",
            Subject("x", patch=True, total=2, counted=True, words=("6.1.y",)),
        ),
        ("Re: [PATCH 0/5] x", Subject("x", reply=True, patch=True, index=0, total=5, counted=True)),
        ("RE: Re[2]: x", Subject("x", reply=True)),
        ("  [PATCH]   a\n  b ", Subject("a b", patch=True)),
        ("Regression in mm", Subject("Regression in mm")),
        ("[GIT PULL] x", Subject("x", words=("git", "pull"))),
        ("", Subject("")),
    ],
)
def test_parsed(text: str, expected: Subject) -> None:
    assert parse_subject(text) == expected


@given(st.text(alphabet="[]/ vV0123RFCPATHe:x", max_size=80))
def test_any_text_is_a_subject(text: str) -> None:
    parse_subject(text)

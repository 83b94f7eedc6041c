# SPDX-License-Identifier: GPL-2.0-or-later
"""Text from strangers (mail, guests, file names), made safe to print."""

import re

# C0 and C1 controls but tab and newline, line and paragraph separators, the bidirectional
# embeddings, overrides and isolates that let a line read other than it runs, zero-width
# characters that hide a difference, and lone surrogates (bytes that were not UTF-8).
_HOSTILE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff"
    "\ud800-\udfff\ufff9-\ufffb]|[\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """``text`` with every control, direction and zero-width character spelled out as ``<U+202E>``.

    Tabs and newlines stay; a byte that was not UTF-8 (a surrogate escape) becomes ``<FF>``.
    """
    return _HOSTILE.sub(_spell, text)


def visible_line(text: str) -> str:
    """As :func:`visible`, for text that must stay on one line."""
    return visible(text).replace("\n", " ").replace("\t", " ")


def name_of(author: str) -> str:
    """The name in ``"Jane Doe (Arm)" <jane@example.org>``, as one writes it; else the address."""
    return author.partition(" <")[0].strip('"')


def _spell(match: re.Match[str]) -> str:
    code = ord(match.group())
    if 0xDC80 <= code <= 0xDCFF:
        return f"<{code - 0xDC00:02X}>"
    return f"<U+{code:04X}>"

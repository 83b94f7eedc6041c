# SPDX-License-Identifier: GPL-2.0-or-later
"""Results as JSON: each document names its schema and version."""

import json
from collections.abc import Mapping
from typing import Any

VERSION = 1


def document(schema: str, payload: Mapping[str, Any]) -> str:
    """``payload`` as a JSON document of ``reviewtool/<schema>``.

    Everything but ASCII is escaped: no control or direction character of a stranger's reaches a
    terminal through JSON either.
    """
    head = {"schema": f"reviewtool/{schema}", "schema_version": VERSION}
    return json.dumps({**head, **payload}, ensure_ascii=True, indent=2)

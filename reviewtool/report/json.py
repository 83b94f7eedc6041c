# SPDX-License-Identifier: GPL-2.0-or-later
"""Results as JSON: each document names its schema and version."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

VERSION = 1


def document(schema: str, payload: Mapping[str, Any]) -> str:
    """``payload`` as a JSON document of ``reviewtool/<schema>``.

    Everything but ASCII is escaped: no control or direction character of a stranger's reaches a
    terminal through JSON either.
    """
    head = {"schema": f"reviewtool/{schema}", "schema_version": VERSION}
    return json.dumps({**head, **payload}, ensure_ascii=True, indent=2)


_SCHEMAS = Path(__file__).parent / "schemas"


def schema_names() -> tuple[str, ...]:
    """The documents whose JSON Schema is published; keys may be added to them, none renamed."""
    return tuple(sorted(path.stem for path in _SCHEMAS.glob("*.json")))


def schema_text(name: str) -> str:
    """The JSON Schema called ``name``."""
    return (_SCHEMAS / f"{name}.json").read_text("utf-8")

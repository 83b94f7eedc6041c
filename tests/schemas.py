# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether a document is what its published schema says; used wherever a test makes one."""

import json
from collections.abc import Iterator
from typing import Any

from reviewtool.report.json import document, schema_text

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


def complaints(value: Any, schema: dict[str, Any], where: str = "$") -> Iterator[str]:
    """Where ``value`` is not what ``schema`` says, for the keywords the schemas use."""
    if "const" in schema and value != schema["const"]:
        yield f"{where}: {value!r} is not {schema['const']!r}"
    wanted = schema.get("type", list(_TYPES))
    names = [wanted] if isinstance(wanted, str) else wanted
    fits = any(
        isinstance(value, _TYPES[name]) and not (isinstance(value, bool) and name != "boolean")
        for name in names
    )
    if not fits:
        yield f"{where}: {type(value).__name__} is none of {names}"
    if isinstance(value, dict):
        for key in schema.get("required", ()):
            if key not in value:
                yield f"{where}: lacks {key}"
        known = schema.get("properties", {})
        for key, each in value.items():
            rule = known.get(key, schema.get("additionalProperties", {}))
            yield from complaints(each, rule, f"{where}.{key}")
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield from complaints(each, schema.get("items", {}), f"{where}[{number}]")


def check(made: dict[str, Any]) -> None:
    """``made`` as a command printed it."""
    name = made["schema"].removeprefix("reviewtool/")
    told = list(complaints(made, json.loads(schema_text(name))))
    assert not told, "\n".join(told)


def check_shape(name: str, shape: dict[str, Any]) -> None:
    """``shape`` as the command that prints ``name`` gives it to be printed."""
    check(json.loads(document(name, shape)))

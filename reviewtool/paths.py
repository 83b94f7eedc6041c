# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the data shipped with reviewtool lies, in a checkout and in an installed wheel alike."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_DATA = _PACKAGE / "_data" if (_PACKAGE / "_data").is_dir() else _PACKAGE.parent


def grammars() -> Path:
    """The tree-sitter queries."""
    return _DATA / "grammars"


def reference_impl() -> Path:
    """The reference models, KVM for UML and the embedded study."""
    return _DATA / "reference-impl"

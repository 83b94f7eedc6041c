# SPDX-License-Identifier: GPL-2.0-or-later
"""The embedded study's revisions as kernels, built once and kept in the user's cache."""

import os
from collections.abc import Callable
from functools import cache as remembered
from pathlib import Path

import pytest

from reviewtool.behaviour.guests import RunGuest, kernel_guest
from reviewtool.errors import Unavailable
from reviewtool.kernel.build import Kernel, build, built_already
from reviewtool.lineage.study import embedded
from reviewtool.review.session import Session, applied, base_of
from reviewtool.tree.delta import FileChange, base_folder, delta

BuildRevision = Callable[..., Kernel]
"""Build a revision by its id. ``edits`` are (path, old, new): text to exchange in it first.

``profile`` "debug" skips where the kernel is not in the cache and REVIEWTOOL_TEST_DEBUG not set.
"""


@pytest.fixture(scope="session")
def build_revision() -> BuildRevision:
    """Skips where this machine has no kernel source, compiler or sandbox."""
    session = Session(embedded())

    @remembered
    def tree(name: str) -> tuple[Path, tuple[FileChange, ...]]:
        revision = applied(session, name)
        return base_folder(base_of(session), revision), delta(revision)

    def built(name: str, *edits: tuple[str, str, str], profile: str = "fast") -> Kernel:
        try:
            folder, changes = tree(name)
            title = f"{name}, broken" if edits else name
            edited = _edited(changes, edits)
            if profile == "debug" and not os.environ.get("REVIEWTOOL_TEST_DEBUG"):
                if found := built_already(folder, edited, profile, trusted=True):
                    return found
                pytest.skip("a debug kernel takes minutes to build: set REVIEWTOOL_TEST_DEBUG=1")
            return build(folder, edited, profile, trusted=True, title=title)
        except Unavailable as error:
            pytest.skip(f"no kernel can be built here: {error}")

    return built


def _edited(
    changes: tuple[FileChange, ...], edits: tuple[tuple[str, str, str], ...]
) -> tuple[FileChange, ...]:
    files = {change.path: change for change in changes}
    for path, old, new in edits:
        before = files[path]
        text = (before.content or b"").decode()
        assert text.count(old) == 1, f"{path} has {text.count(old)} times {old!r}"
        files[path] = FileChange(path, before.mode, text.replace(old, new).encode())
    return tuple(files.values())


@pytest.fixture(scope="session")
def guest_of(build_revision: BuildRevision) -> Callable[[str], RunGuest]:
    """Guests of a revision's kernel, by its id."""
    return lambda name: kernel_guest(build_revision(name).path, trusted=True)

# SPDX-License-Identifier: GPL-2.0-or-later
"""The memory ordering of a revision's userfault bitmap: the model's answer and the LKMM's."""

import io
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from reviewtool.behaviour.litmus import Ordering, ordering
from reviewtool.errors import Unavailable
from reviewtool.review.session import Session, base_of, model

_FOLDER = "tools/memory-model"


def bitmap_ordering(session: Session, name: str) -> Ordering:
    """Both answers about revision (or model) ``name``.

    The kernel tree is looked for only where herd7 is there to ask. Raises InputError where the
    revision reads no bitmap.
    """
    described = model(session, name)
    if shutil.which("herd7") is None:
        lacking = "herd7 is not installed; apt-get install herdtools7 (Debian 14 and later)"
        return ordering(described, None, lacking)
    base = base_of(session)
    if base.kind == "directory":
        return ordering(described, base.path / _FOLDER)
    with tempfile.TemporaryDirectory(prefix="reviewtool-lkmm-") as folder:
        done = subprocess.run(
            ["git", "-C", str(base.path), "archive", base.identity.removeprefix("git:"), _FOLDER],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip()
            raise Unavailable(
                f"no {_FOLDER} in {base.describe}: {said}", "", "name a tree with --tree"
            )
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            archive.extractall(folder, filter="data")
        return ordering(described, Path(folder) / _FOLDER)

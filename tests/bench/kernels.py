# SPDX-License-Identifier: GPL-2.0-or-later
"""Building and booting: from nothing, the second revision, a kernel known already, a boot."""

import os
import tempfile
import time

from reviewtool.kernel.boot import GuestJob, boot
from reviewtool.review.kernels import kernel
from reviewtool.review.session import open_session, with_base

BOOTS = 10


def main() -> None:
    """Print seconds for the embedded study's first and last revision, in a cache of their own."""
    session = with_base(open_session("embedded", None))
    names = [session.study.revisions[0].id, session.study.revisions[-1].id]
    with tempfile.TemporaryDirectory(prefix="reviewtool-bench-") as folder:
        os.environ["REVIEWTOOL_CACHE"] = folder
        os.environ["CCACHE_DISABLE"] = "1"
        try:
            built = [kernel(session, name) for name in names]
            started = time.monotonic()
            kernel(session, names[-1])
            again = time.monotonic() - started
            for title, one in zip(("from nothing", "second revision"), built, strict=True):
                print(f"build {title:16} {one.seconds:7.1f} s  {one.steps:4} compilations")
            print(f"build {'known already':16} {again:7.2f} s")
            job = GuestJob(argv=("/bin/true",))
            boots = [boot(built[-1].path, job, trusted=True) for _ in range(BOOTS)]
            seconds = sorted(one.seconds for one in boots)
            print(f"boot to halt, median of {BOOTS:3} {seconds[BOOTS // 2]:7.2f} s")
        finally:
            del os.environ["REVIEWTOOL_CACHE"], os.environ["CCACHE_DISABLE"]

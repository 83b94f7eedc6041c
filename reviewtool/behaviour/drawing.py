# SPDX-License-Identifier: GPL-2.0-or-later
"""Graphviz's dot text as SVG."""

import subprocess

from reviewtool.errors import Unavailable

_SECONDS = 120


def svg(text: str) -> bytes:
    """The picture of ``text`` as graphviz draws it.

    Raises Unavailable where graphviz is not installed or cannot draw it.
    """
    try:
        done = subprocess.run(
            ["dot", "-Tsvg"],
            input=text.encode(),
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise Unavailable(
            "graphviz (dot) is not installed",
            "",
            "apt-get install graphviz, or print the text it takes with --dot",
        ) from error
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"graphviz did not draw it in {_SECONDS} s", "", "try --dot") from error
    if done.returncode or b"<svg" not in done.stdout:
        said = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise Unavailable(f"graphviz could not draw it: {said}", "", "look at the text with --dot")
    return done.stdout

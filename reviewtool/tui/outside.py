# SPDX-License-Identifier: GPL-2.0-or-later
"""Other programs: the user's editor, pager, shell and browser; drafts for a mailer."""

import os
import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from reviewtool.text import visible_line

if TYPE_CHECKING:
    from reviewtool.tui.app import ReviewApp

LORE = "https://lore.kernel.org/all/"


def edit(app: "ReviewApp", name: str, text: str, line: int = 1) -> None:
    """Read ``text`` in the user's editor, at ``line``; what is changed there is dropped."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    with _lent(name, text) as path:
        _run(app, [*shlex.split(editor), f"+{line}", str(path)])


def pager(app: "ReviewApp", name: str, text: str) -> None:
    """Read ``text`` in the user's pager."""
    with _lent(name, text) as path:
        _run(app, [*shlex.split(os.environ.get("PAGER") or "less"), str(path)])


def shell(app: "ReviewApp") -> None:
    """The user's shell; leaving it comes back."""
    _run(app, [os.environ.get("SHELL") or "/bin/sh"])


def browse(app: "ReviewApp", message_id: str) -> None:
    """Open a mail at lore where there is a browser to do it; its address is copied anyway."""
    address = f"{LORE}{message_id}/"
    app.copy_to_clipboard(address)
    browser = os.environ.get("BROWSER", "")
    if not browser and (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        browser = "xdg-open"
    told = "copied"
    if browser:
        try:
            subprocess.Popen(
                [*shlex.split(browser), address],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            told = f"opened in {browser}, and copied"
        except OSError as error:
            told = f"copied ({browser}: {error.strerror})"
    app.notify(f"{visible_line(address)} {told}", markup=False)


@contextmanager
def _lent(name: str, text: str) -> Iterator[Path]:
    """A read-only file with ``text``, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="reviewtool-") as folder:
        path = Path(folder) / (Path(name).name or "mail")
        path.write_text(text, "utf-8", "surrogateescape")
        path.chmod(0o400)
        yield path


def _run(app: "ReviewApp", words: list[str]) -> None:
    try:
        with app.suspend():
            subprocess.run(words, check=False)
    except (SuspendNotSupported, OSError) as error:
        app.notify(f"{words[0]}: {error}", severity="error", markup=False)

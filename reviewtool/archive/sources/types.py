# SPDX-License-Identifier: GPL-2.0-or-later
"""What every archive can be asked."""

from collections.abc import Sequence
from typing import Protocol


class Archive(Protocol):
    """An archive of mail. Every answer is raw mails, whole threads, empty if there is nothing.

    An archive that cannot answer raises :class:`reviewtool.errors.Unavailable` (no network, a
    server in trouble) or :class:`reviewtool.errors.InputError` (what came back is no mail).
    """

    @property
    def name(self) -> str:
        """The address or path it goes by."""

    def thread(self, message_id: str) -> tuple[bytes, ...]:
        """The thread ``message_id`` is in."""

    def titled(self, titles: Sequence[str]) -> tuple[bytes, ...]:
        """The threads that hold a mail whose subject has one of ``titles`` in it."""

    def changed_by(self, change_id: str) -> tuple[bytes, ...]:
        """The threads that carry ``change-id: …``."""

    def complaints(self) -> tuple[str, ...]:
        """What makes the archive's answers less than whole, a line each."""

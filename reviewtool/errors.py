# SPDX-License-Identifier: GPL-2.0-or-later
"""The two ways a request can end without a result: both are one line and exit status 2."""


class RequestError(Exception):
    """A request that cannot be met: what is wrong, where, and what mends it.

    Every face prints it as the single line ``str(error)``.
    """

    def __init__(self, what: str, where: str = "", remedy: str = "") -> None:
        super().__init__(what, where, remedy)
        self.what = what
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        remedy = f"; {self.remedy}" if self.remedy else ""
        return f"{place}{self.what}{remedy}"


class InputError(RequestError):
    """The request or its input is wrong: ``where`` names file and place."""


class Unavailable(RequestError):  # noqa: N818 - a state of this machine, not a mistake of anybody
    """This machine lacks something the request needs: a compiler, bubblewrap, the network."""

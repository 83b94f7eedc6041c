# SPDX-License-Identifier: GPL-2.0-or-later
"""A model's kernel with some of its functions replaced: to search races in it, or to break it."""

from collections.abc import Callable
from typing import Any, cast

from refmodel.kvm import GuestMemfd


def patch(
    base: type[GuestMemfd], *functions: Callable[..., Any], **tables: object
) -> type[GuestMemfd]:
    """A kernel with ``functions`` in place of the base's of the same name.

    ``tables`` replace class attributes: ops tables (``vm_ops``, ``uffd_ops``) and names.
    """
    members: dict[str, object] = {each.__name__: each for each in functions}
    return cast("type[GuestMemfd]", type("PatchedKernel", (base,), members | tables))

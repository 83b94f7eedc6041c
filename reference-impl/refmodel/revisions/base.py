# SPDX-License-Identifier: GPL-2.0-or-later
"""Unpatched: 6.12 with a guest_memfd that can be mapped (Fuad Tabba's series), nothing else.

Registration of a guest_memfd mapping is refused in every mode, so nothing else of userfaultfd can
be reached; the file has neither ->write nor FMODE_PWRITE.
"""

from refmodel.kvm import GuestMemfd
from refmodel.model import Revision, patch

MODEL = Revision(
    name="base",
    title="shared guest_memfd, no write(), no userfaultfd",
    kernel=patch(GuestMemfd, gmem_write=""),
    hooks=frozenset({"fault"}),
)

# SPDX-License-Identifier: GPL-2.0-or-later
"""What every revision of 2025 was written on: 6.12, a shared guest_memfd, write v3; no userfaultfd.

Registration of a guest_memfd mapping is refused in every mode, so nothing else of userfaultfd can
be reached.
"""

from refmodel.kvm import GuestMemfd
from refmodel.model import Revision

MODEL = Revision(
    name="base",
    title="shared guest_memfd with write v3, no userfaultfd",
    kernel=GuestMemfd,
    hooks=frozenset({"fault"}),
)
